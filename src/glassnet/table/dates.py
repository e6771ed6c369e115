"""Dates as people write them, and which order of day and month they can be in."""

from __future__ import annotations

from typing import Final

import polars as pl

ISO: Final = ""  # the format name under which every ISO 8601 spelling below is read
ISO_FORMATS: Final = (
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
)
ISO_ZONED: Final = ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z")
ISO_SHAPE: Final = r"^\d{4}-\d{1,2}-\d{1,2}([T ]\d{1,2}:\d{2}|$)"
CLOCKS: Final = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S%.f", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S")
# Shape of the day, and the formats it can be in, the likelier first. The shape guards the number of
# digits of the year, which strptime does not: it reads 01/02/11 by %Y as the year 11.
SHAPES: Final = (
    (r"^\d{4}/\d{1,2}/\d{1,2}\b", ("%Y/%m/%d",)),
    (r"^\d{4}\.\d{1,2}\.\d{1,2}\b", ("%Y.%m.%d",)),
    (r"^\d{1,2}\.\d{1,2}\.\d{4}\b", ("%d.%m.%Y", "%m.%d.%Y")),
    (r"^\d{1,2}/\d{1,2}/\d{4}\b", ("%m/%d/%Y", "%d/%m/%Y")),
    (r"^\d{1,2}-\d{1,2}-\d{4}\b", ("%d-%m-%Y", "%m-%d-%Y")),
    (r"^\d{1,2}\.\d{1,2}\.\d{2}\b", ("%d.%m.%y", "%m.%d.%y")),
    (r"^\d{1,2}/\d{1,2}/\d{2}\b", ("%m/%d/%y", "%d/%m/%y", "%y/%m/%d")),
    (r"^\d{1,2}-[A-Za-z]{3}-\d{4}\b", ("%d-%b-%Y",)),
    (r"^\d{1,2}-[A-Za-z]{3}-\d{2}\b", ("%d-%b-%y",)),
    (r"^\d{1,2} [A-Za-z]{3} \d{4}\b", ("%d %b %Y",)),
    (r"^\d{1,2} [A-Za-z]+ \d{4}\b", ("%d %B %Y",)),
    (r"^[A-Za-z]{3} \d{1,2}, \d{4}\b", ("%b %d, %Y",)),
    (r"^[A-Za-z]+ \d{1,2}, \d{4}\b", ("%B %d, %Y",)),
)
FEW: Final = 50  # cells tried before all of them


def date_format(cells: pl.Series, wanted: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the format of all the different trimmed cells and the others that fit too; None: no dates.

    `wanted` is the user's format or "auto". The format "" stands for ISO 8601.
    """
    if cells.len() == 0:
        return None
    if wanted != "auto" and _fits(cells, wanted):
        return wanted, ()
    if bool(cells.str.contains(ISO_SHAPE).all()) and _fits(cells, ISO):
        return ISO, ()
    for shape, days in SHAPES:
        if bool(cells.str.contains(shape).all()):
            fitting = [form for day in days if (form := _with_clock(cells, day))]
            return (fitting[0], tuple(fitting[1:])) if fitting else None
    return None


def _with_clock(cells: pl.Series, day: str) -> str:
    """Return the day's format with the clock that fits all cells, or an empty string."""
    return next((day + clock for clock in CLOCKS if _fits(cells, day + clock)), "")


def _fits(cells: pl.Series, form: str) -> bool:
    head = cells.head(FEW)
    return parse_dates(head, form).null_count() == 0 and parse_dates(cells, form).null_count() == 0


def parse_dates(text: pl.Series, form: str) -> pl.Series:
    """Return trimmed text cells as Datetime("us"), in UTC where they name a zone; null where unreadable."""
    if form != ISO:
        return _strptime(text, form)
    parsed = pl.Series([None], dtype=pl.Datetime("us")).new_from_index(0, text.len())
    for one in (*ISO_FORMATS, *ISO_ZONED):
        if parsed.null_count() == text.null_count():
            break
        left = pl.select(pl.when(parsed.is_null()).then(text)).to_series()
        parsed = parsed.zip_with(parsed.is_not_null(), _strptime(left, one))
    return parsed


def _strptime(text: pl.Series, form: str) -> pl.Series:
    zoned = "%z" in form or "%#z" in form
    dtype = pl.Datetime("us", "UTC") if zoned else pl.Datetime("us")
    try:
        parsed = text.str.strptime(dtype, form, strict=False)
    except pl.exceptions.PolarsError:  # a user's format that this parser does not know
        return pl.Series([None], dtype=pl.Datetime("us")).new_from_index(0, text.len())
    return parsed.dt.replace_time_zone(None) if zoned else parsed.cast(pl.Datetime("us"))

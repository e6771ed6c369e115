"""Numbers as people write them: decimal mark, thousands separator, leading zeros that are no numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

EXACT_INT: Final = 2.0**53  # whole numbers beyond this are not exact as float64, and are ids anyway

INT: Final = r"^[+-]?\d+$"
LEADING_ZERO: Final = r"^[+-]?0\d+$"
INFINITE: Final = r"^[+-]?[iI]nf(inity)?$"
PLAIN: Final = {  # by decimal mark: a number without thousands separators
    ".": r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$",
    ",": r"^[+-]?(\d+,?\d*|,\d+)([eE][+-]?\d+)?$",
}
GROUPED: Final = {  # by decimal mark: a number with thousands separators
    ".": r"^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$",
    ",": r"^[+-]?\d{1,3}(\.\d{3})+(,\d*)?$",
}
THREE_AFTER: Final = {  # by decimal mark: exactly one mark and three digits, so it may be a separator too
    ".": r"^[+-]?[1-9]\d{0,2}\.\d{3}$",
    ",": r"^[+-]?[1-9]\d{0,2},\d{3}$",
}
OTHER: Final = {".": ",", ",": "."}
SIGNS: Final = ("%", "$", "€", "£", "¥", "₹", "EUR", "USD", "GBP", "CHF")  # beside every number of a column
MOST_ODD: Final = 3  # so many different words among numbers are taken for more ways to say "missing"
ODD_SHARE: Final = 0.05  # and they fill at most this share of the cells
LEAST_NUMBERS: Final = 10  # different numbers a column needs before a word among them is thought odd


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberFormat:
    """How the numbers of a column are written."""

    whole: bool  # all are whole numbers
    decimal: str = "."
    thousands: str = ""
    odd: tuple[str, ...] = ()  # words among the numbers, read as missing
    unsure: bool = False  # whether the decimal mark was a guess
    sign: str = ""  # one of SIGNS, beside every number


def looks_like_number(cell: str) -> bool:
    """Return whether a single trimmed cell is a number in either decimal mark."""
    bare = cell.strip("%$€£¥₹ ")
    return any(re.match(pattern, bare) for pattern in (*PLAIN.values(), *GROUPED.values(), INFINITE))


def proves_decimal(unique: pl.Series) -> str:
    """Return the decimal mark that the different cells of one column can only mean, or an empty string."""
    for mark in (",", "."):
        with_mark = unique.filter(unique.str.contains(mark, literal=True))
        if with_mark.len() == 0 or not _all(unique, PLAIN[mark]):
            continue
        if not _all(with_mark, THREE_AFTER[mark]):
            return mark
    return ""


def number_format(counts: pl.DataFrame, decimal: str, table_decimal: str) -> NumberFormat | None:
    """Return how the cells are written as numbers, or None where they are not numbers.

    `counts` has the columns `cell` (different trimmed cells that are not missing) and `count`;
    `decimal` is the mark the user named or "auto", `table_decimal` what other columns prove.
    """
    cells = counts["cell"]
    if not _any(cells, r"\d"):
        return None
    if found := _exact_format(cells, decimal, table_decimal):
        return found
    if sign := common_sign(cells):
        bare = _exact_format(without_sign(cells, sign), decimal, table_decimal)
        return replace(bare, sign=sign) if bare else None
    looks = cells_like_numbers(cells)
    odd, numbers = counts.filter(~looks), counts.filter(looks)
    few = odd.height <= MOST_ODD and int(odd["count"].sum()) <= ODD_SHARE * int(counts["count"].sum())
    if not few or numbers.height < LEAST_NUMBERS:
        return None
    found = _exact_format(numbers["cell"], decimal, table_decimal)
    if found is None:
        return None
    return NumberFormat(
        whole=found.whole,
        decimal=found.decimal,
        thousands=found.thousands,
        odd=tuple(sorted(odd["cell"].to_list())),
        unsure=found.unsure,
    )


def common_sign(cells: pl.Series) -> str:
    """Return the one of SIGNS that stands before or after the number in every cell, or an empty string."""
    for sign in SIGNS:
        one = re.escape(sign)
        if _all_match(cells, rf"^[+-]?\s*{one}\s*[+-]?[\d.,]+$|^[+-]?[\d.,]+\s*{one}$"):
            return sign
    return ""


def without_sign(cells: pl.Series, sign: str) -> pl.Series:
    """Return trimmed cells without the sign beside the number, null where it is not there."""
    one = re.escape(sign)
    minus = cells.str.extract(rf"^([+-]?)\s*{one}", 1).fill_null("")
    after = minus + cells.str.extract(rf"^[+-]?\s*{one}\s*([+-]?[\d.,]+)$", 1)
    before = cells.str.extract(rf"^([+-]?[\d.,]+)\s*{one}$", 1)
    return after.zip_with(after.is_not_null(), before)


def _all_match(cells: pl.Series, pattern: str) -> bool:
    return bool(_matches(cells, pattern).all())


def cells_like_numbers(cells: pl.Series) -> pl.Series:
    """Return which cells look like numbers in some way of writing."""
    return _matches(cells, PLAIN["."]) | _matches(cells, PLAIN[","]) | _matches(cells, GROUPED["."])


def _exact_format(cells: pl.Series, decimal: str, table_decimal: str) -> NumberFormat | None:
    """Return the one way of writing that all cells share, or None."""
    if _any(cells, LEADING_ZERO):
        return None
    if _all(cells, INT) and not _any(cells, INFINITE):
        exact = cells.cast(pl.Float64).abs().max()
        return NumberFormat(whole=True) if isinstance(exact, float) and exact <= EXACT_INT else None
    marks = (decimal,) if decimal != "auto" else (".", ",")
    plain = [mark for mark in marks if _all(cells, PLAIN[mark])]
    grouped = [mark for mark in marks if _all(cells, PLAIN[mark], GROUPED[mark])]
    if plain:
        return _plain_or_grouped(cells, plain[0], decimal, table_decimal)
    if grouped:
        return NumberFormat(whole=False, decimal=grouped[0], thousands=OTHER[grouped[0]])
    return None


def _plain_or_grouped(cells: pl.Series, mark: str, decimal: str, table_decimal: str) -> NumberFormat:
    """Return the reading of cells such as "1,234", whose mark may be the decimal or the thousands'."""
    with_mark = cells.filter(cells.str.contains(mark, literal=True))
    could_group = with_mark.len() > 0 and _all(with_mark, THREE_AFTER[mark])
    if decimal != "auto" or not could_group:
        return NumberFormat(whole=False, decimal=mark)
    if table_decimal:
        if mark == table_decimal:
            return NumberFormat(whole=False, decimal=mark)
        return NumberFormat(whole=True, decimal=table_decimal, thousands=mark, unsure=True)
    if mark == ".":  # 1.234 is a number with three decimals almost everywhere
        return NumberFormat(whole=False, decimal=mark)
    return NumberFormat(whole=True, decimal=".", thousands=",", unsure=True)


def parse_numbers(text: pl.Series, decimal: str = ".", thousands: str = "", sign: str = "") -> pl.Series:
    """Return trimmed text cells as Float64; null where a cell is no number in this way of writing."""
    if sign:
        text = without_sign(text, sign)
    if thousands:
        fits = _matches(text, PLAIN[decimal]) | _matches(text, GROUPED[decimal]) | _matches(text, INFINITE)
        text = _where(fits, text).str.replace_all(thousands, "", literal=True)
    if decimal == ",":
        text = _where(~text.str.contains(".", literal=True), text).str.replace_all(",", ".", literal=True)
    return text.cast(pl.Float64, strict=False).fill_nan(None)


def number_text(values: pl.Series) -> pl.Series:
    """Return numbers as the levels they name: whole ones without a point, so 1, 1.0 and "1" are one level."""
    if values.dtype.is_integer():
        return values.cast(pl.String)
    number = values.cast(pl.Float64).fill_nan(None)
    whole = (number == number.round(0)) & (number.abs() <= EXACT_INT)
    as_whole = _where(whole, number).cast(pl.Int64, strict=False).cast(pl.String)
    return as_whole.zip_with(whole.fill_null(False), number.cast(pl.String))


def _where(keep: pl.Series, values: pl.Series) -> pl.Series:
    """Return the values, null where not kept."""
    return pl.select(pl.when(keep).then(values)).to_series()


def _matches(cells: pl.Series, pattern: str) -> pl.Series:
    return cells.str.contains(pattern)


def _all(cells: pl.Series, *patterns: str) -> bool:
    """Return whether every cell matches one of the patterns, or is infinite."""
    matched = _matches(cells, INFINITE)
    for pattern in patterns:
        matched = matched | _matches(cells, pattern)
    return bool(matched.all())


def _any(cells: pl.Series, pattern: str) -> bool:
    return bool(_matches(cells, pattern).any())

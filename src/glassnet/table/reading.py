"""How the text cells of one column are to be read, decided over all of them, not over a sample."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from glassnet.settings import Settings
from glassnet.table.coded import is_coded
from glassnet.table.dates import date_format
from glassnet.table.numbers import (
    INT,
    LEADING_ZERO,
    OTHER,
    NumberFormat,
    cells_like_numbers,
    number_format,
    proves_decimal,
)
from glassnet.table.values import CellFormat, Kind
from glassnet.table.words import COUNTRY_LIKE, LEVELS_IN_TEXT, MISSING_WORDS, yes_no_words

DAY_FIRST_HINT = "--dates with the right format, such as --dates {other}, settles it"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What the cells of a text column are and how to read them."""

    dtype: str  # int, float, bool, date, text
    cells: CellFormat
    reason: str = ""  # why the cells stay text although they look like numbers
    notes: tuple[str, ...] = ()  # what was guessed, with the option that settles it


def trimmed(cells: pl.Series) -> pl.Series:
    """Return text cells without the blanks around them."""
    return cells.str.strip_chars()


def count_cells(series: pl.Series) -> pl.DataFrame:
    """Return the different trimmed cells and how often each occurs, as columns `cell` and `count`."""
    if is_coded(series.dtype):
        found = series.drop_nulls().rename("cell").value_counts(name="count")
        cells = found.select(trimmed(found["cell"].cast(pl.String)), "count")
        counts = cells.group_by("cell").agg(pl.col("count").sum())
    else:
        counts = trimmed(series.drop_nulls()).rename("cell").value_counts(name="count")
    return counts.sort("count", "cell", descending=[True, False])


def table_decimal(counts: dict[str, pl.DataFrame], settings: Settings) -> str:
    """Return the decimal mark that some text column of the table proves, or an empty string."""
    if settings.decimal != "auto":
        return settings.decimal
    words = missing_words(settings)
    for count in counts.values():
        cells = count["cell"].filter(~count["cell"].is_in(words))
        if cells.len() and cells[0][-1:].isdigit() and (mark := proves_decimal(cells)):
            return mark
    return ""


def missing_words(settings: Settings) -> list[str]:
    """Return the cells that mean "missing": what the user named and the empty cell, or the usual words."""
    if isinstance(settings.missing, str):
        return list(MISSING_WORDS)
    return list(dict.fromkeys(["", *(word.strip() for word in settings.missing)]))


def read_text_column(name: str, counts: pl.DataFrame, settings: Settings, decimal: str) -> Reading:
    """Return how to read a text column, from the count of its different cells (see `count_cells`)."""
    words = missing_words(settings)
    present = counts.filter(~counts["cell"].is_in(words))
    if present.height == 0:
        return Reading(dtype="text", cells=CellFormat(missing=tuple(words)))
    true, false = yes_no_words(present["cell"])
    if true:
        return Reading(dtype="bool", cells=CellFormat(missing=tuple(words), true=true, false=false))
    number = _as_number(name, present, words, settings, decimal)
    if number:
        return number
    date = _as_date(name, present["cell"], words, settings)
    return date or _as_text(name, counts, words, settings)


def read_as_told(kind: Kind, counts: pl.DataFrame, settings: Settings, decimal: str) -> Reading | None:
    """Return how to read a text column as the kind the user named; None where its cells say enough."""
    words = tuple(missing_words(settings))
    cells = counts["cell"].filter(~counts["cell"].is_in(words))
    if kind is Kind.NUMBER:
        like_numbers = counts.filter(cells_like_numbers(counts["cell"]))
        if not like_numbers.height:
            return None
        form = number_format(like_numbers, settings.decimal, decimal) or NumberFormat(whole=False)
        return Reading(
            dtype="float", cells=CellFormat(missing=words, decimal=form.decimal, thousands=form.thousands)
        )
    if kind is Kind.DATE:
        form_of_dates = date_format(cells, settings.dates)
        told = "" if settings.dates == "auto" else settings.dates
        return Reading(
            dtype="date", cells=CellFormat(missing=words, date=form_of_dates[0] if form_of_dates else told)
        )
    levels = sorted(cells.str.to_lowercase().unique().to_list())
    if kind is Kind.YES_NO and len(levels) == 2:
        return Reading(dtype="bool", cells=CellFormat(missing=words, true=(levels[1],), false=(levels[0],)))
    return None


def _as_number(
    name: str, present: pl.DataFrame, words: list[str], settings: Settings, decimal: str
) -> Reading | None:
    form = number_format(present, settings.decimal, decimal)
    if form is None:
        return None
    notes: list[str] = []
    if form.odd:
        rows = present.filter(present["cell"].is_in(form.odd))["count"].sum()
        shown = ", ".join(f"'{word}'" for word in form.odd)
        notes.append(
            f"column '{name}' holds numbers but for {shown} in {rows} cells, read as missing;"
            f" --missing or --kind {name}=category settles it."
        )
    if form.unsure:
        mark = form.thousands
        meaning = "thousands separator" if form.decimal != mark else "decimal mark"
        notes.append(
            f"column '{name}': '{mark}' was read as the {meaning} ({present['cell'][0]});"
            f" --decimal '{mark}' or --decimal '{OTHER[mark]}' settles it."
        )
    if form.sign:
        notes.append(
            f"column '{name}': numbers such as {present['cell'][0]} were read without '{form.sign}';"
            f" --kind {name}=category keeps them as text."
        )
    cells = CellFormat(
        missing=(*words, *form.odd), decimal=form.decimal, thousands=form.thousands, sign=form.sign
    )
    return Reading(dtype="int" if form.whole else "float", cells=cells, notes=tuple(notes))


def _as_date(name: str, cells: pl.Series, words: list[str], settings: Settings) -> Reading | None:
    found = date_format(cells, settings.dates)
    if found is None:
        return None
    form, others = found
    notes: tuple[str, ...] = ()
    if others:
        notes = (
            f"column '{name}': dates such as {cells[0]} were read as {form}, but {others[0]} fits too;"
            f" {DAY_FIRST_HINT.format(other=others[0])}.",
        )
    return Reading(dtype="date", cells=CellFormat(missing=tuple(words), date=form), notes=notes)


def _as_text(name: str, counts: pl.DataFrame, words: list[str], settings: Settings) -> Reading:
    """Return the reading of a column of text, where some words for "missing" are rather levels."""
    notes: list[str] = []
    if settings.missing == "auto":
        words = [word for word in words if word not in LEVELS_IN_TEXT]
        words, notes = _namibia(name, counts, words)
        for word in sorted(LEVELS_IN_TEXT & set(counts["cell"].to_list())):
            rows = counts.filter(counts["cell"] == word)["count"].sum()
            notes.append(
                f"column '{name}': '{word}' in {rows} cells was read as a level, not as missing;"
                f" --missing '{word}' settles it."
            )
    present = counts.filter(~counts["cell"].is_in(words))["cell"]
    return Reading(
        dtype="text", cells=CellFormat(missing=tuple(words)), reason=_why_text(present), notes=tuple(notes)
    )


def _namibia(name: str, counts: pl.DataFrame, words: list[str]) -> tuple[list[str], list[str]]:
    """Keep "NA" as a level beside other two-letter codes; say so, and say it where it is missing too."""
    cells = counts["cell"]
    if not bool((cells == "NA").any()):
        return words, []
    rows = counts.filter(cells == "NA")["count"].sum()
    others = cells.filter(~cells.is_in(words))
    if others.len() >= 3 and bool(others.str.contains(COUNTRY_LIKE).all()):
        note = (
            f"column '{name}': 'NA' in {rows} cells was read as a code such as {others[0]}, not as missing;"
        )
        return [word for word in words if word != "NA"], [f"{note} --missing NA settles it."]
    return words, [
        f"column '{name}': 'NA' in {rows} cells was read as missing; --missing '' keeps it as a level."
    ]


def _why_text(present: pl.Series) -> str:
    """Return why cells that are all digits stay text, or an empty string."""
    if not bool(present.str.contains(INT).all()):
        return ""
    if bool(present.str.contains(LEADING_ZERO).any()):
        return "has leading zeros, as codes have and numbers do not"
    return "holds whole numbers too long to be exact, as ids are"

"""What is seen in one column before anything is decided about it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import polars as pl

from glassnet.settings import Settings
from glassnet.table.coded import is_coded
from glassnet.table.numbers import number_text, parse_numbers
from glassnet.table.reading import (
    Reading,
    count_cells,
    missing_words,
    read_as_told,
    read_text_column,
    table_decimal,
)
from glassnet.table.values import KINDS, CellFormat

EXAMPLES: int = 5  # values kept for people to look at
LONGEST_EXAMPLE: int = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """One column's cells, counted."""

    name: str
    dtype: str  # int, float, bool, date, text, nested
    cells: CellFormat
    rows: int
    missing: int
    counts: pl.DataFrame  # `cell`: each different value, `count`: how often; most frequent first
    declared: bool = False  # whether the source itself says that these are categories
    are_codes: bool = False  # whether whole numbers are text although the table has columns of numbers
    reason: str = ""  # why cells that look like numbers are text
    notes: tuple[str, ...] = ()

    @property
    def distinct(self) -> int:
        """How many different values are present."""
        return self.counts.height

    @property
    def present(self) -> int:
        """How many cells are not missing."""
        return self.rows - self.missing

    @property
    def differing(self) -> int:
        """How many rows hold another value than the most frequent one, or none."""
        return self.rows - (int(self.counts["count"][0]) if self.counts.height else 0)

    def numbers(self) -> pl.Series:
        """Return the different values as numbers, for a column of numbers."""
        cells = self.counts["cell"]
        if cells.dtype == pl.String:
            return parse_numbers(cells, self.cells.decimal, self.cells.thousands, self.cells.sign)
        return cells.cast(pl.Float64)

    def examples(self) -> tuple[str, ...]:
        """Return a few values as text, the most frequent first."""
        cells = self.counts["cell"].head(EXAMPLES)
        shown = number_text(cells) if cells.dtype.is_numeric() else cells.cast(pl.String, strict=False)
        return tuple((text or "")[:LONGEST_EXAMPLE] for text in shown.to_list())


def facts_of_table(frame: pl.DataFrame, settings: Settings) -> dict[str, Facts]:
    """Return the facts of every column, by name; a decimal comma proved by one column holds for all."""
    found = {facts.name: facts for facts in facts_by_column(frame, settings)}
    return {name: found[name] for name in frame.columns}


def facts_by_column(frame: pl.DataFrame, settings: Settings, first: Collection[str] = ()) -> Iterator[Facts]:
    """Yield the facts of every column, those named `first` before the others.

    Counts hold each different cell, which of numbers may be all rows: who lets one go before the next takes
    the memory of one column instead of the table's.
    """
    counted = {one.name: count_cells(one) for one in frame.get_columns() if _is_text(one.dtype)}
    decimal = table_decimal(counted, settings)
    has_types = any(dtype.is_numeric() for dtype in frame.dtypes)
    for name in sorted(frame.columns, key=lambda name: name not in first):
        if name in counted:
            text = _text_facts(frame[name], counted.pop(name), settings, decimal)
            yield _with_codes(text, frame[name], has_types)
        else:
            yield _typed_facts(frame[name], settings)


def _with_codes(facts: Facts, series: pl.Series, has_types: bool) -> Facts:
    """Return a text column's facts, telling whether its whole numbers are codes.

    Who made a table with columns of numbers, and left whole numbers as text, meant them as names. A text file
    has no types, a word for "missing" explains the text, and numbers that seldom repeat name nothing.
    """
    if not has_types or facts.dtype not in ("int", "float") or facts.notes:
        return facts
    is_clean = facts.missing == series.null_count()
    numbers = facts.numbers()
    are_whole = bool((numbers == numbers.round()).all())
    return replace(facts, are_codes=is_clean and are_whole and 2 * facts.distinct <= facts.present)


def _is_text(dtype: pl.DataType) -> bool:
    return dtype == pl.String or is_coded(dtype)


def _text_facts(series: pl.Series, counts: pl.DataFrame, settings: Settings, decimal: str) -> Facts:
    reading = read_text_column(series.name, counts, settings, decimal)
    told = dict(settings.kinds).get(series.name, "")
    if told in KINDS and reading.dtype == "text":
        reading = read_as_told(KINDS[told], counts, settings, decimal) or reading
    present = _merged(counts.filter(~counts["cell"].is_in(list(reading.cells.missing))), reading)
    return Facts(
        name=series.name,
        dtype=reading.dtype,
        cells=reading.cells,
        rows=series.len(),
        missing=series.len() - int(present["count"].sum()),
        counts=present,
        reason=reading.reason,
        notes=reading.notes,
    )


def _merged(present: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    """Return the counts with different spellings of one number, such as 1 and 1.0, as one value.

    What is no number, in a column told to be one, is missing.
    """
    if reading.dtype != "float":
        return present
    how = reading.cells
    values = parse_numbers(present["cell"], how.decimal, how.thousands, how.sign)
    merged = (
        present.with_columns(values.alias("cell"))
        .drop_nulls("cell")
        .group_by("cell")
        .agg(pl.col("count").sum())
    )
    return merged.sort("count", "cell", descending=[True, False])


def _typed_facts(series: pl.Series, settings: Settings) -> Facts:
    dtype = dtype_word(series.dtype)
    present = series.drop_nulls()
    if series.dtype.is_float():
        present = present.drop_nans()
    if dtype == "nested":
        counts = pl.DataFrame(
            {"cell": pl.Series([], dtype=pl.String), "count": pl.Series([], dtype=pl.UInt32)}
        )
    else:
        counts = _counted(present)
    return Facts(
        name=series.name,
        dtype=dtype,
        cells=CellFormat(missing=_words_for_missing(counts, settings)),
        rows=series.len(),
        missing=series.len() - present.len(),
        counts=counts,
        declared=isinstance(series.dtype, pl.Categorical | pl.Enum),
    )


def _words_for_missing(counts: pl.DataFrame, settings: Settings) -> tuple[str, ...]:
    """Return the cells that mean "missing" should the column come as text later: none of its levels."""
    levels = set(counts["cell"].to_list()) if counts["cell"].dtype == pl.String else set()
    return tuple(word for word in missing_words(settings) if word not in levels)


def _counted(present: pl.Series) -> pl.DataFrame:
    """Return the different values and their counts, the most frequent first."""
    if isinstance(present.dtype, pl.Categorical | pl.Enum):
        present = present.cast(pl.String)
    if isinstance(present.dtype, pl.Time | pl.Duration):
        present = present.cast(pl.Int64)
    counts = present.rename("cell").value_counts(name="count")
    return counts.sort("count", "cell", descending=[True, False])


def dtype_word(dtype: pl.DataType) -> str:
    """Return int, float, bool, date, text or nested for a column's dtype."""
    if dtype.is_integer():
        return "int"
    if dtype.is_float() or isinstance(dtype, pl.Decimal | pl.Time | pl.Duration):
        return "float"
    if dtype == pl.Boolean:
        return "bool"
    if isinstance(dtype, pl.Date | pl.Datetime):
        return "date"
    if dtype.is_nested() or isinstance(dtype, pl.Object | pl.Binary):
        return "nested"
    return "text"

"""Cells as the schema has them: text or typed, from any source, in one canonical dtype per kind."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glassnet.errors import SourceError
from glassnet.table.coded import by_cell, is_coded
from glassnet.table.dates import parse_dates
from glassnet.table.names import find_column
from glassnet.table.numbers import number_text, parse_numbers
from glassnet.table.odd import Odd, shown, way_of_writing
from glassnet.table.reading import trimmed
from glassnet.table.values import CellFormat, Column, Kind, Schema, Target, Task
from glassnet.table.words import parse_yes_no

UNKNOWN = -1.0  # a label that the schema does not know
MISSING = -2.0  # a label that is missing


def conform(frame: pl.DataFrame, schema: Schema) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return the inputs, and weight, time and group where present, as the schema has them, and warnings.

    Columns come in the schema's order under its names: numbers as Float64, or as Float32 where they are such,
    categories as String, yes/no as Boolean, dates as Datetime("us"). A cell that cannot be read as its kind
    is null and counted in a warning. Extra columns are ignored. Raises SourceError for a missing input.
    """
    conformed, unread = conform_counted(frame, schema)
    return conformed, tuple(str(one) for one in unread)


def conform_counted(
    frame: pl.DataFrame, schema: Schema, first_row: int = 0
) -> tuple[pl.DataFrame, tuple[Odd, ...]]:
    """Return what `conform` does with the warnings as values; rows count on from `first_row`."""
    columns: list[pl.Series] = []
    unread: list[Odd] = []
    for column, name in _sources(frame, schema):
        values = read_cells(frame[name], canonical_kind(column), column.dtype, column.cells)
        columns.append(values.alias(column.name))
        unread.extend(_unread(frame[name], values, column, first_row))
    return pl.DataFrame(columns), tuple(unread)


def conform_targets(frame: pl.DataFrame, schema: Schema) -> NDArray[np.float64]:
    """Return the targets, shape `(rows, targets)`.

    For classes the index of the label, -1 for a label that the schema does not know and -2 for a missing
    one; for regression the number, NaN where missing. Raises SourceError for a target column that is missing.
    """
    columns = [
        target_cells(frame[find_column(target.name, frame.columns, error=SourceError)], target, schema.task)
        for target in schema.targets
    ]
    return np.column_stack(columns) if columns else np.empty((frame.height, 0))


def target_cells(series: pl.Series, target: Target, task: Task) -> NDArray[np.float64]:
    """Return one target's column as `conform_targets` does, shape `(rows,)`."""
    if task is Task.REGRESSION:
        number = read_cells(series, Kind.NUMBER, target.dtype, target.cells)
        return number.to_numpy().astype(np.float64)
    text = label_texts(series, target.dtype, target.cells)
    known = label_texts(pl.Series(list(target.labels)), target.dtype, target.cells).to_list()
    index = text.replace_strict(known, list(range(len(known))), default=UNKNOWN, return_dtype=pl.Float64)
    return index.zip_with(text.is_not_null(), pl.Series([MISSING]).new_from_index(0, text.len())).to_numpy()


def label_texts(series: pl.Series, dtype: str, cells: CellFormat) -> pl.Series:
    """Return labels as the text by which they are told apart; null where missing."""
    if dtype == "bool":
        return read_cells(series, Kind.YES_NO, dtype, cells).cast(pl.String)
    return read_cells(series, Kind.CATEGORY, dtype, cells)


def canonical_kind(column: Column) -> Kind:
    """Return the kind as which a column's cells are read; of unused ones what their dtype suggests."""
    if column.kind in (Kind.IDENTIFIER, Kind.TEXT, Kind.CONSTANT):
        by_dtype = {"int": Kind.NUMBER, "float": Kind.NUMBER, "date": Kind.DATE}
        return by_dtype.get(column.dtype, Kind.CATEGORY)
    return column.kind


def read_cells(series: pl.Series, kind: Kind, dtype: str, cells: CellFormat) -> pl.Series:
    """Return the cells in the canonical dtype of their kind, null where missing or unreadable."""
    if is_coded(series.dtype):
        return by_cell(series, lambda one: read_cells(one, kind, dtype, cells))
    plain = _plain(series, cells)
    if kind is Kind.NUMBER:
        # True among numbers is as odd as "true" in a file; only booleans told to be numbers are 0/1.
        is_odd = plain.dtype == pl.Boolean and dtype != "bool"
        return _nulls(plain, pl.Float64) if is_odd else _numbers(plain, cells)
    if kind is Kind.YES_NO:
        return _yes_no(plain, cells)
    if kind is Kind.DATE:
        return _dates(plain, cells)
    return _levels(plain, dtype, cells)


def _sources(frame: pl.DataFrame, schema: Schema) -> list[tuple[Column, str]]:
    """Return each column to conform and what the frame calls it."""
    roles = {schema.weight, schema.time, schema.group} - {""}
    found = []
    for column in schema.columns:
        if column.used:
            where = "the table to read"
            found.append((column, find_column(column.name, frame.columns, where, SourceError)))
        elif column.name in roles and column.name in frame.columns:
            found.append((column, column.name))
    return found


def _unread(raw: pl.Series, values: pl.Series, column: Column, first_row: int) -> list[Odd]:
    lost = _is_present(raw, column.cells) & values.is_null()
    if not bool(lost.any()):
        return []
    at = int(lost.arg_true()[0])
    kind, first = canonical_kind(column), shown(raw[at])
    return [
        Odd(
            column=column.name,
            are=f"no {kind} and counted as missing",
            count=int(lost.sum()),
            first=first,
            row=first_row + at,
            hint=way_of_writing(first, kind, column.cells),
        )
    ]


def _is_present(raw: pl.Series, cells: CellFormat) -> pl.Series:
    """Return whether each cell holds something."""
    if is_coded(raw.dtype):
        return by_cell(raw, lambda one: _plain(one, cells).is_not_null()).fill_null(value=False)
    return _plain(raw, cells).is_not_null()


def _plain(series: pl.Series, cells: CellFormat) -> pl.Series:
    """Return the cells with every way to say "missing" as null and exotic dtypes as plain ones."""
    dtype = series.dtype
    if isinstance(dtype, pl.Categorical | pl.Enum):
        series = series.cast(pl.String)
    if series.dtype == pl.String:
        text = trimmed(series)
        return pl.select(pl.when(~text.is_in(list(cells.missing))).then(text)).to_series()
    if dtype.is_float():
        return series.fill_nan(None)
    if isinstance(dtype, pl.Decimal):
        return series.cast(pl.Float64)
    if isinstance(dtype, pl.Duration | pl.Time):
        return series.cast(pl.Int64) / _ticks(dtype)
    if dtype.is_nested() or isinstance(dtype, pl.Object | pl.Binary):
        return pl.Series(
            series.name, [None if cell is None else str(cell) for cell in series], dtype=pl.String
        )
    return series


def _ticks(dtype: pl.DataType) -> float:
    """Return how many ticks of a time of day or a duration make a second."""
    unit = dtype.time_unit if isinstance(dtype, pl.Duration) else "ns"
    return {"ms": 1e3, "us": 1e6, "ns": 1e9}[unit or "us"]


def _nulls(plain: pl.Series, dtype: type[pl.DataType] | pl.DataType) -> pl.Series:
    return pl.Series(plain.name, [None], dtype=dtype).new_from_index(0, plain.len())


def _numbers(plain: pl.Series, cells: CellFormat) -> pl.Series:
    if plain.dtype == pl.String:
        return parse_numbers(plain, cells.decimal, cells.thousands, cells.sign)
    if plain.dtype == pl.Float32:
        return plain  # in half the memory: whoever calculates with cells casts them first
    if plain.dtype.is_numeric() or plain.dtype == pl.Boolean:
        return plain.cast(pl.Float64)
    return _nulls(plain, pl.Float64)


def _yes_no(plain: pl.Series, cells: CellFormat) -> pl.Series:
    if plain.dtype == pl.Boolean:
        return plain
    if plain.dtype.is_numeric():
        valid = (plain == 0) | (plain == 1)
        return pl.select(pl.when(valid).then(plain == 1)).to_series()
    if plain.dtype == pl.String:
        return parse_yes_no(plain, cells.true, cells.false)
    return _nulls(plain, pl.Boolean)


def _dates(plain: pl.Series, cells: CellFormat) -> pl.Series:
    if isinstance(plain.dtype, pl.Datetime) and plain.dtype.time_zone:
        plain = plain.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    if plain.dtype.is_temporal():
        return plain.cast(pl.Datetime("us"))
    if plain.dtype == pl.String:
        return parse_dates(plain, cells.date)
    return _nulls(plain, pl.Datetime("us"))


def _levels(plain: pl.Series, dtype: str, cells: CellFormat) -> pl.Series:
    """Return levels as text, one text for one level however it was written: 1, 1.0 and "1" are "1"."""
    if plain.dtype.is_numeric():
        return number_text(plain)
    if plain.dtype != pl.String:
        return plain.cast(pl.String)
    if dtype in ("int", "float"):
        as_number = number_text(parse_numbers(plain, cells.decimal, cells.thousands, cells.sign))
        return as_number.zip_with(as_number.is_not_null(), plain)
    return plain

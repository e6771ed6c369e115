"""What a row counts: 0 is as good as absent, whole numbers are repeats, any other is relative."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glassnet.errors import SourceError
from glassnet.settings import Settings
from glassnet.table.cells import read_cells
from glassnet.table.facts import facts_of_table
from glassnet.table.names import find_column
from glassnet.table.values import Kind, RowNumbers, Table

MOST_REPEATS: Final = 10.0  # mean of whole-number weights beyond which they are no repeats: survey weights


def drop_rows_without_weight(table: Table, settings: Settings) -> Table:
    """Return the table without the rows of weight 0, before anything is decided by it; numbers are kept.

    Nothing is dropped where all are 0: that is an error for whoever checks the weights.
    """
    if not settings.weight:
        return table
    name = find_column(settings.weight, table.frame.columns)
    facts = facts_of_table(table.frame[[name]], settings)[name]
    weight = read_cells(table.frame[name], Kind.NUMBER, facts.dtype, facts.cells)
    is_zero = (weight == 0.0).fill_null(value=False).to_numpy()
    if not is_zero.any() or is_zero.all():
        return table
    kept = np.flatnonzero(~is_zero)
    before = np.arange(table.frame.height) if table.row_numbers is None else table.row_numbers
    note = f"{int(is_zero.sum()):,} rows have the weight 0 and are left out."
    return replace(
        table,
        frame=table.frame.filter(~is_zero),
        row_numbers=before[kept].astype(np.int64),
        notes=(*table.notes, note),
    )


def row_weights(frame: pl.DataFrame, name: str, row_numbers: RowNumbers) -> NDArray[np.float64]:
    """Return what the column says each row counts, `(rows,)`; `row_numbers` are those of the source, from 0.

    Raises SourceError for a weight that is missing, negative or infinite, and where all are 0.
    """
    row_R = frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy().astype(np.float64)
    bad = np.flatnonzero(~np.isfinite(row_R) | (row_R < 0))
    if bad.size:
        found = row_R[bad[0]]
        held = "is missing" if np.isnan(found) else f"holds {found:g}"
        raise SourceError(
            f"weight column '{name}' {held} in row {row_numbers[bad[0]] + 1}; weights must be numbers of at"
            " least 0."
        )
    if row_R.size and not row_R.any():
        raise SourceError(f"weight column '{name}' is 0 in every row. Give some rows a weight.")
    return row_R


def counted(weight_R: NDArray[np.float64], own: int) -> NDArray[np.float64]:
    """Return the weights in rows: as they are where they are repeats, else with a mean of 1.

    Whole numbers with a mean of at most 10 over the first `own` rows are repeats: 2 is the row twice, in
    every count of rows too. Any others say only how rows compare, and 0.001 for each is 1 for each.
    """
    own_R = weight_R[:own]
    mean = float(own_R.mean()) if own else 1.0
    are_repeats = bool((own_R == np.round(own_R)).all()) and 1.0 <= mean <= MOST_REPEATS
    return weight_R if are_repeats or mean <= 0 else weight_R / mean

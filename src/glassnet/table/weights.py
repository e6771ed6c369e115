"""What a row counts: 0 is as good as absent, whole numbers are repeats, any other is relative."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from glassnet.settings import Settings
from glassnet.table.cells import read_cells
from glassnet.table.facts import facts_of_table
from glassnet.table.names import find_column
from glassnet.table.values import Kind, Table

MOST_REPEATS: Final = 10.0  # mean of whole-number weights beyond which they are no repeats: survey weights


def drop_rows_without_weight(table: Table, settings: Settings) -> Table:
    """Return the table without the rows of weight 0, before anything is decided by it; numbers are kept.

    Nothing is dropped where all are 0: that is an error for whoever checks the weights.
    """
    if not settings.weight:
        return table
    name = find_column(settings.weight, table.frame.columns)
    facts = facts_of_table(table.frame.select(name), settings)[name]
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


def counted(weight_R: NDArray[np.float64], own: int) -> NDArray[np.float64]:
    """Return the weights in rows: as they are where they are repeats, else with a mean of 1.

    Whole numbers with a mean of at most 10 over the first `own` rows are repeats: 2 is the row twice, in
    every count of rows too. Any others say only how rows compare, and 0.001 for each is 1 for each.
    """
    own_R = weight_R[:own]
    mean = float(own_R.mean()) if own else 1.0
    are_repeats = bool((own_R == np.round(own_R)).all()) and 1.0 <= mean <= MOST_REPEATS
    return weight_R if are_repeats or mean <= 0 else weight_R / mean

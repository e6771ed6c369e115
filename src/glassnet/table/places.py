"""Row numbers as sets: by a mark for each row, since sorting or hashing millions of numbers takes seconds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from glassnet.table.values import RowNumbers

# Rows of which medians, quartiles and bins are learned (`prepare.quantile`): of a million, drawn evenly, a
# quantile is off by less than a thousandth of the rows; sorting more took most of preparing.
LEARNED_ROWS: Final = 1_000_000


def united(parts: Iterable[RowNumbers]) -> RowNumbers:
    """Return the row numbers that are in any of the parts, each once, rising."""
    every = [rows for rows in parts if len(rows)]
    marked_R = np.zeros(max((int(rows.max()) for rows in every), default=-1) + 1, dtype=bool)
    for rows in every:
        marked_R[rows] = True
    return np.flatnonzero(marked_R)


def without(rows: RowNumbers, others: RowNumbers) -> RowNumbers:
    """Return those of the row numbers that are not among the others, each once, rising."""
    size = max((int(one.max()) for one in (rows, others) if len(one)), default=-1) + 1
    marked_R = np.zeros(size, dtype=bool)
    marked_R[rows] = True
    marked_R[others] = False
    return np.flatnonzero(marked_R)

"""Partial dependence with individual curves: what the network predicts when one column's cells change.

Shapes: R rows, G cells, P numbers of a prediction, N rows drawn one by one.
Source: J. H. Friedman, "Greedy function approximation", Ann. Stat. 2001; A. Goldstein et al., "Peeking
Inside the Black Box", J. Comput. Graph. Stat. 2015.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from glassnet import chance
from glassnet.evaluate.insight import Dependence
from glassnet.evaluate.vary import Looked, cells_of, predict_with
from glassnet.prepare.values import Floats64
from glassnet.table.values import Kind, RowNumbers, Task

COLUMNS: Final = 8  # the most important ones
ROWS: Final = 200  # at most, over which the mean is taken
SINGLE: Final = 30  # rows whose own curve is drawn
CELLS: Final = 18  # of a number
LEVELS: Final = 10
OUTPUTS: Final = 4  # classes or targets


def some_rows(rows: int, most: int, seed: int, stream: int) -> RowNumbers:
    """Return at most so many places of rows, drawn by the seed, in random order."""
    return chance.order(seed, chance.Purpose.SAMPLE, rows, epoch=stream)[:most]


def outputs_of(task: Task, truth: Floats64, numbers: int) -> tuple[int, ...]:
    """Return which numbers of a prediction are looked at: the second of two classes, else the first few."""
    if task is Task.BINARY:
        return (1,)
    if task is Task.MULTICLASS:
        counts = np.bincount(truth.astype(np.int64), minlength=numbers)
        return tuple(int(one) for one in np.argsort(-counts, kind="stable")[:OUTPUTS])
    return tuple(range(min(numbers, OUTPUTS)))


def dependence_on(looked: Looked, column: str, outputs: tuple[int, ...], rows: RowNumbers) -> Dependence:
    """Return how predictions of the rows go with one column."""
    is_level = looked.column(column).kind is Kind.CATEGORY
    cells = cells_of(looked, column, LEVELS if is_level else CELLS)
    value_GRP = predict_with(looked, rows, [cells])[:, :, list(outputs)]
    return Dependence(
        scale=cells.scale,
        outputs=outputs,
        mean_GP=value_GRP.mean(axis=1),
        single_NG=value_GRP[:, :SINGLE, 0].T.copy(),
        rows=int(rows.size),
    )

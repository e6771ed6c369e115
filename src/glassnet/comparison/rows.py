"""Whether runs were measured on the same rows, and those rows in one order.

Shapes: R rows, P numbers of a prediction, C classes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glassnet.comparison.values import Held, Run
from glassnet.table.values import Task


def held_rows(run: Run, first: Run) -> Held:
    """Return the rows that a run was measured on, by their number, with the first run's order of classes."""
    evaluation = run.fitted.evaluation
    order, threshold = order_of(run), evaluation.threshold
    truth, prediction_RP = evaluation.truth[order], evaluation.prediction_RP[order]
    if run.fitted.schema.task in (Task.BINARY, Task.MULTICLASS):
        own = [str(label) for label in run.fitted.schema.targets[0].labels]
        wanted = [str(label) for label in first.fitted.schema.targets[0].labels]
        place_C = np.array([own.index(label) for label in wanted])
        truth = np.argsort(place_C)[truth.astype(np.int64)].astype(np.float64)
        prediction_RP = prediction_RP[:, place_C]
        if place_C[0] == 1:  # two classes the other way round
            threshold = 1.0 - threshold
    return Held(
        truth=truth, prediction_RP=prediction_RP, weight_R=evaluation.weight_R[order], threshold=threshold
    )


def order_of(run: Run) -> NDArray[np.int64]:
    """Return the places of a run's rows in the order of their numbers."""
    return np.argsort(run.fitted.evaluated_rows, kind="stable")


def why_unpaired(first: tuple[Run, Held], second: tuple[Run, Held]) -> str:
    """Return how the rows of two runs differ, in one sentence; empty where they are the same rows.

    The same numbers, truths and weights are taken for the same rows: a table may have moved between runs.
    """
    (one, held), (two, others) = first, second
    pair = f"‘{one.name}’ and ‘{two.name}’ were measured on different rows"
    on = one.fitted.evaluation.on, two.fitted.evaluation.on
    if on[0] != on[1]:
        return f"{pair}: {on[0]} rows, and {on[1]} rows."
    numbers = (run.fitted.evaluated_rows[order_of(run)] for run in (one, two))
    if not np.array_equal(next(numbers), next(numbers)):
        return f"{pair}{_because(one, two)}."
    if not np.array_equal(held.truth, others.truth):
        return f"{pair}: rows of the same numbers hold other answers, so their tables are not the same."
    if not np.array_equal(held.weight_R, others.weight_R):
        return f"‘{one.name}’ and ‘{two.name}’ give the same rows different weights."
    return ""


def _because(first: Run, other: Run) -> str:
    seeds = (one.fitted.settings.seed for one in (first, other))
    if len(set(seeds)) == 2:
        return ", since the seed decides which are kept for testing"
    one, two = (len(run.fitted.evaluation.truth) for run in (first, other))
    return f": {one:,} and {two:,}" if one != two else ""

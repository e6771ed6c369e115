"""What needs no network: the class shares or the mean, and a linear model on the same inputs.

Shapes: R rows, P numbers of a prediction, X inputs of the linear model, T targets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from glassnet import chance
from glassnet.evaluate import linear
from glassnet.prepare.assemble import apply
from glassnet.prepare.bins import without_bins
from glassnet.prepare.values import Encoded, Floats64, Prepared
from glassnet.table.values import RowNumbers, Task

PIECE: Final = 8_192  # rows predicted at once
Answer = Callable[[Floats64], Floats64]
LINEAR_ROWS: Final = 20_000  # training rows of the linear model: more change little and take long
ONE_HOT_SLOTS: Final = 64  # embedded categories enter the linear model with at most so many levels


def constant_prediction(prepared: Prepared, rows: RowNumbers, task: Task, classes: int) -> Floats64:
    """Return the prediction `(P,)` that looks at no column: class shares, or means, of the given rows."""
    weight_R = prepared.weight_R[rows]
    if task in (Task.BINARY, Task.MULTICLASS):
        counts = np.bincount(
            prepared.target_RT[rows, 0].astype(np.int64), weights=weight_R, minlength=classes
        )
        return np.asarray(counts / counts.sum())
    return np.asarray(np.average(prepared.target_RT[rows], axis=0, weights=weight_R))


def pick_rows(encoded: Encoded, rows: RowNumbers) -> Encoded:
    """Return the named rows of an encoded table."""
    return Encoded(number_RN=encoded.number_RN[rows], code_RC=encoded.code_RC[rows])


def linear_prediction(
    prepared: Prepared, rows: RowNumbers, task: Task, classes: int, seed: int, fold: int = 0
) -> Floats64:
    """Return a linear model's predictions for the rows, `(R, P)`, fitted on a fold's fit rows.

    Logistic regression for classes, ridge regression for numbers, with scikit-learn's default penalties.
    """
    fit = prepared.rows.fit[fold]
    if fit.size > LINEAR_ROWS:
        fit = np.sort(fit[chance.order(seed, chance.Purpose.SAMPLE, fit.size)[:LINEAR_ROWS]])
    answer = _fitted(prepared, fit, task, classes, fold)
    # In pieces: with a column for each level, all test rows may take more memory than the table.
    starts = range(0, max(rows.size, 1), PIECE)
    return np.concatenate([answer(_inputs(prepared, rows[start : start + PIECE], fold)) for start in starts])


def _fitted(prepared: Prepared, fit: RowNumbers, task: Task, classes: int, fold: int) -> Answer:
    """Return what gives the linear model's predictions `(R, P)` of inputs `(R, X)`."""
    fit_RX = _inputs(prepared, fit, fold)
    target_RT, weight_R = prepared.target_RT[fit], prepared.weight_R[fit]
    if task is Task.REGRESSION:
        weight_AT = linear.ridge(fit_RX, target_RT.astype(np.float64), weight_R)
        return lambda rows_RX: np.asarray(rows_RX @ weight_AT[:-1] + weight_AT[-1])
    if task is Task.MULTILABEL:
        each = [_classes(fit_RX, target_RT[:, t], weight_R, 2) for t in range(target_RT.shape[1])]
        return lambda rows_RX: np.stack([one(rows_RX)[:, 1] for one in each], axis=1)
    return _classes(fit_RX, target_RT[:, 0], weight_R, classes)


def _inputs(prepared: Prepared, rows: RowNumbers, fold: int) -> Floats64:
    """Return the network's inputs as one matrix, embedded categories as 0/1 columns, `(R, X)`.

    The bins of numbers are left out: with them the model would be linear in name only.
    """
    preparation = replace(prepared.preparation, bins=without_bins(prepared.preparation.bins))
    inputs = apply(prepared.encoded.picked(rows), preparation, fold)
    blocks = [inputs.dense_RD.astype(np.float64)]
    for place, slots in enumerate(prepared.preparation.embedded):
        width = min(slots, ONE_HOT_SLOTS)
        blocks.append((inputs.slot_RE[:, [place]] == np.arange(width)).astype(np.float64))
    return np.concatenate(blocks, axis=1)


def _classes(fit_RX: Floats64, class_R: Floats64, weight_R: Floats64, classes: int) -> Answer:
    """Return what gives logistic regression's probabilities; classes it never saw have probability 0."""
    seen = np.unique(class_R[weight_R > 0]).astype(np.int64)
    place_R = np.searchsorted(seen, class_R.astype(np.int64)).clip(max=seen.size - 1)
    weight_AC = linear.logistic(fit_RX, place_R, weight_R, seen.size) if seen.size > 1 else None

    def answer(rows_RX: Floats64) -> Floats64:
        prediction_RC = np.zeros((rows_RX.shape[0], classes))
        prediction_RC[:, seen] = 1.0 if weight_AC is None else linear.shares(rows_RX, weight_AC)
        return prediction_RC

    return answer

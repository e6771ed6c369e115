"""How much one column alone tells of the target, measured on rows that it was not learned from.

Shapes: S rows, C classes (one for a number), B bins or levels, F folds.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glassnet.quality.columns import numbers_of
from glassnet.table.values import Task

Floats64 = NDArray[np.float64]
Codes = NDArray[np.int64]

FOLDS: Final = 5
BINS: Final = 64  # of a number, each with as many rows; fewer different numbers have one each
LEAST: Final = 10  # rows in a bin on average
CLASSES: Final = 20  # told apart; the rest are one


def truth_of(target_R: Floats64, task: Task) -> Floats64:
    """Return what is to be told, `(S, C)`: ranks of numbers from 0 to 1, or one 0/1 column per class.

    Ranks, since a few huge numbers would else decide the whole score.
    """
    if task is Task.REGRESSION:
        rank = pl.Series(target_R).rank("average").to_numpy()
        return np.asarray((rank / max(len(rank), 1)).reshape(-1, 1), dtype=np.float64)
    found, place, count = np.unique(target_R, return_inverse=True, return_counts=True)
    by_size = np.argsort(np.argsort(-count, kind="stable"), kind="stable")
    place = np.minimum(by_size[place], CLASSES)
    return np.eye(min(len(found), CLASSES + 1))[place]


def codes_of(series: pl.Series) -> Codes:
    """Return each cell's bin or level, `(S,)`; missing cells are one of their own."""
    if series.dtype in (pl.String, pl.Boolean):
        return series.rank("dense").fill_null(0).cast(pl.Int64).to_numpy()
    value_S = numbers_of(series)
    present = np.sort(value_S[~np.isnan(value_S)])
    edges = np.unique(present)
    bins = max(2, min(BINS, len(present) // LEAST))
    if len(edges) > bins:
        edges = np.unique(present[(np.arange(1, bins) * len(present)) // bins])
    code_S = 1 + np.searchsorted(edges, value_S, side="right")
    return np.where(np.isnan(value_S), 0, code_S).astype(np.int64)


def told(code_S: Codes, truth_SC: Floats64, fold_S: Codes) -> Floats64:
    """Return each row's truth as the other folds' means of its bin tell it, `(S, C)`.

    A bin's mean is drawn by one row's weight to that of all rows, or of all rare bins where it is rare: so a
    level of one row tells what rare levels have in common.
    """
    bins = int(code_S.max(initial=0)) + 1
    cell_S = fold_S * bins + code_S
    shape = (FOLDS, bins, -1)
    count_FB = np.bincount(cell_S, minlength=FOLDS * bins).reshape(shape).astype(np.float64)
    sums = [np.bincount(cell_S, weights=column, minlength=FOLDS * bins) for column in truth_SC.T]
    sum_FBC = np.stack(sums, axis=-1).reshape(shape)
    count_FB, sum_FBC = (side.sum(axis=0) - side for side in (count_FB, sum_FBC))  # of the other folds
    is_rare_B = np.bincount(code_S, minlength=bins) < LEAST
    every_FC, rare_FC = _mean(count_FB, sum_FBC), _mean(count_FB[:, is_rare_B], sum_FBC[:, is_rare_B])
    prior_FBC = np.where(is_rare_B[None, :, None], rare_FC[:, None], every_FC[:, None])
    told_FBC = (sum_FBC + prior_FBC) / (count_FB + 1.0)
    return np.asarray(told_FBC[fold_S, code_S], dtype=np.float64)


def _mean(count_FB: Floats64, sum_FBC: Floats64) -> Floats64:
    """Return the mean over all bins given, `(F, C)`; 0 where they hold no row."""
    return np.asarray(sum_FBC.sum(axis=1) / np.maximum(count_FB.sum(axis=1), 1.0))


def explained(code_S: Codes, truth_SC: Floats64, fold_S: Codes) -> float:
    """Return the share of the truth's squared deviation that the bins explain on other rows; 1 is all of it.

    Of ranks this is R2, of classes Brier's skill. It is below 0 where the bins mislead.
    """
    apart = float(np.square(truth_SC - truth_SC.mean(axis=0)).sum())
    if apart <= 0:
        return 0.0
    return 1.0 - float(np.square(truth_SC - told(code_S, truth_SC, fold_S)).sum()) / apart


def auc(code_S: Codes, truth_SC: Floats64, fold_S: Codes) -> float:
    """Return the area under the ROC curve of the last of two classes, told from the bins on other rows."""
    chance_S = told(code_S, truth_SC, fold_S)[:, -1]
    is_true_S = truth_SC[:, -1] > 0.5
    rank_S = pl.Series(chance_S).rank("average").to_numpy()
    true, false = int(is_true_S.sum()), int((~is_true_S).sum())
    if not true or not false:
        return 0.5
    return (float(rank_S[is_true_S].sum()) - true * (true + 1) / 2) / (true * false)

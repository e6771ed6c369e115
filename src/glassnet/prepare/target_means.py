"""Means of the target over a level's rows, for categories of many levels, with how many rows there were.

A level's mean is drawn towards the mean of all rows, the more the fewer rows it has (empirical Bayes). A row
that trains must not see its own target: the fit rows of a fold are cut into five parts, and each part gets
the means of the other four. All other rows, also new ones, get the means of all the fold's fit rows.

Source: D. Micci-Barreca, "A Preprocessing Scheme for High-Cardinality Categorical Attributes", 2001.

Shapes: F folds, R rows, C categories, M categories with means, L levels of those one after another (with
missing and unseen at the end of each), U means of a level, V = U + 1 with its count, X = M * V inputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from glassnet import chance
from glassnet.prepare.values import Codes, Encoded, Encoding, Floats64, TargetMeans
from glassnet.table.values import RowNumbers, Schema, Task

MANY_LEVELS: Final = 30  # a category of more levels has means
MOST_CLASSES: Final = 10  # of a target of more classes only the rows of a level are counted
PARTS: Final = 5
HEAVIEST: Final = 1e6  # rows that the mean of all counts as, where levels do not differ


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sums:
    """Sums over the rows of each level."""

    weight_L: Floats64
    value_LU: Floats64
    square_LU: Floats64

    def without(self, other: _Sums) -> _Sums:
        """Return the sums over the rows that are not among the other's."""
        return _Sums(
            weight_L=self.weight_L - other.weight_L,
            value_LU=self.value_LU - other.value_LU,
            square_LU=self.square_LU - other.square_LU,
        )


def learn_target_means(
    encoded: Encoded,
    encoding: Encoding,
    target_RT: Floats64,
    weight_R: Floats64,
    fit: Sequence[RowNumbers],
    schema: Schema,
) -> tuple[TargetMeans, Encoded]:
    """Return the means of each fold, and the rows with what its fit rows see of them."""
    category_M = np.array(
        [c for c, one in enumerate(encoding.levels) if len(one) > MANY_LEVELS], dtype=np.int64
    )
    value_RU = _values(target_RT, schema)
    sizes_M = np.array([len(encoding.levels[c]) + 2 for c in category_M], dtype=np.int64)
    tables, own = [], []
    for fold, rows in enumerate(fit):
        blocks = [
            _learn(
                _places(encoded.code_RC[rows, c], int(size)), value_RU[rows], weight_R[rows], int(size), fold
            )
            for c, size in zip(category_M, sizes_M, strict=True)
        ]
        tables.append(np.concatenate([table_LV for table_LV, _ in blocks] or [np.zeros((0, 0))]))
        own_RX = np.full((encoded.rows, category_M.size * (value_RU.shape[1] + 1)), np.nan, dtype=np.float32)
        if blocks:
            own_RX[rows] = np.concatenate([own_nV for _, own_nV in blocks], axis=1)
        own.append(own_RX)
    means = TargetMeans(
        category_M=category_M,
        first_M=np.cumsum(sizes_M) - sizes_M,
        size_M=sizes_M,
        table_FLV=np.stack(tables).astype(np.float32),
        names=_names(encoding, schema, category_M, value_RU.shape[1]),
    )
    return means, replace(encoded, own_FRX=np.stack(own))


def apply_target_means(encoded: Encoded, means: TargetMeans, fold: int) -> np.ndarray:
    """Return the rows' means and counts, standardised, `(R, X)`; fit rows get those of other parts."""
    blocks = [
        means.table_FLV[fold][first + _places(encoded.code_RC[:, category], int(size))]
        for category, first, size in zip(means.category_M, means.first_M, means.size_M, strict=True)
    ]
    if not blocks:
        return np.zeros((encoded.rows, 0), dtype=np.float32)
    value_RX = np.concatenate(blocks, axis=1)
    if not encoded.own_FRX.size:
        return value_RX
    own_RX = encoded.own_FRX[fold]
    return np.where(np.isnan(own_RX), value_RX, own_RX)


def _values(target_RT: Floats64, schema: Schema) -> Floats64:
    """Return what is averaged: numbers, 0/1 answers, or one 0/1 per class, `(R, U)`."""
    if schema.task is not Task.MULTICLASS:
        return target_RT
    classes = len(schema.targets[0].labels)
    if classes > MOST_CLASSES:
        return target_RT[:, :0]
    return np.asarray(target_RT == np.arange(classes), dtype=np.float64)


def _places(code_n: Codes, size: int) -> RowNumbers:
    """Return each cell's place in its category's table: its level, then missing, then never seen."""
    place_n = np.where(code_n >= 0, code_n, np.where(code_n == -1, size - 2, size - 1))
    return place_n.astype(np.int64)


def _learn(
    place_n: RowNumbers, value_nU: Floats64, weight_n: Floats64, size: int, fold: int
) -> tuple[Floats64, Floats64]:
    """Return a category's table `(L, V)` and what its fit rows see, `(n, V)`; V is U means and a count."""
    rows = len(place_n)
    part_n = np.empty(rows, dtype=np.int64)
    # The parts need no seed of the user's: any will do.
    part_n[chance.order(0, chance.Purpose.TARGET_MEANS, rows, epoch=fold)] = np.arange(rows) % PARTS
    whole = _sums(place_n, value_nU, weight_n, size)
    own_nV = np.empty((rows, value_nU.shape[1] + 1))
    for part in range(PARTS):
        here_n = part_n == part
        others = whole.without(_sums(place_n[here_n], value_nU[here_n], weight_n[here_n], size))
        own_nV[here_n] = _table(others, PARTS / (PARTS - 1))[place_n[here_n]]
    share_n = weight_n / max(weight_n.sum(), 1e-30)
    location_V = share_n @ own_nV
    scale_V = np.sqrt(share_n @ np.square(own_nV - location_V))
    scale_V[scale_V <= 1e-9 * np.maximum(np.abs(location_V), 1.0)] = 1.0
    return (_table(whole, 1.0) - location_V) / scale_V, (own_nV - location_V) / scale_V


def _sums(place_n: RowNumbers, value_nU: Floats64, weight_n: Floats64, size: int) -> _Sums:
    def total(of_n: Floats64) -> Floats64:
        return np.bincount(place_n, weights=of_n, minlength=size).astype(np.float64)

    columns = range(value_nU.shape[1])
    none = np.zeros((size, 0))
    return _Sums(
        weight_L=total(weight_n),
        value_LU=np.column_stack([none, *(total(weight_n * value_nU[:, u]) for u in columns)]),
        square_LU=np.column_stack([none, *(total(weight_n * np.square(value_nU[:, u])) for u in columns)]),
    )


def _table(sums: _Sums, more: float) -> Floats64:
    """Return each level's means, drawn towards the mean of all, and its rows' logarithm, `(L, V)`."""
    weight_L1 = np.maximum(sums.weight_L, 0.0)[:, None]
    total = max(float(weight_L1.sum()), 1e-30)
    mean_U = sums.value_LU.sum(axis=0) / total
    prior_U = _prior(sums, weight_L1, total, mean_U)
    mean_LU = (sums.value_LU + prior_U * mean_U) / (weight_L1 + prior_U)
    return np.concatenate([mean_LU, np.log1p(more * weight_L1)], axis=1)


def _prior(sums: _Sums, weight_L1: Floats64, total: float, mean_U: Floats64) -> Floats64:
    """Return how many rows the mean of all counts as: variance within levels over that between them.

    Source: the method of moments of the one-way analysis of variance.
    """
    levels = int((weight_L1 > 0).sum())
    level_LU = sums.value_LU / np.maximum(weight_L1, 1e-30)
    within_U = np.maximum((sums.square_LU - sums.value_LU * level_LU).sum(axis=0), 0.0)
    within_U = within_U / max(total - levels, 1e-9)
    spread_U = (weight_L1 * np.square(level_LU - mean_U)).sum(axis=0)
    each = max(total - float(np.square(weight_L1).sum()) / total, 1e-30)
    between_U = (spread_U - (levels - 1) * within_U) / each
    if total <= levels:  # one row a level says nothing of how rows of one level differ
        return np.full(mean_U.shape, HEAVIEST)
    prior_U = np.where(between_U > 0, within_U / np.maximum(between_U, 1e-30), HEAVIEST)
    return np.clip(prior_U, 1.0, HEAVIEST)


def _names(encoding: Encoding, schema: Schema, category_M: RowNumbers, means: int) -> tuple[str, ...]:
    """Return the names of the X inputs."""
    of = [target.name for target in schema.targets]
    if schema.task is Task.MULTICLASS:
        of = [f"{schema.targets[0].name} = {label}" for label in schema.targets[0].labels][:means]
    return tuple(
        f"{encoding.categories[int(c)]}: {what}"
        for c in category_M
        for what in (*(f"mean of {one}" for one in of), "rows of the level")
    )

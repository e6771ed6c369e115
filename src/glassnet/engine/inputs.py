"""Rows as compiled code is given them: the encoded table, and what each fold learned of it.

A network's bins are columns of its first layer. Who looks numbers up needs two values of each row instead,
and the time does not depend on how many bins there are.

Shapes: F folds, R rows of the table, N numbers, D dense inputs, P bins that are dense inputs, E edges, B
numbers that are looked up, C categories, M marks or categories with means, L levels, V means of a level.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from glassnet.engine.compiled import _fused
from glassnet.engine.plan import Plan
from glassnet.prepare.numeric import reach
from glassnet.prepare.values import Bins, Encoded, NumberScales, Preparation

WHOLE: Final = np.int32
NUMBERS: Final[dict[str, type[np.floating]]] = {"float32": np.float32, "float64": np.float64}
KEPT: Final = 8 << 20  # bytes up to which what a fold sees of the table is kept for all steps
FEWEST_BINS: Final = 8  # from so many bins a number is looked up in a table instead of multiplied


@dataclass(frozen=True, kw_only=True, slots=True)
class Division:
    """A preparation in two: what becomes dense inputs, and the bins that numbers are looked up in."""

    dense: Preparation
    looked_up: Bins
    bins_B: tuple[int, ...]  # how many bins each of the numbers that are looked up has
    column: tuple[int, ...]  # of each of the network's inputs: its place, or -1 - row of the table of bins

    @property
    def dense_inputs(self) -> int:
        """How many inputs are left to multiply, without embeddings."""
        return self.dense.dense - sum(self.bins_B)


@dataclass(frozen=True, kw_only=True, slots=True)
class CompiledInputs:
    """The encoded table and how each fold sees it."""

    rows_F: tuple[_fused.Rows32, ...]
    dense: int  # dense inputs, without embeddings and without what is looked up
    bins_B: tuple[int, ...]  # how many bins each number that is looked up has
    column: tuple[int, ...]  # of each of the network's inputs: its place, or -1 - row of the table of bins


def compiled_inputs(plan: Plan, fewest_bins: int, kept: int = KEPT) -> CompiledInputs:
    """Return the plan's inputs, with the numbers of at least so many bins to be looked up in a table.

    Where a fold's inputs take at most `kept` bytes they are made once; otherwise a batch at a time, from the
    one encoded table. Plans over the same rows share what is returned.
    """
    has_layer = bool(plan.architecture.hidden) and plan.architecture.network == "mlp"
    fewest = fewest_bins if has_layer else sys.maxsize
    key = ("compiled inputs", fewest, kept, plan.training.precision)
    return plan.shared.once(key, lambda: _compiled_inputs(plan, fewest, kept))


def _compiled_inputs(plan: Plan, fewest_bins: int, kept: int) -> CompiledInputs:
    division = divide(plan.prepared.preparation, plan.inputs.embedding, fewest_bins)
    number = NUMBERS[plan.training.precision]
    folds = range(plan.prepared.rows.folds)
    rows_F = tuple(rows_of(plan.prepared.encoded, division, fold, number) for fold in folds)
    for rows in rows_F:
        if rows.kept_bytes() <= kept:
            rows.keep()
    return CompiledInputs(
        rows_F=rows_F, dense=division.dense_inputs, bins_B=division.bins_B, column=division.column
    )


def rows_of(encoded: Encoded, division: Division, fold: int, number: type[np.floating]) -> _fused.Rows32:
    """Return encoded rows, which are not copied, as compiled code sees those of one fold."""
    make = _fused.Rows32 if number is np.float32 else _fused.Rows64
    own_FRX = encoded.own_FRX
    return make(
        _preparation(division, fold),
        np.ascontiguousarray(encoded.number_RN, dtype=np.float32),
        np.ascontiguousarray(encoded.code_RC),
        np.ascontiguousarray(own_FRX[fold] if own_FRX.size else np.zeros((0, 0), np.float32)),
    )


def _preparation(division: Division, fold: int) -> _fused.Preparation:
    """Return what one fold learned, as arrays that compiled code reads."""
    learned = _fused.Preparation()
    _set_scales(learned, division.dense.scales, fold)
    _set_bins(learned, division, fold)
    _set_slots(learned, division.dense, fold)
    means = division.dense.means
    learned.mean_category, learned.mean_first = means.category_M.astype(WHOLE), means.first_M.astype(WHOLE)
    learned.mean_size, learned.means = means.size_M.astype(WHOLE), means.table_FLV.shape[2]
    learned.mean = _flat(means.table_FLV[fold] if means.table_FLV.size else means.table_FLV)
    return learned


def _flat(values: NDArray[np.floating]) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(values, dtype=np.float32).reshape(-1)


def _set_scales(learned: _fused.Preparation, scales: NumberScales, fold: int) -> None:
    learned.location, learned.scale = _flat(scales.location_FN[fold]), _flat(scales.scale_FN[fold])
    learned.low, learned.high = _flat(scales.low_FN[fold]), _flat(scales.high_FN[fold])
    endless_N = np.full(scales.location_FN.shape[1], np.inf, dtype=np.float32)
    learned.least, learned.most = reach(scales, fold) if scales.is_held else (-endless_N, endless_N)
    learned.is_clipped, learned.marked = scales.clipped_N.astype(WHOLE), scales.marked_M.astype(WHOLE)


def _set_bins(learned: _fused.Preparation, division: Division, fold: int) -> None:
    """Say which bins are dense inputs, and the edges of those that are looked up."""
    dense, looked_up = division.dense.bins, division.looked_up
    learned.piece_of = np.repeat(np.arange(dense.count_N.size), dense.count_N).astype(WHOLE)
    ends = np.cumsum(dense.count_N[dense.count_N > 0] + 1)
    edge_E = dense.edge_FE[fold]
    is_low_E = ~np.isin(np.arange(1, edge_E.size + 1), ends)  # the last edge of a number begins no bin
    low_P, high_P = edge_E[is_low_E], edge_E[np.flatnonzero(is_low_E) + 1]
    with np.errstate(over="ignore", invalid="ignore"):
        learned.piece_low, learned.piece_width = _flat(low_P), _flat(high_P - low_P)
    learned.looked_up = np.flatnonzero(looked_up.count_N).astype(WHOLE)
    learned.bins = looked_up.count_N[looked_up.count_N > 0].astype(WHOLE)
    learned.edge = _flat(looked_up.edge_FE[fold])


def _set_slots(learned: _fused.Preparation, preparation: Preparation, fold: int) -> None:
    slots = preparation.slots
    learned.slot, learned.missing = slots.slot_FL[fold].astype(WHOLE), slots.missing_FC[fold].astype(WHOLE)
    learned.first, learned.slots = slots.first_C.astype(WHOLE), slots.slots_C.astype(WHOLE)
    learned.levels = np.array([len(levels) for levels in preparation.encoding.levels], dtype=WHOLE)
    learned.is_one_hot = slots.one_hot_C.astype(WHOLE)


def divide(preparation: Preparation, embedding: int, fewest_bins: int) -> Division:
    """Return the preparation with the numbers of at least so many bins to be looked up in a table.

    Our columns are the embedded numbers, `embedding` of each category, then the dense inputs; the network's
    are the other way round. A table starts a hidden layer's sums: without one nothing may be looked up.
    """
    is_looked_up_N = _looked_up(preparation.bins, fewest_bins)
    looked_up = _some_bins(preparation.bins, is_looked_up_N)
    return Division(
        dense=replace(preparation, bins=_some_bins(preparation.bins, ~is_looked_up_N)),
        looked_up=looked_up,
        bins_B=tuple(looked_up.count_N[is_looked_up_N].tolist()),
        column=_columns(preparation, embedding, is_looked_up_N),
    )


def _looked_up(bins: Bins, fewest_bins: int) -> NDArray[np.bool_]:
    """Return which numbers are looked up."""
    with np.errstate(over="ignore", invalid="ignore"):
        width_FE = np.diff(bins.edge_FE, axis=1)
    # A bin wider than float32 can say has no shares; its inputs are 0 on both sides.
    is_sound = not np.isposinf(width_FE[np.isfinite(bins.edge_FE[:, 1:])]).any()
    return np.asarray((bins.count_N >= max(fewest_bins, 1)) & is_sound)


def _some_bins(bins: Bins, chosen_N: NDArray[np.bool_]) -> Bins:
    """Return the bins of the chosen numbers; the others have none."""
    edges_N = np.where(bins.count_N > 0, bins.count_N + 1, 0)
    is_kept_E = np.repeat(chosen_N, edges_N)
    return Bins(edge_FE=bins.edge_FE[:, is_kept_E], count_N=np.where(chosen_N, bins.count_N, 0))


def _columns(preparation: Preparation, embedding: int, is_looked_up_N: NDArray[np.bool_]) -> tuple[int, ...]:
    is_table_P = np.repeat(is_looked_up_N, preparation.bins.count_N)
    embedded = len(preparation.embedded) * embedding
    others = preparation.dense - is_table_P.size
    is_table_D = np.concatenate([np.zeros(others, dtype=bool), is_table_P])
    place_D = np.where(is_table_D, -np.cumsum(is_table_D), embedded + np.cumsum(~is_table_D) - 1)
    return (*place_D.tolist(), *range(embedded))

"""Rows as compiled code is given them: dense inputs, and numbers in bins by the bin they are in.

A network's bins are columns of its first layer. Who looks numbers up needs two values of each row instead,
and the time does not depend on how many bins there are.

Shapes: F folds, R rows of the table, P places (fold * R + row), N numbers, D dense inputs, B numbers that are
looked up, E embedded categories.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from glassnet.engine.plan import Plan
from glassnet.prepare.assemble import apply
from glassnet.prepare.bins import locate_bins
from glassnet.prepare.values import Bins, Codes, Encoded, Preparation

Kind = TypeVar("Kind", bound=np.generic)
NUMBERS: Final[dict[str, type[np.floating]]] = {"float32": np.float32, "float64": np.float64}
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
class DividedRows:
    """Some rows under a division, as one fold sees them."""

    dense_RD: NDArray[np.floating]
    bin_RB: NDArray[np.uint16]
    share_RB: NDArray[np.floating]
    slot_RE: Codes


@dataclass(frozen=True, kw_only=True, slots=True)
class CompiledInputs:
    """All folds' inputs, one fold after another: a place is fold * R + row."""

    dense_PD: NDArray[np.floating]
    bin_PB: NDArray[np.uint16]  # the bin of each number that is looked up
    share_PB: NDArray[np.floating]  # how far the number is through it
    slot_PE: Codes
    bins_B: tuple[int, ...]  # how many bins each of these numbers has
    column: tuple[int, ...]  # of each of the network's inputs: its place, or -1 - row of the table of bins


def compiled_inputs(plan: Plan, fewest_bins: int) -> CompiledInputs:
    """Return the plan's inputs, with the numbers of at least so many bins to be looked up in a table.

    Plans over the same rows share what is returned.
    """
    has_layer = bool(plan.architecture.hidden) and plan.architecture.network == "mlp"
    fewest = fewest_bins if has_layer else sys.maxsize
    key = ("compiled inputs", fewest, plan.training.precision)
    return plan.shared.once(key, lambda: _compiled_inputs(plan, fewest))


def _compiled_inputs(plan: Plan, fewest_bins: int) -> CompiledInputs:
    division = divide(plan.prepared.preparation, plan.inputs.embedding, fewest_bins)
    number = NUMBERS[plan.training.precision]
    folds = range(plan.prepared.rows.folds)
    each = [divided(plan.prepared.encoded, division, fold, number) for fold in folds]
    return CompiledInputs(
        dense_PD=_joined([one.dense_RD for one in each]),
        bin_PB=_joined([one.bin_RB for one in each]),
        share_PB=_joined([one.share_RB for one in each]),
        slot_PE=_joined([one.slot_RE for one in each]),
        bins_B=division.bins_B,
        column=division.column,
    )


def _joined(parts: list[NDArray[Kind]]) -> NDArray[Kind]:
    """Return the folds' rows one after another; of one fold no copy, which would be the table once more."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


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


def divided(encoded: Encoded, division: Division, fold: int, number: type[np.floating]) -> DividedRows:
    """Return encoded rows under a division, as one fold sees them."""
    inputs = apply(encoded, division.dense, fold)
    bin_RB, share_RB = locate_bins(encoded.number_RN, division.looked_up, fold)
    return DividedRows(
        dense_RD=inputs.dense_RD.astype(number, copy=False),
        bin_RB=bin_RB,
        share_RB=share_RB.astype(number, copy=False),
        slot_RE=inputs.slot_RE.astype(np.int32, copy=False),
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

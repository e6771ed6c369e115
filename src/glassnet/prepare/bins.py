"""Piecewise-linear encoding: how far a number is through each of its bins, as inputs of their own.

A network of smooth layers bends slowly; with bins its first layer can bend at every quantile.

Shapes: F folds, R rows, N numbers, B numbers with bins, E edges of all numbers, P bins of all numbers.
Source: Y. Gorishniy et al., "On Embeddings for Numerical Features", 2022, arXiv 2203.05556, section 3.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from glassnet.prepare.quantile import drawn, weighted_quantiles, without_atoms
from glassnet.prepare.values import Bins, Encoded, Encoding, Floats32, Floats64
from glassnet.table.values import RowNumbers

LARGEST: Final = float(np.finfo(np.float32).max)
PIECE: Final = 65_536  # rows whose bins are looked for at once
ROWS_PER_BIN: Final = (
    20  # a bin with fewer rows, by their weights, says more about them than about the column
)


def learn_bins(
    encoded: Encoded, encoding: Encoding, fit: Sequence[RowNumbers], weight_R: Floats64, most: int
) -> Bins:
    """Return each fold's bin edges, quantiles of the fold's fit rows; `most` bins a number, 0 for none.

    A number with two distinct values has no bins: it is a yes or no, and a line through it is all there is.
    """
    rows = min(float(weight_R[one].sum()) for one in fit)
    wanted = min(most, int(rows * (1 + 1e-12)) // ROWS_PER_BIN)  # sums of weights are rounded
    edges: list[Floats64] = []
    counts = []
    for number in range(len(encoding.numbers)):
        found = [_edges(encoded.number_RN[one, number], weight_R[one], wanted) for one in fit]
        count = max(edge.size for edge in found) - 1
        count = count if count >= 2 and encoding.parts[number] != "yes/no" else 0
        counts.append(count)
        if count:
            # A fold with fewer edges is filled up with infinity: a bin that no row reaches.
            edges.append(
                np.stack([np.pad(e, (0, count + 1 - e.size), constant_values=np.inf) for e in found])
            )
    edge_FE = np.concatenate(edges, axis=1) if edges else np.zeros((len(fit), 0))
    return Bins(edge_FE=edge_FE.astype(np.float32), count_N=np.array(counts, dtype=np.int64))


def _edges(value_n: Floats32, weight_n: Floats64, wanted: int) -> Floats64:
    """Return the distinct quantiles of a number that bound at most `wanted` bins."""
    if wanted < 2:
        return np.zeros(1)
    value_d, weight_d = without_atoms(*drawn(value_n.astype(np.float64), weight_n), 1 / wanted)
    quantile_q = weighted_quantiles(value_d, weight_d, np.linspace(0, 1, wanted + 1))
    return np.unique(quantile_q[np.isfinite(quantile_q)].astype(np.float32)).astype(np.float64)


def without_bins(bins: Bins) -> Bins:
    """Return the bins of the same numbers and folds where no number has any."""
    return Bins(edge_FE=bins.edge_FE[:, :0], count_N=np.zeros_like(bins.count_N))


def apply_bins(number_RN: Floats32, bins: Bins, fold: int) -> Floats32:
    """Return how far each number is through each of its bins, in [0, 1], shape `(R, P)`; missing is 0."""
    share_RP = np.empty((number_RN.shape[0], int(bins.count_N.sum())), dtype=np.float32)
    start = first = 0
    for number, count in enumerate(bins.count_N):
        if not count:
            continue
        low_P = bins.edge_FE[fold, start : start + count]
        high_P = bins.edge_FE[fold, start + 1 : start + count + 1]
        here_RP = share_RP[:, first : first + count]
        start, first = start + int(count) + 1, first + int(count)
        with np.errstate(invalid="ignore", over="ignore"):
            np.subtract(number_RN[:, [number]], low_P, out=here_RP)
            np.divide(here_RP, high_P - low_P, out=here_RP)
        np.fmax(here_RP, 0.0, out=here_RP)  # of a number and NaN, fmax takes the number
        np.minimum(here_RP, 1.0, out=here_RP)
    return share_RP


def locate_bins(number_RN: Floats32, bins: Bins, fold: int) -> tuple[NDArray[np.uint16], Floats32]:
    """Return the bin of each number that has bins and how far it is through it, in [0, 1], both `(R, B)`.

    The same as `apply_bins` in little memory: there a number's inputs are 1 for the bins below its own, this
    share for its own, and 0 above. A missing number lies at the start of its first bin.
    """
    binned = np.flatnonzero(bins.count_N)
    bin_RB = np.zeros((number_RN.shape[0], binned.size), dtype=np.uint16)
    share_RB = np.zeros(bin_RB.shape, dtype=np.float32)
    start = 0
    for place, number in enumerate(binned):
        count = int(bins.count_N[number])
        edge_e = bins.edge_FE[fold, start : start + count + 1]
        start += count + 1
        for first in range(0, number_RN.shape[0], PIECE):  # what is made on the way is 50 bytes a row
            here = slice(first, first + PIECE)
            bin_RB[here, place], share_RB[here, place] = _located(number_RN[here, number], edge_e)
    return bin_RB, share_RB


def _located(value_R: Floats32, edge_e: Floats32) -> tuple[NDArray[np.int64], Floats32]:
    """Return the bin of each number and how far it is through it, both `(R,)`."""
    count = edge_e.size - 1
    # An infinite number is through all bins that rows reach; NaN stays NaN, whose share is 0.
    value_R = np.clip(value_R, -LARGEST, LARGEST)
    bin_R = np.minimum(np.searchsorted(edge_e[1:], value_R, side="right"), count - 1)
    bin_R = np.where(np.isnan(value_R), 0, bin_R)
    with np.errstate(invalid="ignore", over="ignore"):
        share_R = (value_R - edge_e[bin_R]) / (edge_e[bin_R + 1] - edge_e[bin_R])
    return bin_R, np.clip(np.nan_to_num(share_R, nan=0.0, posinf=1.0, neginf=0.0), 0.0, 1.0)

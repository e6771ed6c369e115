"""Numbers: location and scale from the fit rows, a smooth clip, marks for missing cells.

Shapes: F folds, R rows, N numbers, M marks.
Source: D. Holzmüller et al., "Better by default", 2024, arXiv 2407.04491, section 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from glassnet.prepare.quantile import (
    drawn,
    weighted_deviation,
    weighted_mean,
    weighted_quantiles,
    without_atoms,
)
from glassnet.prepare.values import Encoded, Encoding, Floats32, Floats64, NumberScales
from glassnet.table.places import united
from glassnet.table.values import RowNumbers

CLIP: Final = 3.0  # where the smooth clip levels off, in scales
ATOM: Final = 0.25  # share to which one value is held where the quartiles are equal
FARTHEST: Final = np.float32(1e15)  # scales from the location; what is farther counts as this
TINY: Final = float(np.finfo(np.float32).tiny)
QUARTILES: Final = np.array([0.25, 0.5, 0.75])


def learn_scales(
    encoded: Encoded, encoding: Encoding, fit: Sequence[RowNumbers], weight_R: Floats64, how: str
) -> NumberScales:
    """Return each fold's location and scale of every number, learned on that fold's fit rows.

    `how` is "robust" (median, interquartile range, smooth clip), "standard" (mean, deviation) or "none".
    """
    folds, numbers = len(fit), encoded.number_RN.shape[1]
    learned_FN4 = np.zeros((folds, numbers, 4))
    for fold, rows in enumerate(fit):
        for number in range(numbers):
            value_n = encoded.number_RN[rows, number].astype(np.float64)
            learned_FN4[fold, number] = _learn_one(value_n, weight_R[rows], how, encoding.parts[number])
    return NumberScales(
        location_FN=learned_FN4[..., 0],
        # A scale that float32 holds as 0 is no spread at all.
        scale_FN=np.where(learned_FN4[..., 1] < TINY, np.inf, learned_FN4[..., 1]),
        low_FN=learned_FN4[..., 2],
        high_FN=learned_FN4[..., 3],
        clipped_N=np.array([how == "robust" and part != "yes/no" for part in encoding.parts], dtype=bool),
        marked_M=_marked(encoded, fit),
        is_held=how == "standard",
    )


def reach(scales: NumberScales, fold: int) -> tuple[Floats32, Floats32]:
    """Return the least and the largest that each number counts as where it is held: a range beyond the seen.

    A wild cell that a fold holds out would rule the choice of the epoch: the fold, which has not seen it,
    tells something as wild.
    """
    low_N, high_N = scales.low_FN[fold], scales.high_FN[fold]
    with np.errstate(over="ignore"):
        return (2 * low_N - high_N).astype(np.float32), (2 * high_N - low_N).astype(np.float32)


def _learn_one(
    value_n: Floats64, weight_n: Floats64, how: str, part: str
) -> tuple[float, float, float, float]:
    """Return (location, scale, low, high) of one number column."""
    finite_n = value_n[np.isfinite(value_n) & (weight_n > 0)]
    if finite_n.size == 0:
        return 0.0, np.inf, 0.0, 0.0
    low, high = float(finite_n.min()), float(finite_n.max())
    if how == "none":
        return 0.0, 1.0, low, high
    if part == "yes/no":
        return 0.5, 0.5, low, high
    if how == "standard":
        deviation = weighted_deviation(value_n, weight_n)
        return weighted_mean(value_n, weight_n), deviation if deviation > 0 else np.inf, low, high
    value_n, weight_n = drawn(value_n, weight_n)
    quarter, median, three_quarters = weighted_quantiles(value_n, weight_n, QUARTILES)
    if not three_quarters > quarter:
        # Half of the rows or more share one value: the others decide the scale.
        value_d, weight_d = without_atoms(value_n, weight_n, ATOM)
        quarter, median, three_quarters = weighted_quantiles(value_d, weight_d, QUARTILES)
    scale = three_quarters - quarter if three_quarters > quarter else (high - low) / 2
    return float(median), float(scale) if scale > 0 else np.inf, low, high


def _marked(encoded: Encoded, fit: Sequence[RowNumbers]) -> np.ndarray:
    """Return the number columns that get a missing mark: those with missing fit rows, one per pattern."""
    rows = united(fit)
    seen: set[bytes] = set()
    marked = []
    for number in range(encoded.number_RN.shape[1]):
        missing_n = np.isnan(encoded.number_RN[rows, number])
        pattern = np.packbits(missing_n).tobytes()
        if missing_n.any() and pattern not in seen:
            seen.add(pattern)
            marked.append(number)
    return np.array(marked, dtype=np.int64)


def apply_scales(number_RN: Floats32, scales: NumberScales, fold: int) -> tuple[Floats32, Floats32]:
    """Return the scaled numbers `(R, N)` and the missing marks `(R, M)`; nothing in them is NaN or infinite.

    A missing cell becomes 0, the fold's median (or mean); an infinite one the largest seen; one beyond
    `reach` counts as lying there.
    """
    location_N = scales.location_FN[fold].astype(np.float32)
    scale_N = scales.scale_FN[fold].astype(np.float32)
    mark_RM = np.isnan(number_RN[:, scales.marked_M]).astype(np.float32)
    bounded_RN = np.where(
        np.isinf(number_RN),
        np.where(number_RN > 0, scales.high_FN[fold], scales.low_FN[fold]).astype(np.float32),
        number_RN,
    )
    if scales.is_held:
        bounded_RN = np.clip(bounded_RN, *reach(scales, fold))
    with np.errstate(over="ignore", invalid="ignore"):
        scaled_RN = (bounded_RN - location_N) / scale_N
        # Far beyond the rows seen (1e38 in a column of ages), squares overflow, here or in a layer norm.
        held_RN = np.clip(scaled_RN, -FARTHEST, FARTHEST)
        clipped_RN = held_RN / np.sqrt(1.0 + np.square(held_RN / np.float32(CLIP)))
    scaled_RN = np.where(scales.clipped_N, clipped_RN, held_RN)
    return np.nan_to_num(scaled_RN, nan=0.0, posinf=0.0, neginf=0.0).astype(np.float32), mark_RM

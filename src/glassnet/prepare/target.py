"""The target of a regression: standardised for training, as it is or its logarithm; undone in predictions.

The logarithm is `sign(y) log(1 + |y| / unit)`: about straight for numbers below the unit, so that zeros lie
near small numbers, and a logarithm above it. Its unit is the median size of a target (soft_log) or an eighth
of it (log), and its opposite exact.
But the mean of logarithms is not the logarithm of the mean: predictions are multiplied by a level that is
learned after training (`held_out.level`).

Source: D. Duan, "Smearing Estimate: A Nonparametric Retransformation Method", JASA 78, 1983.

Shapes: F folds, R rows, T outputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from glassnet.prepare.quantile import weighted_deviation, weighted_mean, weighted_quantiles
from glassnet.prepare.values import Floats64, TargetScale
from glassnet.table.places import united
from glassnet.table.values import RowNumbers

UNITS: Final = {"soft_log": 1.0, "log": 0.125}  # of the targets' median size, see benchmarks/LOG.md
FARTHEST: Final = 450.0  # of a logarithm: its opposite times the largest target there is stays a number


def learn_target(
    target_RT: Floats64,
    fit: Sequence[RowNumbers],
    weight_R: Floats64,
    way: str,
    bounding: Sequence[RowNumbers] = (),
) -> TargetScale:
    """Return each fold's mean and deviation of every output, or of its logarithm.

    The way is standard, soft_log, log, or none (0 and 1).
    With `bounding` rows for each fold, also the least and the largest target of those that weigh anything.
    """
    unit_T = np.zeros(0)
    if way in UNITS:
        unit_T = UNITS[way] * _median_sizes(target_RT, united(fit), weight_R)
    location_FT = np.zeros((len(fit), target_RT.shape[1]))
    scale_FT = np.ones_like(location_FT)
    if way != "none":
        bent_RT = bent(target_RT, unit_T)
        for fold, rows in enumerate(fit):
            for output in range(target_RT.shape[1]):
                value_n, weight_n = bent_RT[rows, output], weight_R[rows]
                location_FT[fold, output] = weighted_mean(value_n, weight_n)
                scale_FT[fold, output] = weighted_deviation(value_n, weight_n) or 1.0
    if not bounding:
        return TargetScale(location_FT=location_FT, scale_FT=scale_FT, unit_T=unit_T)
    seen = [target_RT[rows[weight_R[rows] > 0]] for rows in bounding]
    return TargetScale(
        location_FT=location_FT,
        scale_FT=scale_FT,
        low_FT=np.stack([one.min(axis=0) for one in seen]),
        high_FT=np.stack([one.max(axis=0) for one in seen]),
        unit_T=unit_T,
    )


def _median_sizes(target_RT: Floats64, learning: RowNumbers, weight_R: Floats64) -> Floats64:
    """Return the median size of each output's targets but zeros, `(T,)`; 1 where all are 0."""
    median_T = np.ones(target_RT.shape[1])
    for output in range(median_T.size):
        size_n = np.abs(target_RT[learning, output])
        weight_n = np.where(size_n > 0, weight_R[learning], 0.0)
        if weight_n.any():
            median_T[output] = weighted_quantiles(size_n, weight_n, np.array([0.5]))[0]
    return median_T


def bent(target_RT: Floats64, unit_T: Floats64) -> Floats64:
    """Return the logarithms `sign(y) log(1 + |y| / unit)`; the targets themselves where there is no unit."""
    if not unit_T.size:
        return target_RT
    return np.asarray(np.sign(target_RT) * np.log1p(np.abs(target_RT) / unit_T))


def unbent(value_RT: Floats64, unit_T: Floats64) -> Floats64:
    """Return the targets of logarithms; undoes `bent`."""
    if not unit_T.size:
        return value_RT
    return np.asarray(np.sign(value_RT) * np.expm1(np.minimum(np.abs(value_RT), FARTHEST)) * unit_T)


def learned_of(name: str, scale: TargetScale, output: int) -> str:
    """Return what the network learns of a target in words: the target, or `log(1 + price / 2,402)`."""
    if not scale.is_log:
        return name
    unit = float(scale.unit_T[output])
    return f"log(1 + {name} / {unit:,.0f})" if 1000 <= unit < 1e9 else f"log(1 + {name} / {unit:.4g})"


def scale_target(target_RT: Floats64, scale: TargetScale, fold: int) -> Floats64:
    """Return the target (or its logarithm) in deviations from the fold's mean."""
    scaled_RT: Floats64 = (bent(target_RT, scale.unit_T) - scale.location_FT[fold]) / scale.scale_FT[fold]
    return scaled_RT


def unscale_target(output_RT: Floats64, scale: TargetScale, fold: int) -> Floats64:
    """Return network outputs in the table's unit; those of logarithms at their level."""
    value_RT: Floats64 = output_RT * scale.scale_FT[fold] + scale.location_FT[fold]
    value_RT = unbent(value_RT, scale.unit_T)
    return value_RT * scale.level_T if scale.level_T.size else value_RT


def bound_target(value_RT: Floats64, scale: TargetScale, fold: int) -> Floats64:
    """Return predictions held to the range of the targets known to the fold, if it was learned."""
    if not scale.low_FT.size:
        return value_RT
    return np.clip(value_RT, scale.low_FT[fold], scale.high_FT[fold])

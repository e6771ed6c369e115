"""The target of a regression: standardised for training, undone exactly in predictions.

Shapes: F folds, R rows, T outputs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from glassnet.prepare.quantile import weighted_deviation, weighted_mean
from glassnet.prepare.values import Floats64, TargetScale
from glassnet.table.values import RowNumbers


def learn_target(
    target_RT: Floats64,
    fit: Sequence[RowNumbers],
    weight_R: Floats64,
    scaled: bool,
    bounding: Sequence[RowNumbers] = (),
) -> TargetScale:
    """Return each fold's mean and deviation of every output, or 0 and 1 where it is not `scaled`.

    With `bounding` rows for each fold, also the least and the largest target of those that weigh anything.
    """
    location_FT = np.zeros((len(fit), target_RT.shape[1]))
    scale_FT = np.ones_like(location_FT)
    if scaled:
        for fold, rows in enumerate(fit):
            for output in range(target_RT.shape[1]):
                value_n, weight_n = target_RT[rows, output], weight_R[rows]
                location_FT[fold, output] = weighted_mean(value_n, weight_n)
                scale_FT[fold, output] = weighted_deviation(value_n, weight_n) or 1.0
    if not bounding:
        return TargetScale(location_FT=location_FT, scale_FT=scale_FT)
    seen = [target_RT[rows[weight_R[rows] > 0]] for rows in bounding]
    return TargetScale(
        location_FT=location_FT,
        scale_FT=scale_FT,
        low_FT=np.stack([one.min(axis=0) for one in seen]),
        high_FT=np.stack([one.max(axis=0) for one in seen]),
    )


def scale_target(target_RT: Floats64, scale: TargetScale, fold: int) -> Floats64:
    """Return the target in deviations from the fold's mean."""
    scaled_RT: Floats64 = (target_RT - scale.location_FT[fold]) / scale.scale_FT[fold]
    return scaled_RT


def unscale_target(output_RT: Floats64, scale: TargetScale, fold: int) -> Floats64:
    """Return network outputs in the table's unit."""
    value_RT: Floats64 = output_RT * scale.scale_FT[fold] + scale.location_FT[fold]
    return value_RT


def bound_target(value_RT: Floats64, scale: TargetScale, fold: int) -> Floats64:
    """Return predictions held to the range of the targets known to the fold, if it was learned."""
    if not scale.low_FT.size:
        return value_RT
    return np.clip(value_RT, scale.low_FT[fold], scale.high_FT[fold])

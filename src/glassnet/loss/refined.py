"""The loss that is left once probabilities are put at their best temperature.

Networks go on to order rows better when they are already too sure of themselves, and only the latter can be
undone after training. So the epoch is chosen by what remains after it is undone.

Source: E. Berta et al., "Rethinking Early Stopping: Refine, Then Calibrate", 2025, arXiv 2501.19195.

Shapes: R rows, T outputs.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from glassnet.loss.registry import Loss

Floats64 = NDArray[np.float64]

LEAST: Final = 1 / 8  # what outputs are multiplied by, at the least
MOST: Final = 4.0
TIMES: Final = 12  # the place of the lowest point is then known to 1 %
GOLDEN: Final = (math.sqrt(5.0) - 1.0) / 2.0


def refined_loss(loss: Loss, output_RT: Floats64, target_RT: Floats64, weight_R: Floats64) -> float:
    """Return the least weighted mean loss that the outputs reach when they are all divided by one number.

    For cross-entropies, which have one lowest point along it: found by golden sections of the logarithm.
    """
    output_1RT, target_1RT = torch.from_numpy(output_RT)[None], torch.from_numpy(target_RT)[None]
    total = max(float(weight_R.sum()), 1e-30)

    def at(place: float) -> float:
        loss_R = loss.rows(output_1RT * math.exp(place), target_1RT)[0].numpy()
        return float(np.dot(loss_R, weight_R)) / total

    low, high = math.log(LEAST), math.log(MOST)
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = at(left), at(right)
    for _ in range(TIMES):
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - GOLDEN * (high - low)
            at_left = at(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + GOLDEN * (high - low)
            at_right = at(right)
    return min(at_left, at_right)

"""Successive halving: all settings with little of a resource, the best of them with more, and so on.

Source: K. Jamieson and A. Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter
Optimization", AISTATS 2016; the numbers of settings and resources are those of scikit-learn's
HalvingRandomSearchCV.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log
from typing import Any

import numpy as np

from glassnet.errors import SettingsError
from glassnet.prepare.values import Floats64


@dataclass(frozen=True, kw_only=True, slots=True)
class Halving:
    """How many settings go on, and what they get more of."""

    factor: float  # one in so many settings goes on, with so many times the resource
    resource: str  # a parameter of the estimator that counts something: epochs
    least: int  # of the resource, in the first round
    most: int  # of the resource, in the last round at most

    def __post_init__(self) -> None:
        if not self.factor > 1:
            raise SettingsError(
                f"factor must be above 1, so that settings drop out, but it is {self.factor}."
            )
        if not 1 <= self.least <= self.most:
            raise SettingsError(
                f"min_resources must be between 1 and max_resources, but they are {self.least} and"
                f" {self.most}."
            )

    def amounts(self, candidates: int) -> tuple[int, ...]:
        """Return the resource of each round, as long as settings are left and there is more to give."""
        required = 1 + floor(log(candidates, self.factor))
        possible = 1 + floor(log(self.most // self.least, self.factor))
        rounds = min(required, possible)
        return tuple(min(int(self.factor**number * self.least), self.most) for number in range(rounds))


def go_on(
    candidates: Sequence[Mapping[str, Any]], mean_C: Floats64, factor: float
) -> list[Mapping[str, Any]]:
    """Return one in `factor` of the settings, rounded up: those with the best mean scores, the best last."""
    order = np.argsort(mean_C)
    # NaN comes last, but a failed setting is the worst.
    order = np.roll(order, int(np.isnan(mean_C).sum()))
    return [candidates[place] for place in order[-ceil(len(candidates) / factor) :]]

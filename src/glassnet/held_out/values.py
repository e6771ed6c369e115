"""What is learned from held-out rows, and kept with the model.

Shapes: n held-out rows, T targets, G knots of a curve.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from glassnet.prepare.values import Floats64


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """The temperature that outputs are divided by before they become probabilities."""

    temperature: float = 1.0  # above 1: probabilities come nearer to one another
    reason: str = "not calibrated"  # one sentence, with the measured effect
    rows: int = 0  # held-out rows it was measured on
    before: float = 0.0  # their log loss without it
    gain: float = 0.0  # what it saves of that, each row with a temperature fitted on others


@dataclass(frozen=True, kw_only=True, slots=True)
class Threshold:
    """The probability of the positive class from which on it is the answer."""

    value: float = 0.5
    reason: str = "the likeliest class is the answer"


LIKELIEST: Final = Threshold()
UNCALIBRATED: Final = Calibration()


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """How large errors typically are, by the prediction or by the members' spread; straight between knots."""

    by: str  # prediction, spread, or none: errors are as large everywhere
    knot_G: Floats64
    size_G: Floats64  # mean size of the errors at each knot


@dataclass(frozen=True, kw_only=True, slots=True)
class Intervals:
    """Sizes of the errors on held-out rows, in units of each target's curve."""

    score_nT: Floats64  # ascending in each column
    weight_nT: Floats64  # the rows' weights in the order of the scores, with mean 1
    curves: tuple[Curve, ...]  # one for each target
    reason: str  # one sentence: what is used, or why there are none

    @property
    def rows(self) -> int:
        """How many held-out rows there are."""
        return len(self.score_nT)


NO_INTERVALS: Final = Intervals(
    score_nT=np.zeros((0, 0)), weight_nT=np.zeros((0, 0)), curves=(), reason="no errors were kept"
)

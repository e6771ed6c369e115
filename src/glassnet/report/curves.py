"""What the pictures of a yes/no answer are drawn from: the ROC curve, thresholds, reliability.

Shapes: R rows, D distinct probabilities, V values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from glassnet.prepare.values import Floats64

BINS: Final = 10
DRAWN: Final = 400  # places of a curve: finer than a picture shows
NORMAL_95: Final = 1.959964  # two-sided 95 % quantile of the normal distribution


@dataclass(frozen=True, kw_only=True, slots=True)
class Roc:
    """The share found and the share of false alarms for every threshold, from the strictest down."""

    threshold: Floats64  # a row is called positive at or above it; the first is above all
    alarm: Floats64  # of the negative rows, NaN where there is none
    found: Floats64  # of the positive rows
    right: Floats64  # of the rows called positive, NaN where none is
    called: Floats64  # share of all rows called positive

    def place(self, threshold: float) -> int:
        """Return the place of the curve that a threshold leads to."""
        return int(np.count_nonzero(self.threshold >= threshold)) - 1

    def at(self, threshold: float) -> tuple[float, float]:
        """Return the shares of false alarms and of rows found at a threshold."""
        place = max(self.place(threshold), 0)
        return float(self.alarm[place]), float(self.found[place])


def roc_curve(is_positive_R: NDArray[np.bool_], share_R: Floats64, weight_R: Floats64) -> Roc:
    """Return the ROC curve at every distinct probability."""
    order = np.argsort(-share_R, kind="stable")
    share, weight, positive = share_R[order], weight_R[order], (weight_R * is_positive_R)[order]
    last = np.flatnonzero(np.concatenate([share[1:] != share[:-1], [True]]))
    called = np.concatenate([[0.0], np.cumsum(weight)[last]])
    hit = np.concatenate([[0.0], np.cumsum(positive)[last]])
    with np.errstate(invalid="ignore", divide="ignore"):
        return Roc(
            threshold=np.concatenate([[np.inf], share[last]]),
            alarm=(called - hit) / (called[-1] - hit[-1]),
            found=hit / hit[-1],
            right=hit / called,
            called=called / called[-1],
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Bin:
    """The rows whose probability lies within one tenth."""

    rows: int
    given: float  # their mean probability
    true: float  # the share of them that is positive
    low: float  # 95 % interval of that share
    high: float


def reliability(is_positive_R: NDArray[np.bool_], share_R: Floats64, weight_R: Floats64) -> tuple[Bin, ...]:
    """Return the tenths that hold rows, lowest probability first.

    Source of the interval: E. B. Wilson, "Probable Inference", J. Amer. Stat. Assoc. 1927.
    """
    bin_R = np.minimum((share_R * BINS).astype(np.int64), BINS - 1)
    bins = []
    for one in range(BINS):
        here = (bin_R == one) & (weight_R > 0)
        if here.any():
            true = float(np.average(is_positive_R[here], weights=weight_R[here]))
            low, high = wilson(true, int(here.sum()))
            given = float(np.average(share_R[here], weights=weight_R[here]))
            bins.append(Bin(rows=int(here.sum()), given=given, true=true, low=low, high=high))
    return tuple(bins)


def wilson(share: float, rows: int) -> tuple[float, float]:
    """Return the 95 % interval of a share seen in so many rows."""
    if rows == 0:
        return 0.0, 1.0
    spread = NORMAL_95**2 / rows
    middle = (share + spread / 2) / (1 + spread)
    half = np.sqrt(share * (1 - share) * spread + spread**2 / 4) / (1 + spread)
    # Rounding must not put the interval beside a share of exactly 0 or 1.
    return min(max(float(middle - half), 0.0), share), max(min(float(middle + half), 1.0), share)

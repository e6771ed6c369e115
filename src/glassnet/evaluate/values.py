"""What an evaluation says.

Shapes: R rows, P numbers of a prediction, C classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from glassnet.evaluate.insight import NOTHING_SEEN, Insight
from glassnet.prepare.values import Floats64
from glassnet.table.values import RowNumbers

# Rows that some of the members, or what is learned of rows held out, were fitted on. Of "held-out" rows (of
# each fold, or of the one split) the figures are honest all the same: their own members were not.
FITTED: Final = ("training", "held-out")


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """One metric of the network, beside what needs no network."""

    metric: str
    larger_is_better: bool
    value: float
    low: float  # 95 % interval over resampled rows
    high: float
    baseline: float  # always the training rows' class shares, or their mean; NaN where it was not measured
    linear: float  # a linear model on the same inputs; NaN where it was not measured


@dataclass(frozen=True, kw_only=True, slots=True)
class Importance:
    """How much worse the first metric gets when a column is shuffled."""

    column: str
    loss: float  # mean over the repeats, positive: the column matters
    spread: float  # standard deviation over the repeats
    repeats: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Coverage:
    """How often a target lies inside intervals that should hold a share of the rows."""

    target: str
    asked: float
    found: float
    low: float  # 95 % interval of the share found
    high: float
    width: float  # mean, in the target's unit


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """How good a network is on some rows."""

    on: str  # "test", "held-out", "training" or the name of a table
    rows: RowNumbers  # their places in the table
    truth: Floats64  # class numbers (R,), or (R, T)
    prediction_RP: Floats64
    weight_R: Floats64
    scores: tuple[Score, ...]  # the chosen metric first
    confusion_CC: NDArray[np.float64] | None = None  # sums of weights: true class by predicted class
    importance: tuple[Importance, ...] = ()  # most important first
    importance_rows: int = 0  # rows it was measured on
    insight: Insight = NOTHING_SEEN  # how the columns are used, and where it is wrong
    threshold: float = 0.5  # of the second of two classes: from which probability on it is the answer
    coverage: tuple[Coverage, ...] = ()  # of intervals around numbers, on rows that nothing was fitted on

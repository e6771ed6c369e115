"""What a look at a trained network from outside tells: how it uses its columns, and where it is wrong.

Shapes: G cells that a column is set to, P numbers of a prediction, N rows drawn one by one, Q quantiles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from glassnet.prepare.values import Floats64
from glassnet.table.values import Kind

QUANTILES: Final = (0.1, 0.25, 0.5, 0.75, 0.9)  # of what is left over


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """Cells of a column in their order: what an axis is made of."""

    column: str
    kind: Kind
    place_G: Floats64  # the number; days since 1970 of a date; the level's place; NaN for a missing cell
    names: tuple[str, ...]  # each level in words; empty for numbers and dates
    share_G: Floats64  # of the rows: those with this level, or nearest to this number


@dataclass(frozen=True, kw_only=True, slots=True)
class Dependence:
    """How predictions go with one column while all other cells stay as they are (partial dependence)."""

    scale: Scale
    outputs: tuple[int, ...]  # which numbers of a prediction are looked at
    mean_GP: Floats64  # their means over the rows
    single_NG: Floats64  # the first of them, row by row (individual conditional expectation)
    rows: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """What two columns say only together."""

    columns: tuple[str, str]
    strength: float  # its deviation over the rows: log-odds, logarithms, or the target's unit
    share: float  # of the differences that the two columns make together (Friedman's H, squared)
    worse: float  # how much the mean loss grows without it: log loss or squared error
    chance: float  # probability of this much without any interplay, after counting the pairs looked at


@dataclass(frozen=True, kw_only=True, slots=True)
class Surface:
    """The mean prediction for each pair of cells of two columns."""

    scales: tuple[Scale, Scale]
    output: int
    mean_GH: Floats64


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """How far a column moves single predictions away from that of the mean training row."""

    column: str
    mean: float  # of the part, over the rows
    size: float  # mean of the part without its sign


@dataclass(frozen=True, kw_only=True, slots=True)
class Segment:
    """The error among the rows of one level or range of a column."""

    column: str
    name: str  # the level; empty for a range and for missing cells
    low: float  # the range's ends; NaN for a level and for missing cells
    high: float
    rows: int
    error: float  # share of wrong answers, or mean absolute error
    error_low: float  # its 95 % interval
    error_high: float
    # Probability of such a difference by chance, after counting all segments; NaN: too few rows to tell.
    chance: float


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOver:
    """What is left over (truth minus prediction) along a column."""

    scale: Scale
    count_G: Floats64  # rows
    error_GQ: Floats64  # quantiles


@dataclass(frozen=True, kw_only=True, slots=True)
class Insight:
    """Everything seen; empty where there was nothing to look at, or no time."""

    dependence: tuple[Dependence, ...] = ()
    pairs: tuple[Pair, ...] = ()  # those looked at: sure ones first, of these the most useful
    surface: Surface | None = None  # of the first pair, where its interplay is no chance
    reasons: tuple[Reason, ...] = ()  # the largest first
    reasons_about: str = ""  # what the parts add up to
    reasons_rows: int = 0
    segments: tuple[Segment, ...] = ()
    left_over: tuple[LeftOver, ...] = ()


NOTHING_SEEN: Final = Insight()

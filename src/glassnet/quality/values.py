"""What is found out about a table before anything is trained: a summary of each column, and findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from glassnet.table.values import Kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """How one column's cells are spread over some rows; the counts and the missing add up to the rows."""

    rows: int
    missing: int
    counts: tuple[int, ...]  # cells in each bin, or of each level that is named
    others: int = 0  # cells of levels that are not named

    @property
    def missing_share(self) -> float:
        """The share of missing cells; 0 without rows."""
        return self.missing / self.rows if self.rows else 0.0

    @property
    def shares(self) -> tuple[float, ...]:
        """Each count's share of the rows, missing cells counted; 0 without rows."""
        return tuple(count / max(self.rows, 1) for count in self.counts)


@dataclass(frozen=True, kw_only=True, slots=True)
class Drift:
    """How far one column's cells of the test rows are from those of the training rows."""

    measure: Literal[
        "KS", "TV"
    ]  # of numbers and dates the Kolmogorov-Smirnov distance, of levels total variation
    distance: float  # 0: the same; 1: nothing in common. Missing cells count as a value of their own
    p_value: float  # the chance of such a distance, or a larger one, between rows drawn alike
    is_clear: bool  # whether it is far and no accident: the finding "drift" names the column


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnSummary:
    """One column as a picture needs it: bins or levels, counted in training and in test rows.

    Numbers and dates have `edges`, dates in microseconds since 1970; all others have `levels`. The first and
    the last bin also hold everything beyond their outer edge, infinities too.
    """

    name: str
    kind: Kind  # number, date, category or yes/no
    is_target: bool
    training: Spread
    test: Spread | None  # None where no rows are kept for testing
    distinct: int  # different values in all rows together
    edges: tuple[float, ...] = ()  # one more than there are bins, rising
    levels: tuple[str, ...] = ()  # the most frequent first; `others` counts the cells of the rest
    low: float = float("nan")  # least and largest finite number or date; NaN where there is none
    high: float = float("nan")
    drift: Drift | None = None  # None without test rows, or where one side has no cells


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing about the table that may spoil a run or its figures, and what to do about it."""

    name: str  # a key of CHECKS
    severity: Literal["warning", "hint"]  # warning: the result suffers; hint: worth knowing
    columns: tuple[str, ...]  # whom it concerns; empty: the rows as a whole
    evidence: str  # what was counted or measured, with numbers
    meaning: str  # one sentence: what that does to a run
    remedy: str  # an option to try
    figures: tuple[tuple[str, float], ...] = ()  # the evidence's numbers, by name


@dataclass(frozen=True, kw_only=True, slots=True)
class Quality:
    """All that was looked at before training."""

    findings: tuple[Finding, ...] = ()  # most important first
    columns: tuple[ColumnSummary, ...] = ()  # targets first, then in the table's order
    sampled: str = ""  # one sentence where not every row or column was looked at


NOT_LOOKED: Final = Quality()  # of a run that did not look, or is older than looking

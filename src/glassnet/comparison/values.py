"""What a comparison of runs says.

Shapes: R rows, P numbers of a prediction.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from glassnet.evaluate.values import Score
from glassnet.pipeline import Fitted
from glassnet.prepare.values import Floats64

Verdict = Literal["better", "worse", "noise", "equal", "unknown"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One of the runs."""

    name: str  # unlike all others' names
    fitted: Fitted
    path: Path | None = None  # of its folder or model file, where it came from one
    finished: str = ""  # ISO 8601; empty where no run.json says it


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """The rows that a run was measured on, its classes in the order of the first run's."""

    truth: Floats64  # class numbers (R,), or (R, T)
    prediction_RP: Floats64
    weight_R: Floats64
    threshold: float = 0.5  # of the second of two classes: from which probability on it is the answer


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """How far two runs lie apart in one metric."""

    first: str  # names of the runs
    second: str
    metric: str
    difference: float  # the first's figure less the second's
    low: float  # 95 % interval of the difference; NaN where there are too few rows
    high: float
    p: float  # how often chance alone would set two equally good networks so far apart; NaN as above
    p_corrected: float  # by Holm's method, for all pairs of runs in this metric
    verdict: Verdict  # what the first is, beside the second
    paired: bool  # measured on the same rows, so that each row compares the runs


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """One metric of every run."""

    metric: str
    larger_is_better: bool
    scores: tuple[Score | None, ...]  # in the order of the runs; None where it cannot be had
    gaps: tuple[Gap, ...]  # of every pair of runs


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """What one run has for a setting or decision."""

    value: str
    origin: Literal["set", "chosen", "default", ""]  # who decided
    reason: str = ""  # one sentence, of what the program chose


@dataclass(frozen=True, kw_only=True, slots=True)
class Differing:
    """Something that is not alike in all runs."""

    name: str  # of the setting or decision
    kind: Literal["setting", "column", "decision"]
    choices: tuple[Choice, ...]  # in the order of the runs


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """Runs beside one another."""

    runs: tuple[Run, ...]
    rows: str  # which rows they were measured on, in words
    measured: tuple[Measured, ...]  # the first run's first metric first
    differing: tuple[Differing, ...]
    sentences: tuple[str, ...]  # which is better by the first metric
    caveats: tuple[str, ...]  # what that does not say

    @property
    def is_paired(self) -> bool:
        """Whether all runs were measured on the same rows, so that each row compares them."""
        return all(gap.paired for gap in self.measured[0].gaps)


def ranked(measured: Measured, runs: tuple[Run, ...]) -> list[tuple[Run, Score]]:
    """Return the runs that have the metric with their scores, the best first."""
    sign = -1 if measured.larger_is_better else 1
    pairs = [(run, one) for run, one in zip(runs, measured.scores, strict=True) if one is not None]
    return sorted(pairs, key=lambda pair: sign * pair[1].value)

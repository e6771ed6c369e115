"""Findings about time: dates after the moment of the prediction, and test rows unlike the training rows."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from glassnet.errors import listed
from glassnet.quality.columns import numbers_of
from glassnet.quality.sight import NAMED, Sight, percent, quoted, with_names
from glassnet.quality.values import ColumnSummary, Finding
from glassnet.table.values import Kind

Floats64 = NDArray[np.float64]

LATER: Final = 0.05  # of the rows, in which a date lies after the row's own time
LAST: Final = 0.95  # of the rows, in which a date is later than every other one
LEAST: Final = 20  # rows


def dates_later(sight: Sight) -> Finding | None:
    """Return the finding that dates lie after the moment at which a row is predicted."""
    dates = [one.name for one in sight.columns if one.kind is Kind.DATE]
    if not dates:
        return None
    if sight.time is not None and sight.time.dtype.is_temporal():
        return _after_time(sight, dates, numbers_of(sight.time))
    return _after_all_others(sight, dates)


def _after_time(sight: Sight, dates: list[str], time_R: Floats64) -> Finding | None:
    shares = [(name, _share_later(numbers_of(sight.frame[name]), time_R)) for name in dates]
    assert sight.time is not None, "asked for only where there is one"
    found = [(name, share) for name, share in shares if share >= LATER and name != sight.time.name]
    if not found:
        return None
    named = listed((f"'{name}' in {percent(share)} of the rows" for name, share in found), NAMED)
    return _finding(
        found,
        "warning",
        f"Later than '{sight.time.name}', the row's own time: {named}.",
        "A date after a row's own time may not be known yet when the row is to be predicted.",
    )


def _share_later(date_R: Floats64, other_R: Floats64) -> float:
    both_R = ~np.isnan(date_R) & ~np.isnan(other_R)
    if both_R.sum() < LEAST:
        return 0.0
    return float((date_R[both_R] > other_R[both_R]).mean())


def _after_all_others(sight: Sight, dates: list[str]) -> Finding | None:
    value_RD = np.column_stack([numbers_of(sight.frame[name]) for name in dates])
    shares = [
        (name, _share_later(value_RD[:, one], _latest_other(value_RD, one))) for one, name in enumerate(dates)
    ]
    found = [(name, share) for name, share in shares if share >= LAST]
    if len(dates) < 2 or not found:
        return None
    name, share = found[0]
    others = quoted(other for other in dates if other != name)
    return _finding(
        found,
        "hint",
        f"'{name}' is later than {others} in {percent(share)} of the rows.",
        "What is dated last may be written down only after the answer is known.",
    )


def _latest_other(value_RD: Floats64, column: int) -> Floats64:
    """Return the latest of the other dates, `(R,)`; NaN where all are missing."""
    other_RD = np.delete(value_RD, column, axis=1)
    filled_RD = np.where(np.isnan(other_RD), -np.inf, other_RD)
    latest_R = filled_RD.max(axis=1, initial=-np.inf)
    return np.where(np.isneginf(latest_R), np.nan, latest_R)


def _finding(found: list[tuple[str, float]], severity: str, evidence: str, meaning: str) -> Finding:
    names = [name for name, _ in found]
    return Finding(
        name="date after the prediction",
        severity="warning" if severity == "warning" else "hint",
        columns=tuple(names),
        evidence=evidence,
        meaning=meaning,
        remedy=f"If it is not known by then: {with_names('--drop', names)}.",
        figures=tuple(found),
    )


# ---- drift ----


def drifted(sight: Sight) -> Finding | None:
    """Return the finding that columns of the test rows are unlike those of the training rows."""
    found = [one for one in sight.summaries if one.drift is not None and one.drift.is_clear]
    found.sort(key=lambda one: -_distance(one))
    if not found:
        return None
    named = listed((f"'{one.name}' {_distance(one):.2f}" for one in found), NAMED)
    inputs = [one.name for one in found if not one.is_target]
    drop = f" {with_names('--drop', inputs)} leaves them out." if inputs else ""
    return Finding(
        name="drift",
        severity="warning",
        columns=tuple(one.name for one in found),
        evidence="Distance of the test rows from the training rows (0: alike, 1: nothing in common):"
        f" {named}. By accident that happens in one table of a thousand.",
        meaning="The network is tested on rows unlike those it learned from: what it learned may not hold for"
        " them, nor for rows that come later.",
        remedy=f"See that both were measured alike.{drop}",
        figures=tuple((one.name, _distance(one)) for one in found),
    )


def _distance(one: ColumnSummary) -> float:
    return one.drift.distance if one.drift is not None else 0.0

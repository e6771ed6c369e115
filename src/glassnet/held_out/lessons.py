"""All that held-out rows teach after training, and the decisions it comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from glassnet.engine.plan import Plan
from glassnet.held_out.interval import learn_intervals
from glassnet.held_out.outputs import held_out_outputs
from glassnet.held_out.temperature import fit_temperature
from glassnet.held_out.threshold import choose_threshold
from glassnet.held_out.values import (
    LIKELIEST,
    NO_INTERVALS,
    UNCALIBRATED,
    Calibration,
    Intervals,
    Threshold,
)
from glassnet.metric import Metric
from glassnet.settings import Decision, Settings
from glassnet.table.values import Task
from glassnet.train import Trained


@dataclass(frozen=True, kw_only=True, slots=True)
class Lessons:
    """What was learned from the held-out rows."""

    calibration: Calibration
    intervals: Intervals
    threshold: Threshold
    decisions: tuple[Decision, ...]


NO_LESSONS: Final = Lessons(
    calibration=UNCALIBRATED, intervals=NO_INTERVALS, threshold=LIKELIEST, decisions=()
)


def labels_stay(plan: Plan, settings: Settings) -> bool:
    """Return whether labels and numbers are the same without any lesson.

    One network's likeliest class is the likeliest at every temperature; that of a mean of several is not.
    """
    return plan.task is Task.REGRESSION or (plan.members == 1 and settings.threshold == LIKELIEST.value)


def learn_lessons(plan: Plan, trained: Trained, settings: Settings, metric: Metric) -> Lessons:
    """Return what the rows teach that the members were not fitted on."""
    held = held_out_outputs(plan, trained.network, trained.members)
    calibration = fit_temperature(plan, held, settings.calibrate)
    intervals = learn_intervals(plan, held)
    threshold = choose_threshold(plan, held, settings.threshold, metric, calibration.temperature)
    return Lessons(
        calibration=calibration,
        intervals=intervals,
        threshold=threshold,
        decisions=_decisions(plan, calibration, intervals, threshold),
    )


def _decisions(
    plan: Plan, calibration: Calibration, intervals: Intervals, threshold: Threshold
) -> tuple[Decision, ...]:
    if plan.task is Task.REGRESSION:
        value = "conformal" if intervals.rows else "none"
        return (Decision(name="intervals", value=value, reason=intervals.reason),)
    is_calibrated = calibration.temperature != 1.0
    value = f"temperature {calibration.temperature:.3g}" if is_calibrated else "none"
    decision = Decision(name="calibration", value=value, reason=calibration.reason)
    if threshold == LIKELIEST:
        return (decision,)
    return decision, Decision(name="threshold", value=f"{threshold.value:.4g}", reason=threshold.reason)

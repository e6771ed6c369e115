"""What held-out rows taught, in sentences: how probabilities were corrected, where the threshold is from.

Shapes: R rows, C classes.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from glassnet.held_out.values import LIKELIEST, UNCALIBRATED
from glassnet.pipeline import Fitted
from glassnet.prepare.values import Floats64
from glassnet.report.curves import Bin, reliability
from glassnet.report.verdict import score_named
from glassnet.report.words import percent, rounded, several
from glassnet.table.values import Task

CLOSE: Final = 0.03  # mean distance of probabilities from what was true that needs no warning
MANY: Final = 200  # rows from which on that distance is more than chance
ASKED: Final = 0.9  # share that the interval of the first screen should hold


def promise(fitted: Fitted) -> str:
    """Return how far probabilities or intervals can be relied on, in a sentence; "" where it is not known."""
    rows = len(fitted.evaluation.truth)
    if not rows:
        return ""
    if fitted.schema.task is Task.REGRESSION:
        return _interval(fitted)
    if fitted.schema.task is Task.MULTILABEL:
        return ""
    apart = promise_gap(promised(fitted))
    knows = "It knows how sure it is: the" if apart < CLOSE and rows >= MANY else "The"
    rest = "" if rows >= MANY else f", as far as {several(rows, 'row')} can tell"
    return f"{knows} probabilities it gives are off by {100 * apart:.1f} percentage points on average{rest}."


def _interval(fitted: Fitted) -> str:
    found = [one for one in fitted.evaluation.coverage if one.asked == ASKED]
    if len(found) != 1 or score_named(fitted.evaluation, "mae") is None:
        return ""
    return (
        "It can give ranges that should hold the truth nine times in ten: they are"
        f" {rounded(found[0].width)} wide on average, and hold it in {percent(found[0].found, 0)} of the"
        f" {fitted.evaluation.on} rows."
    )


def promised(fitted: Fitted) -> tuple[Bin, ...]:
    """Return the promises that the calibration's picture shows: of the positive class, or of the answers."""
    evaluation = fitted.evaluation
    if fitted.schema.task is Task.BINARY:
        return reliability(evaluation.truth == 1, evaluation.prediction_RP[:, 1], evaluation.weight_R)
    return reliability(*answers_of(fitted), evaluation.weight_R)


def answers_of(fitted: Fitted) -> tuple[NDArray[np.bool_], Floats64]:
    """Return of each row whether its likeliest class is the true one, and with which probability, `(R,)`."""
    share_RC = fitted.evaluation.prediction_RP
    answer_R = share_RC.argmax(axis=1)
    return answer_R == fitted.evaluation.truth, share_RC[np.arange(answer_R.size), answer_R]


def promise_gap(bins: tuple[Bin, ...]) -> float:
    """Return how far probabilities are from the shares that were true, on average over the rows."""
    rows = sum(one.rows for one in bins)
    return sum(one.rows * abs(one.true - one.given) for one in bins) / max(rows, 1)


def calibration_says(fitted: Fitted) -> str:
    """Return whether the probabilities were corrected on held-out rows, and what that gained."""
    learned = fitted.calibration
    if learned.temperature != 1.0:
        way = "less" if learned.temperature > 1.0 else "more"
        took = learned.reason.partition(", each")[0]  # how that was measured is for the documentation
        return (
            f"They were made {way} sure by a temperature of {learned.temperature:.3g}, which log-odds are"
            f" divided by: it took {took}."
        )
    if learned.reason == UNCALIBRATED.reason:
        return ""
    if not learned.rows:
        return f"They are not corrected: {learned.reason}."
    saved = max(learned.gain, 0.0) / max(learned.before, 1e-30)
    much = f"{percent(saved, 2)} of the log loss, no more than chance may do" if saved > 1e-4 else "nothing"
    return (
        f"They needed no correction: on {several(learned.rows, 'held-out row')} the best temperature would"
        f" save {much}."
    )


def threshold_says(fitted: Fitted) -> str:
    """Return where the threshold in use comes from; "" where the likelier of two classes is the answer."""
    learned = fitted.threshold
    if learned.reason == LIKELIEST.reason:
        return ""
    if learned.value == LIKELIEST.value:
        return f"Another one was looked for on held-out rows: {learned.reason}."
    if learned.reason == "asked for":
        return "It was asked for."
    return f"It was chosen on held-out rows, where it took {learned.reason}."


def intervals_says(fitted: Fitted) -> str:
    """Return what the intervals are made from, and what may keep them from holding what they promise."""
    found = [f"They are learned {fitted.intervals.reason}."] if fitted.intervals.rows else []
    if fitted.settings.group:
        found.append("The test rows are of other groups than those, and may differ from them.")
    if fitted.settings.time:
        found.append("The test rows are later than those, and may differ from them.")
    return " ".join(found)

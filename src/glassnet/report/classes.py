"""How good in depth, for classes: who is taken for whom, thresholds, calibration, class by class.

Shapes: R rows, C classes.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from glassnet.evaluate.values import Evaluation
from glassnet.pipeline import Fitted
from glassnet.prepare.values import Floats64
from glassnet.report import canvas, plots
from glassnet.report.curves import reliability, roc_curve, wilson
from glassnet.report.markup import Html, element, folded, paragraph, table
from glassnet.report.pictures import Picture, figure, grid, picture
from glassnet.report.precision import precision_picture
from glassnet.report.promises import answers_of, calibration_says, promise_gap, threshold_says
from glassnet.report.threshold import movable_threshold
from glassnet.report.words import count, percent, plain, short
from glassnet.table.values import Task

NAMED_PAIRS: Final = 15  # pairs of classes listed as most often mixed up
THRESHOLDS: Final = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
JOINED: Final = "\u2060"  # keeps the line from breaking behind a dash
MATRIX_LIMIT: Final = 20  # classes up to which the whole matrix is a table


def in_depth(fitted: Fitted) -> list[Html]:
    """Return the pictures and tables about classes."""
    evaluation = fitted.evaluation
    assert evaluation.confusion_CC is not None, "an evaluation of classes counts them"
    labels = [short(label, 40) for label in fitted.schema.targets[0].labels]
    parts = [figure(confusion_picture(evaluation.confusion_CC, labels))]
    listing = element("div", element("h3", "Class by class"), class_table(evaluation.confusion_CC, labels))
    if len(labels) > MATRIX_LIMIT:
        head = ("truth", "answer", "rows", "share of the class")
        pairs = table("Pairs of classes", head, _pairs(evaluation.confusion_CC, labels), numbers=(2, 3))
        parts.append(figure(_answers_calibration(fitted)))
        return [grid([*parts, element("div", element("h3", "Most often mixed up"), pairs), listing])]
    if fitted.schema.task is not Task.BINARY:
        return [grid([*parts, figure(_answers_calibration(fitted)), listing])]
    parts += [figure(one) for one in binary_pictures(fitted, labels[1])]
    if not _has_both(evaluation):
        return [grid(parts), listing]
    moved = movable_threshold(evaluation, labels[1])
    # The short list before the long one: on paper it fills what the pictures leave of a sheet.
    return [grid(parts), listing, grid([_thresholds(fitted, labels[1]), moved])]


def _has_both(evaluation: Evaluation) -> bool:
    return bool((evaluation.truth == 1).any() and (evaluation.truth == 0).any())


def confusion_picture(count_CC: Floats64, labels: list[str], name: str = "confusion") -> Picture:
    """Return the confusion matrix as a picture, with its table or the most confused pairs."""
    few = len(labels) <= 4
    axes = canvas.new_axes((4.6, 3.1) if few else (4.6, 4.4))
    plots.draw_confusion(count_CC, labels, axes)
    right = float(np.trace(count_CC)) / max(float(count_CC.sum()), 1e-30)
    says = (
        f"{percent(right)} of the rows lie on the diagonal, where answer and truth agree. A row of the"
        " picture is a true class; the deeper the shade, the larger the share of that class."
    )
    words = (name, "What was taken for what", says)
    if len(labels) > MATRIX_LIMIT:
        head, rows = ("truth", "answer", "rows", "share of the class"), _pairs(count_CC, labels)
        return picture(axes, words, head, rows, numbers=(2, 3))
    matrix = [
        (f"true {name}", *(plain(float(v)) for v in row)) for name, row in zip(labels, count_CC, strict=True)
    ]
    return picture(axes, words, ("", *labels), matrix, numbers=range(1, len(labels) + 1))


def _pairs(count_CC: Floats64, labels: list[str]) -> list[tuple[str, str, str, str]]:
    """Return the pairs that are mixed up most, most often first."""
    mixed = count_CC.copy()
    np.fill_diagonal(mixed, 0)
    total_C = np.maximum(count_CC.sum(axis=1), 1e-30)
    order = np.argsort(-mixed, axis=None, kind="stable")[:NAMED_PAIRS]
    places = [divmod(int(place), len(labels)) for place in order]
    return [
        (labels[t], labels[g], plain(float(mixed[t, g])), percent(float(mixed[t, g] / total_C[t])))
        for t, g in places
        if mixed[t, g] > 0
    ]


def class_table(count_CC: Floats64, labels: list[str]) -> Html:
    """Return each class's rows, share found and share right when answered, with intervals."""
    rows = []
    for c, name in enumerate(labels):
        true, called, hit = float(count_CC[c].sum()), float(count_CC[:, c].sum()), float(count_CC[c, c])
        rows.append((name, plain(true), plain(called), _share(hit, true), _share(hit, called)))
    head = ("class", "rows", "answered", "found", "of these right")
    whole = table(
        "With 95 % intervals. Found: recall; of these right: precision.",
        head,
        rows,
        (1, 2, 3, 4),
    )
    return whole if len(rows) <= MATRIX_LIMIT else folded(f"All {count(len(rows))} classes", whole)


def _share(hit: float, whole: float) -> str:
    if whole <= 0:
        return "–"
    low, high = wilson(hit / whole, max(round(whole), 1))
    return f"{percent(hit / whole)} ({100 * low:.0f}–{JOINED}{100 * high:.0f})"


def binary_pictures(fitted: Fitted, name: str) -> list[Picture]:
    """Return the ROC and precision curves, where both classes are present, and the calibration."""
    evaluation = fitted.evaluation
    positive_R, share_R, weight_R = evaluation.truth == 1, evaluation.prediction_RP[:, 1], evaluation.weight_R
    found = []
    if _has_both(evaluation):
        threshold = evaluation.threshold
        found = [make(positive_R, share_R, weight_R, name, threshold) for make in (_roc, precision_picture)]
    should = f"Of rows given {percent(0.7, 0)} for ‘{name}’, about {percent(0.7, 0)} should be it."
    return [*found, _calibration(positive_R, share_R, weight_R, f"{should} {calibration_says(fitted)}")]


def _answers_calibration(fitted: Fitted) -> Picture:
    """Return how often answers were right beside the probability they were given with."""
    should = f"Of answers given with {percent(0.7, 0)}, about {percent(0.7, 0)} should be right."
    is_right_R, share_R = answers_of(fitted)
    says = f"{should} {calibration_says(fitted)}"
    return _calibration(is_right_R, share_R, fitted.evaluation.weight_R, says)


def _roc(
    positive_R: NDArray[np.bool_], share_R: Floats64, weight_R: Floats64, name: str, threshold: float
) -> Picture:
    axes = canvas.new_axes()
    plots.draw_roc(positive_R, share_R, weight_R, axes, threshold=threshold)
    curve = roc_curve(positive_R, share_R, weight_R)
    area = _area(curve.alarm, curve.found)
    says = (
        f"Each threshold finds a share of the rows that are ‘{name}’ at the price of false alarms among the"
        f" others. The area under the curve (AUC) is {percent(area)}; guessing has {percent(0.5, 0)}."
    )
    places = plots.thinned(curve.alarm.size, 25)
    rows = [
        (
            percent(min(float(curve.threshold[p]), 1.0)),
            percent(float(curve.found[p])),
            percent(float(curve.alarm[p])),
        )
        for p in places
    ]
    words = ("roc", "Found against false alarms (ROC)", says)
    return picture(axes, words, ("threshold", "found", "false alarms"), rows, numbers=(0, 1, 2))


def _area(x: Floats64, y: Floats64) -> float:
    return float(((x[1:] - x[:-1]) * (y[1:] + y[:-1]) / 2).sum())


def _calibration(positive_R: NDArray[np.bool_], share_R: Floats64, weight_R: Floats64, says: str) -> Picture:
    axes = canvas.new_axes()
    plots.draw_calibration(positive_R, share_R, weight_R, axes)
    bins = reliability(positive_R, share_R, weight_R)
    says = (
        f"{says.strip()} On average the promise is off by {100 * promise_gap(bins):.1f} percentage points;"
        " bars are 95 % intervals."
    )
    figures = [
        (
            percent(one.given),
            count(one.rows),
            percent(one.true),
            f"{100 * one.low:.0f} to {100 * one.high:.0f} %",
        )
        for one in bins
    ]
    words = ("calibration", "Do the probabilities keep their promise?", says)
    head = ("probability given", "rows", "was true", "95 % interval")
    return picture(axes, words, head, figures, numbers=(0, 1, 2, 3))


def _thresholds(fitted: Fitted, name: str) -> Html:
    """Return what each threshold would find and get wrong."""
    evaluation = fitted.evaluation
    curve = roc_curve(evaluation.truth == 1, evaluation.prediction_RP[:, 1], evaluation.weight_R)
    rows = []
    used = evaluation.threshold
    for threshold in sorted({*THRESHOLDS, used}):
        p = max(curve.place(threshold), 0)
        shares = (curve.called[p], curve.found[p], curve.right[p], curve.alarm[p])
        first = percent(threshold, 0 if threshold in THRESHOLDS else 1)
        rows.append(
            (f"{first}\u00a0(used)" if threshold == used else first, *(percent(float(s)) for s in shares))
        )
    says = (
        f"The network answers ‘{name}’ from a probability of"
        f" {percent(used, 0 if used in THRESHOLDS else 1)} on. {threshold_says(fitted)} Where a miss and a"
        " false alarm cost differently, another threshold is better."
    )
    head = ("threshold", "answered so", "found", "of these right", "false alarms")
    heading = element("h3", "What another threshold would do", marks={"id": "thresholds"})
    whole = table(f"Thresholds for ‘{name}’", head, rows, (1, 2, 3, 4))
    return element("div", heading, paragraph(says), whole)

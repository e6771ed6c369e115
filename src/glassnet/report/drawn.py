"""The drawings of `Model.plot_...`: a fitted run on the axes given or on new ones, or words why it cannot be.

Shapes: R rows, C classes.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from glassnet.errors import SettingsError, listed, near_miss
from glassnet.pipeline import Fitted
from glassnet.prepare.values import Floats64
from glassnet.report import plots
from glassnet.report.words import SHARES, short
from glassnet.table.values import Target, Task


def plot_confusion(fitted: Fitted, ax: Axes | None) -> Axes:
    """Draw what was taken for what. Raises SettingsError for numbers and for several targets."""
    count_CC = fitted.evaluation.confusion_CC
    if count_CC is None:
        raise SettingsError(_why_no_classes(fitted, "confusion"))
    ax = plots.new_axes() if ax is None else ax
    plots.draw_confusion(count_CC, [short(label, 40) for label in fitted.schema.targets[0].labels], ax)
    return ax


def plot_roc(fitted: Fitted, ax: Axes | None, label: str = "") -> Axes:
    """Draw what is found against false alarms. Raises SettingsError where there is no one class to find."""
    is_class_R, share_R = _one_class(fitted, label, "roc")
    _check_both(fitted, is_class_R, "a ROC curve")
    ax = plots.new_axes() if ax is None else ax
    threshold = _threshold(fitted, label)
    plots.draw_roc(is_class_R, share_R, fitted.evaluation.weight_R, ax, threshold=threshold)
    return ax


def plot_precision_recall(fitted: Fitted, ax: Axes | None, label: str = "") -> Axes:
    """Draw what is right against what is found. Raises SettingsError where there is no one class to find."""
    is_class_R, share_R = _one_class(fitted, label, "precision_recall")
    _check_both(fitted, is_class_R, "the curve")
    ax = plots.new_axes() if ax is None else ax
    threshold = _threshold(fitted, label)
    plots.draw_precision_recall(is_class_R, share_R, fitted.evaluation.weight_R, ax, threshold=threshold)
    return ax


def plot_calibration(fitted: Fitted, ax: Axes | None, label: str = "") -> Axes:
    """Draw promised against true shares. Raises SettingsError where there is no one class to find."""
    is_class_R, share_R = _one_class(fitted, label, "calibration")
    ax = plots.new_axes() if ax is None else ax
    plots.draw_calibration(is_class_R, share_R, fitted.evaluation.weight_R, ax)
    return ax


def plot_residuals(fitted: Fitted, ax: Axes | None, target: str = "") -> Axes:
    """Draw truth minus prediction. Raises SettingsError for classes, and where no one target is named."""
    _check_rows(fitted)
    if fitted.schema.task is not Task.REGRESSION:
        raise SettingsError(
            "this model predicts classes, which leave no residuals; see plot_confusion or plot_calibration."
        )
    place = _place(fitted.schema.targets, target, "residuals")
    true_R, predicted_R = fitted.evaluation.truth[:, place], fitted.evaluation.prediction_RP[:, place]
    ax = plots.new_axes() if ax is None else ax
    plots.draw_residuals(true_R, predicted_R, fitted.schema.targets[place].name, ax)
    return ax


def plot_importance(fitted: Fitted, ax: Axes | None) -> Axes:
    """Draw the most important columns. Raises SettingsError where importance was not measured."""
    evaluation = fitted.evaluation
    if not evaluation.importance:
        raise SettingsError(
            "importance was not measured in this run, since there was no time or no row for it;"
            " fit again with a larger time_limit, or with test rows."
        )
    ax = plots.new_axes() if ax is None else ax
    plots.draw_importance(evaluation.importance, ax, is_share=evaluation.scores[0].metric in SHARES)
    return ax


def plot_gradients(fitted: Fitted, ax: Axes | None, layer: str = "") -> Axes:
    """Draw a layer's records, of the first one unless named. Raises SettingsError where nothing was kept."""
    records = fitted.trained.history.records
    if records is None or not records.count:
        raise SettingsError("no step of this run was recorded; fit again with records=True.")
    plots.check_layer(records, layer or records.layers[0])
    ax = plots.new_axes() if ax is None else ax
    plots.draw_gradients(records, layer or records.layers[0], ax)
    return ax


def _check_both(fitted: Fitted, is_class_R: NDArray[np.bool_], what: str) -> None:
    if is_class_R.all() or not is_class_R.any():
        raise SettingsError(
            f"the {fitted.evaluation.on} rows are all of the class, or none is; {what} needs both."
        )


def _one_class(fitted: Fitted, label: str, what: str) -> tuple[NDArray[np.bool_], Floats64]:
    """Return which rows are of the class and the probability each was given, `(R,)` both."""
    _check_rows(fitted)
    evaluation, task = fitted.evaluation, fitted.schema.task
    if task is Task.MULTILABEL:
        place = _place(fitted.schema.targets, label, what)
        return evaluation.truth[:, place] >= 0.5, evaluation.prediction_RP[:, place]
    if task is Task.REGRESSION:
        raise SettingsError(_why_no_classes(fitted, what))
    labels = fitted.schema.targets[0].labels
    place = 1 if not label and task is Task.BINARY else _class_place(labels, label, what)
    return evaluation.truth == place, evaluation.prediction_RP[:, place]


def _threshold(fitted: Fitted, label: str) -> float:
    """Return from which probability on a class is the answer; the first of two has what the other leaves."""
    if fitted.schema.task is not Task.BINARY:
        return 0.5
    is_first = label == str(fitted.schema.targets[0].labels[0])
    return 1.0 - fitted.evaluation.threshold if is_first else fitted.evaluation.threshold


def _check_rows(fitted: Fitted) -> None:
    if not len(fitted.evaluation.truth):
        raise SettingsError("this run was measured on no rows, so there is nothing to draw.")


def _why_no_classes(fitted: Fitted, what: str) -> str:
    if fitted.schema.task is Task.REGRESSION:
        return f"this model predicts numbers; plot_{what} is for classes. See plot_residuals."
    if fitted.schema.task is Task.MULTILABEL:
        return f"this model gives several yes/no answers; plot_{what} is for one. See plot_roc(label=...)."
    return "this run was measured on no rows, so there is nothing to draw."


def _class_place(labels: tuple[object, ...], label: str, what: str) -> int:
    names = [str(one) for one in labels]
    if label in names:
        return names.index(label)
    if not label:
        raise SettingsError(
            f"there are {len(names)} classes; say which: plot_{what}(label={names[0]!r})."
            f" Known: {listed(names)}."
        )
    raise SettingsError(f"no class is called '{label}'.{near_miss(label, names)} Known: {listed(names)}.")


def _place(targets: tuple[Target, ...], name: str, what: str) -> int:
    names = [target.name for target in targets]
    if name in names:
        return names.index(name)
    if not name and len(names) == 1:
        return 0
    if not name:
        word = "target" if what == "residuals" else "label"
        raise SettingsError(
            f"there are {len(names)} targets; say which: plot_{what}({word}={names[0]!r})."
            f" Known: {listed(names)}."
        )
    raise SettingsError(f"no target is called '{name}'.{near_miss(name, names)} Known: {listed(names)}.")

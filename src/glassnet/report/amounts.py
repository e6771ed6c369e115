"""How good in depth, for numbers and for several yes/no answers.

Shapes: R rows, T targets.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from glassnet.metric import mae, r2, rmse
from glassnet.pipeline import Fitted
from glassnet.prepare.values import Floats64
from glassnet.report import canvas, plots
from glassnet.report.along import along_columns, coverage, error_by_truth
from glassnet.report.classes import class_table, confusion_picture
from glassnet.report.markup import Html, element, folded, table
from glassnet.report.pictures import Picture, figure, grid, picture
from glassnet.report.words import brief, count, number, percent, short

QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
PARTS: Final = 5  # equal parts of the rows, from the smallest truth to the largest
DRAWN: Final = 4  # targets with pictures; the others have their line in the table


def in_depth(fitted: Fitted) -> list[Html]:
    """Return pictures and tables about predicted numbers."""
    evaluation = fitted.evaluation
    names = [target.name for target in fitted.schema.targets]
    found: list[Html] = []
    if len(names) > 1:
        found += [_targets(fitted, names)]
    for t, name in enumerate(names[:DRAWN]):
        true_R, predicted_R = evaluation.truth[:, t], evaluation.prediction_RP[:, t]
        errors = _errors(true_R, predicted_R, name)
        heading = [element("h3", short(name))] if len(names) > 1 else []
        found += [
            *heading,
            grid([*(figure(one) for one in _pictures(true_R, predicted_R, name, t)), errors]),
        ]
    return found + coverage(fitted) + along_columns(fitted)


def _targets(fitted: Fitted, names: list[str]) -> Html:
    evaluation = fitted.evaluation
    rows = []
    for t, name in enumerate(names):
        one = (evaluation.truth[:, [t]], evaluation.prediction_RP[:, [t]], evaluation.weight_R)
        rows.append((short(name), number(rmse(*one)), number(mae(*one)), percent(r2(*one))))
    head = ("target", "root mean squared error", "mean absolute error", "R²")
    whole = table("Target by target", head, rows, numbers=(1, 2, 3))
    return whole if len(rows) <= 20 else folded(f"All {count(len(rows))} targets", whole)


def _pictures(true_R: Floats64, predicted_R: Floats64, name: str, t: int) -> list[Picture]:
    return [
        _against(true_R, predicted_R, name, t),
        _residuals(true_R, predicted_R, name, t),
        error_by_truth(true_R, predicted_R, name, t),
    ]


def _against(true_R: Floats64, predicted_R: Floats64, name: str, t: int) -> Picture:
    axes = canvas.new_axes()
    plots.draw_predicted_against_true(true_R, predicted_R, name, axes)
    error_R = np.abs(true_R - predicted_R)
    half, most = np.quantile(error_R, [0.5, 0.9])
    says = (
        f"Half of the rows are off by less than {brief(float(half), 3)}, nine of ten by less than"
        f" {brief(float(most), 3)}. Points on the dotted line would be exact."
    )
    words = (f"against-{t}", "Predicted against true", says)
    return picture(axes, words, PARTS_HEAD, _parts(true_R, predicted_R), numbers=range(1, 5))


PARTS_HEAD: Final = ("true values", "rows", "mean truth", "mean prediction", "mean absolute error")


def _parts(true_R: Floats64, predicted_R: Floats64) -> list[tuple[str, ...]]:
    """Return the rows in five equal parts by their truth: how large, how predicted, how wrong."""
    order = np.argsort(true_R, kind="stable")
    rows = []
    for part in np.array_split(order, min(PARTS, order.size)):
        true, predicted = true_R[part], predicted_R[part]
        means = (true.mean(), predicted.mean(), np.abs(true - predicted).mean())
        ends = f"{number(float(true[0]))} to {number(float(true[-1]))}"
        rows.append((ends, count(part.size), *(number(float(mean)) for mean in means)))
    return rows


def _residuals(true_R: Floats64, predicted_R: Floats64, name: str, t: int) -> Picture:
    axes = canvas.new_axes()
    plots.draw_residuals(true_R, predicted_R, name, axes)
    error_R = true_R - predicted_R
    mean = float(error_R.mean())
    spread = float(error_R.std() / np.sqrt(error_R.size))
    lean = "low" if mean > 0 else "high"
    says = f"On average predictions are {number(abs(mean), 3)} too {lean} (± {number(1.96 * spread, 2)})."
    if abs(mean) <= 1.96 * spread:
        says = "On average predictions are neither too high nor too low, as far as these rows can tell."
    order = np.argsort(predicted_R, kind="stable")
    rows = [
        (
            f"{number(float(predicted_R[part[0]]))} to {number(float(predicted_R[part[-1]]))}",
            count(part.size),
            number(float(error_R[part].mean())),
            number(float(error_R[part].std())),
        )
        for part in np.array_split(order, min(PARTS, order.size))
    ]
    words = (f"residuals-{t}", "What is left over", says)
    head = ("predicted values", "rows", "mean of truth − prediction", "its deviation")
    return picture(axes, words, head, rows, numbers=(1, 2, 3))


def _errors(true_R: Floats64, predicted_R: Floats64, name: str) -> Html:
    error_R = np.abs(true_R - predicted_R)
    rows = [(percent(q, 0), number(float(np.quantile(error_R, q)), 3)) for q in QUANTILES]
    whole = table(f"Errors of {short(name)}", ("of the rows", "are off by at most"), rows, numbers=(1,))
    return element("div", element("h3", "How large the errors are"), whole)


def labels_in_depth(fitted: Fitted) -> list[Html]:
    """Return a line for each of several yes/no targets, and a matrix for the first few."""
    evaluation = fitted.evaluation
    targets = fitted.schema.targets
    rows, pictures = [], []
    for t, target in enumerate(targets):
        true_R, answer_R = evaluation.truth[:, t] >= 0.5, evaluation.prediction_RP[:, t] >= 0.5
        matrix_CC = _matrix(true_R, answer_R, evaluation.weight_R)
        right = float(np.trace(matrix_CC) / max(matrix_CC.sum(), 1e-30))
        share = float(matrix_CC[1].sum() / max(matrix_CC.sum(), 1e-30))
        rows.append((short(target.name), percent(share), percent(right), percent(max(share, 1 - share))))
        if t < DRAWN:
            pictures.append((short(target.name), matrix_CC, [short(label, 30) for label in target.labels]))
    head = ("target", "share of yes", "right", "always the commoner answer")
    whole = table("Target by target", head, rows, numbers=(1, 2, 3))
    found = [whole if len(rows) <= 20 else folded(f"All {count(len(rows))} targets", whole)]
    for t, (name, matrix_CC, labels) in enumerate(pictures):
        found += [
            element("h3", name),
            grid([figure(_matrix_picture(matrix_CC, labels, t)), class_table(matrix_CC, labels)]),
        ]
    return found


def _matrix(true_R: NDArray[np.bool_], answer_R: NDArray[np.bool_], weight_R: Floats64) -> Floats64:
    place_R = 2 * true_R.astype(np.int64) + answer_R.astype(np.int64)
    return np.bincount(place_R, weights=weight_R, minlength=4).reshape(2, 2).astype(np.float64)


def _matrix_picture(matrix_CC: Floats64, labels: list[str], t: int) -> Picture:
    return confusion_picture(matrix_CC, labels or ["no", "yes"], f"confusion-{t}")

"""How good a network is, in sentences that need no statistics.

Shapes: R rows, C classes, T targets.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from glassnet.evaluate.values import Evaluation, Score
from glassnet.pipeline import Fitted
from glassnet.report.words import count, figure, metric_name, percent, rounded, several, short
from glassnet.table.values import Task

FEW: Final = 150  # rows below which sentences count rows instead of saying "of 100"
MULTI_TARGET: Final = "averaged over the targets"


def score_named(evaluation: Evaluation, metric: str) -> Score | None:
    """Return the score of that metric, if it was measured."""
    return next((one for one in evaluation.scores if one.metric == metric), None)


def whole_of(shares: list[float], rows: float) -> int:
    """Return what shares are counted of: the rows themselves where they are few, 100, or 1,000.

    1,000 where in a hundred one of the shares would look like all or nothing and is not.
    """
    if rows < FEW and float(rows).is_integer():
        return round(rows)
    edges = [share for share in shares if 0 < share < 0.0095 or 0.9905 < share < 1]
    return 1000 if edges else 100


def of_hundred(share: float, rows: float) -> str:
    """Return "85 of 100", "997 of 1,000", with few rows "12 of the 14", "all 14" or "none of the 14"."""
    if math.isnan(share):
        return "an unknown share"
    whole = whole_of([share], rows)
    said = round(share * whole)
    are_few = whole == rows < FEW  # weighted rows may be few, and are no whole number
    if said == whole and (share == 1 or are_few):
        return f"all {count(whole)}" if are_few else "all"
    return f"{count(said) if said else 'none'} of {'the ' if are_few else ''}{count(whole)}"


def rows_called(fitted: Fitted) -> str:
    """Return what the rows of the evaluation are called in a sentence: "test rows"."""
    return f"{fitted.evaluation.on} rows"


def sentences(fitted: Fitted) -> list[str]:
    """Return the first screen's sentences: how good, and against what."""
    if not fitted.evaluation.scores or not len(fitted.evaluation.truth):
        return ["There were no rows to measure this network on."]
    return [one for one in SAYERS[fitted.schema.task](fitted) if one]


def _binary(fitted: Fitted) -> list[str]:
    matrix_CC = fitted.evaluation.confusion_CC
    assert matrix_CC is not None, "an evaluation of classes counts them"
    name = class_name(fitted, 1)
    true, called = float(matrix_CC[1].sum()), float(matrix_CC[:, 1].sum())
    hit = float(matrix_CC[1, 1])
    if true == 0:
        finds = f"None of these rows is {name}, so nothing can be said about finding it."
    elif called == 0:
        finds = f"It never answers {name}, and so finds none of the {round(true):,} rows that are."
    else:
        wrong = of_hundred((called - hit) / called, called)
        alarms = "none is wrong" if hit == called else f"{wrong} are wrong"
        finds = (
            f"It finds {of_hundred(hit / true, true)} rows that are {name}; of those it calls so, {alarms}."
        )
    return [_right(fitted), finds]


def class_name(fitted: Fitted, place: int) -> str:
    """Return a class with its column: "15 = >50K"."""
    target = fitted.schema.targets[0]
    return f"‘{short(target.labels[place], 30)}’"


def _right(fitted: Fitted) -> str:
    """Return how many answers are right, beside the commonest class and a linear model."""
    score = score_named(fitted.evaluation, "accuracy")
    if score is None:
        return _plain_score(fitted)
    answers = len(fitted.schema.targets)
    rows = len(fitted.evaluation.truth) * answers
    whole = whole_of([one for one in (score.value, score.linear) if not math.isnan(one)], rows)
    if whole == 100 and _look_alike(score.value, score.linear):
        whole = 1000
    right = f"{count(round(score.value * whole))} of {'the ' if whole == rows < FEW else ''}{count(whole)}"
    right = f"all {count(rows)}" if score.value == 1 else right
    what = f"answers about {rows_called(fitted)}" if answers > 1 else rows_called(fitted)
    said = f"The network gets {right} {what} right"
    if math.isnan(score.baseline):
        return f"{said}."
    base = f"always giving the commonest answer gets {count(round(score.baseline * whole))}"
    linear = "" if math.isnan(score.linear) else f", a linear model {count(round(score.linear * whole))}"
    return f"{said}; {base}{linear}."


def _look_alike(share: float, other: float) -> bool:
    """Return whether two shares that differ would be the same number of a hundred."""
    return not math.isnan(other) and round(100 * share) == round(100 * other) and abs(share - other) >= 0.001


def _multiclass(fitted: Fitted) -> list[str]:
    matrix_CC = fitted.evaluation.confusion_CC
    assert matrix_CC is not None, "an evaluation of classes counts them"
    mixed = matrix_CC.copy()
    np.fill_diagonal(mixed, 0)
    true, guess = (int(place) for place in np.unravel_index(mixed.argmax(), mixed.shape))
    if mixed[true, guess] == 0:
        return [_right(fitted), "It mixes up no two classes."]
    if mixed.max() <= 1:
        wrong = round(float(mixed.sum()))
        mistakes = "one mistake" if wrong == 1 else f"{count(wrong)} mistakes, no two of them alike"
        return [
            _right(fitted),
            f"Among these {count(len(fitted.evaluation.truth))} rows it makes {mistakes}.",
        ]
    rows = float(matrix_CC[true].sum())
    most = f"Its commonest mistake is to take {class_name(fitted, true)} for {class_name(fitted, guess)}"
    share = of_hundred(float(mixed[true, guess]) / rows, rows)
    return [_right(fitted), f"{most}: {share} rows that are {class_name(fitted, true)}."]


def _regression(fitted: Fitted) -> list[str]:
    score = score_named(fitted.evaluation, "mae")
    if score is None:
        return [_plain_score(fitted)]
    several_targets = len(fitted.schema.targets) > 1
    name = MULTI_TARGET if several_targets else "in the unit of " + short(fitted.schema.targets[0].name, 40)
    said = f"On {rows_called(fitted)} the network is off by {rounded(score.value)} on average ({name})"
    if math.isnan(score.baseline):
        return [f"{said}."]
    linear = "" if math.isnan(score.linear) else f", a linear model by {rounded(score.linear)}"
    r2 = score_named(fitted.evaluation, "r2")
    explained = ""
    if r2 is not None and 0 < r2.value <= 1 and not several_targets:
        explained = f"It explains {percent(r2.value, 0)} of the differences between rows."
    return [f"{said}; always answering the mean is off by {rounded(score.baseline)}{linear}.", explained]


def _multilabel(fitted: Fitted) -> list[str]:
    many = len(fitted.schema.targets)
    return [_right(fitted), f"Each row has {count(many)} yes/no answers; figures are averaged over them."]


def _plain_score(fitted: Fitted) -> str:
    """Return the first score as it is, for an own metric."""
    score = fitted.evaluation.scores[0]
    name, shown = metric_name(score.metric), figure(score.metric, score.value)
    against = (
        "" if math.isnan(score.baseline) else f"; the baseline has {figure(score.metric, score.baseline)}"
    )
    return f"On {rows_called(fitted)} the network has {name} {shown}{against}."


SAYERS: Final[dict[Task, Callable[[Fitted], list[str]]]] = {
    Task.BINARY: _binary,
    Task.MULTICLASS: _multiclass,
    Task.REGRESSION: _regression,
    Task.MULTILABEL: _multilabel,
}


def comparison(fitted: Fitted) -> str:
    """Return what the first metric's interval says about the baseline and the linear model."""
    if not fitted.evaluation.scores:
        return ""
    score = fitted.evaluation.scores[0]
    if math.isnan(score.low):
        return f"{several(len(fitted.evaluation.truth), 'row')} are too few for an interval."
    sides: dict[str, list[str]] = {}
    for name, other in (("baseline", score.baseline), ("linear model", score.linear)):
        if not math.isnan(other):
            sides.setdefault(_side(score, other), []).append(f"the {name}'s")
    parts = [f"{side} {' and '.join(names)}" for side, names in sides.items()]
    if not parts:
        return ""
    return f"By {metric_name(score.metric)}, the network's figure is {' and '.join(parts)}."


def _side(score: Score, other: float) -> str:
    """Return on which side of another figure the interval lies."""
    if score.low <= other <= score.high:
        return "not to be told apart from"
    is_better = (score.low > other) == score.larger_is_better
    return "better than" if is_better else "worse than"

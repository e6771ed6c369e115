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
from glassnet.report.words import count, figure, metric_name, number, percent, several, short
from glassnet.table.values import Task

FEW: Final = 100  # rows below which sentences count rows instead of saying "of 100"
MULTI_TARGET: Final = "averaged over the targets"


def score_named(evaluation: Evaluation, metric: str) -> Score | None:
    """Return the score of that metric, if it was measured."""
    return next((one for one in evaluation.scores if one.metric == metric), None)


def of_hundred(share: float, rows: float) -> str:
    """Return "85 of 100", or with few rows "12 of the 14"; small and large shares keep a digit."""
    if math.isnan(share):
        return "an unknown share"
    if rows < FEW and float(rows).is_integer():
        return "all" if share == 1 and rows > 1 else f"{round(share * rows)} of the {round(rows)}"
    hundred = 100 * share
    if share in (0, 1):
        return "none of 100" if share == 0 else "all"
    if 0.95 <= hundred <= 99.05:
        return f"{hundred:.0f} of 100"
    return f"{1000 * share:.0f} of 1,000" if 0.0005 <= share <= 0.9995 else f"{percent(share, 3)}"


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
    name = _class(fitted, 1)
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


def _class(fitted: Fitted, place: int) -> str:
    """Return a class with its column: "15 = >50K"."""
    target = fitted.schema.targets[0]
    return f"‘{short(target.labels[place], 30)}’"


def _right(fitted: Fitted) -> str:
    """Return how many answers are right, beside the commonest class and a linear model."""
    score = score_named(fitted.evaluation, "accuracy")
    if score is None:
        return _plain_score(fitted)
    rows = len(fitted.evaluation.truth)
    said = f"The network gets {_right_of(score.value, rows, fitted.evaluation.on)} right"
    if math.isnan(score.baseline):
        return f"{said}."
    base = f"always giving the commonest answer gets {_bare(score.baseline, rows)}"
    linear = "" if math.isnan(score.linear) else f", a linear model {_bare(score.linear, rows)}"
    return f"{said}; {base}{linear}."


def _right_of(share: float, rows: int, on: str) -> str:
    """Return "85 of 100 test rows", "17 of the 20 test rows" or "all 20 test rows"."""
    said = of_hundred(share, rows)
    return f"all {count(rows)} {on} rows" if said == "all" else f"{said} {on} rows"


def _bare(share: float, rows: int) -> str:
    """Return the count of a share without its whole, where that was said before."""
    return str(round(share * rows)) if rows < FEW else of_hundred(share, rows).removesuffix(" of 100")


def _multiclass(fitted: Fitted) -> list[str]:
    matrix_CC = fitted.evaluation.confusion_CC
    assert matrix_CC is not None, "an evaluation of classes counts them"
    mixed = matrix_CC.copy()
    np.fill_diagonal(mixed, 0)
    true, guess = (int(place) for place in np.unravel_index(mixed.argmax(), mixed.shape))
    if mixed[true, guess] == 0:
        return [_right(fitted), "It mixes up no two classes."]
    rows = float(matrix_CC[true].sum())
    most = f"Most often it takes {_class(fitted, true)} for {_class(fitted, guess)}"
    return [_right(fitted), f"{most}: {of_hundred(float(mixed[true, guess]) / rows, rows)} of its rows."]


def _regression(fitted: Fitted) -> list[str]:
    score = score_named(fitted.evaluation, "mae")
    if score is None:
        return [_plain_score(fitted)]
    several_targets = len(fitted.schema.targets) > 1
    name = MULTI_TARGET if several_targets else "in the unit of " + short(fitted.schema.targets[0].name, 40)
    said = f"On {rows_called(fitted)} the network is off by {number(score.value)} on average ({name})"
    if math.isnan(score.baseline):
        return [f"{said}."]
    linear = "" if math.isnan(score.linear) else f", a linear model by {number(score.linear)}"
    r2 = score_named(fitted.evaluation, "r2")
    explained = ""
    if r2 is not None and 0 < r2.value <= 1 and not several_targets:
        explained = f"It explains {percent(r2.value, 0)} of the differences between rows."
    return [f"{said}; always answering the mean is off by {number(score.baseline)}{linear}.", explained]


def _multilabel(fitted: Fitted) -> list[str]:
    many = len(fitted.schema.targets)
    return [f"Each row has {count(many)} yes/no answers; figures are averaged over them.", _right(fitted)]


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
    parts = [
        f"{side} the {name}'s"
        for name, other in (("baseline", score.baseline), ("linear model", score.linear))
        if not math.isnan(other)
        for side in [_side(score, other)]
    ]
    if not parts:
        return ""
    return f"By {metric_name(score.metric)}, the network's figure is {' and '.join(parts)}."


def _side(score: Score, other: float) -> str:
    """Return on which side of another figure the interval lies."""
    if score.low <= other <= score.high:
        return "not to be told apart from"
    is_better = (score.low > other) == score.larger_is_better
    return "better than" if is_better else "worse than"

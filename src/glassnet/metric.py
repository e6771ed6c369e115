"""Metrics by name, all weighted, all plain functions of truth and prediction.

Shapes: R rows, C classes, T targets. Classification: truth holds class numbers `(R,)`, the prediction
probabilities `(R, C)`; regression and multilabel: both are `(R, T)`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from glassnet.errors import SettingsError, pick
from glassnet.table.values import Task

Floats = NDArray[np.float64]
Score = Callable[[Floats, Floats, Floats], float]  # truth, prediction, weight (R,)
CLASSES: Final = frozenset({Task.BINARY, Task.MULTICLASS})
NUMBERS: Final = frozenset({Task.REGRESSION})
LABELS: Final = frozenset({Task.MULTILABEL})
LEAST: Final = 1e-15  # probabilities are held this far from 0 in logarithms


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """One metric."""

    name: str
    score: Score
    tasks: frozenset[Task]
    larger_is_better: bool = True
    is_share: bool = True  # in [0, 1] and shown as such, not in the target's unit
    of_answers: bool = False  # looks at the answers alone, so that a threshold changes it


def _mean(value_R: Floats, weight_R: Floats) -> float:
    return float(np.average(value_R, weights=weight_R))


def accuracy(truth_R: Floats, share_RC: Floats, weight_R: Floats) -> float:
    """Return the share of rows whose likeliest class is the true one."""
    if truth_R.ndim == 2:
        return _mean(((share_RC >= 0.5) == (truth_R >= 0.5)).mean(axis=1), weight_R)
    return _mean((share_RC.argmax(axis=1) == truth_R).astype(np.float64), weight_R)


def balanced_accuracy(truth_R: Floats, share_RC: Floats, weight_R: Floats) -> float:
    """Return the mean over the classes present of the share of their rows that are found."""
    right_R = (share_RC.argmax(axis=1) == truth_R).astype(np.float64)
    found = [_mean(right_R[truth_R == c], weight_R[truth_R == c]) for c in _present(truth_R, weight_R)]
    return float(np.mean(found))


def _present(truth_R: Floats, weight_R: Floats) -> Floats:
    return np.unique(truth_R[weight_R > 0])


def log_loss(truth_R: Floats, share_RC: Floats, weight_R: Floats) -> float:
    """Return the mean of -log of the probability given to what was true."""
    if truth_R.ndim == 2:
        given = np.where(truth_R >= 0.5, share_RC, 1.0 - share_RC)
        return _mean(-np.log(np.clip(given, LEAST, 1.0)).mean(axis=1), weight_R)
    given_R = share_RC[np.arange(truth_R.size), truth_R.astype(np.int64)]
    return _mean(-np.log(np.clip(given_R, LEAST, 1.0)), weight_R)


def brier(truth_R: Floats, share_RC: Floats, weight_R: Floats) -> float:
    """Return the mean squared distance of the probabilities from the truth, halved for classes."""
    truth_RC = np.eye(share_RC.shape[1])[truth_R.astype(np.int64)]
    return _mean(np.square(share_RC - truth_RC).sum(axis=1) / 2, weight_R)


def f1(truth_R: Floats, share_RC: Floats, weight_R: Floats) -> float:
    """Return F1 of the positive class; with three or more classes the mean over the classes present."""
    guess_R = share_RC.argmax(axis=1)
    classes = [1.0] if share_RC.shape[1] == 2 else _present(truth_R, weight_R)
    scores = []
    for c in classes:
        hit = weight_R[(guess_R == c) & (truth_R == c)].sum()
        total = weight_R[guess_R == c].sum() + weight_R[truth_R == c].sum()
        scores.append(2 * hit / total if total > 0 else 0.0)
    return float(np.mean(scores))


def auc(truth_R: Floats, share_RC: Floats, weight_R: Floats) -> float:
    """Return the area under the ROC curve; with three or more classes the mean of one against the rest.

    NaN where only one class is present.
    """
    if share_RC.shape[1] == 2:
        return _area(truth_R == 1, share_RC[:, 1], weight_R)
    present = _present(truth_R, weight_R).astype(np.int64)
    return float(np.mean([_area(truth_R == c, share_RC[:, c], weight_R) for c in present]))


def _area(is_positive_R: NDArray[np.bool_], score_R: Floats, weight_R: Floats) -> float:
    """Return the probability that a positive row scores above a negative one, ties counting half."""
    order = np.argsort(score_R, kind="stable")
    score, weight = score_R[order], weight_R[order]
    positive = np.where(is_positive_R[order], weight, 0.0)
    negative = weight - positive
    if positive.sum() <= 0 or negative.sum() <= 0:
        return float("nan")
    starts = np.flatnonzero(np.concatenate([[True], score[1:] != score[:-1]]))
    positive_ties, negative_ties = np.add.reduceat(positive, starts), np.add.reduceat(negative, starts)
    below = np.cumsum(negative_ties) - negative_ties
    return float((positive_ties * (below + negative_ties / 2)).sum() / (positive.sum() * negative.sum()))


def rmse(truth_RT: Floats, value_RT: Floats, weight_R: Floats) -> float:
    """Return the root of the mean squared error, averaged over the targets."""
    error_T = np.average(np.square(truth_RT - value_RT), axis=0, weights=weight_R)
    return float(np.sqrt(error_T).mean())


def mae(truth_RT: Floats, value_RT: Floats, weight_R: Floats) -> float:
    """Return the mean absolute error."""
    return _mean(np.abs(truth_RT - value_RT).mean(axis=1), weight_R)


def r2(truth_RT: Floats, value_RT: Floats, weight_R: Floats) -> float:
    """Return the share of the target's variance that is explained, averaged over the targets.

    NaN where the target does not vary.
    """
    mean_T = np.average(truth_RT, axis=0, weights=weight_R)
    total_T = np.average(np.square(truth_RT - mean_T), axis=0, weights=weight_R)
    error_T = np.average(np.square(truth_RT - value_RT), axis=0, weights=weight_R)
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(np.where(total_T > 0, 1.0 - error_T / total_T, np.nan).mean())


METRICS: Final[dict[str, Metric]] = {
    metric.name: metric
    for metric in (
        Metric(name="accuracy", score=accuracy, tasks=CLASSES | LABELS, of_answers=True),
        Metric(name="auc", score=auc, tasks=CLASSES),
        Metric(name="balanced_accuracy", score=balanced_accuracy, tasks=CLASSES, of_answers=True),
        Metric(name="f1", score=f1, tasks=CLASSES, of_answers=True),
        Metric(
            name="log_loss", score=log_loss, tasks=CLASSES | LABELS, larger_is_better=False, is_share=False
        ),
        Metric(name="brier", score=brier, tasks=CLASSES, larger_is_better=False),
        Metric(name="rmse", score=rmse, tasks=NUMBERS, larger_is_better=False, is_share=False),
        Metric(name="mae", score=mae, tasks=NUMBERS, larger_is_better=False, is_share=False),
        Metric(name="r2", score=r2, tasks=NUMBERS),
    )
}

SHOWN: Final[dict[Task, tuple[str, ...]]] = {
    Task.BINARY: ("accuracy", "auc", "log_loss"),
    Task.MULTICLASS: ("accuracy", "log_loss", "balanced_accuracy"),
    Task.REGRESSION: ("rmse", "mae", "r2"),
    Task.MULTILABEL: ("accuracy", "log_loss"),
}


def rank(metric: Metric, value: float, loss: float) -> float:
    """Return a number that is smaller for a better metric; among equal ones, for a smaller loss.

    A metric without a value, as the AUC of one class, ranks behind all others.
    """
    squashed = loss / (1.0 + abs(loss)) if np.isfinite(loss) else 1.0
    if not np.isfinite(value):
        return 1e200 * (2.0 + squashed)
    return (-value if metric.larger_is_better else value) + 1e-9 * squashed


def at_threshold(share_RC: Floats, threshold: float) -> Floats:
    """Return two classes' probabilities bent so that the positive one reaches a half at the threshold.

    Its order stays as it is. At a threshold of a half nothing changes.
    """
    if threshold == 0.5 or share_RC.ndim != 2 or share_RC.shape[1] != 2:
        return share_RC
    share_R = share_RC[:, 1]
    above_R = 0.5 + 0.5 * (share_R - threshold) / (1.0 - threshold)
    bent_R = np.where(
        share_R >= threshold, np.maximum(above_R, np.nextafter(0.5, 1.0)), 0.5 * share_R / threshold
    )
    return np.stack([1.0 - bent_R, bent_R], axis=1)


def choose_metrics(asked: object, task: Task) -> tuple[Metric, ...]:
    """Return the metrics to show for a task, the one asked for first.

    An own metric is a function of (truth, prediction) that returns a number; larger is taken as better.
    Raises SettingsError where a metric does not fit the task.
    """
    usual = [METRICS[name] for name in SHOWN[task]]
    if asked == "auto":
        return tuple(usual)
    if isinstance(asked, str):
        first = pick(METRICS, asked, "metric")
        if task not in first.tasks:
            fitting = ", ".join(name for name, one in METRICS.items() if task in one.tasks)
            raise SettingsError(f"metric '{asked}' does not fit a {task} target. Those that do: {fitting}.")
        return (first, *(one for one in usual if one.name != asked))
    if not callable(asked):
        raise SettingsError(
            f"metric must be a name or a function of (truth, prediction), but it is {asked!r}."
        )
    return (own_metric(asked, task), *usual)


def own_metric(function: Callable[[Floats, Floats], float], task: Task) -> Metric:
    """Return a user's function as a metric; it gets the rows with a weight, and not the weights."""

    def score(truth: Floats, prediction: Floats, weight_R: Floats) -> float:
        counts = weight_R > 0
        return float(function(truth[counts], prediction[counts]))

    name = getattr(function, "__name__", type(function).__name__)
    return Metric(name=name, score=score, tasks=frozenset({task}), is_share=False)

"""Findings about what came of the run: the baseline, overfitting, too few rows, a leak.

Shapes: E epochs, K members, R rows.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from glassnet.doctor.values import Finding, Signs, figure
from glassnet.evaluate.values import Score
from glassnet.pipeline import Fitted
from glassnet.table.values import Task

# With 20 rows and four of five right, one standard error is 9 points (sqrt(0.8 * 0.2 / 20)): the epoch is
# chosen by lot. With 29, wine's, it is 7, and the epochs of a run share their rows.
FEW: Final = 20
# Half of what was gained by the best epoch is lost again by the last. Good runs lost up to a third (2026-11).
LOST: Final = 0.5
ALONE: Final = 0.9  # of all columns' importance
PERFECT: Final = 0.95  # of the way from the baseline to a perfect share
REMAINING: Final = 0.15  # of the baseline's error: 98 % of the variance explained


def no_better(signs: Signs) -> Finding | None:
    """Return the finding that no metric is surely better than without looking at any column."""
    fitted = signs.fitted
    if fitted is None or fitted.loss == "quantile":  # a quantile is not meant to be near the mean
        return None
    scores = [score for score in fitted.evaluation.scores if _is_telling(fitted, score)]
    if not scores or any(_is_better(score) for score in scores):
        return None
    first, is_clear = scores[0], len(fitted.evaluation.truth) >= FEW
    return Finding(
        name="no better than the baseline",
        severity="warning" if is_clear else "hint",
        evidence=f"On {len(fitted.evaluation.truth):,} {fitted.evaluation.on} rows {first.metric} is"
        f" {figure(first.value)} (95 % interval {figure(first.low)} to {figure(first.high)}); without"
        f" looking at any column it is {figure(first.baseline)}.",
        meaning="On these rows the network cannot be told from an answer that looks at no column.",
        remedy=_remedy_no_better(fitted, first),
    )


def _is_telling(fitted: Fitted, score: Score) -> bool:
    """Return whether the metric has a baseline that a useless network does not pass by accident.

    A constant prediction has an F1 of 0; by absolute error the median beats the mean without knowing more.
    """
    if not all(math.isfinite(one) for one in (score.value, score.low, score.high, score.baseline)):
        return False
    if score.metric in ("f1", "balanced_accuracy"):
        return False
    return score.metric != "mae" or fitted.evaluation.scores[0].metric == "mae"


def _is_better(score: Score) -> bool:
    if score.larger_is_better:
        return score.low > score.baseline
    return score.high < score.baseline


def _remedy_no_better(fitted: Fitted, first: Score) -> str:
    rows = len(fitted.evaluation.truth)
    if rows < FEW and fitted.evaluation.on == "test":
        which = "One test row is" if rows == 1 else f"{rows} test rows are"
        return f"{which} too few to tell: --test-share 0 --folds 5 asks every row in turn."
    linear = Score(
        metric=first.metric,
        larger_is_better=first.larger_is_better,
        value=first.linear,
        low=first.linear,
        high=first.linear,
        baseline=first.baseline,
        linear=first.linear,
    )
    clear = (first.high - first.low) / 2
    if math.isfinite(first.linear) and _is_better(linear) and abs(first.linear - first.baseline) > clear:
        return (
            f"A linear model reaches {figure(first.linear)}, so there is something to find: look at the"
            " other findings, and try --recipe mlp with its own learning rate."
        )
    few = f" {fitted.row_counts[0]:,} training rows may be too few." if fitted.row_counts[0] < 1000 else ""
    return f"Check that the right column is the target and that the rows' order was not mixed up.{few}"


def overfitting(signs: Signs) -> Finding | None:
    """Return the finding that the network learns its training rows by heart."""
    fitted = signs.fitted
    if fitted is None:
        return None
    validation_EK = fitted.trained.history.validation_loss_EK[:, list(signs.members)]
    if np.isfinite(validation_EK).any():
        return _after_the_best(signs, fitted)
    return _on_new_rows(signs, fitted)


def _after_the_best(signs: Signs, fitted: Fitted) -> Finding | None:
    """Return the finding where validation loss rose again while training loss fell."""
    history, members = fitted.trained.history, list(signs.members)
    best_K = np.array([fitted.trained.best_epoch_K[k] for k in members]) - 1
    training_EK, validation_EK = history.training_loss_EK[:, members], history.validation_loss_EK[:, members]
    columns = np.arange(len(members))
    best, last = float(validation_EK[best_K, columns].mean()), float(validation_EK[-1].mean())
    before, after = float(training_EK[best_K, columns].mean()), float(training_EK[-1].mean())
    gained = signs.first_loss - best
    if not (last - best > LOST * max(gained, 0.0) and after < before and last > best):
        return None
    if no_better(signs) is not None:  # nothing was found that could be lost again
        return None
    return Finding(
        name="overfitting",
        severity="hint",  # the best epoch's weights are kept, so this costs time and no accuracy
        evidence=f"After epoch {int(np.median(best_K)) + 1} the loss on validation rows rose from"
        f" {figure(best)} to {figure(last)}, while that on training rows fell from {figure(before)} to"
        f" {figure(after)}. Epoch {int(np.median(best_K)) + 1} was kept.",
        meaning="From there on the network learns its training rows by heart.",
        remedy=f"Nothing is lost, but {_less(fitted)} may reach a little further; more rows help most.",
    )


def _less(fitted: Fitted) -> str:
    """Return settings that hold a network back more than now.

    On the three tables where this was found at the defaults (titanic, horse_colic, credit_spain, four seeds
    each, 2026-11), dropout 0.3 lowered the log loss on test rows by 0.0002 to 0.013, a quarter of the width
    did so on two of them; more weight decay gave less, and cost 0.018 on titanic.
    """
    architecture = fitted.recipe.architecture
    if not architecture.hidden or not isinstance(architecture.network, str):
        return f"--weight-decay {max(0.1, 5 * fitted.recipe.training.weight_decay):g}"
    dropout = min(0.5, max(0.3, 2 * architecture.dropout))
    return f"--dropout {dropout:g} or --hidden {','.join(str(max(4, w // 4)) for w in architecture.hidden)}"


def _on_new_rows(signs: Signs, fitted: Fitted) -> Finding | None:
    """Return the finding where, without validation rows, test rows fare far worse than training rows."""
    evaluation = fitted.evaluation
    if evaluation.on != "test" or len(evaluation.truth) < FEW or not signs.training_loss_E.size:
        return None
    test, constant = _test_loss(fitted)
    training = float(signs.training_loss_E[-1])
    if not test - training > LOST * (constant - training) or not training < constant:
        return None
    return Finding(
        name="overfitting",
        severity="warning",
        evidence=f"The loss is {figure(training)} on training rows at the end, and {figure(test)} on"
        f" {len(evaluation.truth):,} test rows; a constant answer has {figure(constant)}.",
        meaning="The network has learned its training rows by heart, and little of it holds for others.",
        remedy=f"Hold rows out to choose the epoch by (--validation-share 0.2), or try {_less(fitted)}.",
    )


def _test_loss(fitted: Fitted) -> tuple[float, float]:
    """Return the training's own loss on the evaluation's rows, and a constant answer's; NaN where unknown."""
    scores = {score.metric: score for score in fitted.evaluation.scores}
    if fitted.loss in ("binary_cross_entropy", "cross_entropy") and "log_loss" in scores:
        return scores["log_loss"].value, scores["log_loss"].baseline
    if fitted.loss != "squared" or fitted.outputs != 1:
        return math.nan, math.nan
    if fitted.preparation.target.is_log:
        return math.nan, math.nan
    if fitted.schema.task is Task.REGRESSION and "rmse" in scores:
        scale = float(fitted.preparation.target.scale_FT[0, 0])
        return (scores["rmse"].value / scale) ** 2, (scores["rmse"].baseline / scale) ** 2
    if fitted.schema.task is not Task.BINARY:
        return math.nan, math.nan
    truth_R, weight_R = fitted.evaluation.truth, fitted.evaluation.weight_R
    error_R = np.square(fitted.evaluation.prediction_RP[:, 1] - truth_R)
    share = float(np.average(truth_R, weights=weight_R))
    return float(np.average(error_R, weights=weight_R)), share * (1.0 - share)


def small_validation(signs: Signs) -> Finding | None:
    """Return the finding that too few rows choose the epoch."""
    fitted = signs.fitted
    if fitted is None or fitted.recipe.folds or not 0 < fitted.row_counts[1] < FEW:
        return None
    rows = fitted.row_counts[1]
    one = "A single row is the whole of it" if rows == 1 else f"One row is {1 / rows:.0%} of them"
    return Finding(
        name="validation too small",
        severity="hint",
        evidence=f"Only {rows} rows choose the epoch. {one}.",
        meaning="Which epoch is kept is close to a draw of lots.",
        remedy="Let every row choose in turn: --folds 5; or --validation-share 0 to keep the last epoch.",
    )


def leak(signs: Signs) -> Finding | None:
    """Return the finding that one column decides almost everything, almost perfectly."""
    fitted = signs.fitted
    if fitted is None or not fitted.evaluation.scores:
        return None
    score, importance = fitted.evaluation.scores[0], fitted.evaluation.importance
    total = sum(max(one.loss, 0.0) for one in importance)
    if len(importance) < 2 or total <= 0 or importance[0].loss < ALONE * total or not _is_perfect(score):
        return None
    column = importance[0].column
    return Finding(
        name="target leak suspected",
        severity="warning",
        evidence=f"Column '{column}' has {importance[0].loss / total:.0%} of all importance, and"
        f" {score.metric} is {figure(score.value)} on {fitted.evaluation.on} rows (baseline"
        f" {figure(score.baseline)}).",
        meaning="One column gives the answer away. That is fine if it is known when a prediction is wanted,"
        " and a leak if it is written down only afterwards.",
        remedy=f"If it is known only afterwards: --drop {_quoted(column)}.",
    )


def _quoted(name: str) -> str:
    return (
        name if name.replace("_", "").replace("-", "").isalnum() else "'" + name.replace("'", "'\\''") + "'"
    )


def _is_perfect(score: Score) -> bool:
    """Return whether next to nothing is left to improve."""
    if not math.isfinite(score.value) or not math.isfinite(score.baseline):
        return False
    if score.larger_is_better:
        return score.baseline < 1.0 and score.value - score.baseline >= PERFECT * (1.0 - score.baseline)
    return 0 <= score.value <= REMAINING * score.baseline

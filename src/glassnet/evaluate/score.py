"""Metrics with 95 % intervals from resampled rows.

Shapes: R rows, P numbers of a prediction, C classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from glassnet import chance
from glassnet.evaluate.values import Evaluation, Score
from glassnet.metric import Metric, at_threshold
from glassnet.prepare.values import Floats64
from glassnet.table.values import RowNumbers, Task

RESAMPLES: Final = 300
RESAMPLED_ROWS: Final = 20_000_000  # rows over all resamples: beyond, there are fewer resamples
FEWEST_RESAMPLES: Final = 50
Z95: Final = 1.959964  # deviations of a normal distribution that 95 % lie within


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """What a simpler way predicts for the same rows; empty where it was not tried."""

    baseline_RP: Floats64 | None = None
    linear_RP: Floats64 | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """Rows to be scored, with what is true of them."""

    on: str  # "test", "training", or a table's name
    rows: RowNumbers
    target_RT: Floats64
    weight_R: Floats64
    task: Task
    threshold: float = 0.5  # of the positive class, from which on it is the answer


def interval(
    metric: Metric, truth: Floats64, prediction_RP: Floats64, weight_R: Floats64, seed: int
) -> tuple[float, float]:
    """Return the 2.5 % and 97.5 % quantiles of the metric over resampled rows (the bootstrap).

    Accuracy has Wilson's interval: resampling rows that are all right would never find a wrong one.

    Source: B. Efron, "Bootstrap Methods: Another Look at the Jackknife", Ann. Statist. 1979.
    """
    rows = weight_R.size
    if rows < 2:
        return float("nan"), float("nan")
    if metric.name == "accuracy" and truth.ndim == 1:
        return wilson(metric.score(truth, prediction_RP, weight_R), weight_R)
    resamples = int(np.clip(RESAMPLED_ROWS // rows, FEWEST_RESAMPLES, RESAMPLES))
    values = []
    for resample in range(resamples):
        generator = chance.generator(seed, chance.Purpose.BOOTSTRAP, epoch=resample)
        # Rows are repeated, not weighted by their counts: a user's own metric sees no weights.
        drawn_R = np.sort(generator.integers(0, rows, rows))
        drawn_R = drawn_R[weight_R[drawn_R] > 0]
        if drawn_R.size == 0:
            continue
        value = metric.score(truth[drawn_R], prediction_RP[drawn_R], weight_R[drawn_R])
        if np.isfinite(value):
            values.append(value)
    if not values:
        return float("nan"), float("nan")
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def wilson(share: float, weight_R: Floats64) -> tuple[float, float]:
    """Return the 95 % interval of a share of rows; 114 right of 114 is not certainty, but 96.7 % to 100 %.

    Rows of unequal weights count as their effective number, the square of the sum over the sum of squares.

    Source: E. B. Wilson, "Probable Inference", J. Am. Stat. Assoc. 1927.
    """
    rows = weight_R.sum() ** 2 / np.square(weight_R).sum()
    middle = (share + Z95**2 / (2 * rows)) / (1 + Z95**2 / rows)
    reach = Z95 / (1 + Z95**2 / rows) * np.sqrt(share * (1 - share) / rows + Z95**2 / (4 * rows**2))
    return float(max(middle - reach, 0.0)), float(min(middle + reach, 1.0))


def score_rows(
    metrics: Sequence[Metric],
    truth: Floats64,
    prediction_RP: Floats64,
    weight_R: Floats64,
    reference: Reference,
    seed: int,
    threshold: float = 0.5,
) -> tuple[Score, ...]:
    """Return each metric of the predictions with its interval, beside the references."""

    def other(metric: Metric, value_RP: Floats64 | None) -> float:
        return float("nan") if value_RP is None else metric.score(truth, value_RP, weight_R)

    scores = []
    for metric in metrics:
        given_RP = at_threshold(prediction_RP, threshold) if metric.of_answers else prediction_RP
        low, high = interval(metric, truth, given_RP, weight_R, seed)
        scores.append(
            Score(
                metric=metric.name,
                larger_is_better=metric.larger_is_better,
                value=metric.score(truth, given_RP, weight_R),
                low=low,
                high=high,
                baseline=other(metric, reference.baseline_RP),
                linear=other(metric, reference.linear_RP),
            )
        )
    return tuple(scores)


def confusion(truth_R: Floats64, prediction_RC: Floats64, weight_R: Floats64) -> Floats64:
    """Return the sums of weights by true class (rows) and likeliest class (columns), `(C, C)`."""
    classes = prediction_RC.shape[1]
    place_R = truth_R.astype(np.int64) * classes + prediction_RC.argmax(axis=1)
    counts = np.bincount(place_R, weights=weight_R, minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.float64)


def evaluate_rows(
    held: Held, prediction_RP: Floats64, metrics: Sequence[Metric], reference: Reference, seed: int
) -> Evaluation:
    """Return the evaluation of predictions for the held rows, without importance.

    Rows whose class the network never saw cannot be scored; they must not be among them.
    """
    is_class = held.task in (Task.BINARY, Task.MULTICLASS)
    truth = held.target_RT[:, 0] if is_class else held.target_RT
    return Evaluation(
        on=held.on,
        rows=held.rows,
        truth=truth,
        prediction_RP=prediction_RP,
        weight_R=held.weight_R,
        scores=score_rows(metrics, truth, prediction_RP, held.weight_R, reference, seed, held.threshold),
        threshold=held.threshold,
        confusion_CC=confusion(truth, at_threshold(prediction_RP, held.threshold), held.weight_R)
        if is_class
        else None,
    )

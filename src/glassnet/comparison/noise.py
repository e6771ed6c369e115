"""Whether two runs differ by more than the choice of test rows explains.

On the same rows every row compares the two networks, so the test looks at each row's difference: if neither
were better, its sign could as well be the other. A metric that is a mean over the rows (or rises with one) is
tested so; others by resampling the rows.

Shapes: R rows, P numbers of a prediction, B resamples, S sign patterns, C classes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from glassnet import chance
from glassnet.comparison.values import Held, Verdict
from glassnet.metric import LEAST, Metric
from glassnet.prepare.values import Floats64

LEVEL: Final = 0.05
Z95: Final = 1.959964  # deviations of a normal distribution that 95 % lie within
RESAMPLES: Final = 1000
FEWEST_RESAMPLES: Final = 100
RESAMPLED_ROWS: Final = 4_000_000  # rows over all resamples of one run: beyond, there are fewer resamples
PATTERNS: Final = 9999  # of signs, at most; p is drawn down to one in so many
BATCH: Final = 500  # patterns drawn at a time
ENOUGH: Final = 200  # patterns as far as what was seen, after which p is known to a fourteenth of itself
FLIPPED_ROWS: Final = 1000  # rows whose signs are drawn, the largest differences first
TINY: Final = 1e-12  # of the larger figure: rounding, no difference


# ---- what each row adds to a metric ----


def _accuracy(truth: Floats64, share_RC: Floats64, weight_R: Floats64) -> Floats64:
    if truth.ndim == 2:
        return np.asarray(((share_RC >= 0.5) == (truth >= 0.5)).mean(axis=1))
    return np.asarray(share_RC.argmax(axis=1) == truth, dtype=np.float64)


def _balanced(truth_R: Floats64, share_RC: Floats64, weight_R: Floats64) -> Floats64:
    class_R = truth_R.astype(np.int64)
    total_C = np.bincount(class_R, weights=weight_R, minlength=share_RC.shape[1])
    present = int((total_C > 0).sum())
    each_R = np.where(total_C > 0, weight_R.sum() / (present * np.maximum(total_C, 1e-300)), 0.0)[class_R]
    return np.asarray(_accuracy(truth_R, share_RC, weight_R) * each_R)


def _log_loss(truth: Floats64, share_RC: Floats64, weight_R: Floats64) -> Floats64:
    if truth.ndim == 2:
        given = np.where(truth >= 0.5, share_RC, 1.0 - share_RC)
        return np.asarray(-np.log(np.clip(given, LEAST, 1.0)).mean(axis=1))
    given_R = share_RC[np.arange(truth.size), truth.astype(np.int64)]
    return np.asarray(-np.log(np.clip(given_R, LEAST, 1.0)))


def _brier(truth_R: Floats64, share_RC: Floats64, weight_R: Floats64) -> Floats64:
    truth_RC = np.eye(share_RC.shape[1])[truth_R.astype(np.int64)]
    return np.asarray(np.square(share_RC - truth_RC).sum(axis=1) / 2)


def _absolute(truth_RT: Floats64, value_RT: Floats64, weight_R: Floats64) -> Floats64:
    return np.asarray(np.abs(truth_RT - value_RT).mean(axis=1))


def _squared(truth_RT: Floats64, value_RT: Floats64, weight_R: Floats64) -> Floats64:
    """Return squared errors in units of each target's variance: their mean rises as R² falls."""
    mean_T = np.average(truth_RT, axis=0, weights=weight_R)
    spread_T = np.average(np.square(truth_RT - mean_T), axis=0, weights=weight_R)
    scale_T = np.where(spread_T > 0, spread_T, 1.0)
    return np.asarray((np.square(truth_RT - value_RT) / scale_T).mean(axis=1))


Terms = Callable[[Floats64, Floats64, Floats64], Floats64]  # truth, prediction, weight -> (R,)
TERMS: Final[dict[str, Terms]] = {
    "accuracy": _accuracy,
    "balanced_accuracy": _balanced,
    "log_loss": _log_loss,
    "brier": _brier,
    "mae": _absolute,
    "rmse": _squared,
    "r2": _squared,
}


def row_terms(metric: str, held: Held) -> Floats64 | None:
    """Return what each row adds, `(R,)`: the metric is their mean or rises or falls with it.

    None for a metric that is no mean over the rows: AUC, F1, the RMSE of several targets.
    """
    if metric not in TERMS or (metric == "rmse" and held.truth.shape[1] > 1):
        return None
    return TERMS[metric](held.truth, held.prediction_RP, held.weight_R)


# ---- tests ----


def sign_test(difference_R: Floats64, weight_R: Floats64, seed: int) -> float:
    """Return how often random signs set the weighted mean at least as far from 0: the two-sided p.

    Rows without a difference tell nothing. The signs of the 1,000 largest differences are drawn, the sum of
    the others is taken as normal. Drawing ends early where p is clearly large, and is not begun where a
    bound says that p is below what draws can show.

    Sources: R. A. Fisher, "The Design of Experiments", 1935, section 21; for the early end J. Besag and
    P. Clifford, "Sequential Monte Carlo p-values", Biometrika 1991; for the bound W. Hoeffding, J. Am. Stat.
    Assoc. 1963, theorem 2.
    """
    part_R = difference_R * weight_R
    part_R = part_R[part_R != 0]
    if part_R.size == 0:
        return 1.0
    part_R = part_R / np.abs(part_R).max()  # or squares of tiny differences would be 0
    seen = abs(float(part_R.sum()))
    length = float(np.sqrt(np.square(part_R).sum()))
    bound = 2 * math.exp(-((seen / length) ** 2) / 2)
    if bound < 1 / (1 + PATTERNS):
        return bound
    size_R = np.sort(np.abs(part_R))[::-1]
    rest = float(np.sqrt(np.square(size_R[FLIPPED_ROWS:]).sum()))
    generator = chance.generator(seed, chance.Purpose.BOOTSTRAP, member=1)  # member 0: resampled rows
    drawn = far = 0
    while drawn < PATTERNS and far < ENOUGH:
        patterns = min(PATTERNS - drawn, BATCH)
        sign_SR = generator.integers(0, 2, (patterns, min(size_R.size, FLIPPED_ROWS)), dtype=np.int8) * 2 - 1
        sum_S = sign_SR @ size_R[:FLIPPED_ROWS] + rest * generator.standard_normal(patterns)
        far += int((np.abs(sum_S) >= seen - TINY * length).sum())
        drawn += patterns
    return (1 + far) / (1 + drawn)


def resampled(metric: Metric, held: Held, seed: int) -> Floats64:
    """Return the metric on resampled rows, `(B,)`, NaN where it has none; the same rows for equal counts.

    So two runs on the same rows are compared resample by resample.

    Source: B. Efron, "Bootstrap Methods: Another Look at the Jackknife", Ann. Statist. 1979.
    """
    rows = held.weight_R.size
    resamples = int(np.clip(RESAMPLED_ROWS // max(rows, 1), FEWEST_RESAMPLES, RESAMPLES))
    value_B = np.full(resamples, np.nan)
    for resample in range(resamples):
        generator = chance.generator(seed, chance.Purpose.BOOTSTRAP, epoch=resample)
        drawn_R = np.sort(generator.integers(0, rows, rows))
        drawn_R = drawn_R[held.weight_R[drawn_R] > 0]
        if drawn_R.size:
            value_B[resample] = metric.score(
                held.truth[drawn_R], held.prediction_RP[drawn_R], held.weight_R[drawn_R]
            )
    return value_B


def interval_of(difference_B: Floats64) -> tuple[float, float]:
    """Return the 2.5 % and 97.5 % quantiles of the resampled differences that are known."""
    known = difference_B[np.isfinite(difference_B)]
    if known.size < FEWEST_RESAMPLES // 2:
        return math.nan, math.nan
    low, high = np.quantile(known, [0.025, 0.975])
    return float(low), float(high)


def normal_p(difference: float, deviation: float) -> float:
    """Return the two-sided p of a normal difference; 1 where there is none, NaN where nothing is known."""
    if difference == 0:
        return 1.0
    if not math.isfinite(difference) or not math.isfinite(deviation) or deviation <= 0:
        return math.nan
    return math.erfc(abs(difference) / deviation / math.sqrt(2))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values corrected for as many looks as there are; NaN stays, and counts as no look.

    Source: S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scand. J. Statist. 1979.
    """
    known = sorted((p, place) for place, p in enumerate(p_values) if not math.isnan(p))
    corrected = [math.nan] * len(p_values)
    largest = 0.0
    for rank, (p, place) in enumerate(known):
        largest = max(largest, min(1.0, p * (len(known) - rank)))
        corrected[place] = largest
    return corrected


def verdict_of(difference: float, p: float, *, larger_is_better: bool, is_equal: bool) -> Verdict:
    """Return what the first of two runs is, beside the second."""
    if is_equal:
        return "equal"
    if math.isnan(p) or math.isnan(difference):
        return "unknown"
    if p >= LEVEL or difference == 0:
        return "noise"
    return "better" if (difference > 0) == larger_is_better else "worse"

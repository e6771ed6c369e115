"""Intervals around numbers, from errors on rows that no member was fitted on (conformal prediction).

An interval reaches as far to both sides as the errors of held-out rows did in the share of rows asked for,
with one row more counted as missed: so a new row like them lies inside at least as often, whatever the
network is. Errors are measured in units of a curve that says how large they typically are, by the prediction
or by the spread of the members, where that makes intervals better by more than 2 %. The curve that a row's
error is measured in was learned from the other half of the rows.

Source: J. Lei et al., "Distribution-Free Predictive Inference for Regression", 2018; weights as in R. J.
Tibshirani et al., arXiv 1904.06019; the score that is compared: T. Gneiting and A. E. Raftery, 2007.

Shapes: n held-out rows, R rows, K members, T targets, G knots of a curve.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np

from glassnet import chance
from glassnet.engine.plan import Plan
from glassnet.errors import SettingsError
from glassnet.held_out.outputs import HeldOut
from glassnet.held_out.values import NO_INTERVALS, Curve, Intervals
from glassnet.predict import Predictor, finish, is_amount, member_predictions, network_outputs
from glassnet.prepare.values import Encoded, Floats64
from glassnet.table.values import RowNumbers, Task

MOST_ROWS: Final = 20_000  # errors kept in the model file
LEAST_CURVE: Final = 200  # rows from which on a curve is tried
ROWS_PER_KNOT: Final = 30
MOST_KNOTS: Final = 20
LEAST_MEMBERS: Final = 3  # from which on their spread says something
BETTER: Final = 0.98  # of the constant width's interval score, below which a curve is used
COMPARED: Final = 0.9  # the coverage at which curves are compared
LEAST_SIZE: Final = 0.05  # of the mean size of errors: no curve falls below
CONSTANT: Final = Curve(by="none", knot_G=np.zeros(1), size_G=np.ones(1))
CURVES: Final = {
    "none": "as wide everywhere",
    "prediction": "as wide as errors are at such predictions",
    "spread": "as wide as errors are where members differ so much",
}


def learn_intervals(plan: Plan, held: HeldOut) -> Intervals:
    """Return the errors on held-out rows with the curves they are measured by, or why there are none."""
    if plan.task is not Task.REGRESSION:
        return Intervals(
            score_nT=np.zeros((0, 0)), weight_nT=np.zeros((0, 0)), curves=(), reason="no numbers"
        )
    held = held.picked(_kept(plan, held.rows))
    if not len(held.rows):
        return replace(NO_INTERVALS, reason="no rows were held out in training")
    value_nT, spread_nT = _values(plan, held)
    error_nT = np.abs(plan.prepared.target_RT[held.rows] - value_nT)
    weight_n = plan.prepared.weight_R[held.rows] / plan.prepared.weight_R[held.rows].mean()
    found = [
        _target(error_nT[:, t], value_nT[:, t], spread_nT[:, t], weight_n, plan.training.seed)
        for t in range(error_nT.shape[1])
    ]
    order_nT = np.stack([np.argsort(score_n, kind="stable") for _, score_n in found], axis=1)
    names = {CURVES[curve.by] for curve, _ in found}
    return Intervals(
        score_nT=np.take_along_axis(np.stack([score_n for _, score_n in found], axis=1), order_nT, axis=0),
        weight_nT=weight_n[order_nT],
        curves=tuple(curve for curve, _ in found),
        reason=f"from the errors on {len(held.rows):,} held-out rows; {' or '.join(sorted(names))}",
    )


def _kept(plan: Plan, rows: RowNumbers) -> RowNumbers:
    """Return the places of the held-out rows that count, at most 20,000 of them by lot."""
    places = np.flatnonzero(plan.prepared.weight_R[rows] > 0)
    if len(places) > MOST_ROWS:
        order = chance.order(plan.training.seed, chance.Purpose.SAMPLE, len(places))
        places = np.sort(places[order[:MOST_ROWS]])
    return places


def _values(plan: Plan, held: HeldOut) -> tuple[Floats64, Floats64]:
    """Return predictions and the members' spread, `(n, T)`; with folds, whose members differ, none (NaN)."""
    value_nT = held.predictions()
    spread_nT = np.full(value_nT.shape, np.nan)
    if plan.prepared.rows.folds == 1 and len(held.parts[0].output) >= LEAST_MEMBERS:
        (part,) = held.parts
        spread_nT = np.std(member_predictions(part.predictor, part.output), axis=0)
    return value_nT, spread_nT


def _target(
    error_n: Floats64, value_n: Floats64, spread_n: Floats64, weight_n: Floats64, seed: int
) -> tuple[Curve, Floats64]:
    """Return a target's curve and the errors in units of it, `(n,)`: whichever makes the best intervals."""
    best = (CONSTANT, error_n)
    least = BETTER * _interval_score(error_n, np.ones_like(error_n), error_n, weight_n)
    if error_n.size < LEAST_CURVE or not error_n.any():
        return best
    is_half_n = np.zeros(error_n.size, dtype=bool)
    is_half_n[chance.order(seed, chance.Purpose.SAMPLE, error_n.size, epoch=2)[::2]] = True
    for by, of_n in (("prediction", value_n), ("spread", spread_n)):
        if not np.isfinite(of_n).all():
            continue
        size_n = np.empty_like(error_n)
        for here_n in (is_half_n, ~is_half_n):
            size_n[here_n] = sizes(
                _curve(by, of_n[~here_n], error_n[~here_n], weight_n[~here_n]), of_n[here_n]
            )
        score = _interval_score(error_n / size_n, size_n, error_n, weight_n)
        if score < least:
            least, best = score, (_curve(by, of_n, error_n, weight_n), error_n / size_n)
    return best


def _curve(by: str, of_n: Floats64, error_n: Floats64, weight_n: Floats64) -> Curve:
    """Return the mean size of errors in equal parts of the rows by `of_n`."""
    parts = int(min(MOST_KNOTS, of_n.size // ROWS_PER_KNOT))
    order = np.argsort(of_n, kind="stable")
    knots, sizes_G = [], []
    for part in np.array_split(order, max(parts, 1)):
        share_n = weight_n[part] / max(weight_n[part].sum(), 1e-30)
        knots.append(share_n @ of_n[part])
        sizes_G.append(share_n @ error_n[part])
    knot_G, first_G = np.unique(knots, return_index=True)
    size_G = np.maximum(np.array(sizes_G)[first_G], LEAST_SIZE * np.average(error_n, weights=weight_n))
    return Curve(by=by, knot_G=knot_G, size_G=np.maximum(size_G, 1e-300))


def sizes(curve: Curve, of_n: Floats64) -> Floats64:
    """Return how large errors typically are where the curve's quantity is `of_n`."""
    return np.asarray(np.interp(of_n, curve.knot_G, curve.size_G))


def _interval_score(score_n: Floats64, size_n: Floats64, error_n: Floats64, weight_n: Floats64) -> float:
    """Return the mean width of intervals plus what misses cost, at 90 % coverage: smaller is better."""
    order = np.argsort(score_n, kind="stable")
    half_n = _quantile(score_n[order], weight_n[order], COMPARED) * size_n
    if not np.isfinite(half_n).all():
        return math.inf
    missed_n = np.maximum(error_n - half_n, 0.0)
    return float(np.average(2 * half_n + 2 / (1 - COMPARED) * missed_n, weights=weight_n))


def _quantile(score_n: Floats64, weight_n: Floats64, coverage: float) -> float:
    """Return the score that a new row of weight 1 stays below with this probability, or infinity."""
    below_n = np.cumsum(weight_n)
    place = int(np.searchsorted(below_n, coverage * (below_n[-1] + 1.0) * (1 - 1e-12)))
    return float(score_n[place]) if place < score_n.size else math.inf


def check_coverage(predictor: Predictor, intervals: Intervals, coverage: float) -> None:
    """Raise SettingsError where the model has no held-out errors, or too few for such a coverage."""
    if not 0.0 < coverage < 1.0:
        raise SettingsError(
            f"coverage must be a number between 0 and 1, such as 0.9, but it is {coverage!r}."
        )
    if not intervals.rows:
        raise SettingsError(_why_none(predictor, intervals))
    if math.isinf(_factor(intervals, 0, coverage)):
        needed = math.ceil(coverage / (1 - coverage) - 1e-9)
        raise SettingsError(
            f"an interval of coverage {coverage:g} needs at least {needed:,} held-out rows, but there were"
            f" {intervals.rows:,}; ask for less, or train with folds."
        )


def _factor(intervals: Intervals, target: int, coverage: float) -> float:
    return _quantile(intervals.score_nT[:, target], intervals.weight_nT[:, target], coverage)


def interval_of(
    predictor: Predictor, encoded: Encoded, intervals: Intervals, coverage: float
) -> tuple[Floats64, Floats64]:
    """Return predictions `(R, T)` and their intervals `(R, T, 2)`. Raises as `check_coverage` does."""
    check_coverage(predictor, intervals, coverage)
    return intervals_around(predictor, network_outputs(predictor, encoded), intervals, coverage)


def intervals_around(
    predictor: Predictor, output_KRT: Floats64, intervals: Intervals, coverage: float
) -> tuple[Floats64, Floats64]:
    """Return what `interval_of` does from outputs that are there already. Raises as it does."""
    check_coverage(predictor, intervals, coverage)
    value_RT = finish(predictor, output_KRT)
    half_RT = np.empty_like(value_RT)
    for target, curve in enumerate(intervals.curves):
        of_R = value_RT[:, target]
        if curve.by == "spread":
            of_R = np.std(member_predictions(predictor, output_KRT), axis=0)[:, target]
        half_RT[:, target] = _factor(intervals, target, coverage) * sizes(curve, of_R)
    low_RT = value_RT - half_RT
    if is_amount(predictor):  # never below 0
        low_RT = np.maximum(low_RT, 0.0)
    return value_RT, np.stack([low_RT, value_RT + half_RT], axis=-1)


def _why_none(predictor: Predictor, intervals: Intervals) -> str:
    if predictor.task is not Task.REGRESSION:
        return "intervals are for predicted numbers; this model predicts classes: see predict_proba."
    return (
        f"this model has no intervals: {intervals.reason}. They need rows that no member was fitted on:"
        " train with a validation_share above 0, or with folds."
    )

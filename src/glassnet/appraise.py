"""How good a trained network is on rows kept for the end, and how long finding out takes.

Predictions and figures are always made. What costs most and tells least is left out first where a time limit
is near: the look from outside, then importance, then the linear model.

Shapes: K members, R rows, T outputs, P numbers of a prediction.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from glassnet.engine.plan import Plan
from glassnet.evaluate.baseline import LINEAR_ROWS, constant_prediction, linear_prediction, pick_rows
from glassnet.evaluate.coverage import with_coverage
from glassnet.evaluate.importance import importance_size, with_importance
from glassnet.evaluate.look import with_insight
from glassnet.evaluate.score import Held, Reference, evaluate_rows
from glassnet.evaluate.values import Evaluation
from glassnet.evaluate.vary import Looked
from glassnet.held_out.lessons import Lessons
from glassnet.metric import Metric
from glassnet.predict import Predictor, finish, network_outputs, predictor_of
from glassnet.prepare.values import Encoded
from glassnet.table.places import united
from glassnet.table.values import RowNumbers, Schema

PROBED: Final = 4096  # rows predicted to see how long one takes
LOOKED_ROWS: Final = 80_000  # forward passes of the look from outside, about; its gradients count as some
LINEAR_ROW: Final = 1e-4  # seconds for each training row of the linear model, about
# Seconds of the intervals for each test row and metric, up to so many: 10 million drawn rows a second.
DRAWN: Final = (2e-5, 2.0)
AFTER_SHARE: Final = (0.15, 0.35)  # of a time limit that is kept for what follows training: least and most


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A trained network and what it is tested on."""

    plan: Plan
    predictor: Predictor
    lessons: Lessons
    schema: Schema
    frame: pl.DataFrame  # all rows as they were read and typed
    metrics: tuple[Metric, ...]


def tested_rows(plan: Plan) -> tuple[str, RowNumbers]:
    """Return what the rows are called that a network is tested on, and the rows."""
    rows = plan.prepared.rows
    return ("test", rows.test) if len(rows.test) else ("training", united(rows.fit))


def seconds_a_row(predictor: Predictor, encoded: Encoded) -> float:
    """Return how long a prediction takes for each row, from some rows of a table."""
    some = pick_rows(encoded, np.arange(min(PROBED, encoded.rows)))
    network_outputs(predictor, pick_rows(some, np.arange(min(64, some.rows))))  # the first one allocates
    before = time.monotonic()
    network_outputs(predictor, some)
    return (time.monotonic() - before) / max(some.rows, 1)


def seconds_after(plan: Plan, columns: int, metrics: int, limit: float) -> float:
    """Return the seconds of a time limit to keep for what follows training.

    As much as that takes by a probe of predictions, at least 15 % of the limit and at most 35 %.
    """
    predictor = predictor_of(plan, plan.network, tuple(range(plan.members)))
    rate = seconds_a_row(predictor, plan.prepared.encoded)
    tested = len(tested_rows(plan)[1])
    predicted = tested + sum(len(rows) for rows in plan.prepared.rows.validation)
    repeats, rows = importance_size(predictor, columns, tested)
    predicted += repeats * rows * columns + LOOKED_ROWS
    intervals = metrics * min(DRAWN[0] * tested, DRAWN[1])
    needed = predicted * rate + _linear_seconds(plan) + intervals
    least, most = (share * limit for share in AFTER_SHARE)
    return min(max(needed, least), most)


def _linear_seconds(plan: Plan) -> float:
    return LINEAR_ROW * min(len(plan.prepared.rows.fit[0]), LINEAR_ROWS)


def appraise(candidate: Candidate, *, by: float = math.inf) -> Evaluation:
    """Return how good the network is on test rows; without any, on the training rows, and called so.

    `by` is the moment of time.monotonic() at which a time limit ends; what would end later is left out.
    """
    plan, schema, predictor = candidate.plan, candidate.schema, candidate.predictor
    seed = plan.training.seed
    on, places = tested_rows(plan)
    encoded = pick_rows(plan.prepared.encoded, places)
    before = time.monotonic()
    output_KRT = network_outputs(predictor, encoded)
    rate = (time.monotonic() - before) / max(len(places), 1)
    reference = _reference(candidate, places, with_linear=time.monotonic() + _linear_seconds(plan) <= by)
    held = _held(candidate, on, places)
    evaluation = evaluate_rows(held, finish(predictor, output_KRT), candidate.metrics, reference, seed)
    targets = [target.name for target in schema.targets]
    evaluation = with_coverage(evaluation, predictor, output_KRT, candidate.lessons.intervals, targets)
    columns = [column.name for column in schema.inputs]
    repeats, rows = importance_size(predictor, len(columns), len(places))
    if time.monotonic() + rate * repeats * rows * len(columns) > by:
        return evaluation
    evaluation = with_importance(evaluation, predictor, encoded, columns, candidate.metrics[0], seed)
    if time.monotonic() + rate * LOOKED_ROWS > by:
        return evaluation
    looked = Looked(
        frame=candidate.frame[places], encoded=encoded, predictor=predictor, columns=schema.inputs
    )
    ends_in_sigmoid = plan.architecture.output == "sigmoid"
    return with_insight(evaluation, looked, seed, ends_in_sigmoid=ends_in_sigmoid)


def _held(candidate: Candidate, on: str, places: RowNumbers) -> Held:
    prepared = candidate.plan.prepared
    return Held(
        on=on,
        rows=places,
        target_RT=prepared.target_RT[places],
        weight_R=prepared.weight_R[places],
        task=candidate.schema.task,
        threshold=candidate.lessons.threshold.value,
    )


def _reference(candidate: Candidate, places: RowNumbers, *, with_linear: bool) -> Reference:
    """Return what the class shares or the mean say of the rows, and a linear model where there is time."""
    prepared, task = candidate.plan.prepared, candidate.schema.task
    classes = len(candidate.schema.targets[0].labels)
    constant_P = constant_prediction(prepared, prepared.rows.fit[0], task, classes)
    seed = candidate.plan.training.seed
    return Reference(
        baseline_RP=np.tile(constant_P, (len(places), 1)),
        linear_RP=linear_prediction(prepared, places, task, classes, seed) if with_linear else None,
    )


def unevaluated(plan: Plan) -> Evaluation:
    """Return an evaluation on no rows."""
    nothing = np.zeros(0)
    return Evaluation(
        on="no",
        rows=np.zeros(0, dtype=np.int64),
        truth=nothing,
        prediction_RP=np.zeros((0, plan.outputs)),
        weight_R=nothing,
        scores=(),
    )

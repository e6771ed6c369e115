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
from glassnet.held_out.outputs import held_out_outputs
from glassnet.metric import Metric
from glassnet.predict import Predictor, finish, network_outputs, predictor_of
from glassnet.prepare.values import Encoded, Floats64
from glassnet.table.places import united
from glassnet.table.values import RowNumbers, Schema

PROBED: Final = (64, 4096)  # rows predicted to see how long a call takes, and a row
LOOKED: Final = (40, 80_000)  # calls and rows of the look from outside, about; its gradients count as some
LINEAR_ROW: Final = 2.5e-5  # seconds for each training row of the linear model, about
# Seconds of the intervals for each test row and metric, and at most: of more rows there are fewer resamples.
DRAWN: Final = (1.5e-5, 1.0)
MARGIN: Final = 1.5  # of what follows training: a machine may get busier
AFTER_MOST: Final = 0.35  # of a time limit that is kept for it; what does not fit is left out


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A trained network and what it is tested on."""

    plan: Plan
    predictor: Predictor
    lessons: Lessons
    schema: Schema
    frame: pl.DataFrame  # the tested rows as they were read and typed
    metrics: tuple[Metric, ...]


def tested_rows(plan: Plan) -> tuple[str, RowNumbers]:
    """Return what the rows are called that a network is tested on, and the rows.

    Without test rows these are the rows held out of training, each for the members not fitted on it.
    """
    rows = plan.prepared.rows
    if len(rows.test):
        return "test", rows.test
    held_out = united(rows.validation)
    return ("held-out", held_out) if len(held_out) else ("training", united(rows.fit))


@dataclass(frozen=True, kw_only=True, slots=True)
class Predicting:
    """How long predictions take, in seconds."""

    call: float  # whatever its rows: weights are packed for it
    row: float

    def seconds(self, calls: int, rows: int) -> float:
        """Return the seconds of so many calls for so many rows in all."""
        return calls * self.call + rows * self.row


def predicting(predictor: Predictor, encoded: Encoded) -> Predicting:
    """Return how long predictions take, from some rows of a table."""
    few, many = PROBED
    some = pick_rows(encoded, np.arange(many) % max(encoded.rows, 1))
    tiny = pick_rows(some, np.arange(few))
    network_outputs(predictor, tiny)  # the first one allocates
    took: list[float] = []
    for rows in (tiny, some):
        before = time.monotonic()
        network_outputs(predictor, rows)
        took.append(time.monotonic() - before)
    row = max(took[1] - took[0], 0.0) / (many - few)
    return Predicting(call=max(took[0] - few * row, 0.0), row=row)


def seconds_after(plan: Plan, columns: int, metrics: int, limit: float, own: float = 0.0) -> float:
    """Return the seconds of a time limit to keep for what follows training.

    As much as that takes by a probe of predictions, half as much again, and the caller's `own` seconds; at
    most 35 % of the limit.
    """
    predictor = predictor_of(plan, plan.network, tuple(range(plan.members)))
    pace = predicting(predictor, plan.prepared.encoded)
    tested = len(tested_rows(plan)[1])
    held_out = sum(len(rows) for rows in plan.prepared.rows.validation)
    intervals = metrics * min(DRAWN[0] * tested, DRAWN[1])
    figures = pace.seconds(1 + plan.prepared.rows.folds, tested + held_out) + intervals
    look = _importance_seconds(pace, predictor, columns, tested) + pace.seconds(*LOOKED)
    needed = figures + look + _linear_seconds(plan)
    return min(MARGIN * (needed + own), AFTER_MOST * limit)


def _importance_seconds(pace: Predicting, predictor: Predictor, columns: int, rows: int) -> float:
    shuffled, repeats, some = importance_size(predictor, columns, rows)
    return pace.seconds(repeats * shuffled, repeats * shuffled * some)


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
    pace = predicting(predictor, encoded) if by < math.inf else Predicting(call=0.0, row=0.0)
    output_KRT = network_outputs(predictor, encoded)
    reference = _reference(candidate, places, with_linear=time.monotonic() + _linear_seconds(plan) <= by)
    prediction_RP = finish(predictor, output_KRT)
    if on == "held-out":
        prediction_RP = _out_of_fold(candidate, places, prediction_RP)
    held = _held(candidate, on, places)
    evaluation = evaluate_rows(held, prediction_RP, candidate.metrics, reference, seed)
    targets = [target.name for target in schema.targets]
    evaluation = with_coverage(evaluation, predictor, output_KRT, candidate.lessons.intervals, targets)
    columns = [column.name for column in schema.inputs]
    if time.monotonic() + _importance_seconds(pace, predictor, len(columns), len(places)) > by:
        return evaluation
    evaluation = with_importance(evaluation, predictor, encoded, columns, candidate.metrics[0], seed)
    if time.monotonic() + pace.seconds(*LOOKED) > by:
        return evaluation
    looked = Looked(frame=candidate.frame, encoded=encoded, predictor=predictor, columns=schema.inputs)
    ends_in_sigmoid = plan.architecture.output == "sigmoid"
    return with_insight(evaluation, looked, seed, ends_in_sigmoid=ends_in_sigmoid)


def _out_of_fold(candidate: Candidate, places: RowNumbers, prediction_RP: Floats64) -> Floats64:
    """Return the predictions `(R, P)` with each held-out row's by the members that were not fitted on it.

    Rows of a fold whose members have all failed keep that of the others.
    """
    predictor = candidate.predictor
    held = held_out_outputs(candidate.plan, predictor.network, predictor.members)
    found_RP = prediction_RP.copy()
    if held.parts:
        found_RP[np.searchsorted(places, held.rows)] = held.predictions(predictor.temperature)
    return found_RP


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
    linear_RP = None
    if with_linear and not len(prepared.rows.test) and prepared.rows.folds > 1:
        linear_RP = np.empty((len(places), len(constant_P)))
        for fold, rows in enumerate(prepared.rows.validation):
            mine_RP = linear_prediction(prepared, rows, task, classes, seed, fold)
            linear_RP[np.searchsorted(places, rows)] = mine_RP
    elif with_linear:
        linear_RP = linear_prediction(prepared, places, task, classes, seed)
    return Reference(baseline_RP=np.tile(constant_P, (len(places), 1)), linear_RP=linear_RP)


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

"""The look at a trained network from outside, on the rows that it is evaluated on.

Shapes: R rows, P numbers of a prediction.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from glassnet.evaluate.dependence import COLUMNS, ROWS, dependence_on, outputs_of, some_rows
from glassnet.evaluate.insight import Insight, LeftOver
from glassnet.evaluate.pairs import ROWS as PAIR_ROWS
from glassnet.evaluate.pairs import interplay
from glassnet.evaluate.reasons import ROWS as REASON_ROWS
from glassnet.evaluate.reasons import about, reasons
from glassnet.evaluate.segments import left_over, segments
from glassnet.evaluate.values import Evaluation
from glassnet.evaluate.vary import Looked
from glassnet.metric import at_threshold
from glassnet.prepare.values import Floats64
from glassnet.table.values import Task


def with_insight(evaluation: Evaluation, looked: Looked, seed: int, *, ends_in_sigmoid: bool) -> Evaluation:
    """Return the evaluation with what a look at its rows tells; `looked` holds them in its order.

    The columns looked at are the most important ones, so importance is measured before.
    """
    rows = len(evaluation.truth)
    columns = [one.column for one in evaluation.importance if looked.frame[one.column].n_unique() > 1]
    if not rows or not columns:
        return evaluation
    task = looked.predictor.task
    outputs = outputs_of(task, evaluation.truth, evaluation.prediction_RP.shape[1])
    sample = some_rows(rows, ROWS, seed, 1)
    pairs, surface = interplay(looked, evaluation, columns, outputs[0], sample[:PAIR_ROWS])
    explained = reasons(
        looked, evaluation.prediction_RP, sample[:REASON_ROWS], ends_in_sigmoid=ends_in_sigmoid
    )
    insight = Insight(
        dependence=tuple(dependence_on(looked, one, outputs, sample) for one in columns[:COLUMNS]),
        pairs=pairs,
        surface=surface,
        reasons=explained,
        reasons_about=about(looked.predictor, ends_in_sigmoid=ends_in_sigmoid) if explained else "",
        reasons_rows=min(rows, REASON_ROWS) if explained else 0,
        segments=segments(looked, columns, errors_of(evaluation, task), evaluation.weight_R, seed),
        left_over=_left_over(evaluation, looked, columns),
    )
    return replace(evaluation, insight=insight)


def errors_of(evaluation: Evaluation, task: Task) -> Floats64:
    """Return how wrong each row's prediction is, `(R,)`.

    1 for a wrong answer of one class, the share of wrong answers of several, the distance of a number; of
    several numbers that of the first.
    """
    if task is Task.REGRESSION:
        return np.asarray(np.abs(evaluation.truth[:, 0] - evaluation.prediction_RP[:, 0]))
    if task is Task.MULTILABEL:
        wrong_RT = (evaluation.prediction_RP >= 0.5) != (evaluation.truth >= 0.5)
        return np.asarray(wrong_RT.mean(axis=1), dtype=np.float64)
    answer_R = at_threshold(evaluation.prediction_RP, evaluation.threshold).argmax(axis=1)
    wrong_R = answer_R != evaluation.truth
    return np.asarray(wrong_R, dtype=np.float64)


def _left_over(evaluation: Evaluation, looked: Looked, columns: list[str]) -> tuple[LeftOver, ...]:
    if looked.predictor.task is not Task.REGRESSION:
        return ()
    return left_over(looked, columns, evaluation.truth[:, 0] - evaluation.prediction_RP[:, 0])

"""The level of a target whose logarithm was learned: what undone predictions are multiplied by.

The mean of logarithms lies below the logarithm of the mean. So predictions are multiplied by one number, with
which those of held-out rows have the mean of their targets (of the training rows, where none are held out).

Source: D. Duan, "Smearing Estimate: A Nonparametric Retransformation Method", JASA 78, 1983.

Shapes: n rows, T outputs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from glassnet.engine.plan import Plan
from glassnet.held_out.outputs import held_out_outputs
from glassnet.predict import predict, predictor_of
from glassnet.prepare.quantile import drawn_places
from glassnet.prepare.values import Floats64
from glassnet.table.places import united
from glassnet.table.values import RowNumbers
from glassnet.train import Trained

MOST: Final = 2.5  # a level beyond it, or below 1 over it, is of a few wild rows
ONE_ROW: Final = 0.1  # a level that one row moves by more is learned without it
LEAST_ROWS: Final = 30  # fewer say nothing about a mean
MOST_ROWS: Final = 20_000  # more change nothing and take long


def with_level(plan: Plan, trained: Trained) -> Plan:
    """Return the plan with the level of its target; the plan as it is where no logarithm was learned.

    Only the squared error's minimum is a mean, and only numbers of one sign have a level. Of few rows a run
    that goes on keeps the level that it had.
    """
    target = plan.prepared.preparation.target
    if not target.is_log:
        return plan
    bare = _levelled(plan, np.ones(0))
    if plan.loss.name != "squared" or not trained.members:
        return bare
    rows, value_nT = _predictions(bare, trained)
    truth_nT, weight_n = plan.prepared.target_RT[rows], plan.prepared.loss_weight_R[rows]
    if (truth_nT < 0).any():
        return bare
    if np.count_nonzero(weight_n) < LEAST_ROWS:
        return plan
    pairs = zip(truth_nT.T, value_nT.T, strict=True)
    return _levelled(plan, np.array([_level(truth_n, value_n, weight_n) for truth_n, value_n in pairs]))


def _level(truth_n: Floats64, value_n: Floats64, weight_n: Floats64) -> float:
    """Return what gives predictions the mean of the targets; 1 where wild rows decide it."""
    wanted_n, given_n = weight_n * truth_n, weight_n * np.maximum(value_n, 0.0)
    wanted, given, largest = float(wanted_n.sum()), float(given_n.sum()), int(wanted_n.argmax())
    rest = given - float(given_n[largest])
    if not (np.isfinite(given) and wanted > 0 and rest > 0):
        return 1.0
    level, without = wanted / given, (wanted - float(wanted_n[largest])) / rest
    level = level if abs(level - without) <= ONE_ROW * level else without
    return level if 1.0 / MOST <= level <= MOST else 1.0


def _levelled(plan: Plan, level_T: Floats64) -> Plan:
    preparation = plan.prepared.preparation
    preparation = replace(preparation, target=replace(preparation.target, level_T=level_T))
    return replace(plan, prepared=replace(plan.prepared, preparation=preparation))


def _predictions(plan: Plan, trained: Trained) -> tuple[RowNumbers, Floats64]:
    """Return held-out rows, or some that trained, and what is predicted for them, `(n, T)`."""
    held = held_out_outputs(plan, trained.network, trained.members)
    if len(held.rows):
        return held.rows, held.predictions()
    rows = united(plan.prepared.rows.fit)
    rows = rows[drawn_places(len(rows), MOST_ROWS)]
    predictor = predictor_of(plan, trained.network, trained.members)
    return rows, predict(predictor, plan.prepared.encoded.picked(rows))

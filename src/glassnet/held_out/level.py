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
from glassnet.predict import Predictor, predict, predictor_of
from glassnet.prepare.values import Floats64
from glassnet.table.places import united
from glassnet.table.values import RowNumbers
from glassnet.train import Trained

MOST: Final = 4.0  # a level beyond it, or below 1 over it, is of a few wild rows


def with_level(plan: Plan, trained: Trained) -> Plan:
    """Return the plan with the level of its target; the plan as it is where no logarithm was learned.

    Only the squared error's minimum is a mean, and only numbers of one sign have a level.
    """
    target = plan.prepared.preparation.target
    if not target.is_log or plan.loss.name != "squared" or not trained.members:
        return plan
    plan = _levelled(plan, np.ones(0))  # a run that goes on has one already
    rows, value_nT = _predictions(plan, trained)
    truth_nT, weight_n = plan.prepared.target_RT[rows], plan.prepared.loss_weight_R[rows]
    if not len(rows) or (truth_nT < 0).any():
        return plan
    wanted_T, given_T = weight_n @ truth_nT, weight_n @ np.maximum(value_nT, 0.0)
    has_both_T = (wanted_T > 0) & (given_T > 0) & np.isfinite(given_T)
    level_T = np.where(has_both_T, wanted_T / np.where(has_both_T, given_T, 1.0), 1.0)
    return _levelled(plan, np.clip(level_T, 1.0 / MOST, MOST))


def _levelled(plan: Plan, level_T: Floats64) -> Plan:
    preparation = plan.prepared.preparation
    preparation = replace(preparation, target=replace(preparation.target, level_T=level_T))
    return replace(plan, prepared=replace(plan.prepared, preparation=preparation))


def _predictions(plan: Plan, trained: Trained) -> tuple[RowNumbers, Floats64]:
    """Return the rows that were held out, or all that trained, and what is predicted for them, `(n, T)`."""
    held = held_out_outputs(plan, trained.network, trained.members)
    if len(held.rows):
        return held.rows, held.predictions()
    rows = united(plan.prepared.rows.fit)
    predictor: Predictor = predictor_of(plan, trained.network, trained.members)
    return rows, predict(predictor, plan.prepared.encoded.picked(rows))

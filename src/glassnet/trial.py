"""Short trials: what a table's facts leave open is tried on the rows that are held out in turn.

Bins let the first layer bend at each column's quantiles. That helps most tables and costs smooth ones dear:
of measured shapes and signals many columns say a little each, and all steps of all columns are learned from
few rows. No fact of a table tells which it is; two runs at the effort `fast` do, one with bins, one without.
Of 30 tables of less than 6,000 rows they found four whose held-out loss falls by a twentieth without bins.
The test errors of those at `auto` fell by 14 % on average and rose on none (benchmarks/LOG.md).

Shapes: n held-out rows, T outputs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
import torch

from glassnet.engine.choose import choose_engine
from glassnet.engine.plan import Plan
from glassnet.engine.threads import torch_share
from glassnet.gather import Gathered
from glassnet.held_out.outputs import held_out_outputs
from glassnet.loss.refined import refined_loss
from glassnet.loss.registry import make_loss
from glassnet.planning import make_plan
from glassnet.predict import torch_threads
from glassnet.prepare.assemble import prepare
from glassnet.recipe.choose import choose_recipe
from glassnet.recipe.facts import Facts
from glassnet.settings import Recipe, Settings
from glassnet.shared import Shared
from glassnet.table.values import Rows
from glassnet.train import Watch, train

LEAST: Final = 0.05  # of the held-out loss: less is chance as often as not, see benchmarks/LOG.md


def tries_bins(settings: Settings, recipe: Recipe, facts: Facts) -> bool:
    """Return whether trials decide on bins: where rows are held out in turn and time is no limit."""
    is_open = settings.bins == "auto" and recipe.preparing.bins > 0 and recipe.folds > 0
    return is_open and facts.effort != "fast" and math.isinf(settings.time_limit)


def bins_cost(
    gathered: Gathered, rows: Rows, settings: Settings, facts: Facts, should_stop: Callable[[], bool]
) -> float:
    """Return the share of the held-out loss that is saved without bins, or 0 where that is too little."""
    watch = Watch(should_stop=should_stop)
    with_bins, without = (
        _held_out_loss(_short_plan(gathered, rows, asked, facts), watch)
        for asked in (settings, replace(settings, bins=0))
    )
    saved = 1.0 - without / with_bins if 0.0 < with_bins < math.inf else 0.0
    return saved if saved >= LEAST else 0.0


def _short_plan(gathered: Gathered, rows: Rows, settings: Settings, facts: Facts) -> Plan:
    """Return the plan of a run at the effort `fast` over the same rows."""
    recipe = choose_recipe(replace(settings, effort="fast"), replace(facts, effort="fast"))
    schema, loss = gathered.schema, make_loss(recipe.training, gathered.schema.task)
    choices = recipe.preparing if loss.scales_target else replace(recipe.preparing, target_scale="none")
    prepared = prepare(
        gathered.frame, schema, gathered.target_RT, gathered.weights, rows, choices, explained=False
    )
    return replace(make_plan(prepared, schema, recipe, loss, settings, Shared()), records=False)


def _held_out_loss(plan: Plan, watch: Watch) -> float:
    """Return the loss of the members' mean outputs for the rows that each fold held out, or infinity.

    Of classes that which is left at the best temperature, since being too sure is mended afterwards.
    """
    engine, _ = choose_engine(plan, "eager" if plan.is_eager else "auto")
    with torch_threads(torch_share(plan, engine.name)):
        trained = train(plan, engine, watch)
    folds, found = plan.prepared.rows.folds, []
    for part in held_out_outputs(plan, trained.network, trained.members).parts:
        target_RT = plan.target_FRT[part.predictor.members[0] % folds]
        target_nT = target_RT[part.rows].astype(np.float64)
        weight_n = plan.prepared.loss_weight_R[part.rows].astype(np.float64)
        found.append((np.mean(list(part.output.values()), axis=0), target_nT, weight_n))
    if not found:
        return math.inf
    output_nT, target_nT, weight_n = (np.concatenate(one) for one in zip(*found, strict=True))
    if plan.training.epoch_by == "refined":
        return refined_loss(plan.loss, output_nT, target_nT, weight_n)
    loss_n = plan.loss.rows(torch.from_numpy(output_nT)[None], torch.from_numpy(target_nT)[None])[0].numpy()
    return float(weight_n @ loss_n / max(weight_n.sum(), 1e-30))

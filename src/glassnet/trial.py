"""Short trials: what a table's facts leave open is tried on the rows that are held out in turn.

Bins let the first layer bend at each column's quantiles. That helps most tables and costs smooth ones dear:
of measured shapes and signals many columns say a little each, and all steps of all columns are learned from
few rows. No fact of a table tells which it is; two runs at the effort `fast` do, one with bins, one without.
Of 30 tables of less than 6,000 rows they found four whose held-out loss falls by a twentieth without bins.
The test errors of those at `auto` fell by 14 % on average and rose on none (benchmarks/LOG.md).

The logarithm of a skewed target gains a little on most tables; where effects add up and errors are even it
loses much, which a third run shows.

Shapes: n held-out rows, T outputs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch

from glassnet.engine.choose import choose_engine
from glassnet.engine.plan import Plan
from glassnet.engine.threads import torch_share
from glassnet.gather import Gathered
from glassnet.held_out.level import with_level
from glassnet.held_out.outputs import HeldOut, held_out_outputs
from glassnet.loss.refined import refined_loss
from glassnet.loss.registry import make_loss
from glassnet.planning import make_plan
from glassnet.predict import torch_threads
from glassnet.prepare.assemble import prepare
from glassnet.recipe.choose import choose_recipe
from glassnet.recipe.facts import Facts
from glassnet.settings import Recipe, Settings
from glassnet.shared import Shared
from glassnet.table.values import Rows, Task
from glassnet.train import Watch, train

BINS: Final = 0.05  # of the held-out loss: less is chance as often as not, see benchmarks/LOG.md
SCALE: Final = 0.05  # of the held-out error: what a logarithm may lose by chance


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """What a short run came to on the rows held out."""

    loss: float  # of the outputs
    error: float  # root mean square in deviations of the target, in the table's unit; NaN of classes


def tries(settings: Settings, recipe: Recipe, facts: Facts) -> bool:
    """Return whether trials decide anything: where rows are held out in turn and time is no limit."""
    is_open = _tries_bins(settings, recipe) or _tries_scale(settings, recipe)
    return is_open and recipe.folds > 0 and facts.effort != "fast" and math.isinf(settings.time_limit)


def _tries_bins(settings: Settings, recipe: Recipe) -> bool:
    return settings.bins == "auto" and recipe.preparing.bins > 0


def _tries_scale(settings: Settings, recipe: Recipe) -> bool:
    return settings.target_scale == "auto" and recipe.preparing.target_scale == "soft_log"


def with_trials(
    facts: Facts, gathered: Gathered, rows: Rows, settings: Settings, should_stop: Callable[[], bool]
) -> Facts:
    """Return the facts with what short trials added to them."""

    def tried(asked: Settings) -> Trial:
        return _trial(_short_plan(gathered, rows, asked, facts), Watch(should_stop=should_stop))

    recipe, usual = choose_recipe(settings, facts), tried(settings)
    if _tries_scale(settings, recipe):
        plain = tried(replace(settings, target_scale="standard"))
        if plain.error * (1.0 + SCALE) < usual.error:
            facts = replace(facts, scale_cost=usual.error / plain.error - 1.0)
            settings, usual = replace(settings, target_scale="standard"), plain
    if _tries_bins(settings, recipe):
        without = tried(replace(settings, bins=0))
        saved = 1.0 - without.loss / usual.loss if 0.0 < usual.loss < math.inf else 0.0
        facts = replace(facts, bins_cost=saved if saved >= BINS else 0.0)
    return facts


def _short_plan(gathered: Gathered, rows: Rows, settings: Settings, facts: Facts) -> Plan:
    """Return the plan of a run at the effort `fast` over the same rows."""
    short = replace(settings, effort="fast", epochs="auto")
    recipe = choose_recipe(short, facts := replace(facts, effort="fast"))
    if isinstance(settings.epochs, int):  # a run of many epochs has trials of a few
        recipe = choose_recipe(replace(short, epochs=min(settings.epochs, recipe.training.epochs)), facts)
    schema, loss = gathered.schema, make_loss(recipe.training, gathered.schema.task)
    choices = recipe.preparing if loss.scales_target else replace(recipe.preparing, target_scale="none")
    prepared = prepare(
        gathered.frame, schema, gathered.target_RT, gathered.weights, rows, choices, explained=False
    )
    return replace(make_plan(prepared, schema, recipe, loss, settings, Shared()), records=False)


def _trial(plan: Plan, watch: Watch) -> Trial:
    engine, _ = choose_engine(plan, "eager" if plan.is_eager else "auto")
    with torch_threads(torch_share(plan, engine.name)):
        trained = train(plan, engine, watch)
    held = held_out_outputs(with_level(plan, trained), trained.network, trained.members)
    if not len(held.rows):
        return Trial(loss=math.inf, error=math.inf)
    return Trial(loss=_held_out_loss(plan, held), error=_held_out_error(plan, held))


def _held_out_loss(plan: Plan, held: HeldOut) -> float:
    """Return the loss of the members' mean outputs for the rows that each fold held out.

    Of classes that which is left at the best temperature, since being too sure is mended afterwards.
    """
    folds = plan.prepared.rows.folds
    output_nT = np.concatenate([np.mean(list(part.output.values()), axis=0) for part in held.parts])
    target_nT = np.concatenate(
        [plan.target_FRT[part.predictor.members[0] % folds][part.rows] for part in held.parts]
    ).astype(np.float64)
    weight_n = plan.prepared.loss_weight_R[held.rows].astype(np.float64)
    if plan.training.epoch_by == "refined":
        return refined_loss(plan.loss, output_nT, target_nT, weight_n)
    loss_n = plan.loss.rows(torch.from_numpy(output_nT)[None], torch.from_numpy(target_nT)[None])[0].numpy()
    return float(weight_n @ loss_n / max(weight_n.sum(), 1e-30))


def _held_out_error(plan: Plan, held: HeldOut) -> float:
    if plan.task is not Task.REGRESSION:
        return math.nan
    truth_nT, weight_n = plan.prepared.target_RT[held.rows], plan.prepared.weight_R[held.rows]
    spread_T = np.maximum(truth_nT.std(axis=0), np.finfo(np.float64).tiny)
    off_nT = (held.predictions() - truth_nT) / spread_T
    return float(np.sqrt(weight_n @ np.square(off_nT).mean(axis=1) / max(weight_n.sum(), 1e-30)))

"""How fast a plan's steps are on this machine, and how many epochs fit before a time limit.

An engine to be thrown away takes real steps of the plan; looking at the validation rows is timed as well.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from glassnet import chance
from glassnet.engine.choose import choose_engine
from glassnet.engine.plan import Engine, Plan
from glassnet.engine.threads import torch_share, used_threads
from glassnet.metric import Metric
from glassnet.predict import torch_threads
from glassnet.settings import Decision, Recipe
from glassnet.train import CALL_SECONDS, look_once

PROBE: Final = 0.5  # seconds of real steps, at most
PROBE_SHARE: Final = 0.05  # of a time limit that the probe may take
LEAST_PROBE: Final = 0.02  # seconds, where the limit is over already: the reason still names a true epoch
PROBE_STEPS: Final = 20  # of the plan's steps one in so many, and at least so many, are enough
PROBE_ROWS: Final = 500_000  # that the probe's steps are drawn from: the order of more takes longer than they
# A tenth of the time is left: steps slow down by about so much when a machine gets warm or busy.
PLANNED: Final = 0.9
FEWEST_STEPS: Final = 100  # of one epoch over rows drawn by lot; fewer learn little
SECONDS: Final = "seconds of a step"  # the decision that tells them
LOT: Final = 4  # the stream of the samples that these rows are drawn from: other samples are others


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How long the parts of training take, in seconds."""

    step: float
    look: float  # at the validation rows, after each epoch
    probing: float  # spent on finding out
    fastest: float = math.inf  # of the steps, each in the time its processors worked: nobody else's is in it

    def epoch(self, plan: Plan) -> float:
        """Return the seconds of an epoch."""
        return plan.steps_per_epoch * self.step + self.look

    def training(self, plan: Plan) -> float:
        """Return the seconds of all epochs."""
        return self.epoch(plan) * plan.training.epochs


def measure_pace(plan: Plan, engine: Engine, metric: Metric | None, seconds: float = PROBE) -> Pace:
    """Return how fast the engine carries out the plan; it has taken steps then, and must be thrown away."""
    before = time.monotonic()
    engine.advance(0, 1)  # the first step allocates
    done, count, most = 1, 1, max(PROBE_STEPS, plan.steps // PROBE_STEPS)
    started = time.monotonic()
    took, fastest, threads = 0.0, math.inf, used_threads(plan, engine.name)
    while done < min(plan.steps, most) and took < seconds:
        # As the training loop asks: ever more at a time, and never beyond an epoch that is looked at.
        count = min(count, plan.steps - done, plan.steps_per_epoch - done % plan.steps_per_epoch)
        here, worked = time.monotonic(), time.process_time()
        engine.advance(done, count)
        done += count
        took = time.monotonic() - started
        fastest = min(fastest, (time.process_time() - worked) / threads / count)
        if time.monotonic() - here < CALL_SECONDS / 2:
            count = 2 * count + 1
    look = 0.0
    if any(len(rows) for rows in plan.prepared.rows.validation):
        look_once(plan, engine, metric)
        here = time.monotonic()
        look_once(plan, engine, metric)
        look = time.monotonic() - here
    probing = time.monotonic() - before
    return Pace(step=took / max(done - 1, 1), look=look, probing=probing, fastest=fastest)


def fit_to_clock(plan: Plan, recipe: Recipe, pace: Pace, seconds: float) -> tuple[Plan, Recipe]:
    """Return the plan and its recipe with no more epochs than fit into so many seconds, and the reason.

    The schedule is as long as the epochs, so the learning rate has come to its end when the time has. Where
    not even one epoch fits, it goes over so many training rows, drawn by lot, as do.
    """
    training, epoch = plan.training, pace.epoch(plan)
    planned = max(seconds, 0.0) * PLANNED
    fitting = int(planned / max(epoch, 1e-9))
    if fitting >= training.epochs:
        return plan, recipe
    epochs = max(fitting, 1)
    shorter = replace(training, epochs=epochs)
    found = [Decision(name="epochs", value=str(epochs), reason=_reason(plan, fitting, epoch))]
    least = min(pace.fastest, pace.step)
    found.append(Decision(name=SECONDS, value=f"{least:.3g}", reason="the least by a probe before training"))
    steps = int((planned - pace.look) / max(pace.step, 1e-9))
    if fitting < 1 and steps >= FEWEST_STEPS and plan.prepared.rows.folds == 1:
        every = len(plan.prepared.rows.fit[0])
        plan = with_fewer_rows(plan, steps * plan.batch_size)
        left = len(plan.prepared.rows.fit[0])
        found.append(Decision(name="training rows", value=f"{left:,}", reason=_lot(every, epoch)))
    kept = [one for one in recipe.decisions if one.name != "epochs"]
    return replace(plan, training=shorter), replace(recipe, training=shorter, decisions=(*kept, *found))


def with_fewer_rows(plan: Plan, most: int) -> Plan:
    """Return a plan without folds that trains on at most so many of its rows, drawn by lot."""
    rows = plan.prepared.rows
    (fit,) = rows.fit
    most = round(most * len(fit) / plan.longest)  # an epoch may pass over a row more than once
    if len(fit) <= most:
        return plan
    how = f"{rows.how}; {most:,} of the training rows by lot"
    raw_n = chance.raw(plan.training.seed, chance.Purpose.SAMPLE, len(fit), epoch=LOT)
    fewer = replace(rows, fit=(fit[np.sort(np.argpartition(raw_n, most)[:most])],), how=how)
    return replace(plan, prepared=replace(plan.prepared, rows=fewer))


def _lot(every: int, epoch: float) -> str:
    return (
        f"of {every:,} drawn by lot: one epoch over all takes about {_shown(epoch)}, more than the time limit"
        " leaves; the schedule ends with them"
    )


def _reason(plan: Plan, fitting: int, epoch: float) -> str:
    wanted = f"of {plan.training.epochs:,} epochs ({plan.steps:,} steps)"
    if fitting < 1:
        return (
            f"{wanted} not one fits: it takes about {_shown(epoch)}, more than the time limit leaves: it ends"
            " within it"
        )
    return (
        f"{wanted} so many fit before the time limit, at {_shown(epoch)} each by a probe; the schedule ends"
        " with them"
    )


def _shown(seconds: float) -> str:
    return f"{seconds:,.0f} s" if seconds >= 10 else f"{seconds:.2g} s"


def within_limit(plan: Plan, recipe: Recipe, metric: Metric | None, by: float) -> tuple[Plan, Recipe]:
    """Return the plan with as many epochs as end by a moment of time.monotonic(), and its recipe."""
    before = time.monotonic()
    probed = with_fewer_rows(plan, PROBE_ROWS) if plan.prepared.rows.folds == 1 else plan
    engine, _ = choose_engine(probed, recipe.engine)
    if engine.name == "eager":
        # Torch imports its compiler with a process's first optimiser, a second or more: timed without that.
        before = time.monotonic()
        engine, _ = choose_engine(probed, recipe.engine)
    making = time.monotonic() - before  # it is made once more for training
    with torch_threads(torch_share(probed, engine.name)):
        seconds = max(min(PROBE, PROBE_SHARE * (by - before)), LEAST_PROBE)
        pace = measure_pace(probed, engine, metric, seconds)
    return fit_to_clock(plan, recipe, pace, by - time.monotonic() - making)

"""Findings that a network learned less than it could: a time limit too short, a linear model far ahead.

Shapes: R rows, T outputs.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from glassnet.doctor.values import Finding, Signs, figure
from glassnet.evaluate.values import Score
from glassnet.pace import SECONDS
from glassnet.pipeline import Fitted
from glassnet.settings import Settings
from glassnet.table.values import Task

# Public tables (adult, diamonds, housing, 2026-11) came level with a linear model after 60 to 100 steps.
FEW_STEPS: Final = 100
ENOUGH_STEPS: Final = 500  # all of them were clearly past it
TO_SPARE: Final = 2.0  # for a machine that is slower another time, and an evaluation that was cut short too
# How far the error lies above the linear model's. Of 11 good runs (eight examples, adult, diamonds, housing,
# 2026-11) none was surely above it at all; 80 columns that make the answer along a straight line: five times.
FAR: Final = 1.1
BEYOND: Final = 0.05  # of the rows: targets that no prediction may reach
# Settings that can hold a network back, by whoever chose them.
HELD: Final = (
    "recipe",
    "hidden",
    "activation",
    "dropout",
    "numbers",
    "optimizer",
    "learning_rate",
    "weight_decay",
    "schedule",
    "epochs",
    "batch_size",
    "patience",
)


def cut_short(signs: Signs) -> Finding | None:
    """Return the finding that a time limit left training too few steps, or broke its schedule off."""
    fitted = signs.fitted
    if fitted is None or math.isinf(fitted.settings.time_limit):
        return None
    history, limit = fitted.trained.history, fitted.settings.time_limit
    taken = len(history.step_loss_SK) * history.step_stride
    planned = fitted.recipe.training.epochs * history.steps_per_epoch
    is_broken = fitted.trained.stopped == "the time limit was reached" and taken < planned / 2
    reasons = [one.reason for one in fitted.decisions if one.name == "epochs" and "time limit" in one.reason]
    if not (is_broken or (taken < FEW_STEPS and reasons)):
        return None
    of = f"({reasons[0]})" if reasons else f"of {planned:,} planned"
    steps = "a single step" if taken == 1 else f"{taken:,} steps"
    return Finding(
        name="time limit too short",
        severity="warning",
        evidence=f"The time limit of {limit:g} s ended training after {steps} {of}.",
        meaning="The network has hardly begun to learn: such figures say little of what it can do.",
        remedy=f"Give it at least --time-limit {_enough(fitted, taken)}, or fewer rows, or --effort fast.",
    )


def _enough(fitted: Fitted, taken: int) -> str:
    """Return seconds, rounded up to two digits, in which some hundred steps would have been taken."""
    seconds = fitted.facts.seconds
    besides = sum(seconds.values()) - seconds["training"]
    needed = max(TO_SPARE * (besides + ENOUGH_STEPS * _step(fitted, taken)), 2 * fitted.settings.time_limit)
    unit = 10.0 ** (math.floor(math.log10(needed)) - 1)
    return f"{math.ceil(needed / unit) * unit:g}"


def _step(fitted: Fitted, taken: int) -> float:
    """Return the seconds of the fastest steps: first ones, and all of a busy machine, take many times it."""
    history = fitted.trained.history
    probed = [float(one.value) for one in fitted.decisions if one.name == SECONDS]
    epoch_E = np.diff(history.seconds_E, prepend=0.0) / max(history.steps_per_epoch, 1)
    mean = fitted.facts.seconds["training"] / max(taken, 1)
    return min([mean, *probed, *map(float, epoch_E[epoch_E > 0])])


def linear_better(signs: Signs) -> Finding | None:
    """Return the finding that a linear model on the same inputs errs surely and far less."""
    fitted = signs.fitted
    if fitted is None or not fitted.evaluation.scores or fitted.evaluation.on == "training":
        return None
    score = fitted.evaluation.scores[0]
    if fitted.loss == "quantile" or not _is_far(score):
        return None
    return Finding(
        name="a linear model does far better",
        severity="warning",
        evidence=f"On {len(fitted.evaluation.truth):,} {fitted.evaluation.on} rows {score.metric} is"
        f" {figure(score.value)} (95 % interval {figure(score.low)} to {figure(score.high)}); a linear model"
        f" on the same inputs has {figure(score.linear)}.",
        meaning="What decides here is close to a straight line, and the network has not found it.",
        remedy=_remedy_linear(fitted),
    )


def _is_far(score: Score) -> bool:
    """Return whether the linear model's error is surely less, and by far.

    Where larger is better, the error is what is missing to 1.
    """
    figures = (score.value, score.low, score.high, score.linear)
    if not all(math.isfinite(one) for one in figures) or score.low <= score.linear <= score.high:
        return False
    error, linear = (
        (1 - score.value, 1 - score.linear) if score.larger_is_better else (score.value, score.linear)
    )
    # A linear model that makes no error at all is no more telling than the rows are many.
    return linear >= 0 and error > FAR * linear and error - linear > (score.high - score.low) / 2


def _remedy_linear(fitted: Fitted) -> str:
    """Return what to change: what was set by hand, bounds that targets pass, or the hidden layers."""
    usual = Settings()
    own = [name for name in HELD if getattr(fitted.settings, name) != getattr(usual, name)]
    if own:
        options = " and ".join(f"--{name.replace('_', '-')}" for name in own)
        return f"Leave {options} to the program, or try --hidden none --bins 0."
    beyond = _beyond_bounds(fitted)
    if beyond > BEYOND:
        return (
            f"Of {beyond:.0%} of the rows the target lies outside the range trained on, which predictions"
            " keep to: try --bounds none, with --hidden none --bins 0 for a straight line."
        )
    return "Try --hidden none --bins 0, a network that is a linear model, and compare the two runs."


def _beyond_bounds(fitted: Fitted) -> float:
    """Return the share of rows whose target no prediction may reach."""
    scale = fitted.preparation.target
    if fitted.schema.task is not Task.REGRESSION or not scale.low_FT.size:
        return 0.0
    truth_RT = fitted.evaluation.truth
    low_T, high_T = scale.low_FT.min(axis=0), scale.high_FT.max(axis=0)
    return float(np.mean((truth_RT < low_T) | (truth_RT > high_T)))

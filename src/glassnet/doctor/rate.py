"""Findings about the learning rate."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from glassnet.doctor.values import Finding, Signs, figure, lower_rate, middle, option, rounded, usual_rate

# An epoch's mean loss above the untrained network's three times over is no noise of a batch: the good runs
# measured (13 tables, 8 examples, 2026-11) never leave it upwards at all.
RISEN: Final = 3.0
# Steps of a fifth of a layer's own length, in the middle of the first epoch. Good runs had 0.0003 to 0.012;
# a rate 15 times the default had 0.16 and still learned well, one 50 times the default 0.29 and lost by it.
WILD: Final = 0.2
# What all steps together could take from the loss. Good runs could have taken it several times over.
STILL: Final = 0.15
FEWEST_STEPS: Final = 100  # before that, nobody knows whether it would have come


def too_high(signs: Signs) -> Finding | None:
    """Return the finding that the steps are so long that they throw the network about."""
    evidence = _failed(signs) or _risen(signs) or _wild(signs)
    if not evidence:
        return None
    return Finding(
        name="learning rate too high",
        severity="warning",
        evidence=evidence,
        meaning="Each step throws the weights past what the gradient knows about, so that steps undo each"
        " other or run away.",
        remedy=f"A smaller rate: {option(signs, 'learning_rate', rounded(lower_rate(signs)))}.",
    )


def _failed(signs: Signs) -> str:
    """Return what is known of a member that met numbers that are not finite."""
    if signs.fitted is None or not signs.fitted.trained.failed:
        return ""
    return f"With learning rate {signs.learning_rate:g}, {signs.fitted.trained.warnings[0].rstrip('.')}."


def _risen(signs: Signs) -> str:
    loss_E, first = signs.training_loss_E, signs.first_loss
    if not loss_E.size or not first > 0 or not np.isfinite(loss_E).any():
        return ""
    worst = int(np.nanargmax(loss_E))
    # A loop's first loss is that of one batch, and no target of it need be standardised.
    if loss_E[worst] < RISEN * first * (RISEN if signs.is_loop else 1.0):
        return ""
    when = "" if signs.is_loop else f" in epoch {worst + 1}"
    return (
        f"With learning rate {signs.learning_rate:g} the training loss rose from {figure(first)} to"
        f" {figure(float(loss_E[worst]))}{when}."
    )


def _wild(signs: Signs) -> str:
    if signs.starts_at_zero:
        return ""
    ratio_NL = signs.by_layer("ratio")[signs.epochs == 1]
    ratios = [middle(ratio_NL[:, place]) for place in range(len(signs.layers))]
    if not ratios or not middle(np.array(ratios)) >= WILD:
        return ""
    most = int(np.nanargmax(ratios))
    when = "the first 100 steps" if signs.is_loop else "epoch 1"
    return (
        f"With learning rate {signs.learning_rate:g}, a step of {when} changed layer '{signs.layers[most]}'"
        f" by {ratios[most]:.0%} of its length (median); about 1 % or less is usual."
    )


def too_low(signs: Signs) -> Finding | None:
    """Return the finding that all steps together are too short to get anywhere.

    No step can lower the loss by more than its length times the gradient's, to first order. Their sum over
    the run is compared with the loss at the start.
    """
    gain = _possible_gain(signs)
    loss_E, first = signs.training_loss_E, signs.first_loss
    if signs.steps < FEWEST_STEPS or math.isnan(gain) or not first > 0 or not loss_E.size:
        return None
    last = float(loss_E[-1])
    first = float(loss_E[0]) if signs.is_loop else first  # a loop's first batch alone is too noisy
    if gain >= STILL * first or last < (1 - 2 * STILL) * first:
        return None
    usual = usual_rate(signs)
    higher = usual if signs.learning_rate < usual else 10 * signs.learning_rate
    return Finding(
        name="learning rate too low",
        severity="warning",
        evidence=f"With learning rate {signs.learning_rate:g} the training loss went from"
        f" {figure(float(loss_E[0]))} to {figure(last)}; all {signs.steps:,} steps together are too short to"
        f" lower it by more than {figure(gain)}.",
        meaning="The weights have hardly left the random numbers they started from.",
        remedy=f"A larger rate: {option(signs, 'learning_rate', f'{higher:g}')}.",
    )


def _possible_gain(signs: Signs) -> float:
    """Return the largest fall of the loss that the run's steps allow, to first order."""
    reach_N = (signs.by_layer("update") * signs.by_layer("gradient")).sum(axis=1)
    epochs = [reach_N[signs.epochs == epoch] for epoch in np.unique(signs.epochs)]
    means = [float(part[np.isfinite(part)].mean()) for part in epochs if np.isfinite(part).any()]
    return float(np.mean(means)) * signs.steps if means else math.nan

"""Findings about units that no longer answer: dead ReLUs, saturated units, a saturated output."""

from __future__ import annotations

from typing import Final

import numpy as np

from glassnet.doctor.values import Finding, Signs, figure, lower_rate, middle, option, rounded

# Half of a layer. Good runs end with at most a fifth of it idle (2026-11); ten thin layers with 0.44 learned.
IDLE: Final = 0.5
LAST: Final = 10  # recorded steps at the end that are looked at: one batch alone may miss a unit's rows
STUCK: Final = 0.05  # of the rows surely at the wrong end


def dead(signs: Signs) -> Finding | None:
    """Return the finding that many ReLUs give 0 for every row."""
    if signs.activation not in ("relu", ""):
        return None
    return _idle(
        signs,
        "dead ReLUs",
        "give 0 for every row of a batch",
        "A unit that gives 0 for every row gets no gradient, and so cannot come back: the layer is smaller"
        " than it looks.",
        ("learning_rate", rounded(lower_rate(signs)), "activation", "silu"),
    )


def saturated(signs: Signs) -> Finding | None:
    """Return the finding that many sigmoid or tanh units sit at an end of their range for every row."""
    if signs.activation not in ("sigmoid", "tanh"):
        return None
    return _idle(
        signs,
        "saturated units",
        f"sit at an end of {signs.activation} for every row of a batch",
        "There the curve is flat, so that these units get almost no gradient.",
        ("learning_rate", rounded(lower_rate(signs)), "activation", "silu"),
    )


def _idle(
    signs: Signs, name: str, what: str, meaning: str, tries: tuple[str, str, str, str]
) -> Finding | None:
    """Return the finding for the layer with most idle units, if they are many."""
    # An output that is at an end for every row may simply be right.
    end = len(signs.layers) - (1 if signs.is_loop and name != "dead ReLUs" else 0)
    hidden = [place for place in range(end) if signs.is_loop or signs.layers[place] != "last"]
    idle_NL = signs.by_layer("idle")[-LAST:]
    shares = [middle(idle_NL[:, place]) for place in hidden]
    if not shares or not np.nanmax([*shares, 0.0]) >= IDLE:
        return None
    worst = int(np.nanargmax(shares))
    since = _since(signs, hidden[worst])
    return Finding(
        name=name,
        severity="warning",
        evidence=f"{shares[worst]:.0%} of the units of layer '{signs.layers[hidden[worst]]}' {what} at the"
        f" end of training, first seen so in {since}.",
        meaning=meaning,
        remedy=f"Try {option(signs, *tries[:2])} or {option(signs, *tries[2:])}.",
    )


def _since(signs: Signs, place: int) -> str:
    """Return when half of the layer's units were first idle."""
    assert signs.records is not None, "a share is one of the records"
    at = int(np.argmax(np.nan_to_num(signs.by_layer("idle")[:, place]) >= IDLE))
    epoch, step = int(signs.epochs[at]), int(signs.records.step_N[at])
    return f"step {(epoch - 1) * 100 + step:,}" if signs.is_loop else f"epoch {epoch}, step {step}"


def saturated_output(signs: Signs) -> Finding | None:
    """Return the finding that a sigmoid output under squared error is stuck at wrong ends.

    With a share s of the rows at an end and a mean squared error m, at least m - (1 - s) of the rows are at
    the wrong one: the others cannot be wrong by more than 1.
    """
    fitted = signs.fitted
    if fitted is None or fitted.recipe.architecture.output != "sigmoid" or fitted.loss != "squared":
        return None
    if "last" not in signs.layers or not len(signs.epochs):
        return None
    share = middle(signs.by_layer("idle")[-LAST:, signs.layers.index("last")])
    error = float(signs.training_loss_E[-1])
    wrong = error - (1.0 - share)
    if not wrong >= STUCK:
        return None
    return Finding(
        name="saturated sigmoid with squared error",
        severity="warning",
        evidence=f"At the end of training {share:.0%} of the outputs are within 0.01 of 0 or 1 while the"
        f" mean squared error is {figure(error)}: at least {wrong:.0%} of the rows sit at the wrong end.",
        meaning="At its ends a sigmoid is flat, and squared error passes that flatness on: the wrongest rows"
        " get the smallest gradients.",
        remedy=f"Try {option(signs, 'output', 'linear --loss binary_cross_entropy')} (--recipe mlp chooses"
        " it).",
    )

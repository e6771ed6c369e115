"""Findings about the gradients: vanishing, exploding, clipped always or never."""

from __future__ import annotations

from typing import Final

import numpy as np

from glassnet.doctor.values import Finding, Floats64, Signs, figure, middle, option, rounded

# A sigmoid passes on at most a quarter of a gradient, so that five layers lose a factor of a thousand. Good
# runs had 0.1 to 3 (2026-11), and ten ReLU layers or eight of tanh, which learned, recovered to 4.
FADED: Final = 1e-3
SWOLLEN: Final = 1e3  # the same the other way round
# With classes or a standardised target the loss starts at about 1; good runs stay below 10.
LARGE: Final = 1e3
GROWN: Final = 100.0  # the end's gradients over the beginning's
ENDS: Final = 10  # recorded steps that count as beginning and end
ALWAYS: Final = 0.95  # share of the steps
HALVED: Final = 0.5  # of a gradient's length that clipping leaves; a mild clip on every step is harmless
FAR: Final = 10.0  # a limit so many times the largest gradient guards against nothing that was seen


def _depth(signs: Signs) -> list[int]:
    """Return the places of layers that the gradient passes through one after another, without frozen ones."""
    if not len(signs.epochs):
        return []
    largest_L = np.nan_to_num(signs.by_layer("gradient")).max(axis=0)
    return [
        place
        for place, layer in enumerate(signs.layers)
        if layer != "embedding" and not layer.startswith("norms.") and largest_L[place] > 0
    ]


def _first_over_last(signs: Signs) -> tuple[int, int, float]:
    """Return the first and last layers' places, and the median of the one's gradient over the other's."""
    depth = _depth(signs)
    if len(depth) < 3:
        return 0, 0, 1.0
    gradient_NL = signs.by_layer("gradient")
    first_N, last_N = gradient_NL[:, depth[0]], gradient_NL[:, depth[-1]]
    usable = last_N > 0
    return depth[0], depth[-1], middle(first_N[usable] / last_N[usable])


def vanishing(signs: Signs) -> Finding | None:
    """Return the finding that the gradient fades on its way to the first layer."""
    first, last, ratio = _first_over_last(signs)
    if not ratio < FADED:
        return None
    gradient_NL = signs.by_layer("gradient")
    remedies = ["fewer layers"]
    if signs.activation in ("sigmoid", "tanh", ""):
        remedies.insert(0, option(signs, "activation", "relu"))
    if signs.activation or signs.is_loop:
        remedies.append(option(signs, "normalization", "layer"))
    return Finding(
        name="vanishing gradients",
        severity="warning",
        evidence=f"The gradient is {figure(middle(gradient_NL[:, last]))} at layer '{signs.layers[last]}'"
        f" and {figure(middle(gradient_NL[:, first]))} at layer '{signs.layers[first]}': a factor of"
        f" {figure(1 / max(ratio, 1e-30))} is lost on the way, in at least half of {len(gradient_NL):,}"
        " recorded steps.",
        meaning="The first layers are hardly told what to change, and stay what chance made them.",
        remedy=f"Try {' or '.join(remedies)}.",
    )


def exploding(signs: Signs) -> Finding | None:
    """Return the finding that gradients are, or become, far too long."""
    evidence = _not_finite(signs) or _long(signs) or _swollen(signs)
    if not evidence:
        return None
    return Finding(
        name="exploding gradients",
        severity="warning",
        evidence=evidence,
        meaning="The length of the step is decided by a few wild gradients and not by what is to be learned.",
        remedy=f"Try {option(signs, 'clip', '1')}, {option(signs, 'normalization', 'layer')} or smaller"
        f" initial weights{', and divide the target by its deviation' if signs.is_loop else ''}.",
    )


def _not_finite(signs: Signs) -> str:
    count_NL = np.nan_to_num(signs.by_layer("non_finite"))
    for step, layer in np.argwhere(count_NL > 0)[:1]:
        return (
            f"Layer '{signs.layers[layer]}' has {figure(float(count_NL[step, layer]))} weights and gradients"
            f" that are not finite, {_when(signs, int(step))}."
        )
    return ""


def _when(signs: Signs, place: int) -> str:
    assert signs.records is not None, "a place is one of the records"
    step = int(signs.records.step_N[place])
    if signs.is_loop:
        return f"in step {(int(signs.epochs[place]) - 1) * 100 + step:,}"
    return f"in epoch {int(signs.epochs[place])}, step {step}"


def _long(signs: Signs) -> str:
    """Return the evidence of gradients that are long from the start, or grow."""
    total_N = signs.totals("gradient")
    if total_N.size < 2:
        return ""
    fitted = signs.fitted
    # In a loop a target in large units makes gradients as long, and they are too long all the same. A loss
    # that was meant so (poisson, an own one) is not to be judged by this.
    has_unit_loss = fitted is None or (isinstance(fitted.recipe.training.loss, str) and fitted.scales_target)
    most = middle(total_N)
    if has_unit_loss and most > LARGE:
        return f"The gradient's norm is {figure(most)} (median of the recorded steps); 0.1 to 10 is usual."
    begin, end = middle(total_N[:ENDS]), middle(total_N[-ENDS:])
    if total_N.size >= 2 * ENDS and end > GROWN * begin and end > ENDS:
        return f"The gradient's norm grew from {figure(begin)} to {figure(end)}."
    return ""


def _swollen(signs: Signs) -> str:
    first, last, ratio = _first_over_last(signs)
    if not ratio > SWOLLEN:
        return ""
    return (
        f"The gradient grows by a factor of {figure(ratio)} on its way from layer '{signs.layers[last]}' to"
        f" layer '{signs.layers[first]}'."
    )


def _left(signs: Signs) -> Floats64:
    """Return which part of each recorded gradient's length clipping left."""
    before_N, after_N = signs.totals("gradient"), signs.totals("clipped")
    if before_N.shape != after_N.shape:
        return np.zeros(0)
    moving = (before_N > 0) & (after_N > 0)
    return after_N[moving] / before_N[moving]


def clipping_always(signs: Signs) -> Finding | None:
    """Return the finding that clipping decides the length of every step."""
    left_N = _left(signs)
    if left_N.size < ENDS or (left_N < 0.999).mean() < ALWAYS or middle(left_N) > HALVED:
        return None
    if left_N.max() < 1.001 * left_N.min() and signs.is_loop:  # a mixed-precision loop's scale, not a clip
        return None
    norm = middle(signs.totals("gradient"))
    limit = "" if signs.fitted is None else f" to {signs.fitted.recipe.training.clip:g}"
    is_adaptive = "adam" in signs.optimizer.lower()
    return Finding(
        name="clipping on every step",
        severity="hint" if is_adaptive else "warning",
        evidence=f"{(left_N < 0.999).mean():.0%} of the recorded gradients were clipped{limit}; their"
        f" median norm was {figure(norm)}, of which {middle(left_N):.2g} was left.",
        meaning=(
            "Adam divides by the gradient's size anyway, so this costs little; but the limit no longer tells"
            " a wild step from a usual one."
            if is_adaptive
            else "Every step is as long as the limit allows and knows the gradient's direction only, so the"
            " limit acts as a much smaller learning rate."
        ),
        remedy=f"A limit above the usual norm: {option(signs, 'clip', rounded(3 * norm))}.",
    )


def clipping_never(signs: Signs) -> Finding | None:
    """Return the finding that a limit the user asked for is far out of reach."""
    fitted = signs.fitted
    if fitted is None or fitted.settings.clip in ("auto", 0, 0.0):
        return None
    norm_N, limit = signs.totals("gradient"), fitted.recipe.training.clip
    if norm_N.size < ENDS or norm_N.max() * FAR > limit:
        return None
    return Finding(
        name="clipping never acts",
        severity="hint",
        evidence=f"The limit is {limit:g}, but the longest of {norm_N.size:,} recorded gradients had a norm"
        f" of {figure(float(norm_N.max()))}.",
        meaning="The limit changes nothing in this run, and would let a wild step through.",
        remedy="Leave it out, or set it a little above the usual norm:"
        f" {option(signs, 'clip', rounded(3 * float(norm_N.max())))}.",
    )

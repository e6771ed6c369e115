"""Findings about what goes into the network and into the loss."""

from __future__ import annotations

from typing import Final

from glassnet.doctor.values import Finding, Signs, figure, option

# Initial weights are made for inputs of about 1. A hundred times that drowns every other column, and makes
# first outputs that hundred times too large; pixel values (0 to 16) and z-scores stay far below.
LARGE: Final = 100.0
HUGE: Final = 1000.0  # from here on the result suffers in every run tried
SHOWN: Final = 3


def unscaled(signs: Signs) -> Finding | None:
    """Return the finding that inputs reach the network as large as they are in the table."""
    far = [(name, reach) for name, reach in signs.reaches if reach >= LARGE]
    if not far:
        return None
    shown = ", ".join(f"{name} ({figure(reach)})" for name, reach in far[:SHOWN])
    more = f" and {len(far) - SHOWN} more" if len(far) > SHOWN else ""
    return Finding(
        name="unscaled inputs",
        severity="warning" if far[0][1] >= HUGE else "hint",
        evidence="These inputs are not scaled and lie as far from 0 as the number in brackets:"
        f" {shown}{more}.",
        meaning="The first weights are made for inputs of about 1: larger ones drown the others and make the"
        " gradients as much too long.",
        remedy=f"Try {option(signs, 'numbers', 'robust')}.",
    )


def broadcast(signs: Signs) -> Finding | None:
    """Return the finding that a loss compares every prediction with every target."""
    if not signs.broadcast:
        return None
    return Finding(
        name="loss of (N,) against (N, 1)",
        severity="warning",
        evidence=f"In the loss, {signs.broadcast}.",
        meaning="Every row's prediction is compared with every row's target, so that the network learns the"
        " targets' mean.",
        remedy="Give both the same shape: target.reshape(prediction.shape), or prediction.squeeze(-1) where"
        " the target has no last axis.",
    )


def forgotten_zero_grad(signs: Signs) -> Finding | None:
    """Return the finding that gradients of earlier steps are never taken away."""
    if signs.uncleared < 3 or 2 * signs.uncleared <= signs.checked:
        return None
    return Finding(
        name="gradients never cleared",
        severity="warning",
        evidence=f"In {signs.uncleared} of {signs.checked} steps looked at, backward() added to the"
        " gradients that the step before had already used.",
        meaning="Each step follows the sum of all gradients since the start, and not the batch's own.",
        remedy="Call optimizer.zero_grad() before each backward().",
    )


def no_gradient(signs: Signs) -> Finding | None:
    """Return the finding that a loop's optimiser never gets a gradient."""
    total_N = signs.totals("clipped")
    if not signs.is_loop or total_N.size < 3 or total_N.max() > 0:
        return None
    had_N = signs.totals("gradient")
    is_cleared = bool(had_N.size and had_N.max() > 0)
    return Finding(
        name="steps without a gradient",
        severity="warning",
        evidence=f"All {total_N.size:,} recorded steps found no gradient but 0"
        + (", although backward() had made one." if is_cleared else "."),
        meaning="The weights stay as they are.",
        remedy="Call zero_grad() before backward(), not between backward() and step()."
        if is_cleared
        else "Check that the loss is computed from the module's output without detach(), .item() or NumPy,"
        " and that its parameters require a gradient.",
    )

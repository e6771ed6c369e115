"""Central differences: the slope measured by moving each number a little, beside the gradient.

Every number is moved by h = 6e-6 times its size (the cube root of float64's precision, where the
errors of rounding and of curvature are about equal) to both sides, in float64.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from glassnet.autograd.expression import evaluate, explain_expression, wanted
from glassnet.autograd.kinks import kinked
from glassnet.autograd.leaves import as_leaves
from glassnet.autograd.syntax import Program, parse
from glassnet.errors import GlassnetError, listed

STEP: Final = 6e-6
MOST_ENTRIES: Final = 10_000
# Relative to the size of the slope and of the result: curvature gives h**2 = 4e-11 times the third
# derivative, rounding gives eps / h = 4e-11 times the result.
TOLERANCE: Final = 1e-5


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Difference:
    """The gradient of one leaf beside the measured slope, entry by entry."""

    name: str
    gradient: Tensor
    central: Tensor
    left: Tensor  # the slope measured to the left alone
    right: Tensor  # and to the right
    kink: Tensor  # True where left and right differ: there is no single slope
    inside: tuple[str, ...]  # operations of the expression that stand exactly at a kink
    largest: float  # largest difference where there is no kink
    agrees: bool  # within what differences can measure, or not comparable because of a kink

    def words(self) -> str:
        """Return one sentence: the agreement, and what happens at kinks."""
        verdict = "agrees" if self.agrees else "DOES NOT AGREE"
        if self.inside and self.largest > TOLERANCE:
            verdict = f"cannot be compared, because {listed(self.inside)} stands exactly at a kink"
        text = f"{self.name}: {verdict}, largest difference {self.largest:.2g}"
        if not bool(self.kink.any()):
            return text
        at = int(self.kink.flatten().nonzero()[0])
        left, right, own = (float(one.flatten()[at]) for one in (self.left, self.right, self.gradient))
        return (
            f"{text}; {int(self.kink.sum())} of {self.kink.numel()} entries lie at a kink: the slope is"
            f" {left:.4g} on the left and {right:.4g} on the right, and torch takes {own:.4g}"
        )


def check_expression(
    text: str, values: Mapping[str, object], *, wrt: Sequence[str] = (), seed: int = 0
) -> tuple[Difference, ...]:
    """Return the comparison with central differences for each leaf of an expression, in float64."""
    program = parse(text)
    given = as_leaves(values, seed)
    explanation = explain_expression(text, given, wrt=wrt)
    gradients, inside = explanation.gradients, kinked(explanation)
    leaves = {name: leaf.detach() for name, leaf in wanted(program, given, wrt).items()}
    if sum(leaves[name].numel() for name in gradients) > MOST_ENTRIES:
        raise GlassnetError(
            f"the check moves every number of every leaf; more than {MOST_ENTRIES} take too long."
        )
    return tuple(
        _difference(program, leaves, (name, gradient), inside)
        for name, gradient in gradients.items()
        if gradient is not None
    )


def _difference(
    program: Program, leaves: Mapping[str, Tensor], leaf: tuple[str, Tensor], inside: tuple[str, ...]
) -> Difference:
    name, gradient = leaf
    here = _value(program, leaves)
    wide = [_slopes(program, leaves, name, at, STEP, here) for at in range(gradient.numel())]
    left, right = (torch.tensor([one[side] for one in wide], dtype=torch.float64) for side in (0, 1))
    jump = right - left
    size = 1.0 + torch.maximum(left.abs(), right.abs()) + abs(here)
    kink = ~torch.isfinite(jump) | (jump.abs() > 100 * TOLERANCE * size)
    for at in (kink & torch.isfinite(jump)).nonzero().flatten().tolist():
        # Curvature makes the two sides differ too, but by an eighth as much at an eighth of the step.
        low, high = _slopes(program, leaves, name, at, STEP / 8, here)
        kink[at] = abs(high - low) > 0.5 * abs(float(jump[at]))
    central = (left + right) / 2
    apart = torch.where(kink, 0.0, (central - gradient.flatten()).abs())
    return Difference(
        name=name,
        gradient=gradient,
        central=central.reshape(gradient.shape),
        left=left.reshape(gradient.shape),
        right=right.reshape(gradient.shape),
        kink=kink.reshape(gradient.shape),
        largest=float(apart.max()) if apart.numel() else 0.0,
        inside=inside,
        agrees=bool(inside) or bool((apart <= TOLERANCE * size).all()),
    )


def _slopes(
    program: Program, leaves: Mapping[str, Tensor], name: str, at: int, step: float, here: float
) -> tuple[float, float]:
    """Return the slopes to the left and to the right of one number."""
    value = float(leaves[name].flatten()[at])
    h = step * max(1.0, abs(value))
    low = (here - _value(program, _moved(leaves, name, at, value - h))) / h
    return low, (_value(program, _moved(leaves, name, at, value + h)) - here) / h


def _moved(leaves: Mapping[str, Tensor], name: str, at: int, value: float) -> dict[str, Tensor]:
    moved = leaves[name].clone()
    moved.view(-1)[at] = value
    return {**leaves, name: moved}


def _value(program: Program, leaves: Mapping[str, Tensor]) -> float:
    with torch.no_grad():
        return float(evaluate(program, leaves)[0])

"""What a local rule is: how one input of an operation moves its result, in words and in numbers.

In the texts, `G` is the gradient that arrives from above: the derivative of the final number with
respect to the result of the operation.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.graph import Node as GradFn

WORD_IN_BRACES = re.compile(r"\{(\w+)\}")


class NotKeptError(LookupError):
    """The graph of torch does not keep what a local rule needs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Applied:
    """One operation as it happened: torch's node, and what its inputs and result are called."""

    grad_fn: GradFn
    result: str  # name of the result
    inputs: tuple[str, ...]  # names of the inputs, in torch's order
    shapes: tuple[tuple[int, ...] | None, ...]  # shape of each input; None where no gradient goes there
    numbers: tuple[str, ...] = ()  # plain numbers among the arguments, where a watch saw them

    def saved(self, name: str) -> Any:
        """Return what the graph keeps under `_saved_<name>`; raises NotKeptError if nothing."""
        kept = getattr(self.grad_fn, f"_saved_{name}", None)
        if kept is None:
            raise NotKeptError(f"{self.grad_fn.name()} keeps no '{name}'")
        return kept

    def tensor(self, name: str) -> Tensor:
        """Return the saved tensor of that name without its history."""
        kept = self.saved(name)
        if not isinstance(kept, Tensor):
            return number(float(kept))
        # torch keeps a plain number as a 0-d tensor whose dtype does not count: 1.0 / it is float32.
        return number(kept.item()) if kept.dim() == 0 and kept.dtype == torch.float64 else kept.detach().cpu()

    def shape(self, slot: int) -> tuple[int, ...]:
        """Return the shape of an input; raises NotKeptError where no gradient goes there."""
        shape = self.shapes[slot]
        if shape is None:
            raise NotKeptError(f"the shape of input {slot + 1} is not kept")
        return shape

    def dims(self, rank: int, name: str = "dim") -> tuple[int, ...]:
        """Return the saved dimensions, counted from 0; all of them where none are named."""
        kept = getattr(self.grad_fn, f"_saved_{name}", None)
        several = (kept,) if isinstance(kept, int) else tuple(kept or ())
        return tuple(signed(one) % max(rank, 1) for one in several) or tuple(range(rank))

    def write(self, template: str) -> str:
        """Return the template with `{0}`, `{1}` (inputs), `{y}` (result) and `{saved}` filled in."""
        return WORD_IN_BRACES.sub(lambda match: self._word(match.group(1)), template)

    def _word(self, word: str) -> str:
        if word.isdigit():
            return self.inputs[int(word)] if int(word) < len(self.inputs) else "…"
        if word == "y":
            return self.result
        if word == "number":
            return self.numbers[0] if self.numbers else "constant"
        if word == "all":
            return ", ".join(self.inputs)
        return written(getattr(self.grad_fn, f"_saved_{word}", None))


@dataclass(frozen=True, kw_only=True, slots=True)
class Local:
    """The local rule of one input: its text, its numbers where it has some, and what it passes on."""

    text: str  # "3 * a**2", or a vector-Jacobian product: "G @ w.T"
    derivative: Tensor | None  # per entry; None where the rule is a vector-Jacobian product
    pass_on: Callable[[Tensor], Tensor]  # gradient from above -> gradient for this input


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One kind of operation: its plain name, how it is written, and its local rule per input."""

    plain: str  # "power"
    writes: str  # "{0} ** {exponent}"
    local: Callable[[Applied, int], Local]


def signed(number: int) -> int:
    """Return the number that torch shows as unsigned 64 bits: 18446744073709551615 is -1."""
    return number - 2**64 if number >= 2**63 else number


def written(value: object) -> str:
    """Return a saved setting as a person would type it."""
    if isinstance(value, bool | str) or value is None:
        return str(value)
    if isinstance(value, int):
        return str(signed(value))
    if isinstance(value, float) or (isinstance(value, Tensor) and value.numel() == 1):
        return f"{float(value):g}"
    if isinstance(value, tuple | list):
        return ", ".join(written(one) for one in value)
    return "…"


def times(op: Applied, text: str, derivative: Tensor) -> Local:
    """Return the rule "gradient from above times this number", entry by entry."""
    return Local(text=op.write(text), derivative=derivative, pass_on=lambda g: g * derivative)


def product(op: Applied, text: str, pass_on: Callable[[Tensor], Tensor]) -> Local:
    """Return a rule that is a vector-Jacobian product, named by its text."""
    return Local(text=op.write(text), derivative=None, pass_on=pass_on)


def number(value: float) -> Tensor:
    """Return a 0-d float64 tensor; multiplying by it leaves the other's dtype as it is."""
    return torch.tensor(value, dtype=torch.float64)


def sum_to(gradient: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Return the gradient summed over the dimensions that broadcasting had added or stretched."""
    extra = gradient.dim() - len(shape)
    if extra > 0:
        gradient = gradient.sum(dim=tuple(range(extra)))
    stretched = tuple(i for i, size in enumerate(shape) if size == 1 and gradient.shape[i] != 1)
    return gradient.sum(dim=stretched, keepdim=True) if stretched else gradient

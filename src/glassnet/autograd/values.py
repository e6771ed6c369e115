"""The frozen values an explanation is made of, and what its table and picture read of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from torch import Tensor


class Kind(StrEnum):
    """What a node of the graph is."""

    LEAF = "leaf"  # a tensor whose gradient is wanted
    OPERATION = "operation"
    CONSTANT = "constant"  # a named tensor whose gradient is not wanted


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Node:
    """One leaf, operation or constant: what it is called, its value, and the gradient that arrives at it."""

    key: int  # place in `Explanation.nodes`
    kind: Kind
    name: str  # "a", or "u1" for a result that nobody named
    plain: str  # "power"
    torch_name: str  # "PowBackward0"; empty for a constant
    text: str  # "a ** 3"; the name for a leaf
    values: tuple[Tensor | None, ...]  # one per result of the operation; None where the graph kept none
    gradients: tuple[Tensor | None, ...]  # the gradient arriving from above, recomputed; one per result
    torch_gradients: tuple[Tensor | None, ...]  # the same from torch.autograd.grad
    difference: float = 0.0  # largest difference of the two
    agrees: bool = True  # whether the difference is rounding

    @property
    def value(self) -> Tensor | None:
        """The (first) result."""
        return self.values[0]

    @property
    def gradient(self) -> Tensor | None:
        """The gradient that arrives at the (first) result: derivative of the output by this node."""
        return self.gradients[0]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Edge:
    """One input of one operation: the local rule, and the gradient passed on through it."""

    source: int  # key of the input
    port: int  # which of the input's results, counted from 0
    target: int  # key of the operation
    slot: int  # which input of the operation, counted from 0
    text: str  # the local rule: "3 * a**2", "G @ w.T"
    derivative: Tensor | None  # its numbers; None for a vector-Jacobian product
    passed: Tensor | None  # the gradient passed on, recomputed from the rule; None to a constant
    torch_passed: Tensor | None  # what torch's own node passes on from the same gradient
    recomputed: bool  # False: no rule is written out, `passed` is torch's own
    difference: float = 0.0  # largest difference of `passed` and `torch_passed`
    agrees: bool = True  # whether the difference is rounding
    remark: str = ""  # "summed over the dimensions that broadcasting added"


class Explained(Protocol):
    """What the table, the steps and the picture read of an explanation."""

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Every node after its inputs; the constants last."""

    @property
    def edges(self) -> tuple[Edge, ...]:
        """Every edge, in the order in which the gradients flow."""

    @property
    def output(self) -> int:
        """The key of the output."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences: what cannot be shown."""

    @property
    def leaves(self) -> tuple[Node, ...]:
        """The leaves, in the order of first use."""

    @property
    def mismatches(self) -> tuple[str, ...]:
        """One sentence for every gradient that differs from torch's."""

    @property
    def agrees(self) -> bool:
        """Whether every recomputed gradient is torch's."""

    def into(self, node: Node) -> tuple[Edge, ...]:
        """Return the edges from the inputs of an operation."""

    def uses_of(self, node: Node) -> tuple[Edge, ...]:
        """Return the edges to the operations that use a node."""

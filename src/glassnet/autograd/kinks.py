"""Operations that stand exactly at a kink, where the slope to the left is not that to the right.

There torch takes one slope by convention (0 for relu and abs, equal shares for max), and what it
passes down a chain of several kinks need not be any slope that can be measured.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from torch import Tensor

from glassnet.autograd.values import Edge, Explained, Node

Test = Callable[[Node, Edge, Tensor], bool]  # the operation, an edge into it, the input's value


def _at_zero(node: Node, edge: Edge, value: Tensor) -> bool:
    return bool((value == 0.0).any())


def _shared(node: Node, edge: Edge, value: Tensor) -> bool:
    """Return whether the gradient was shared among equals."""
    slope = edge.derivative
    return slope is not None and bool(((slope != 0.0) & (slope.abs() != 1.0)).any())


def _tied(node: Node, edge: Edge, value: Tensor) -> bool:
    """Return whether the entry that was taken has an equal: one entry takes all, so nothing is shared."""
    taken = edge.derivative
    if taken is None or taken.dim() == 0:
        return False
    return any(
        bool(((value == value.gather(dim, taken.argmax(dim, keepdim=True))).sum(dim) > 1).any())
        for dim in range(value.dim())
        if bool((taken.sum(dim) == 1.0).all())
    )


def _nothing(node: Node, edge: Edge, value: Tensor) -> bool:
    return node.value is not None and bool((node.value == 0.0).any())


KINKS: Final[dict[str, Test]] = {
    "ReluBackward0": _at_zero,
    "LeakyReluBackward0": _at_zero,
    "AbsBackward0": _at_zero,
    "SignBackward0": _at_zero,
    "MaximumBackward0": _shared,
    "MinimumBackward0": _shared,
    "MaxBackward0": _tied,
    "MinBackward0": _tied,
    "MaxBackward1": _shared,
    "MinBackward1": _shared,
    "StdBackward0": _nothing,
    "LinalgVectorNormBackward0": _nothing,
}


def kinked(explanation: Explained) -> tuple[str, ...]:
    """Return the operations that stand at a kink, as they are written: `relu(u2)`."""
    found: dict[str, None] = {}
    for edge in explanation.edges:
        node = explanation.nodes[edge.target]
        value = explanation.nodes[edge.source].values[edge.port]
        test = KINKS.get(node.torch_name)
        if test is not None and value is not None and edge.passed is not None and test(node, edge, value):
            found[node.text] = None
    return tuple(found)

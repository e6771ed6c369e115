"""`with watching():` keeps the value of every operation, for graphs that do not keep it themselves.

A dispatch mode sees each operation below autograd, when torch has just made the node of its backward
pass: the node's sequence number is then one less than the next to be given. A function mode sees each
result above autograd and hangs the records on the nodes (`grad_fn.metadata`), so that they live and
die with the graph and nothing is kept anywhere else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, cast

import torch
from torch import Tensor
from torch.autograd.graph import Node as GradFn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

KEY: Final = "glassnet"  # under which a record hangs on torch's node
LARGEST: Final = 1_000_000  # entries; larger tensors are not copied
OVERLOAD = re.compile(r"Backward\d+$")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Input:
    """An argument as it was when the operation ran."""

    value: Tensor | None  # a copy; None for an absent or a very large one
    place: int  # its address in memory then; 0 for a plain number


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Record:
    """One operation as it was watched."""

    operation: str  # "aten::mul"
    inputs: tuple[Input, ...]  # in torch's order, as the edges of its node
    numbers: tuple[float, ...]  # plain numbers among the other arguments
    outputs: tuple[Tensor | None, ...]  # copies


def record_of(grad_fn: GradFn) -> Record | None:
    """Return what a watch kept of this node's operation, or None."""
    kept = _metadata(grad_fn).get(KEY)
    return kept if isinstance(kept, Record) else None


def _metadata(grad_fn: GradFn) -> dict[str, object]:
    """Return the dictionary that torch keeps with a node (its stub calls it a method)."""
    return cast(dict[str, object], grad_fn.metadata)


def _next_number() -> int:
    """Return the sequence number of the next node of the backward graph, counted per thread."""
    return int(torch._C._autograd._get_sequence_nr())


@contextmanager
def watching() -> Iterator[None]:
    """Return a context in which each operation's inputs and results are copied for `explain`.

    Meant for small programs: every tensor of up to a million numbers is copied once per use.
    """
    keep = _Keep()
    with _Hang(keep), keep:
        yield


class _Keep(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch leaves its hook unannotated
    """Copies the operands of every operation that makes a node, by the node's sequence number."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch leaves it unannotated
        self.records: dict[int, Record] = {}
        self.start = _next_number()

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # Compiled code is not watched; True would import its compiler, a second, at the first operation.
        return False

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        named = dict(kwargs or {})
        number = _next_number() - 1
        # The first operation after a node was made is the node's own; later ones make no node.
        if number < self.start or number in self.records:
            return func(*args, **named)
        inputs, numbers = _arguments(func, args, named)
        result = func(*args, **named)
        outputs = result if isinstance(result, tuple | list) else (result,)
        self.records[number] = Record(
            operation=func._schema.name,
            inputs=inputs,
            numbers=numbers,
            outputs=tuple(_copy(one) for one in outputs if isinstance(one, Tensor)),
        )
        return result


class _Hang(TorchFunctionMode):
    """Hangs the records on the nodes of each result."""

    def __init__(self, keep: _Keep) -> None:
        super().__init__()
        self.keep = keep

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        for one in result if isinstance(result, tuple | list) else (result,):
            if isinstance(one, Tensor) and one.grad_fn is not None:
                hang(one.grad_fn, self.keep.records, self.keep.start)
        return result


def hang(grad_fn: GradFn, records: Mapping[int, Record], start: int) -> None:
    """Put each record on its node, from this node down to those that have one or are older."""
    waiting: list[GradFn] = [grad_fn]
    while waiting:
        node = waiting.pop()
        if KEY in _metadata(node) or hasattr(node, "variable") or node._sequence_nr() < start:
            continue
        record = records.get(node._sequence_nr())
        _metadata(node)[KEY] = record if record is not None and _belongs(record, node) else "unseen"
        waiting.extend(below for below, _ in node.next_functions if below is not None)


def _belongs(record: Record, node: GradFn) -> bool:
    """Return whether the operation's name is the node's: aten::log_softmax and LogSoftmaxBackward0."""
    own = OVERLOAD.sub("", node.name()).lower()
    return record.operation.split("::")[-1].replace("_", "").lower().startswith(own)


def _arguments(
    func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[tuple[Input, ...], tuple[float, ...]]:
    """Return the tensor arguments and the plain numbers of a call, in the order of its schema."""
    inputs: list[Input] = []
    numbers: list[float] = []
    for place, argument in enumerate(func._schema.arguments):
        value = args[place] if place < len(args) else kwargs.get(argument.name, argument.default_value)
        if "Tensor" in str(argument.type):
            several = value if isinstance(value, tuple | list) else (value,)
            inputs.extend(_input(one) for one in several if _can_have_gradient(one))
        elif isinstance(value, int | float) and str(argument.type) == "number":
            numbers.append(float(value))
    return tuple(inputs), tuple(numbers)


def _can_have_gradient(value: object) -> bool:
    return not isinstance(value, Tensor) or value.is_floating_point()


def _input(value: object) -> Input:
    if isinstance(value, Tensor):
        return Input(value=_copy(value), place=value.data_ptr())
    if isinstance(value, int | float):
        return Input(value=torch.tensor(float(value), dtype=torch.float64), place=0)
    return Input(value=None, place=0)


def _copy(value: Tensor) -> Tensor | None:
    small = value.numel() <= LARGEST and not value.is_sparse
    return value.detach().clone().cpu() if small else None

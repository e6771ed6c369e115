"""Reading torch's graph: its nodes after their inputs, their names, and every value it still keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from torch.autograd.graph import Node as GradFn

from glassnet.autograd.forward import Input, record_of
from glassnet.autograd.rules.local import Applied, Rule, signed
from glassnet.autograd.wording import short
from glassnet.errors import GlassnetError

NOTHING_KEPT: Final = "run the program inside `with glassnet.watching():` to see it."
SAVED_BY_SLOT: Final = ("self", "other")  # where an operation of two inputs keeps the unnamed one
INLINE_CONSTANT: Final = 4  # entries of a constant that is written out in an operation's text

Port = tuple[GradFn, int]  # a result of an operation: its node and which result


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Constant:
    """A named tensor that asks for no gradient, found among the inputs of the operations."""

    key: int
    name: str
    value: Tensor


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Graph:
    """torch's graph as read: what `flow` needs to send the gradients down."""

    order: tuple[GradFn, ...]  # every node after its inputs; the keys are the places
    keys: Mapping[GradFn, int]
    applied: tuple[Applied, ...]  # one per node; for a leaf with its name as the result
    rules: tuple[Rule | None, ...]  # one per node; None for a leaf or where none is written out
    values: Mapping[Port, Tensor]
    constants: tuple[Constant, ...]
    constant_edges: tuple[tuple[int, int, int], ...]  # key of the constant, key of the operation, slot
    output: int

    def shows(self, tensor: Tensor) -> bool:
        """Return whether a named tensor is a node here."""
        if tensor.grad_fn is not None:
            return tensor.grad_fn in self.keys
        leaf = any(getattr(grad_fn, "variable", None) is tensor for grad_fn in self.order)
        return leaf or any(_same(tensor, one.value) for one in self.constants)


def translated(error: RuntimeError) -> GlassnetError:
    """Return torch's complaint about a graph that can no longer be read, in words with a remedy."""
    text = str(error)
    if "second time" in text or "already been freed" in text:
        return GlassnetError(
            "the graph of this tensor is gone: backward() frees it. Call explain before backward(), or"
            " backward(retain_graph=True)."
        )
    if "modified by an inplace operation" in text:
        return GlassnetError(
            "a value that the gradient needs was overwritten in place (an operation such as add_ or x[...] ="
            " after it was used); torch cannot go backward through it either. Write the changed value to a"
            " new tensor."
        )
    return GlassnetError(f"torch cannot go backward through this graph: {text.splitlines()[0]}")


def read_graph(output: Tensor, names: Mapping[str, Tensor], rules: Mapping[str, Rule]) -> Graph:
    """Return the graph behind the output, with every value that can be had."""
    root = _node_of(output)
    order = _after_inputs(root)
    keys = {grad_fn: key for key, grad_fn in enumerate(order)}
    values = _values(order, output)
    called = _names(order, root, names)
    constants, edges = _constants(order, names)
    by_slot = {(target, slot): constants[key - len(order)].name for key, target, slot in edges}
    applied = tuple(_applied(grad_fn, keys, called, by_slot) for grad_fn in order)
    return Graph(
        order=order,
        keys=keys,
        applied=applied,
        rules=tuple(rules.get(type(grad_fn).__name__) for grad_fn in order),
        values=values,
        constants=constants,
        constant_edges=edges,
        output=keys[root],
    )


def result_shape(port: Port) -> tuple[int, ...]:
    """Return the shape of an operation's result, or of a leaf."""
    grad_fn, number = port
    leaf = getattr(grad_fn, "variable", None)
    return tuple(leaf.shape if leaf is not None else grad_fn._input_metadata[number].shape)


def results(grad_fn: GradFn) -> int:
    """Return how many results an operation has."""
    return 1 if hasattr(grad_fn, "variable") else len(grad_fn._input_metadata)


def inputs_of(grad_fn: GradFn) -> Iterator[tuple[int, Port]]:
    """Yield the inputs that a gradient goes to: the slot, and the result it is."""
    for slot, (below, number) in enumerate(grad_fn.next_functions):
        if below is not None:
            yield slot, (below, number)


def _node_of(tensor: Tensor) -> GradFn:
    return torch.autograd.graph.get_gradient_edge(tensor).node


def _after_inputs(root: GradFn) -> tuple[GradFn, ...]:
    """Return every node after its inputs, in the order of first use; without recursion, for deep graphs."""
    order: dict[GradFn, None] = {}
    waiting: list[tuple[GradFn, bool]] = [(root, False)]
    while waiting:
        grad_fn, inputs_are_done = waiting.pop()
        if grad_fn in order:
            continue
        if inputs_are_done:
            order[grad_fn] = None
            continue
        waiting.append((grad_fn, True))
        below = [port[0] for _, port in inputs_of(grad_fn)]
        waiting.extend((one, False) for one in reversed(below) if one not in order)
    return tuple(order)


def _values(order: tuple[GradFn, ...], output: Tensor) -> dict[Port, Tensor]:
    """Return the forward values: watched, of leaves, the output's, and those saved for backward."""
    values: dict[Port, Tensor] = {}
    for grad_fn in order:
        record = record_of(grad_fn)
        for number, kept in enumerate(record.outputs if record else ()):
            if (
                kept is not None
                and number < results(grad_fn)
                and kept.shape == result_shape((grad_fn, number))
            ):
                values[grad_fn, number] = kept
        if hasattr(grad_fn, "variable"):
            values[grad_fn, 0] = grad_fn.variable.detach().cpu()
        for saved in _saved_tensors(grad_fn):
            if saved.grad_fn is not None:
                values.setdefault((saved.grad_fn, saved.output_nr), saved.detach().cpu())
    values[_node_of(output), output.output_nr] = output.detach().cpu()
    return values


def _saved_tensors(grad_fn: GradFn) -> Iterator[Tensor]:
    """Yield the tensors that a node keeps for its backward pass."""
    if isinstance(grad_fn, torch.autograd.function.BackwardCFunction):
        yield from (one for one in grad_fn.saved_tensors if isinstance(one, Tensor))
        return
    for name in dir(grad_fn):
        if name.startswith("_saved_"):
            kept = getattr(grad_fn, name)
            several = kept if isinstance(kept, tuple | list) else (kept,)
            yield from (one for one in several if isinstance(one, Tensor))


def _names(order: tuple[GradFn, ...], root: GradFn, given: Mapping[str, Tensor]) -> list[str]:
    """Return what each node is called: as given, else leaf1.. for leaves and u1.. for results."""
    known = {_node_of(tensor): name for name, tensor in given.items() if tensor.requires_grad}
    taken = set(given)
    fresh = {stem: _fresh(stem, taken) for stem in ("leaf", "u")}
    called = []
    for grad_fn in order:
        if grad_fn in known:
            called.append(known[grad_fn])
        elif grad_fn is root and "out" not in taken:
            called.append("out")
        else:
            called.append(next(fresh["leaf" if hasattr(grad_fn, "variable") else "u"]))
    return called


def _fresh(stem: str, taken: set[str]) -> Iterator[str]:
    count = 0
    while True:
        count += 1
        if f"{stem}{count}" not in taken:
            yield f"{stem}{count}"


def _constants(
    order: tuple[GradFn, ...], names: Mapping[str, Tensor]
) -> tuple[tuple[Constant, ...], tuple[tuple[int, int, int], ...]]:
    """Return the named tensors without gradient that operations use, and where they use them."""
    quiet = {name: tensor for name, tensor in names.items() if not tensor.requires_grad}
    found: dict[str, Constant] = {}
    edges: list[tuple[int, int, int]] = []
    for target, grad_fn in enumerate(order):
        for slot, value, place in _quiet_inputs(grad_fn):
            name = next((n for n, t in quiet.items() if t.data_ptr() == place and _same(t, value)), "")
            if name:
                key = len(order) + len(found)
                one = found.setdefault(name, Constant(key=key, name=name, value=value))
                edges.append((one.key, target, slot))
    return tuple(found.values()), tuple(edges)


def _same(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and bool(torch.equal(one.detach().cpu(), other.to(one.dtype)))


def _quiet_inputs(grad_fn: GradFn) -> Iterator[tuple[int, Tensor, int]]:
    """Yield the inputs that no gradient goes to, where they are known: slot, value, address."""
    quiet = [slot for slot, (below, _) in enumerate(grad_fn.next_functions) if below is None]
    if not quiet or hasattr(grad_fn, "variable"):
        return
    record = record_of(grad_fn)
    watched: tuple[Input, ...] = record.inputs if record else ()
    for slot in quiet:
        if len(watched) == len(grad_fn.next_functions):
            value, place = watched[slot].value, watched[slot].place
        else:
            value, place = _saved_input(grad_fn, slot)
        if value is not None:
            yield slot, value, place


def _saved_input(grad_fn: GradFn, slot: int) -> tuple[Tensor | None, int]:
    name = SAVED_BY_SLOT[slot] if len(grad_fn.next_functions) == 2 else "none"
    kept = getattr(grad_fn, f"_saved_{name}", None)
    return (kept.detach().cpu(), kept.data_ptr()) if isinstance(kept, Tensor) else (None, 0)


def _applied(
    grad_fn: GradFn, keys: Mapping[GradFn, int], called: list[str], constants: Mapping[tuple[int, int], str]
) -> Applied:
    """Return the operation with the names and shapes of its inputs."""
    key = keys[grad_fn]
    names = ["constant" for _ in grad_fn.next_functions]
    shapes: list[tuple[int, ...] | None] = [None for _ in names]
    for slot, value, _ in _quiet_inputs(grad_fn):
        small = value.numel() <= INLINE_CONSTANT and value.dim() <= 2
        names[slot] = constants.get((key, slot), short(value) if small else "constant")
    for slot, port in inputs_of(grad_fn):
        part = f"[{port[1]}]" if results(port[0]) > 1 else ""
        names[slot] = called[keys[port[0]]] + part
        shapes[slot] = result_shape(port)
    record = record_of(grad_fn)
    return Applied(
        grad_fn=grad_fn,
        result=called[key],
        inputs=tuple(names),
        shapes=tuple(shapes),
        numbers=tuple(f"{signed(int(n)) if n.is_integer() else n:g}" for n in record.numbers)
        if record
        else (),
    )

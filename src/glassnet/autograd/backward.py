"""Sending the gradients down the graph with our own local rules, beside torch's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor
from torch.autograd.graph import GradientEdge
from torch.autograd.graph import Node as GradFn

from glassnet.autograd.graph import Graph, Port, inputs_of, result_shape, results
from glassnet.autograd.rules.local import NotKeptError, sum_to
from glassnet.autograd.values import Edge, Kind, Node

# Rounding of a chain of a few dozen operations, relative to the largest number involved.
TOLERANCE: Final = {torch.float64: 1e-9, torch.float32: 1e-4}
COARSE: Final = 2e-2  # half precision
OWN_RULE: Final = "torch's own"
Gradients = dict[Port, Tensor]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Passed:
    """What one operation passes on to one input, by our rule and by torch."""

    text: str
    derivative: Tensor | None
    ours: Tensor | None  # None where no rule is written out
    remark: str


def flow(graph: Graph, output: Tensor) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """Return the nodes and edges with their gradients, recomputed and torch's."""
    arriving: Gradients = {(graph.order[graph.output], output.output_nr): torch.ones_like(output).cpu()}
    edges: list[Edge] = []
    for grad_fn in reversed(graph.order):
        if not hasattr(grad_fn, "variable"):
            edges.extend(_edges(graph, grad_fn, arriving))
    edges.extend(_quiet_edge(*edge) for edge in graph.constant_edges)
    return _nodes(graph, output, arriving, tuple(edges)), tuple(edges)


def _edges(graph: Graph, grad_fn: GradFn, arriving: Gradients) -> list[Edge]:
    """Return the edges to an operation's inputs, and add what they pass on to `arriving`."""
    above = [arriving.get((grad_fn, number)) for number in range(results(grad_fn))]
    if all(one is None for one in above):
        return []
    largest_above = max(_largest(one) for one in above if one is not None)
    by_torch = _by_torch(grad_fn, above)
    edges = []
    for slot, port in inputs_of(grad_fn):
        reference = _fitted(by_torch[slot], port)
        passed = _by_rule(graph, grad_fn, slot, above[0], port)
        ours = reference if passed.ours is None else passed.ours
        difference, allowed = _difference(ours, reference, largest_above)
        arriving[port] = arriving[port] + ours if port in arriving else ours
        edges.append(
            Edge(
                source=graph.keys[port[0]],
                port=port[1],
                target=graph.keys[grad_fn],
                slot=slot,
                text=passed.text,
                derivative=passed.derivative,
                passed=ours,
                torch_passed=reference,
                recomputed=passed.ours is not None,
                difference=difference,
                agrees=difference <= allowed,
                remark=passed.remark,
            )
        )
    return edges


def _by_rule(graph: Graph, grad_fn: GradFn, slot: int, above: Tensor | None, port: Port) -> _Passed:
    """Return what our local rule passes on, or torch's own where none is written out."""
    key = graph.keys[grad_fn]
    rule, applied = graph.rules[key], graph.applied[key]
    if rule is None or above is None:
        return _Passed(text=OWN_RULE, derivative=None, ours=None, remark="")
    try:
        local = rule.local(applied, slot)
    except NotKeptError:
        return _Passed(text=OWN_RULE, derivative=None, ours=None, remark="")
    passed = local.pass_on(above)
    shape = result_shape(port)
    remark = "" if tuple(passed.shape) == shape else "summed over the dimensions that broadcasting stretched"
    return _Passed(
        text=local.text,
        derivative=local.derivative,
        ours=sum_to(passed, shape).to(_dtype(port)),
        remark=remark,
    )


def _by_torch(grad_fn: Any, above: list[Tensor | None]) -> tuple[Tensor | None, ...]:
    """Return what torch's own node passes on to each of its inputs from these gradients."""
    moved = [
        one if one is None else one.to(meta.device, meta.dtype)
        for one, meta in zip(above, grad_fn._input_metadata, strict=True)
    ]
    call = grad_fn.apply if isinstance(grad_fn, torch.autograd.function.BackwardCFunction) else grad_fn
    with torch.no_grad():
        passed = call(*moved)
    return tuple(passed) if isinstance(passed, tuple | list) else (passed,)


def _fitted(passed: Tensor | None, port: Port) -> Tensor:
    """Return torch's gradient in the input's shape and dtype, as its engine does; zero where undefined."""
    if passed is None:
        return torch.zeros(result_shape(port), dtype=_dtype(port))
    dense = passed.to_dense() if passed.is_sparse else passed
    return sum_to(dense.detach().cpu(), result_shape(port)).to(_dtype(port))


def _leaf_or_metadata(port: Port) -> Any:
    leaf = getattr(port[0], "variable", None)
    return port[0]._input_metadata[port[1]] if leaf is None else leaf


def _dtype(port: Port) -> torch.dtype:
    dtype = _leaf_or_metadata(port).dtype
    assert isinstance(dtype, torch.dtype)
    return dtype


def _largest(gradient: Tensor) -> float:
    finite = gradient[torch.isfinite(gradient)]
    return float(finite.abs().max()) if finite.numel() else 0.0


def _difference(ours: Tensor, reference: Tensor, scale: float) -> tuple[float, float]:
    """Return the largest difference (NaN equals NaN), and how much of it is rounding at this scale."""
    allowed = TOLERANCE.get(reference.dtype, COARSE) * max(scale, _largest(reference), _largest(ours))
    a, b = ours.to(torch.float64), reference.to(torch.float64)
    same = (a == b) | (a.isnan() & b.isnan())
    apart = torch.where(same, 0.0, (a - b).abs())
    worst = float(torch.where(apart.isnan(), torch.inf, apart).max()) if apart.numel() else 0.0
    return worst, allowed


def _quiet_edge(source: int, target: int, slot: int) -> Edge:
    return Edge(
        source=source, port=0, target=target, slot=slot, text="", derivative=None, passed=None,
        torch_passed=None, recomputed=False, remark="no gradient was asked for",
    )  # fmt: skip


def _nodes(graph: Graph, output: Tensor, arriving: Gradients, edges: tuple[Edge, ...]) -> tuple[Node, ...]:
    ports = [(one, number) for one in graph.order for number in range(results(one))]
    wanted = [_gradient_edge(port) for port in ports]
    by_torch = torch.autograd.grad(output, wanted, retain_graph=True, allow_unused=True)
    references = {
        port: one if one is None else _fitted(one, port) for port, one in zip(ports, by_torch, strict=True)
    }
    scale = max((_largest(edge.passed) for edge in edges if edge.passed is not None), default=1.0)
    nodes = [_node(graph, one, arriving, references, scale) for one in graph.order]
    quiet = [
        Node(
            key=one.key, kind=Kind.CONSTANT, name=one.name, plain="constant", torch_name="", text=one.name,
            values=(one.value,), gradients=(None,), torch_gradients=(None,),
        )
        for one in graph.constants
    ]  # fmt: skip
    return (*nodes, *quiet)


def _gradient_edge(port: Port) -> Any:
    leaf = getattr(port[0], "variable", None)
    return leaf if leaf is not None else GradientEdge(*port)


def _node(
    graph: Graph, grad_fn: GradFn, arriving: Gradients, references: Mapping[Port, Tensor | None], scale: float
) -> Node:
    key = graph.keys[grad_fn]
    applied, rule = graph.applied[key], graph.rules[key]
    is_leaf = hasattr(grad_fn, "variable")
    ports = [(grad_fn, number) for number in range(results(grad_fn))]
    pairs = [
        _difference(arriving[port], reference, scale)
        for port in ports
        if port in arriving and (reference := references[port]) is not None
    ]
    own = type(grad_fn).__name__.split("Backward")[0]
    written = f"{own}({', '.join(applied.inputs)})" if rule is None else applied.write(rule.writes)
    return Node(
        key=key,
        kind=Kind.LEAF if is_leaf else Kind.OPERATION,
        name=applied.result,
        plain="leaf" if is_leaf else own if rule is None else rule.plain,
        torch_name=type(grad_fn).__name__,
        text=applied.result if is_leaf else written,
        values=tuple(graph.values.get(port) for port in ports),
        gradients=tuple(arriving.get(port) for port in ports),
        torch_gradients=tuple(references[port] for port in ports),
        difference=max((one for one, _ in pairs), default=0.0),
        agrees=all(one <= allowed for one, allowed in pairs),
    )

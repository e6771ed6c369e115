"""`explain(tensor)`: walk torch's graph and say for every operation what it did to the gradient.

The gradients shown are computed here, from the local rules in `rules/`. torch is asked twice for the
same: each node for what it passes on from the same gradient (which finds a wrong rule where it is),
and `torch.autograd.grad` for every gradient of the graph (which finds a wrong sum).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from torch import Tensor

from glassnet.autograd.backward import flow
from glassnet.autograd.explanation import Explanation
from glassnet.autograd.graph import NOTHING_KEPT, Graph, read_graph, translated
from glassnet.autograd.rules.book import RULES
from glassnet.autograd.rules.local import Rule
from glassnet.autograd.values import Edge, Kind, Node
from glassnet.autograd.wording import shape_words
from glassnet.errors import GlassnetError, listed

NO_NAMES: Final[Mapping[str, Tensor]] = MappingProxyType({})


def explain(
    output: Tensor, *, names: Mapping[str, Tensor] = NO_NAMES, rules: Mapping[str, Rule] = RULES
) -> Explanation:
    """Return every value, local rule and gradient behind a scalar result of a torch program.

    `names` says what tensors are called: `dict(model.named_parameters())`. Nothing of torch's is
    changed: no `.grad` is written and the graph can still be used. Raises GlassnetError where there is
    nothing to explain: no scalar, no gradient wanted, or a graph that `backward()` has already freed.
    """
    _checked(output)
    try:
        graph = read_graph(output, names, rules)
        nodes, edges = flow(graph, output)
    except RuntimeError as error:
        raise translated(error) from error
    return Explanation(
        nodes=nodes, edges=edges, output=graph.output, notes=tuple(_notes(graph, nodes, edges, names))
    )


def _checked(output: object) -> None:
    if not isinstance(output, Tensor):
        raise GlassnetError(f"explain needs a torch tensor, but it was given {type(output).__name__}.")
    if output.numel() != 1:
        raise GlassnetError(
            "a gradient is the slope of a single number, but the result has"
            f" {shape_words(tuple(output.shape))}; take its sum or mean first."
        )
    if not output.requires_grad:
        raise GlassnetError(
            "nothing to explain: the result depends on no tensor with requires_grad=True, or it was made"
            " under no_grad() or by detach()."
        )
    if output.is_complex():
        raise GlassnetError("complex numbers are not explained; only real ones are.")


def _notes(
    graph: Graph, nodes: tuple[Node, ...], edges: tuple[Edge, ...], names: Mapping[str, Tensor]
) -> list[str]:
    output = nodes[graph.output].name
    own = [nodes[edge.target].torch_name for edge in edges if not edge.recomputed and edge.passed is not None]
    unkept = [node.name for node in nodes if node.kind is Kind.OPERATION and node.values[0] is None]
    notes = [_unreached(name, tensor, output) for name, tensor in names.items() if not graph.shows(tensor)]
    if unkept:
        notes.append(f"torch's graph does not keep the value of {listed(unkept)}: {NOTHING_KEPT}")
    if own:
        notes.append(
            f"no local rule is written out here for {listed(dict.fromkeys(own))}: the gradients they pass on"
            " are torch's own, not recomputed."
        )
    return notes


def _unreached(name: str, tensor: Tensor, output: str) -> str:
    if not tensor.requires_grad:
        return f"{name} asks for no gradient and was not seen on the way to {output}."
    return f"{name} does not reach {output}: no gradient flows to it, and torch leaves its .grad at None."

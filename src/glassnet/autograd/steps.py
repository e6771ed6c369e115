"""The chain rule line by line, with the numbers in it."""

from __future__ import annotations

from glassnet.autograd.values import Edge, Explained, Kind, Node
from glassnet.autograd.wording import bracketed, short


def chain_rule(explanation: Explained) -> tuple[str, ...]:
    """Return the lines of the forward pass, of the backward pass, and of the sums over paths."""
    output = explanation.nodes[explanation.output]
    return (
        "Forward: the values",
        *(f"  {line}" for line in _forward(explanation)),
        "",
        f"Backward: the chain rule, from {output.name} to the leaves",
        f"  d{output.name}/d{output.name} = 1",
        *(f"  {line}" for line in _backward(explanation, output)),
        "",
        "Gradients",
        *(f"  d{output.name}/d{leaf.name} = {short(leaf.gradient)}" for leaf in explanation.leaves),
    )


def _forward(explanation: Explained) -> list[str]:
    given = [node for node in explanation.nodes if node.kind is not Kind.OPERATION]
    made = [node for node in explanation.nodes if node.kind is Kind.OPERATION]
    return [f"{node.name} = {short(node.value)}" for node in given] + [
        f"{node.name} = {node.text} = {short(node.value)}" for node in made
    ]


def _backward(explanation: Explained, output: Node) -> list[str]:
    """Return a line per edge, and after the last one into a node the sum over its paths."""
    lines: list[str] = []
    last_use = {edge.source: edge for edge in explanation.edges}
    for edge in explanation.edges:
        if edge.passed is None:
            continue
        lines.append(_line(explanation, edge, output.name))
        source = explanation.nodes[edge.source]
        uses = explanation.uses_of(source)
        if len(uses) > 1 and last_use[edge.source] is edge and len(source.values) == 1:
            terms = " + ".join(bracketed(short(use.passed)) for use in uses)
            lines.append(
                f"d{output.name}/d{source.name} = {terms} = {short(source.gradient)}"
                f"   (sum over its {len(uses)} paths)"
            )
    return lines


def _line(explanation: Explained, edge: Edge, output: str) -> str:
    """Return `dy/da = dy/du1 · 3 * a**2 = 1 · 75 = 75`, or with the vector-Jacobian product named."""
    target, source = explanation.nodes[edge.target], explanation.nodes[edge.source]
    above = f"d{output}/d{target.name}"
    via = f" via {target.name}" if len(explanation.uses_of(source)) > 1 else ""
    head = f"d{output}/d{source.name}{via} = "
    passed = short(edge.passed)
    if edge.derivative is None:
        if not edge.recomputed:
            return f"{head}{passed}   (torch's own {target.torch_name})"
        return f"{head}{edge.text} = {passed}   with G = {above} = {short(target.gradient)}"
    number = bracketed(short(edge.derivative))
    rule = bracketed(edge.text) if " " not in edge.text else f"({edge.text})"
    words = f"{above} · {rule}"
    numbers = f"{bracketed(short(target.gradient))} · {number}"
    return f"{head}{words} = {numbers} = {passed}" + (f"   ({edge.remark})" if edge.remark else "")

"""An explanation as a table of words and numbers, for a plain terminal, a file or `print`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from glassnet.autograd.values import Edge, Explained, Kind, Node
from glassnet.autograd.wording import bracketed, brief, digits, short

HOW_TO_READ: Final = (
    "How to read this: values are made downwards, gradients flow upwards;"
    " arriving G × local derivative = passed on."
)
OPERATION_HEADS: Final = (
    "result",
    "operation",
    "kind (torch)",
    "value",
    "arriving G",
    "local derivative",
    "passes on",
)
LEAF_HEADS: Final = ("leaf", "value", "gradient", "torch", "sum over paths")

Row = tuple[str, ...]


def operation_rows(explanation: Explained) -> list[Row]:
    """Return one row per operation and input, in the order of `OPERATION_HEADS`."""
    rows: list[Row] = []
    for node in explanation.nodes:
        if node.kind is not Kind.OPERATION:
            continue
        head = (
            node.name,
            node.text,
            f"{node.plain} ({node.torch_name})",
            _every(node.values),
            _arriving(node),
        )
        edges = [edge for edge in explanation.into(node) if edge.passed is not None]
        tails = [(local_words(edge), _passed(explanation, edge)) for edge in edges] or [("", "")]
        rows.extend((*(head if place == 0 else ("",) * 5), *tail) for place, tail in enumerate(tails))
    return rows


def leaf_rows(explanation: Explained) -> list[Row]:
    """Return one row per leaf and constant, in the order of `LEAF_HEADS`."""
    rows: list[Row] = [
        (leaf.name, short(leaf.value), short(leaf.gradient), verdict(leaf), paths(explanation, leaf))
        for leaf in explanation.leaves
    ]
    quiet = [node for node in explanation.nodes if node.kind is Kind.CONSTANT]
    return rows + [(one.name, short(one.value), "not asked for", "", "") for one in quiet]


def local_words(edge: Edge) -> str:
    """Return the local rule with its number, `3 * a**2 = 75`; the rule alone where it says the number."""
    if edge.derivative is None or edge.text.endswith("for every entry"):
        return edge.text
    number = brief(edge.derivative)
    return edge.text if edge.text == number else f"{edge.text} = {number}"


def verdict(node: Node) -> str:
    """Return whether torch found the same gradient."""
    return "same" if node.agrees else f"DIFFERS: {short(node.torch_gradients[0])}"


def paths(explanation: Explained, node: Node) -> str:
    """Return the sum over the uses of a node, `75 (u1) + 2 (u3) = 77`; empty for a single use."""
    uses = explanation.uses_of(node)
    if len(uses) < 2 or any(edge.passed is None for edge in uses):
        return ""
    terms = [f"{bracketed(brief(edge.passed))} via {explanation.nodes[edge.target].name}" for edge in uses]
    shown = terms if len(terms) <= 4 else [*terms[:4], f"{len(terms) - 4} more"]
    return " + ".join(shown)


def plain_table(explanation: Explained) -> str:
    """Return the whole explanation as text: operations, leaves, notes, and how to read it."""
    output = explanation.nodes[explanation.output]
    parts = [f"{output.name} = {short(output.value)}", columns(OPERATION_HEADS, operation_rows(explanation))]
    parts += [columns(LEAF_HEADS, leaf_rows(explanation)), *closing_lines(explanation), HOW_TO_READ]
    return "\n\n".join(part for part in parts if part)


def closing_lines(explanation: Explained) -> list[str]:
    """Return the verdict on the whole, the mismatches and the notes."""
    return [agreement(explanation), *(f"WRONG: {one}" for one in explanation.mismatches), *explanation.notes]


def agreement(explanation: Explained) -> str:
    """Return one sentence: how many gradients were recomputed, and whether they are torch's."""
    rules = [edge for edge in explanation.edges if edge.recomputed]
    if not explanation.agrees:
        return (
            "The recomputed gradients DO NOT AGREE with torch's; a local rule is wrong or a hook changed one."
        )
    worst = max((node.difference for node in explanation.nodes), default=0.0)
    return (
        f"Checked: {len(rules)} local {'rule' if len(rules) == 1 else 'rules'} recomputed; every gradient"
        f" equals torch's (largest difference {digits(worst, 2)})."
    )


def columns(heads: Sequence[str], rows: Sequence[Row]) -> str:
    """Return rows under their heads, aligned; columns that are empty throughout are left out."""
    used = [i for i in range(len(heads)) if any(row[i] for row in rows)]
    if not rows:
        return ""
    lines = [[heads[i] for i in used], *([row[i] for i in used] for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(used))]
    texts = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    rule = "  ".join("-" * width for width in widths)
    return "\n".join(text.rstrip() for text in [texts[0], rule, *texts[1:]])


def _arriving(node: Node) -> str:
    return "none" if all(one is None for one in node.gradients) else _every(node.gradients, "none")


def _every(values: Sequence[object], absent: str = "not kept") -> str:
    """Return one value, or all of an operation with several results."""
    return " | ".join(absent if one is None else brief(one) for one in values)  # type: ignore[arg-type]


def _passed(explanation: Explained, edge: Edge) -> str:
    source = explanation.nodes[edge.source]
    to = source.name if len(source.values) == 1 else f"{source.name}[{edge.port}]"
    mark = "" if edge.agrees else f"  WRONG, torch: {short(edge.torch_passed)}"
    remark = f" ({edge.remark})" if edge.remark else ""
    return f"{brief(edge.passed)} to {to}{remark}{mark}"

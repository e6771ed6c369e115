"""The value that `explain` returns: prints as the table, shows itself in a notebook as the picture."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from glassnet.autograd.values import Edge, Kind, Node
from glassnet.errors import GlassnetError, listed, near_miss


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Explanation:
    """A computation seen whole: every value, local rule and gradient from the leaves to the output."""

    nodes: tuple[Node, ...]  # every node after its inputs; the constants last
    edges: tuple[Edge, ...]  # in the order in which the gradients flow, from the output down
    output: int  # key of the output
    notes: tuple[str, ...]  # sentences: what cannot be shown, what does not reach the output

    @property
    def leaves(self) -> tuple[Node, ...]:
        """The leaves, in the order of first use."""
        return tuple(node for node in self.nodes if node.kind is Kind.LEAF)

    @property
    def gradients(self) -> dict[str, Tensor | None]:
        """The gradient of the output by each leaf, by the leaf's name."""
        return {leaf.name: leaf.gradient for leaf in self.leaves}

    @property
    def mismatches(self) -> tuple[str, ...]:
        """One sentence for every gradient that differs from torch's; empty when all agree."""
        edges = [edge for edge in self.edges if not edge.agrees]
        return tuple(
            f"the rule '{edge.text}' of {self.nodes[edge.target].text} ({self.nodes[edge.target].torch_name})"
            f" passes on a gradient to {self.nodes[edge.source].name} that differs from torch's by"
            f" {edge.difference:.3g}."
            for edge in edges
        ) + tuple(
            f"the gradient at {node.name} differs from torch's by {node.difference:.3g}."
            for node in self.nodes
            if not node.agrees
        )

    @property
    def agrees(self) -> bool:
        """Whether every recomputed gradient is torch's, up to rounding."""
        return all(edge.agrees for edge in self.edges) and all(node.agrees for node in self.nodes)

    def node(self, name: str) -> Node:
        """Return the node of that name; raises GlassnetError naming the nearest one."""
        by_name = {node.name: node for node in self.nodes}
        if name not in by_name:
            raise GlassnetError(
                f"no value is called '{name}'.{near_miss(name, by_name)} Known: {listed(by_name)}."
            )
        return by_name[name]

    def into(self, node: Node) -> tuple[Edge, ...]:
        """Return the edges from the inputs of an operation, by slot."""
        return tuple(
            sorted((edge for edge in self.edges if edge.target == node.key), key=lambda edge: edge.slot)
        )

    def uses_of(self, node: Node) -> tuple[Edge, ...]:
        """Return the edges to the operations that use a node: the paths its gradient is the sum over."""
        uses = (edge for edge in self.edges if edge.source == node.key)
        return tuple(sorted(uses, key=lambda edge: (edge.target, edge.slot)))

    def __str__(self) -> str:
        from glassnet.autograd.table import plain_table

        return plain_table(self)

    def _repr_svg_(self) -> str | None:
        # matplotlib takes a third of a second to import: only when a picture is wanted.
        from glassnet.autograd.picture import NODE_LIMIT, svg

        return svg(self) if len(self.nodes) <= NODE_LIMIT else None

    def _repr_html_(self) -> str:
        from html import escape

        return f"{self._repr_svg_() or ''}<pre>{escape(str(self))}</pre>"

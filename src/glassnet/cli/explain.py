"""`glassnet explain`: every value, local derivative and gradient of an expression."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from glassnet.errors import GlassnetError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from torch import Tensor

    from glassnet.autograd.differences import Difference
    from glassnet.autograd.explanation import Explanation
    from glassnet.autograd.values import Edge, Node

EPILOG = """\b
Examples:
  glassnet explain "y = a**3 - b**2" a=5 b=6
  glassnet explain "out = relu(w*x + b)" x=3 w=2 b=1 --wrt w --steps
  glassnet explain "loss = mean((x @ w - y)**2)" x='[1, 2; 3, 4]' w='[1; -1]' y='[0; 1]' --check
  glassnet explain "h = tanh(x @ w); y = sum(h*h)" x='randn(3, 2)' w='randn(2, 4)' --out graph.svg

Write + - * / ** @ and functions such as relu, exp, sum, softmax(x, dim=0); separate statements with ';'.
"""


@click.command(epilog=EPILOG)
@click.argument("expression")
@click.argument("values", nargs=-1, metavar="[NAME=VALUE]...")
@click.option(
    "--wrt", multiple=True, metavar="NAME", help="Leaf whose gradient is wanted (repeat it). Default: all."
)
@click.option(
    "--steps", "shown", flag_value="steps", help="Print the chain rule line by line, with the numbers."
)
@click.option("--json", "shown", flag_value="json", help="Print everything as JSON.")
@click.option("--check", is_flag=True, help="Compare with central differences in float64.")
@click.option("--out", metavar="FILE", default="", help="Draw the graph to an .svg or .png file.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), metavar="N", help="Of randn and rand.  [0]")
def explain(
    expression: str,
    values: tuple[str, ...],
    wrt: tuple[str, ...],
    shown: str | None,
    check: bool,
    out: str,
    seed: int | None,
) -> None:
    """Show every value, local derivative and gradient of EXPRESSION.

    Each name gets a number (a=5), a matrix (x='[1, 2; 3, 4]'), or a made one: randn(3, 2), rand, zeros, ones.
    """
    # torch takes seconds to import: only when the command runs, not for --help.
    from glassnet.autograd.differences import check_expression
    from glassnet.autograd.expression import explain_expression
    from glassnet.autograd.leaves import read_leaves

    if seed is not None and not any("rand" in value for value in values):
        raise Refused("--seed has no effect: no value is randn or rand; leave it out.")
    try:
        leaves = read_leaves(values, seed or 0)
        wanted = tuple(name.strip() for names in wrt for name in names.split(","))
        explanation = explain_expression(expression, leaves, wrt=wanted)
        differences = check_expression(expression, leaves, wrt=wanted) if check else ()
        if out:
            _draw(explanation, out)
    except GlassnetError as error:
        raise Refused(str(error)) from error
    if shown == "json":
        click.echo(json.dumps(as_plain(explanation, differences), indent=2, allow_nan=True))
    else:
        _print(explanation, differences, with_steps=shown == "steps")
        if out:
            click.echo(f"\nThe graph is drawn in {out}.")
    if not explanation.agrees or not all(one.agrees for one in differences):
        raise SystemExit(1)


class Refused(click.ClickException):
    """Something the user typed is wrong; exits with code 2."""

    exit_code = 2


def as_plain(explanation: Explanation, differences: Sequence[Difference]) -> dict[str, Any]:
    """Return the explanation as what JSON can hold: nodes, edges, gradients, notes, differences."""
    nodes = explanation.nodes
    return {
        "output": nodes[explanation.output].name,
        "agrees": explanation.agrees,
        "gradients": {name: _list(gradient) for name, gradient in explanation.gradients.items()},
        "nodes": [_node(node) for node in nodes],
        "edges": [_edge(explanation, edge) for edge in explanation.edges],
        "notes": list(explanation.notes),
        "mismatches": list(explanation.mismatches),
        "differences": [_difference(one) for one in differences],
    }


def _node(node: Node) -> dict[str, Any]:
    return {
        "name": node.name,
        "kind": str(node.kind),
        "plain": node.plain,
        "torch": node.torch_name,
        "text": node.text,
        "value": _list(node.value),
        "gradient": _list(node.gradient),
        "torch_gradient": _list(node.torch_gradients[0]),
        "agrees": node.agrees,
    }


def _edge(explanation: Explanation, edge: Edge) -> dict[str, Any]:
    return {
        "from": explanation.nodes[edge.source].name,
        "to": explanation.nodes[edge.target].name,
        "slot": edge.slot,
        "rule": edge.text,
        "derivative": _list(edge.derivative),
        "passed": _list(edge.passed),
        "recomputed": edge.recomputed,
        "agrees": edge.agrees,
    }


def _difference(one: Difference) -> dict[str, Any]:
    return {
        "name": one.name,
        "gradient": _list(one.gradient),
        "central": _list(one.central),
        "kink": _list(one.kink),
        "largest": one.largest,
        "agrees": one.agrees,
    }


def _list(value: Tensor | None) -> Any:
    return None if value is None else value.tolist()


def _draw(explanation: Explanation, out: str) -> None:
    from glassnet.autograd.picture import save_picture

    try:
        save_picture(explanation, out)
    except OSError as error:
        raise GlassnetError(f"{out} cannot be written: {error.strerror}.") from error


def _print(explanation: Explanation, differences: Sequence[Difference], *, with_steps: bool) -> None:
    """Print the tables, and the steps and differences where asked for; coloured on a terminal alone."""
    from rich.console import Console

    from glassnet.autograd.table import plain_table

    console = Console(highlight=False)
    if console.is_terminal:
        _print_rich(console, explanation)
    else:
        click.echo(plain_table(explanation))
    if with_steps:
        from glassnet.autograd.steps import chain_rule

        click.echo("\n" + "\n".join(chain_rule(explanation)))
    if differences:
        click.echo("\n" + "\n".join(_difference_lines(differences)))


def _difference_lines(differences: Sequence[Difference]) -> list[str]:
    from glassnet.autograd.table import columns
    from glassnet.autograd.wording import short

    rows = [
        (one.name, short(one.gradient), short(one.central), "yes" if one.agrees else "NO")
        for one in differences
    ]
    heads = ("leaf", "gradient", "central difference", "agree")
    return ["Check: each number moved a little to both sides", columns(heads, rows), ""] + [
        one.words() + "." for one in differences
    ]


def _print_rich(console: Console, explanation: Explanation) -> None:
    from rich.text import Text

    from glassnet.autograd import table
    from glassnet.autograd.wording import short

    output = explanation.nodes[explanation.output]
    console.print(Text(f"{output.name} = {short(output.value)}", style="bold"))
    console.print()
    console.print(_table(table.OPERATION_HEADS, table.operation_rows(explanation)))
    console.print(_table(table.LEAF_HEADS, table.leaf_rows(explanation)))
    for line in table.closing_lines(explanation):
        console.print(Text(line, style="" if explanation.agrees else "bold red"))
    console.print(Text(table.HOW_TO_READ, style="dim"))


STYLES = {
    "value": "blue",
    "arriving G": "yellow",
    "passes on": "yellow",
    "gradient": "bold yellow",
    "kind (torch)": "dim",
}


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Return a quiet table without the columns that are empty throughout."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    used = [i for i in range(len(heads)) if any(row[i] for row in rows)]
    for i in used:
        table.add_column(heads[i], style=STYLES.get(heads[i], ""), overflow="fold")
    for row in rows:
        table.add_row(*(Text(row[i]) for i in used))
    return table

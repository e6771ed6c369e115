"""An expression and its leaves -> an explanation, by running it with torch and walking the graph."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import torch
from torch import Tensor

from glassnet.autograd.explanation import Explanation
from glassnet.autograd.forward import watching
from glassnet.autograd.functions import FUNCTIONS
from glassnet.autograd.leaves import as_leaves
from glassnet.autograd.rules.book import RULES
from glassnet.autograd.rules.local import Rule
from glassnet.autograd.syntax import CONSTANTS, OPERATORS, Program, fail, names_used, parse, whole_number
from glassnet.autograd.walk import explain
from glassnet.autograd.wording import shape_words
from glassnet.errors import GlassnetError, near_miss

LARGEST_RESULT: Final = 1_000_000  # numbers in one result
LARGEST_TOTAL: Final = 20_000_000  # numbers in all results together
Value = Tensor | float


@dataclass(kw_only=True, slots=True)
class Run:
    """One evaluation: what the names hold, and how many numbers were made so far."""

    text: str
    names: dict[str, Value]
    made: int = 0
    assigned: dict[str, Tensor] = field(default_factory=dict)


def explain_expression(
    text: str,
    values: Mapping[str, object],
    *,
    wrt: Sequence[str] = (),
    seed: int = 0,
    rules: Mapping[str, Rule] = RULES,
) -> Explanation:
    """Return the explanation of an expression such as `y = a**3 - b**2` at these values, in float64.

    `wrt` names the leaves whose gradient is wanted (empty: all). Values are numbers, lists, tensors, or
    text as on the command line. Raises GlassnetError with the column of what is wrong.
    """
    program = parse(text)
    leaves = wanted(program, as_leaves(values, seed), wrt)
    with watching():
        output, assigned = evaluate(program, leaves)
    _refuse_many(program, output)
    quiet = [name for name, tensor in assigned.items() if not tensor.requires_grad]
    names = {**leaves, **{name: one for name, one in assigned.items() if one.requires_grad}}
    explanation = explain(output, names=names, rules=rules)
    notes = [f"{name} passes no gradient on: it is a constant or was detached." for name in quiet]
    unused = [name for name in values if name not in leaves]
    notes += [f"{name} is not used in the expression." for name in unused]
    return replace(explanation, notes=(*explanation.notes, *notes))


def wanted(program: Program, values: Mapping[str, Tensor], wrt: Sequence[str]) -> dict[str, Tensor]:
    """Return the leaves the program uses, those of `wrt` (or all) asking for their gradient."""
    used = names_used(program)
    for name, node in used.items():
        if name not in values and name not in CONSTANTS:
            fail(program.text, node, f"{name} has no value.{near_miss(name, values)} Give it one: {name}=5")
    leaves = {name: values[name].clone() for name in used if name in values}
    for name in wrt:
        if name not in leaves:
            raise GlassnetError(
                f"--wrt names '{name}', which the expression does not use.{near_miss(name, leaves)}"
            )
    if not leaves:
        raise GlassnetError(
            "the expression uses no leaf, so there is no gradient; use a name and give it a value."
        )
    for name in wrt or leaves:
        leaves[name].requires_grad_(True)
    return leaves


def evaluate(program: Program, leaves: Mapping[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
    """Return the last statement's value, and the tensors that the statements gave a name."""
    run = Run(text=program.text, names={**CONSTANTS, **leaves})
    value: Value = 0.0
    for statement in program.statements:
        value = _evaluate(run, statement.value)
        if statement.name:
            run.names[statement.name] = value
            if isinstance(value, Tensor):
                run.assigned[statement.name] = value
    last = program.statements[-1].value
    if not isinstance(value, Tensor):
        fail(program.text, last, "the result is a plain number that depends on no leaf")
    aliases = {id(leaf) for leaf in leaves.values()}
    return value, {name: one for name, one in run.assigned.items() if id(one) not in aliases}


def _refuse_many(program: Program, output: Tensor) -> None:
    last = program.statements[-1]
    if output.numel() == 1:
        return
    name = last.name or "the result"
    remedy = f"sum({last.name})" if last.name else f"sum({ast.get_source_segment(program.text, last.value)})"
    fail(
        program.text,
        last.value,
        f"a gradient is the slope of a single number, but {name} has {shape_words(tuple(output.shape))};"
        f" end with '{remedy}' or a mean",
    )


def _evaluate(run: Run, node: ast.expr) -> Value:
    match node:
        case ast.Constant(value=value):
            return float(value)  # type: ignore[arg-type]  # the parser let only numbers through
        case ast.Name(id=name):
            return run.names[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inner = _evaluate(run, operand)
            return _apply(run, node, torch.neg, inner) if isinstance(inner, Tensor) else -inner
        case ast.UnaryOp(operand=operand):
            return _evaluate(run, operand)
        case ast.BinOp(left=left, op=operator, right=right):
            sign = OPERATORS[type(operator)]
            return _operate(run, node, sign, _evaluate(run, left), _evaluate(run, right))
        case ast.Call():
            return _call(run, node)
    raise AssertionError("the parser let through a node that it should have refused")


def _call(run: Run, node: ast.Call) -> Value:
    assert isinstance(node.func, ast.Name)
    function = FUNCTIONS[node.func.id]
    inputs = [_tensor(_evaluate(run, argument)) for argument in node.args]
    dims = [whole_number(keyword.value) for keyword in node.keywords]
    if not dims:
        return _apply(run, node, function.call, *inputs)
    return _apply(run, node, lambda *tensors: function.call(*tensors, dim=dims[0]), *inputs)


def _operate(run: Run, node: ast.BinOp, sign: str, left: Value, right: Value) -> Value:
    """Return one operation of two; numbers alone are computed by torch too, so that nothing overflows."""
    if sign == "@" and not (isinstance(left, Tensor) and isinstance(right, Tensor)):
        fail(run.text, node, "'@' multiplies matrices; use '*' with a plain number")
    if not isinstance(left, Tensor) and not isinstance(right, Tensor):
        return float(OPERATIONS[sign](_tensor(left), _tensor(right)))
    # A minuend as a tensor gives the plain difference, not torch's "reversed" one.
    first = _tensor(left) if sign in "-/" else left
    return _apply(run, node, OPERATIONS[sign], first, right)


OPERATIONS: Final[dict[str, Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
    "@": lambda a, b: a @ b,
}


def _apply(run: Run, node: ast.expr, call: Any, *inputs: Value) -> Tensor:
    """Return the operation's result; its size is found from the shapes before it is computed."""
    tensors = [one for one in inputs if isinstance(one, Tensor)]
    try:
        _count(run, node, tensors)
        result = call(*inputs)
    except (RuntimeError, IndexError) as error:
        sizes = " and ".join(shape_words(tuple(one.shape)) for one in tensors)
        fail(
            run.text,
            node,
            f"this does not go together with {sizes}: {str(error).splitlines()[0].rstrip('.')}",
        )
    assert isinstance(result, Tensor)
    return result


def _count(run: Run, node: ast.expr, inputs: Sequence[Tensor]) -> None:
    """Refuse a result that is too large, alone or together with all before it."""
    count = _numbers(node, inputs)
    run.made += count
    if count > LARGEST_RESULT or run.made > LARGEST_TOTAL:
        limits = f"the limit is {LARGEST_RESULT} here, {LARGEST_TOTAL} in all"
        fail(run.text, node, f"this makes {count} numbers; {limits}")


def _numbers(node: ast.expr, inputs: Sequence[Tensor]) -> int:
    """Return how many numbers a result can have: only `@` and broadcasting make more than they get."""
    shapes = [one.shape for one in inputs]
    is_product = isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)
    if is_product and len(shapes) == 2 and all(shapes):
        left, right = shapes
        rows, columns = left[-2:-1], right[-1:] if len(right) > 1 else ()
        return math.prod((*_broadcast(left[:-2], right[:-2]), *rows, *columns))
    return math.prod(_broadcast(*shapes))


def _broadcast(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(torch.broadcast_shapes(*shapes))  # type: ignore[no-untyped-call]  # torch leaves it unannotated


def _tensor(value: Value) -> Tensor:
    return value if isinstance(value, Tensor) else torch.tensor(value, dtype=torch.float64)

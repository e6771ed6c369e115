"""The text of an expression -> an allowed syntax tree. Nothing is ever evaluated by Python here.

Python's own parser gives the tree; every node of it is then checked against the few kinds that are
allowed, before anything is computed. An error names the column.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NoReturn

from glassnet.autograd.functions import FUNCTIONS
from glassnet.errors import GlassnetError, listed, near_miss

LONGEST: Final = 4000  # characters
DEEPEST: Final = 60  # one inside the other
CONSTANTS: Final = {"pi": 3.141592653589793, "e": 2.718281828459045}  # unless a leaf has the name

OPERATORS: Final[dict[type[ast.operator], str]] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
    ast.MatMult: "@",
}

# What people type that is not allowed, and what to do instead.
REFUSED: Final[dict[type[ast.AST], str]] = {
    ast.BitXor: "'^' is not a power here; write '**'",
    ast.Attribute: "attributes ('.') are not allowed; call a function instead: T(x), sum(x)",
    ast.Subscript: "indexing with [...] is not allowed",
    ast.Lambda: "lambda is not allowed",
    ast.Compare: "comparisons are not allowed; use relu, max or min",
    ast.BoolOp: "'and' and 'or' are not allowed",
    ast.IfExp: "'if' is not allowed; use relu, max or min",
    ast.List: "a list is not allowed here; give matrices as leaves: x='[1, 2; 3, 4]'",
    ast.Tuple: "a tuple is not allowed here",
    ast.Import: "import is not allowed",
    ast.ImportFrom: "import is not allowed",
    ast.AugAssign: "write 'y = y + 1' instead of 'y += 1'",
    ast.FloorDiv: "'//' has no gradient; write '/'",
    ast.Mod: "'%' is not among the operations",
    ast.NamedExpr: "':=' is not allowed; write 'y = ...' as a statement of its own",
    ast.Starred: "'*' in front of an argument is not allowed",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """One statement: `name = expression`, or an expression alone (then the name is empty)."""

    name: str
    value: ast.expr


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    """An expression that has been checked: statements, and where they stand in the text."""

    text: str
    statements: tuple[Statement, ...]


def parse(text: str) -> Program:
    """Return the statements of an expression; raises GlassnetError with the column of what is wrong."""
    if len(text) > LONGEST:
        raise GlassnetError(f"the expression has {len(text)} characters; at most {LONGEST} are read.")
    _refuse_deep_brackets(text)
    try:
        module = ast.parse(text.strip("; \t\n") and text)
    except SyntaxError as error:
        _refuse_syntax(text, error)
    except (RecursionError, MemoryError, ValueError):
        raise GlassnetError("the expression is nested too deeply to be read.") from None
    if not module.body:
        raise GlassnetError("the expression is empty; write one such as 'y = a**3 - b**2'.")
    _refuse_deep_trees(text, module)
    statements = tuple(_statement(text, one) for one in module.body)
    for statement in statements:
        _check(text, statement.value)
    return Program(text=text, statements=statements)


def fail(text: str, node: ast.AST, why: str) -> NoReturn:
    """Raise GlassnetError at the column of this node."""
    line = getattr(node, "lineno", 1)
    place = _place(text, line, _column(text, line, getattr(node, "col_offset", 0)))
    raise GlassnetError(f"{place}: {why}" + ("" if why.endswith("?") else "."))


def names_used(program: Program) -> dict[str, ast.Name]:
    """Return each name that must be given a value, at its first use: not assigned before it."""
    assigned: set[str] = set()
    used: dict[str, ast.Name] = {}
    for statement in program.statements:
        names = (node for node in ast.walk(statement.value) if isinstance(node, ast.Name))
        for node in sorted(_without_functions(statement.value, names), key=lambda one: one.col_offset):
            if node.id not in assigned:
                used.setdefault(node.id, node)
        assigned.add(statement.name)
    return used


def whole_number(node: ast.expr) -> int | None:
    """Return the number that `dim=` is given, or None where it is no whole number."""
    sign = 1
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        sign, node = -1, node.operand
    is_whole = isinstance(node, ast.Constant) and type(node.value) is int and abs(node.value) < 100
    return sign * int(node.value) if is_whole else None  # type: ignore[attr-defined]  # a Constant


def _without_functions(tree: ast.expr, names: Iterator[ast.Name]) -> list[ast.Name]:
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return [name for name in names if id(name) not in called]


def _statement(text: str, node: ast.stmt) -> Statement:
    if isinstance(node, ast.Expr):
        return Statement(name="", value=node.value)
    if not isinstance(node, ast.Assign):
        _refuse(text, node)
    if len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name):
        fail(text, node.targets[0], "only a plain name can stand before '='")
    return Statement(name=node.targets[0].id, value=node.value)


def _check(text: str, node: ast.expr) -> None:
    """Refuse whatever is no number, name, operation of the list, or call of a known function."""
    match node:
        case ast.Constant(value=bool() | str() | bytes() | complex() | None):
            fail(text, node, f"{ast.unparse(node)[:20]} is not a number")
        case ast.Constant(value=int() | float()):
            _check_number(text, node)
        case ast.Name():
            pass
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            _check(text, operand)
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in OPERATORS:
            _check(text, left)
            _check(text, right)
        case ast.BinOp(op=operator):
            fail(text, node, REFUSED.get(type(operator), "this operator is not among + - * / ** @"))
        case ast.Call():
            _check_call(text, node)
        case _:
            _refuse(text, node)


def _check_number(text: str, node: ast.Constant) -> None:
    if isinstance(node.value, int) and node.value.bit_length() > 1000:
        fail(text, node, "this number is too large")


def _check_call(text: str, node: ast.Call) -> None:
    if not isinstance(node.func, ast.Name):
        fail(text, node, "only functions of the list can be called, by their plain name")
    name = node.func.id
    if name not in FUNCTIONS:
        known = listed(sorted(FUNCTIONS), 99)
        fail(text, node, f"no function is called '{name}'.{near_miss(name, FUNCTIONS) or f' Known: {known}'}")
    function = FUNCTIONS[name]
    if not function.least <= len(node.args) <= function.most:
        wanted = f"{function.least}" if function.least == function.most else "1 or 2"
        inputs = "input" if wanted == "1" else "inputs"
        fail(text, node, f"{name} takes {wanted} {inputs}, but it is given {len(node.args)}")
    for argument in node.args:
        _check(text, argument)
    for keyword in node.keywords:
        _check_keyword(text, name, keyword)
    if node.keywords and len(node.args) > 1:
        fail(text, node, f"{name} of two tensors works entry by entry and takes no dim")


def _check_keyword(text: str, name: str, keyword: ast.keyword) -> None:
    if keyword.arg != "dim":
        fail(text, keyword, f"{name} takes no setting '{keyword.arg or '**'}'; only dim= can be given")
    if not FUNCTIONS[name].takes_dim:
        fail(text, keyword, f"{name} works entry by entry and takes no dim")
    if whole_number(keyword.value) is None:
        fail(text, keyword, "dim must be a whole number such as 0, 1 or -1")


def _refuse(text: str, node: ast.AST) -> NoReturn:
    what = REFUSED.get(type(node))
    fail(
        text,
        node,
        what or f"{_plain(node)} is not allowed; only numbers, names, + - * / ** @ and functions are",
    )


def _plain(node: ast.AST) -> str:
    """Return what Python calls the construct, in small words: `ListComp` -> "list comp"."""
    return "".join(f" {c.lower()}" if c.isupper() else c for c in type(node).__name__).strip()


def _refuse_deep_brackets(text: str) -> None:
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign in "([{") - (sign in ")]}")
        if depth > DEEPEST:
            raise GlassnetError(f"column {place + 1}: brackets are nested more than {DEEPEST} deep.")


def _refuse_deep_trees(text: str, module: ast.Module) -> None:
    """Refuse a tree that a recursive walk could not finish; long sums are deep on their left side."""
    waiting: list[tuple[ast.AST, int]] = [(module, 0)]
    while waiting:
        node, depth = waiting.pop()
        if depth > 5 * DEEPEST:
            fail(text, node, f"operations are nested more than {5 * DEEPEST} deep; use several statements")
        waiting.extend((child, depth + 1) for child in ast.iter_child_nodes(node))


def _refuse_syntax(text: str, error: SyntaxError) -> NoReturn:
    line = error.lineno or 1
    column = min(error.offset or 1, len(text) + 1)
    reason = (error.msg or "invalid syntax").removesuffix(".").removesuffix(". Perhaps you forgot a comma?")
    raise GlassnetError(f"{_place(text, line, column)}: this cannot be read: {reason}.") from None


def _place(text: str, line: int, column: int) -> str:
    return f"column {column}" if "\n" not in text else f"line {line}, column {column}"


def _column(text: str, line: int, offset: int) -> int:
    """Return the column a person counts, from 1; Python's offset counts bytes of UTF-8."""
    row = text.split("\n")[line - 1] if line <= text.count("\n") + 1 else ""
    return len(row.encode()[:offset].decode(errors="ignore")) + 1

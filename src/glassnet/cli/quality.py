"""What a table holds, column by column; knows no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import click
from rich.console import Console

from glassnet.cli.console import print_table, say
from glassnet.settings import Settings
from glassnet.table.facts import Facts, facts_of_table
from glassnet.table.kinds import guess_kind
from glassnet.table.schema import decide_schema
from glassnet.table.source import drop_rows_without_target, read_table
from glassnet.table.values import KINDS, Column, Schema, Table

EXAMPLES: Final = 3  # values shown of a column
LONGEST: Final = 16  # signs shown of a value


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """What is shown of one column."""

    name: str
    kind: str
    missing: int
    distinct: int
    examples: tuple[str, ...]
    reason: str
    cells: Facts


def show_table(console: Console, source: str, settings: Settings, *, as_json: bool) -> None:
    """Print each column's kind and quality; with a target also the task."""
    table = read_table(source, settings)
    facts = facts_of_table(table.frame, settings)
    schema = _schema(table, settings)
    lines = [_line(one, schema, settings) for one in facts.values()]
    notes = [*table.notes, *(schema.notes if schema else ()), *_quality(table)]
    if as_json:
        click.echo(_json(table, lines, schema, notes))
        return
    say(console, f"{table.name}: {table.frame.height:,} rows, {table.frame.width} columns", "bold")
    print_table(console, *(_stacked(lines) if console.is_terminal else _wide(lines)))
    if schema is not None:
        say(console, f"Task: {schema.task}, {schema.task_reason}.", "bold")
    for note in dict.fromkeys(notes):
        say(console, f"Note: {note}", "yellow")


def _wide(lines: list[Line]) -> tuple[list[str], list[list[str]]]:
    """Return heads and rows, all of a column in one line."""
    rows = [
        [one.name, one.kind, _missing(one), f"{one.distinct:,}", _shown(one), one.reason] for one in lines
    ]
    return ["column", "kind", "missing", "distinct", "values", "why"], rows


def _stacked(lines: list[Line]) -> tuple[list[str], list[list[str]]]:
    """Return heads and rows that fit a narrow terminal: the values above the reason."""
    rows = [
        [one.name, one.kind, _missing(one), f"{one.distinct:,} different: {_shown(one)}\n{one.reason}"]
        for one in lines
    ]
    return ["column", "kind", "missing", "values, and why this kind"], rows


def _schema(table: Table, settings: Settings) -> Schema | None:
    if not (settings.target or settings.example):
        return None
    return decide_schema(drop_rows_without_target(table, settings), settings)


def _line(facts: Facts, schema: Schema | None, settings: Settings) -> Line:
    column = next((c for c in schema.columns if c.name == facts.name), None) if schema else None
    kind, reason = _kind(facts, column, schema, settings)
    return Line(
        name=facts.name,
        kind=kind,
        missing=facts.missing,
        distinct=facts.distinct,
        examples=facts.examples()[:EXAMPLES],
        reason=reason,
        cells=facts,
    )


def _kind(facts: Facts, column: Column | None, schema: Schema | None, settings: Settings) -> tuple[str, str]:
    """Return the kind to show of a column and why: the schema's where there is one."""
    if column is not None:
        return str(column.kind), column.reason if column.used else f"left out: {column.why_unused}"
    if schema is not None:
        target = next(one for one in schema.targets if one.name == facts.name)
        labels = ", ".join(str(label) for label in target.labels[:EXAMPLES])
        more = ", ..." if len(target.labels) > EXAMPLES else ""
        return "target", f"{len(target.labels)} classes: {labels}{more}" if labels else "a number"
    told = dict(settings.kinds).get(facts.name)
    if told in KINDS:
        return str(KINDS[told]), "as told by --kind"
    kind, reason = guess_kind(facts)
    return str(kind), reason


def _missing(line: Line) -> str:
    share = line.missing / max(line.cells.rows, 1)
    return f"{line.missing:,} ({share:.0%})" if line.missing else "0"


def _shown(line: Line) -> str:
    return ", ".join(one if len(one) <= LONGEST else one[: LONGEST - 1] + "…" for one in line.examples)


def _quality(table: Table) -> list[str]:
    """Return what is odd about the rows as a whole."""
    repeated = table.frame.height - table.frame.n_unique() if table.frame.height else 0
    return [f"{repeated:,} rows repeat an earlier row exactly."] if repeated else []


def _json(table: Table, lines: list[Line], schema: Schema | None, notes: list[str]) -> str:
    from glassnet.run_folder import json_text  # here: it imports torch

    found: dict[str, Any] = {
        "name": table.name,
        "source": table.source,
        "rows": table.frame.height,
        "columns": [
            {
                "name": one.name,
                "kind": one.kind,
                "reason": one.reason,
                "missing": one.missing,
                "distinct": one.distinct,
                "examples": list(one.examples),
            }
            for one in lines
        ],
        "notes": list(dict.fromkeys(notes)),
    }
    if schema is not None:
        found["task"] = str(schema.task)
        found["task_reason"] = schema.task_reason
    return json_text(found)

"""What `glassnet describe` shows of a table: each column with its spread, and findings; knows no torch."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

import click
from rich.console import Console

from glassnet.cli.console import print_table, say
from glassnet.cli.look import Described, describe_table
from glassnet.cli.spread import spread_text
from glassnet.quality.repeats import repeated_rows
from glassnet.quality.values import ColumnSummary, Finding
from glassnet.settings import Settings
from glassnet.table.facts import Facts
from glassnet.table.kinds import guess_kind
from glassnet.table.values import KINDS, Schema, Table

EXAMPLES: Final = 3  # values shown of a column
STYLES: Final = {"warning": "bold yellow", "hint": "bold"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """What is shown of one column."""

    facts: Facts
    kind: str
    reason: str
    summary: ColumnSummary | None

    @property
    def examples(self) -> tuple[str, ...]:
        """A few values, the most frequent first."""
        return self.facts.examples()[:EXAMPLES]

    @property
    def missing(self) -> str:
        """The missing cells and their share."""
        share = self.facts.missing / max(self.facts.rows, 1)
        return f"{self.facts.missing:,} ({share:.0%})" if self.facts.missing else "0"

    @property
    def values(self) -> str:
        """The spread of the cells."""
        return spread_text(self.summary, self.examples) if self.summary else ", ".join(self.examples)


def show_table(console: Console, source: str, settings: Settings, *, test: str, as_json: bool) -> None:
    """Print each column's kind and spread, with a target also the task, and what was found."""
    found = describe_table(source, test, settings)
    lines = [_line(one, found, settings) for one in found.facts.values()]
    notes = list(dict.fromkeys([*found.notes, *_repeated(found)]))
    if as_json:
        click.echo(_json(found, lines, notes))
        return
    table, schema = found.table, found.schema
    say(console, f"{table.name}: {table.frame.height:,} rows, {table.frame.width} columns", "bold")
    print_table(console, *(_stacked(lines) if console.is_terminal else _wide(lines)))
    if schema is not None:
        say(console, f"Task: {schema.task}, {schema.task_reason}.", "bold")
    for note in notes:
        say(console, f"Note: {note}", "yellow")
    _show_findings(console, found)


def _show_findings(console: Console, found: Described) -> None:
    """Print each finding with its numbers, meaning and remedy; and that there is none where there is none."""
    compared = f" Compared: {found.split}." if found.split else ""
    count = {0: "Nothing looks wrong with the rows.", 1: "One thing to mind."}
    console.print()
    say(console, count.get(len(found.findings), f"{len(found.findings)} things to mind.") + compared, "bold")
    for one in found.findings:
        say(console, f"{one.severity.capitalize()}: {one.name}", STYLES[one.severity])
        for text in (one.evidence, one.meaning, one.remedy):
            say(console, f"  {text}")
    if found.sampled:
        say(console, f"{found.sampled[0].upper()}{found.sampled[1:]}")


def _wide(lines: list[Line]) -> tuple[list[str], list[list[str]]]:
    """Return heads and rows, all of a column in one line."""
    rows = [
        [one.facts.name, one.kind, one.missing, f"{one.facts.distinct:,}", one.values, one.reason]
        for one in lines
    ]
    return ["column", "kind", "missing", "distinct", "values", "why"], rows


def _stacked(lines: list[Line]) -> tuple[list[str], list[list[str]]]:
    """Return heads and rows that fit a narrow terminal: the values above the reason."""
    rows = [[one.facts.name, one.kind, one.missing, f"{one.values}\n{_why(one)}"] for one in lines]
    return ["column", "kind", "missing", "values, and why this kind"], rows


def _why(line: Line) -> str:
    """Return the count of different values and the reason, which may hold that count already."""
    distinct = f"{line.facts.distinct:,} different"
    return line.reason if distinct in line.reason else f"{distinct}; {line.reason}"


def _line(facts: Facts, found: Described, settings: Settings) -> Line:
    kind, reason = _kind(facts, found.schema, settings)
    summary = next((one for one in found.columns if one.name == facts.name), None)
    return Line(facts=facts, kind=kind, reason=reason, summary=summary)


def _kind(facts: Facts, schema: Schema | None, settings: Settings) -> tuple[str, str]:
    """Return the kind to show of a column and why: the schema's where there is one."""
    column = next((one for one in schema.columns if one.name == facts.name), None) if schema else None
    if column is not None:
        why_not = f"left out: {column.why_unused.removeprefix('left out ')}"
        return str(column.kind), column.reason if column.used else why_not
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


def _repeated(found: Described) -> list[str]:
    """Return the count of rows that are equal as they stand, where no finding says more of them."""
    table: Table = found.table
    if any(one.name == "duplicate rows" for one in found.findings) or not table.frame.height:
        return []
    repeated = repeated_rows(table.frame)
    return [f"{repeated:,} rows repeat an earlier row exactly."] if repeated else []


def _json(found: Described, lines: list[Line], notes: list[str]) -> str:
    from glassnet.run_folder import json_text  # here: it imports torch

    said: dict[str, Any] = {
        "name": found.table.name,
        "source": found.table.source,
        "rows": found.table.frame.height,
        "columns": [_column_json(one) for one in lines],
        "notes": notes,
        "findings": [_finding_json(one) for one in found.findings],
        "split": found.split,
        "sampled": found.sampled,
    }
    if found.schema is not None:
        said["task"] = str(found.schema.task)
        said["task_reason"] = found.schema.task_reason
    return json_text(said)


def _column_json(line: Line) -> dict[str, Any]:
    return {
        "name": line.facts.name,
        "kind": line.kind,
        "reason": line.reason,
        "missing": line.facts.missing,
        "distinct": line.facts.distinct,
        "examples": list(line.examples),
        "spread": _spread_json(line.summary) if line.summary else None,
    }


def _spread_json(summary: ColumnSummary) -> dict[str, Any]:
    """Return bins or levels with their counts; the rest is in the column's own object."""
    kept = ("edges", "levels", "low", "high", "training", "test", "drift")
    return {name: value for name, value in asdict(summary).items() if name in kept}


def _finding_json(finding: Finding) -> dict[str, Any]:
    return {**asdict(finding), "columns": list(finding.columns), "figures": dict(finding.figures)}

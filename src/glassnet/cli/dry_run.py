"""`glassnet train --dry-run`: what would be done, and about how long it would take."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click
from rich.console import Console

from glassnet.cli.console import print_table, say, say_pairs, seconds_text
from glassnet.cli.layers import layer_rows, parameter_count
from glassnet.cli.rehearsal import Estimate
from glassnet.engine.choose import choose_engine
from glassnet.engine.threads import used_threads
from glassnet.pipeline import Draft
from glassnet.prepare.target import learned_of
from glassnet.recipe.check import shown
from glassnet.run_folder import json_text
from glassnet.table.values import Column


def print_draft(console: Console, draft: Draft, estimate: Estimate, *, as_json: bool) -> None:
    """Print the schema, the split, the plan and how long it would take."""
    engine, reason = choose_engine(draft.plan, draft.recipe.engine)
    threads = used_threads(draft.plan, engine.name)
    if as_json:
        click.echo(json_text(_as_json(draft, engine.name, estimate)))
        return
    schema = draft.gathered.schema
    rows = [[c.name, str(c.kind), "yes" if c.used else "no", why(c)] for c in schema.columns]
    say(console, f"{draft.gathered.name}: {draft.gathered.own_rows:,} rows", "bold")
    print_table(console, ["column", "kind", "used", "why"], rows)
    say_pairs(console, _lines(draft, f"{engine.name} ({reason})", threads))
    print_table(console, ["layer", "kind", "weights", "count"], layer_rows(draft.plan.network), right=1)
    for note in (*map(str, draft.futile), *draft.gathered.notes):
        say(console, f"Note: {note}", "yellow")
    _say_time(console, estimate)
    say(console, "Nothing was kept or written.")


def _say_time(console: Console, estimate: Estimate) -> None:
    """Print how long the command would take, and its parts."""
    training = f"training {seconds_text(estimate.training)}"
    shortest, longest = seconds_text(estimate.shortest_training), seconds_text(estimate.longest_training)
    if shortest != longest:
        training += f" ({shortest} to {longest}: it ends when held-out rows gain no more)"
    before = estimate.starting + estimate.reading + estimate.preparing
    parts = [
        f"start, reading and preparing {seconds_text(before)}",
        training,
        f"evaluation {seconds_text(estimate.evaluating)}",
        f"report {seconds_text(estimate.writing)}",
    ]
    say(
        console,
        f"The whole command would take about {seconds_text(estimate.total)}: {', '.join(parts)}.",
        "bold",
    )
    say(console, "By a trial on this machine as it is now: the run was begun, and what follows it done once.")


def why(column: Column) -> str:
    """Return one sentence: why the column is what it is, or is left out."""
    return column.reason if column.used else column.why_unused


def _lines(draft: Draft, engine: str, threads: int) -> list[tuple[str, str]]:
    """Return the plan, one line for each thing."""
    plan, schema = draft.plan, draft.gathered.schema
    training = plan.training
    names = ", ".join(f"'{target.name}'" for target in schema.targets)
    return [
        ("target", f"{names}: {schema.task}, {schema.task_reason}"),
        ("rows", draft.rows.how),
        (
            "network",
            f"{shown(plan.architecture.network)}, {parameter_count(plan.network):,} parameters,"
            f" {plan.members} {'member' if plan.members == 1 else 'members'}",
        ),
        ("loss", f"{plan.loss.name}{_learned(draft)}"),
        (
            "optimiser",
            f"{shown(training.optimizer)}, learning rate {training.learning_rate:g},"
            f" schedule {training.schedule}",
        ),
        (
            "steps",
            f"{training.epochs:,} epochs x {plan.steps_per_epoch:,} steps of {plan.batch_size:,} rows",
        ),
        ("engine", f"{engine}, {threads} {'thread' if threads == 1 else 'threads'}"),
    ]


def _learned(draft: Draft) -> str:
    """Return what the loss is of where it is not the target itself, as a part of a sentence."""
    scale, targets = draft.plan.prepared.preparation.target, draft.gathered.schema.targets
    learned = [learned_of(target.name, scale, place) for place, target in enumerate(targets)]
    return f" of {', '.join(learned)}" if scale.is_log else ""


def counts_of(draft: Draft) -> dict[str, int]:
    """Return how many rows each part has; with folds, those of the first."""
    rows = draft.rows
    return {"training": len(rows.fit[0]), "validation": len(rows.validation[0]), "test": len(rows.test)}


def _as_json(draft: Draft, engine: str, estimate: Estimate) -> dict[str, Any]:
    plan, schema = draft.plan, draft.gathered.schema
    return {
        "name": draft.gathered.name,
        "task": str(schema.task),
        "targets": [target.name for target in schema.targets],
        "columns": [
            {"name": c.name, "kind": str(c.kind), "used": c.used, "why": why(c)} for c in schema.columns
        ],
        "rows": counts_of(draft),
        "split": draft.rows.how,
        "parameters": parameter_count(plan.network),
        "decisions": [{"name": d.name, "value": d.value, "reason": d.reason} for d in draft.recipe.decisions],
        "epochs": plan.training.epochs,
        "steps_per_epoch": plan.steps_per_epoch,
        "batch_size": plan.batch_size,
        "engine": engine,
        "estimated_seconds": estimate.total,
        "estimate": asdict(estimate),
        "notes": [*map(str, draft.futile), *draft.gathered.notes],
        "findings": [asdict(one) for one in draft.quality.findings],
    }

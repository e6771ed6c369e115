"""`glassnet train --dry-run`: what would be done, and about how long it would take."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any, Final

import click
from rich.console import Console

from glassnet.cli.console import print_table, say, say_pairs, seconds_text
from glassnet.cli.layers import layer_rows, parameter_count
from glassnet.engine.choose import choose_engine
from glassnet.engine.plan import Engine, Plan
from glassnet.pipeline import Draft, used_threads
from glassnet.predict import torch_threads
from glassnet.recipe.choose import shown
from glassnet.run_folder import json_text
from glassnet.settings import Settings
from glassnet.table.values import Column

TIMED: Final = 0.5  # seconds of real steps on an engine that is thrown away


def print_draft(console: Console, draft: Draft, settings: Settings, *, as_json: bool) -> None:
    """Print the schema, the split, the plan and the estimated time of training."""
    engine, reason = choose_engine(draft.plan, draft.recipe.engine)
    threads = used_threads(draft.plan, engine.name)
    with torch_threads(threads):
        seconds = estimate(draft.plan, engine)
    if as_json:
        click.echo(json_text(_as_json(draft, engine.name, seconds)))
        return
    schema = draft.gathered.schema
    rows = [[c.name, str(c.kind), "yes" if c.used else "no", why(c)] for c in schema.columns]
    say(console, f"{draft.gathered.name}: {draft.gathered.own_rows:,} rows", "bold")
    print_table(console, ["column", "kind", "used", "why"], rows)
    say_pairs(console, _lines(draft, f"{engine.name} ({reason})", threads))
    print_table(console, ["layer", "kind", "weights", "count"], layer_rows(draft.plan.network), right=1)
    for note in draft.gathered.notes:
        say(console, f"Note: {note}", "yellow")
    early = ", less where it stops early" if draft.plan.training.patience else ""
    say(
        console,
        f"Training would take about {seconds_text(seconds)}{early}; an estimate from a few steps.",
        "bold",
    )
    say(console, "Nothing was trained or written.")


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
        ("loss", plan.loss.name),
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


def counts_of(draft: Draft) -> dict[str, int]:
    """Return how many rows each part has; with folds, those of the first."""
    rows = draft.rows
    return {"training": len(rows.fit[0]), "validation": len(rows.validation[0]), "test": len(rows.test)}


def estimate(plan: Plan, engine: Engine) -> float:
    """Return about how many seconds all epochs would take: from real steps, and a look at validation rows."""
    engine.advance(0, 1)  # the first step allocates
    done, started = 1, time.monotonic()
    while done < plan.steps and time.monotonic() - started < TIMED:
        engine.advance(done, 1)
        done += 1
    per_step = (time.monotonic() - started) / max(done - 1, 1)
    before = time.monotonic()
    for fold, rows in enumerate(plan.prepared.rows.validation):
        if len(rows):
            engine.outputs(rows, fold)
    return per_step * plan.steps + (time.monotonic() - before) * plan.training.epochs


def _as_json(draft: Draft, engine: str, seconds: float) -> dict[str, Any]:
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
        "estimated_seconds": seconds,
        "notes": list(draft.gathered.notes),
        "findings": [asdict(one) for one in draft.quality.findings],
    }

"""A model's card: what it predicts from what, how well, with which layers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from glassnet.cli.console import print_table, say, say_pairs
from glassnet.cli.layers import layer_rows, parameter_count
from glassnet.cli.summary import BASELINES, headline, print_scores, training_line
from glassnet.model import load
from glassnet.pipeline import Fitted
from glassnet.run_folder import json_text, scores_of


def show_model(console: Console, path: Path, *, as_json: bool) -> None:
    """Print the card of a model file."""
    fitted = load(path).fitted
    if as_json:
        click.echo(json_text(_as_json(fitted)))
        return
    say(console, headline(fitted), "bold")
    say_pairs(console, _facts(fitted))
    print_scores(console, fitted.evaluation, BASELINES[fitted.schema.task])
    rows = [[c.name, str(c.kind), c.reason] for c in fitted.schema.inputs]
    print_table(console, ["input", "kind", "why"], rows)
    print_table(console, ["layer", "kind", "weights", "count"], layer_rows(fitted.network), right=1)


def _facts(fitted: Fitted) -> list[tuple[str, str]]:
    """Return the card's lines: target, rows, network, training, program."""
    count = len(fitted.trained.members)
    members = "1 member" if count == 1 else f"{count} members"
    found = [
        ("target", "; ".join(_target(fitted, place) for place in range(len(fitted.schema.targets)))),
        ("rows", fitted.split),
        ("network", f"{parameter_count(fitted.network):,} parameters, {members}"),
        ("training", f"loss {fitted.loss}, {training_line(fitted)}"),
        ("made by", ", ".join(f"{name} {version}" for name, version in fitted.facts.versions.items())),
    ]
    left_out = [column.name for column in fitted.schema.columns if not column.used]
    return [*found, ("left out", ", ".join(left_out))] if left_out else found


def _target(fitted: Fitted, place: int) -> str:
    target = fitted.schema.targets[place]
    if not target.labels:
        return f"'{target.name}', a number"
    shown = ", ".join(str(label) for label in target.labels[:10])
    return f"'{target.name}', one of {shown}{', ...' if len(target.labels) > 10 else ''}"


def _as_json(fitted: Fitted) -> dict[str, Any]:
    return {
        "name": fitted.name,
        "task": str(fitted.schema.task),
        "targets": [{"name": t.name, "labels": list(t.labels)} for t in fitted.schema.targets],
        "inputs": [{"name": c.name, "kind": str(c.kind), "reason": c.reason} for c in fitted.schema.inputs],
        "rows": dict(zip(("training", "validation", "test"), fitted.row_counts, strict=True)),
        "layers": [
            {"layer": name, "kind": kind, "weights": shapes, "count": int(count.replace(",", ""))}
            for name, kind, shapes, count in layer_rows(fitted.network)
        ],
        "parameters": parameter_count(fitted.network),
        "loss": fitted.loss,
        "best_epoch": list(fitted.trained.best_epoch_K),
        "versions": fitted.facts.versions,
        **scores_of(fitted.evaluation),
    }

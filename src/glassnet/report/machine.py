"""The report's facts for machines: report.json, whose schema is docs/report.schema.json.

What a person reads on the page stands here as values: every sentence, figure, finding and decision.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Final

import numpy as np

from glassnet.doctor import diagnose
from glassnet.pipeline import Fitted
from glassnet.prepare.values import Floats64
from glassnet.report import commands
from glassnet.report.first import notes_of, title_of, what_from_what
from glassnet.report.loss_plots import rates_of
from glassnet.report.making import layer_rows
from glassnet.report.measures import in_depth, layers_inside
from glassnet.report.plots import thinned
from glassnet.report.seen import insight_facts, quality_facts
from glassnet.report.strict import plain
from glassnet.report.verdict import comparison, sentences
from glassnet.report.whole import write_whole
from glassnet.report.words import METRIC_MEANINGS
from glassnet.settings import Settings

FORMAT: Final = 1
RATES_LISTED: Final = 100
EPOCHS_LISTED: Final = 500  # as many as a curve can show; history.csv has all


def report_facts(fitted: Fitted) -> dict[str, Any]:
    """Return the report as values that JSON holds; NaN and infinities are None."""
    schema, evaluation = fitted.schema, fitted.evaluation
    whole = {
        "format": FORMAT,
        "title": title_of(fitted),
        "what": what_from_what(fitted),
        "task": str(schema.task),
        "targets": [{"name": one.name, "labels": list(one.labels)} for one in schema.targets],
        "rows": dict(zip(("training", "validation", "test"), fitted.row_counts, strict=True))
        | {"table": fitted.table_rows, "split": fitted.split},
        "verdict": {"sentences": sentences(fitted), "comparison": comparison(fitted)},
        "evaluation": {
            "on": evaluation.on,
            "rows": len(evaluation.truth),
            "scores": [
                asdict(one) | {"meaning": METRIC_MEANINGS.get(one.metric, "")} for one in evaluation.scores
            ],
            "coverage": [asdict(one) for one in evaluation.coverage],
        },
        "findings": [asdict(one) for one in diagnose(fitted)],
        "notes": notes_of(fitted),
        "training": _training(fitted),
        "inside": _inside(fitted),
        "in_depth": in_depth(fitted),
        "importance": {
            "rows": evaluation.importance_rows,
            "columns": [asdict(one) for one in evaluation.importance],
        },
        "insight": insight_facts(fitted),
        "columns": _columns(fitted),
        "quality": quality_facts(fitted),
        "made": _made(fitted),
    }
    return {name: plain(value) for name, value in whole.items()}


def _training(fitted: Fitted) -> dict[str, Any]:
    trained = fitted.trained
    history = trained.history
    means = (_means(one) for one in (history.training_loss_EK, history.validation_loss_EK))
    columns = (range(1, history.epochs + 1), *means, history.metric_E.tolist(), history.seconds_E.tolist())
    names = ("epoch", "training_loss", "validation_loss", "metric", "seconds")
    epochs = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    return {
        "stopped": trained.stopped,
        "interrupted": trained.interrupted,
        "best_epochs": list(trained.best_epoch_K),
        "failed_members": [k + 1 for k in trained.failed],
        "steps_per_epoch": history.steps_per_epoch,
        "seconds": trained.seconds,
        "rows_per_second": trained.rows_per_second,
        "learning_rates": _rates(fitted),
        "epochs_run": history.epochs,
        "epochs": [epochs[e] for e in thinned(history.epochs, EPOCHS_LISTED)] if epochs else [],
    }


def _rates(fitted: Fitted) -> list[dict[str, float]]:
    history = fitted.trained.history
    if not history.epochs:
        return []
    epoch_R, rate_R = rates_of(history, fitted.recipe.training)
    places = thinned(epoch_R.size, RATES_LISTED)
    return [{"epoch": float(epoch_R[r]), "rate": float(rate_R[r])} for r in places]


def _means(loss_EK: Floats64) -> list[float]:
    """Return each epoch's mean over the members that have one; NaN where none has."""
    known = np.isfinite(loss_EK)
    total_E = np.where(known, loss_EK, 0.0).sum(axis=1)
    return [float(t) / int(n) if n else math.nan for t, n in zip(total_E, known.sum(axis=1), strict=True)]


def _inside(fitted: Fitted) -> dict[str, Any]:
    records = fitted.trained.history.records
    is_there = records is not None and records.count > 0
    return {
        "recorded_steps": records.count if records is not None else 0,
        "thinning": records.thinning if records is not None and is_there else "",
        "recording_share": records.share if records is not None and is_there else None,
        "layers": layers_inside(records),
    }


def _columns(fitted: Fitted) -> list[dict[str, Any]]:
    return [
        {
            "name": one.name,
            "kind": str(one.kind),
            "used": one.used,
            "reason": one.reason if one.used else one.why_unused or one.reason,
            "missing": one.missing,
            "distinct": one.distinct,
        }
        for one in fitted.schema.columns
    ]


def _made(fitted: Fitted) -> dict[str, Any]:
    run, members = fitted.facts, len(fitted.trained.best_epoch_K)
    names = ("name", "type", "shapes", "parameters")
    layers = [dict(zip(names, row, strict=True)) for row in layer_rows(fitted.network, members)]
    return {
        "command": commands.train_command(fitted),
        "python": commands.python_code(fitted),
        "decisions": [asdict(one) for one in fitted.decisions],
        "settings": {field.name: getattr(fitted.settings, field.name) for field in fields(Settings)},
        "members": members,
        "layers": layers,
        "engine": run.engine,
        "engine_reason": run.engine_reason,
        "threads": run.threads,
        "seed": fitted.settings.seed,
        "machine": run.machine,
        "seconds": dict(sorted(run.seconds.items())),
        "versions": dict(sorted(run.versions.items())),
    }


def json_report(fitted: Fitted) -> str:
    """Return the report as JSON, indented, with a line end."""
    return json.dumps(report_facts(fitted), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write_json_report(fitted: Fitted, path: Path) -> Path:
    """Write report.json, whole or not at all, and return its path.

    Raises SourceError where the disk refuses.
    """
    return write_whole(json_report(fitted), path)

"""A comparison as values that JSON holds."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from glassnet.comparison.effort import parameters
from glassnet.comparison.values import Compared, Measured, Run
from glassnet.report.strict import plain


def facts_of(compared: Compared) -> dict[str, Any]:
    """Return all that the page says; what is not a finite number is None."""
    whole = {
        "target": [target.name for target in compared.runs[0].fitted.schema.targets],
        "task": str(compared.runs[0].fitted.schema.task),
        "sentences": compared.sentences,
        "paired": compared.is_paired,
        "rows": compared.rows,
        "caveats": compared.caveats,
        "runs": [_run(run) for run in compared.runs],
        "metrics": [_measured(one, compared.runs) for one in compared.measured],
        "differing": [
            {
                "name": one.name,
                "kind": one.kind,
                "choices": [
                    {"run": run.name} | asdict(choice)
                    for run, choice in zip(compared.runs, one.choices, strict=True)
                ],
            }
            for one in compared.differing
        ],
    }
    return {name: plain(value) for name, value in whole.items()}


def _run(run: Run) -> dict[str, Any]:
    fitted = run.fitted
    return {
        "name": run.name,
        "path": str(run.path) if run.path else None,
        "finished": run.finished or None,
        "source": fitted.source,
        "rows": {"table": fitted.table_rows}
        | dict(zip(("training", "validation", "test"), fitted.row_counts, strict=True)),
        "measured_on": {"rows": len(fitted.evaluation.truth), "which": fitted.evaluation.on},
        "epochs": fitted.trained.history.epochs,
        "best_epochs": list(fitted.trained.best_epoch_K),
        "seconds": dict(sorted(fitted.facts.seconds.items())),
        "rows_per_second": fitted.trained.rows_per_second,
        "parameters": parameters(fitted),
        "engine": fitted.facts.engine,
        "threads": fitted.facts.threads,
        "machine": fitted.facts.machine,
    }


def _measured(measured: Measured, runs: tuple[Run, ...]) -> dict[str, Any]:
    names = ("first", "second", "difference", "low", "high", "p", "p_corrected", "verdict", "paired")
    return {
        "metric": measured.metric,
        "larger_is_better": measured.larger_is_better,
        "scores": [
            {"run": run.name, "value": score.value, "low": score.low, "high": score.high}
            for run, score in zip(runs, measured.scores, strict=True)
            if score is not None
        ],
        "gaps": [{name: getattr(gap, name) for name in names} for gap in measured.gaps],
    }

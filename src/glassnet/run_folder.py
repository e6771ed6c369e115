"""A run's folder: model, report, metrics, history, predictions and all it takes to run it again.

The folder appears whole under its name, or not at all: it is written beside it and then renamed.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Final

import polars as pl

from glassnet.errors import SettingsError
from glassnet.evaluate.values import Evaluation, Score
from glassnet.model import Model
from glassnet.pipeline import Sources
from glassnet.report.strict import plain
from glassnet.settings import Settings, change
from glassnet.table.write import RowWriter

RUNS: Final = Path("runs")  # where runs without a name of their own go
MODEL: Final = "model.glassnet"
REPORT: Final = "report.html"
REPORT_JSON: Final = "report.json"
RUN: Final = "run.json"
FORMAT: Final = 1  # of run.json


@dataclass(frozen=True, kw_only=True, slots=True)
class Repeat:
    """What a run.json says of how to run it again."""

    settings: Settings
    sources: Sources


def write_run(model: Model, out: Path | None, command: Sequence[str], sources: Sources) -> Path:
    """Write the folder of a run and return its path: `out`, or runs/<name>-<n> with the first free n.

    Raises SettingsError where `out` holds files already or cannot be written.
    """
    check_out(out)
    parent = RUNS if out is None else out.parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=".glassnet-", dir=parent))
    except OSError as error:
        raise SettingsError(f"{parent} cannot be written: {error.strerror}.") from None
    try:
        model.save(beside / MODEL)
        _fill(beside, model, command, sources)
        beside.chmod(0o755)  # mkdtemp makes it private
        return _named(beside, out, model.fitted.name)
    except Exception as error:
        _rescue(beside / MODEL, parent, model.fitted.name, error)
        raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def check_out(out: Path | None) -> None:
    """Raise SettingsError where a run cannot go to `out`; asked before hours of training."""
    if out is None:
        _check_writable(RUNS)
        return
    if out.exists() and not out.is_dir():
        raise SettingsError(f"--out {out} is a file; name a folder that does not exist yet.")
    if out.is_dir() and any(out.iterdir()):
        raise SettingsError(
            f"--out {out} exists and is not empty, and a run never overwrites; choose another name."
        )
    _check_writable(out)


def _check_writable(folder: Path) -> None:
    there = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    try:
        # Tried rather than asked for: os.access says yes to root, also where nobody can write.
        os.rmdir(tempfile.mkdtemp(prefix=".glassnet-", dir=there))
    except OSError as error:
        raise SettingsError(
            f"{there} cannot be written to: {error.strerror}; choose another place with --out."
        ) from None


def _named(beside: Path, out: Path | None, name: str) -> Path:
    """Give the finished folder its name; one that holds files is never replaced."""
    if out is not None:
        try:
            return beside.rename(out)
        except OSError:
            raise SettingsError(
                f"--out {out} was made by another run meanwhile; choose another name."
            ) from None
    for number in count(1):
        target = beside.parent / f"{_file_name(name)}-{number}"
        if not target.exists():
            with suppress(FileExistsError, NotADirectoryError, OSError):
                return beside.rename(target)
    raise AssertionError("some number is free")


def _file_name(name: str) -> str:
    """Return the table's name with only signs that every file system takes."""
    return "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in name).strip(".")[:60] or "run"


def _rescue(saved: Path, parent: Path, name: str, error: Exception) -> None:
    """Keep the model file of a run whose folder could not be finished: it may have taken hours."""
    if saved.exists():
        for number in count(1):
            kept = parent / f"{_file_name(name)}-unfinished-{number}.glassnet"
            if not kept.exists():
                saved.rename(kept)
                error.add_note(f"The trained model is kept in {kept}.")
                return


def _fill(folder: Path, model: Model, command: Sequence[str], sources: Sources) -> None:
    from glassnet.report.machine import write_json_report  # with matplotlib, which a prediction does not need

    model.report(folder / REPORT)
    write_json_report(model.fitted, folder / REPORT_JSON)
    write_json(folder / "metrics.json", metrics_of(model))
    write_json(folder / RUN, run_of(model, command, sources))
    _write_rows(folder / "history.csv", model.history)
    # Without test rows these are the training rows, and called so.
    _write_rows(folder / f"{model.fitted.evaluation.on}_predictions.csv", model.test_predictions())


def _write_rows(path: Path, frame: pl.DataFrame) -> None:
    with RowWriter(path) as writer:
        writer.write(frame)


# ---- JSON ----


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write strict JSON: what is not a finite number is null."""
    path.write_text(json_text(value) + "\n", encoding="utf-8")


def json_text(value: object) -> str:
    """Return strict JSON, indented, with null for numbers that are not finite."""
    return json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False)


def metrics_of(model: Model) -> dict[str, Any]:
    """Return the figures of a run: each metric beside the baselines, and the columns' importance."""
    evaluation, schema = model.fitted.evaluation, model.fitted.schema
    return {
        "task": str(schema.task),
        "targets": [target.name for target in schema.targets],
        **scores_of(evaluation),
        "confusion": None
        if evaluation.confusion_CC is None
        else {
            "labels": list(schema.targets[0].labels),
            "true_by_predicted": evaluation.confusion_CC.tolist(),
        },
        "importance": [
            {"column": one.column, "loss": one.loss, "spread": one.spread, "repeats": one.repeats}
            for one in evaluation.importance
        ],
        "importance_rows": evaluation.importance_rows,
    }


def scores_of(evaluation: Evaluation) -> dict[str, Any]:
    """Return which rows were scored and each metric with its 95 % interval and the baselines."""
    return {
        "on": evaluation.on,
        "rows": len(evaluation.rows),
        "metrics": [_score(one) for one in evaluation.scores],
    }


def _score(score: Score) -> dict[str, Any]:
    return {
        "metric": score.metric,
        "value": score.value,
        "low": score.low,
        "high": score.high,
        "baseline": score.baseline,
        "linear": score.linear,
        "larger_is_better": score.larger_is_better,
    }


def run_of(model: Model, command: Sequence[str], sources: Sources) -> dict[str, Any]:
    """Return all it takes to run it again, and each decision with its reason."""
    fitted = model.fitted
    facts, trained = fitted.facts, fitted.trained
    return {
        "format": FORMAT,
        "command": list(command),
        "folder": str(Path.cwd()),
        "sources": {
            "table": _path_of(sources.table),
            "test": _path_of(sources.test),
            "validation": _path_of(sources.validation),
        },
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "settings": settings_of(fitted.settings),
        "seed": fitted.settings.seed,
        "engine": {"name": facts.engine, "reason": facts.engine_reason, "threads": facts.threads},
        "rows": {
            "table": fitted.table_rows,
            "training": fitted.row_counts[0],
            "validation": fitted.row_counts[1],
            "test": fitted.row_counts[2],
            "split": fitted.split,
        },
        "decisions": [
            {"name": one.name, "value": one.value, "reason": one.reason} for one in fitted.decisions
        ],
        "notes": list(fitted.notes),
        "findings": [asdict(one) for one in fitted.quality.findings],
        "training": {
            "epochs": trained.history.epochs,
            "best_epoch": list(trained.best_epoch_K),
            "stopped": trained.stopped,
            "interrupted": trained.interrupted,
            "rows_per_second": trained.rows_per_second,
        },
        "seconds": facts.seconds,
        "versions": facts.versions,
        "machine": facts.machine,
    }


def _path_of(source: object) -> str | None:
    """Return a source's path; None for a table in memory, or where there is none."""
    return os.fspath(source) if isinstance(source, str | Path) and str(source) else None


def settings_of(settings: Settings) -> dict[str, Any]:
    """Return every setting as JSON holds it; a time limit of null is none."""
    return {name: plain(getattr(settings, name)) for name in Settings.__dataclass_fields__}


# ---- and back ----


def read_run(path: Path) -> Repeat:
    """Return the settings and sources of a run.json, or of the folder that holds one.

    Threads and engine are those that the run had, so that its weights come out equal. Raises SettingsError
    for a file that is none.
    """
    data = _json_object(path / RUN if path.is_dir() else path)
    try:
        settings = change(Settings(), **_settings_values(data["settings"]))
        pinned = replace(settings, threads=data["engine"]["threads"], engine=data["engine"]["name"])
        table, test, validation = (data["sources"][one] for one in ("table", "test", "validation"))
        folder = Path(data["folder"])
    except (KeyError, TypeError) as error:
        raise SettingsError(f"{path} is no run.json that `glassnet train` wrote: {error}.") from None
    sources = Sources(
        table=_found(table, folder) or "", test=_found(test, folder), validation=_found(validation, folder)
    )
    if not (sources.table or settings.query or settings.example):
        raise SettingsError(f"the run of {path} was on a table in memory; name a SOURCE to repeat it on.")
    return Repeat(settings=pinned, sources=sources)


def _json_object(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"there is no file {path}.") from None
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} is no run.json that `glassnet train` wrote: {error}.") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        found = data.get("format") if isinstance(data, dict) else None
        raise SettingsError(
            f"{path} is no run.json of format {FORMAT} that `glassnet train` wrote; its format is {found!r}."
        )
    return data


def _settings_values(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values as Settings takes them. Raises SettingsError for a user's own function."""
    for name, value in found.items():
        if isinstance(value, dict):
            raise SettingsError(
                f"the run's {name} is your own '{value.get('own')}', which a file cannot hold;"
                " repeat it from Python."
            )
    return {name: math.inf if value is None else value for name, value in found.items()}


def _found(source: str | None, folder: Path) -> str | None:
    """Return the path as seen from here: relative ones were meant from the run's own folder."""
    if source is None or Path.cwd() == folder or Path(source).expanduser().is_absolute():
        return source
    return str(folder / source) if folder.is_dir() else source

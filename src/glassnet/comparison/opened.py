"""From paths and models to runs with names, or words why they cannot be compared."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from glassnet.comparison.values import Run
from glassnet.errors import ModelFileError, SettingsError, listed
from glassnet.model import Model, load
from glassnet.run_folder import MODEL, RUN
from glassnet.table.values import Schema, Task

Given = Model | str | Path
MOST: Final = 20  # runs: beyond, no page can be read


def opened(given: Sequence[Given] | Mapping[str, Given]) -> tuple[Run, ...]:
    """Return the runs, each with a name of its own, all with the same target and the same classes.

    Raises SettingsError for fewer than two or more than twenty, for the same run twice and for runs that
    answer different questions; ModelFileError where a path holds no model.
    """
    if isinstance(given, str | Path | Model):
        raise SettingsError("only one run was given; name at least two to compare.")
    names = list(given) if isinstance(given, Mapping) else []
    every = list(given.values()) if isinstance(given, Mapping) else list(given)
    _check_count(every)
    runs = tuple(_opened(one, place) for place, one in enumerate(every))
    runs = (
        tuple(replace(run, name=str(name)) for run, name in zip(runs, names, strict=True))
        if names
        else _told_apart(runs, every)
    )
    for run in runs[1:]:
        _check_alike(runs[0], run)
    for run in runs:
        if not run.fitted.evaluation.scores or not len(run.fitted.evaluation.truth):
            raise SettingsError(f"'{run.name}' was measured on no rows; there is nothing to compare it by.")
    return runs


def _check_count(every: list[Given]) -> None:
    if len(every) < 2:
        found = "only one run was" if every else "no runs were"
        raise SettingsError(f"{found} given; name at least two to compare.")
    if len(every) > MOST:
        raise SettingsError(f"{len(every)} runs are too many for one page; name at most {MOST}.")
    places = [one.resolve() if isinstance(one, Path) else one for one in map(_place, every)]
    for place, one in enumerate(places):
        if any(one is other or (isinstance(one, Path) and one == other) for other in places[:place]):
            raise SettingsError(f"the same run is given twice: {every[place]}. Name different ones.")


def _place(one: Given) -> Path | Model:
    return model_file(Path(one)) if isinstance(one, str | Path) else one


def model_file(path: Path) -> Path:
    """Return the model file of a path, which may also be the folder of a run.

    Raises ModelFileError for a folder without one.
    """
    path = path.expanduser()
    if not path.is_dir():
        return path
    if (path / MODEL).exists():
        return path / MODEL
    runs = sorted(one.parent.name for one in path.glob(f"*/{MODEL}"))
    inner = f" It holds runs, though: {listed(runs)}." if runs else ""
    raise ModelFileError(f"folder {path} holds no {MODEL}; name the folder of a run, or a model file.{inner}")


def _opened(one: Given, place: int) -> Run:
    if isinstance(one, Model):
        return Run(name=f"run {place + 1}", fitted=one.fitted)
    if not isinstance(one, str | Path):
        raise SettingsError(
            f"a run is a model or the path of one, but number {place + 1} is {type(one).__name__}."
        )
    file = model_file(Path(one))
    fitted = load(file).fitted
    is_folder = file.name == MODEL and file.resolve().parent.name != ""
    return Run(
        name=file.resolve().parent.name if is_folder else file.stem,
        fitted=fitted,
        path=file.parent if is_folder else file,
        finished=_finished(file.parent / RUN) if is_folder else "",
    )


def _finished(path: Path) -> str:
    """Return when a run.json says that its run ended; empty where there is none that can be read."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(data.get("finished", "")) if isinstance(data, dict) else ""


def _told_apart(runs: tuple[Run, ...], given: Sequence[Given]) -> tuple[Run, ...]:
    """Return the runs with their paths as names where folders of the same name were given."""
    many = Counter(run.name for run in runs)
    return tuple(
        replace(run, name=str(one)) if many[run.name] > 1 and run.path is not None else run
        for run, one in zip(runs, given, strict=True)
    )


def _check_alike(first: Run, other: Run) -> None:
    """Raise SettingsError where two runs answer different questions."""
    one, two = first.fitted.schema, other.fitted.schema
    if _targets(one) != _targets(two):
        raise SettingsError(
            f"'{first.name}' predicts {_said(one)}, but '{other.name}' predicts {_said(two)};"
            " only runs with the same target can be compared."
        )
    if one.task != two.task:
        raise SettingsError(
            f"'{first.name}' predicts {_said(one)} as {_kind(one)}, but '{other.name}' as {_kind(two)};"
            " their figures measure different things."
        )
    for a, b in zip(one.targets, two.targets, strict=True):
        unlike = set(map(str, a.labels)) ^ set(map(str, b.labels))
        if unlike:
            raise SettingsError(
                f"'{first.name}' and '{other.name}' know different classes of '{a.name}':"
                f" {listed(sorted(unlike))} {'is' if len(unlike) == 1 else 'are'} in one of them only."
                " Train both on tables with the same classes."
            )


def _targets(schema: Schema) -> list[str]:
    return [target.name for target in schema.targets]


def _said(schema: Schema) -> str:
    return listed((f"'{name}'" for name in _targets(schema)), 4)


def _kind(schema: Schema) -> str:
    classes = len(schema.targets[0].labels)
    words = {
        Task.BINARY: "one of two classes",
        Task.MULTICLASS: f"one of {classes} classes",
        Task.REGRESSION: "a number",
        Task.MULTILABEL: "several yes/no answers",
    }
    return words[schema.task]

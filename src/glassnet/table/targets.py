"""What is predicted: the task and the labels, inferred with a reason or given."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glassnet.errors import SettingsError, SourceError, listed, near_miss, pick
from glassnet.settings import Settings
from glassnet.table.cells import read_cells
from glassnet.table.examples import EXAMPLES
from glassnet.table.facts import Facts
from glassnet.table.names import find_column
from glassnet.table.numbers import parse_numbers
from glassnet.table.values import KINDS, Kind, Label, Target, Task

MOST_CLASSES: Final = 1000  # labels of text beyond which it is no classification
MOST_INT_CLASSES: Final = 10  # whole numbers 0..9 or 1..10 are taken for classes
ROWS_PER_CLASS: Final = 5  # where there are at least so many rows for each
CLASS_NAMES: Final = ("class", "label", "target", "species", "category", "type", "cluster", "diagnosis")
# The task of a target that is told to be of a kind.
TASK_OF: Final = {Kind.NUMBER: Task.REGRESSION, Kind.CATEGORY: Task.MULTICLASS, Kind.YES_NO: Task.BINARY}


def target_names(names: list[str], settings: Settings) -> tuple[str, ...]:
    """Return the columns to predict: those of the settings, else the example's own.

    Raises SettingsError where none is named, one is named twice, or one is unknown.
    """
    wanted = settings.target
    if not wanted and settings.example in EXAMPLES:
        wanted = (EXAMPLES[settings.example].target,)
    if not wanted:
        raise SettingsError(f"no column to predict is named; choose one with --target: {listed(names)}.")
    found = tuple(find_column(name, names) for name in wanted)
    if len(set(found)) < len(found):
        raise SettingsError(f"a target is named twice: {listed(found)}. Name each once.")
    return found


def decide_targets(facts: list[Facts], settings: Settings) -> tuple[tuple[Target, ...], Task, str]:
    """Return the targets, the task, and one sentence why that task.

    Raises SourceError for a target that is missing throughout or has a single value, SettingsError for a
    task or a positive class that does not go with the cells.
    """
    for one in facts:
        _check_target(one)
    task, reason = _task(facts, settings)
    targets = tuple(_target(one, task) for one in facts)
    if settings.positive:
        targets = (_positive_last(targets, task, settings.positive), *targets[1:])
    return targets, task, reason


def target_missing(series: pl.Series, facts: Facts) -> NDArray[np.bool_]:
    """Return which rows lack this target, shape `(rows,)`."""
    kinds = {"int": Kind.NUMBER, "float": Kind.NUMBER, "bool": Kind.YES_NO}
    values = read_cells(series, kinds.get(facts.dtype, Kind.CATEGORY), facts.dtype, facts.cells)
    return values.is_null().to_numpy()


def _check_target(facts: Facts) -> None:
    name = facts.name
    if facts.rows == 0:
        raise SourceError("the table has no rows. Give one with rows to learn from.")
    if facts.distinct == 0:
        raise SourceError(f"target '{name}' is missing in every row; there is nothing to learn from.")
    if facts.distinct == 1:
        raise SourceError(
            f"target '{name}' is {facts.examples()[0]} in every row; there is nothing to learn."
        )
    if facts.dtype in ("nested", "date"):
        raise SettingsError(f"target '{name}' holds {facts.dtype} cells; predict numbers or classes instead.")


def _task(facts: list[Facts], settings: Settings) -> tuple[Task, str]:
    if settings.task != "auto":
        return _given_task(facts, Task(settings.task), "--task")
    if told := {one.name: kind for one in facts if (kind := told_kind(one.name, settings))}:
        return _told_task(facts, told)
    classes = [_are_classes(one) for one in facts]
    if len(facts) == 1:
        are, reason = classes[0]
        if not are:
            return Task.REGRESSION, reason
        return (Task.BINARY if facts[0].distinct == 2 else Task.MULTICLASS), reason
    if all(one.distinct == 2 for one in facts):
        return Task.MULTILABEL, "each target has two values; --task regression treats them as numbers"
    if all(one.dtype in ("int", "float") for one in facts):
        return Task.REGRESSION, "all targets are numbers"
    return _mixed(facts)


def told_kind(name: str, settings: Settings) -> Kind | None:
    """Return the kind that settings tell a target to be, where it decides the task; else None.

    Raises SettingsError for a kind that is not known.
    """
    told = dict(settings.kinds).get(name)
    kind = None if told is None else pick(KINDS, told, "kind")
    return kind if kind in TASK_OF else None


def _told_task(facts: list[Facts], told: dict[str, Kind]) -> tuple[Task, str]:
    """Return the task that the kinds of targets name. Raises SettingsError where they name two."""
    name, kind = next(iter(told.items()))
    task = TASK_OF[kind]
    if other := [one for one, its in told.items() if TASK_OF[its] is not task]:
        raise SettingsError(
            f"--kind tells '{name}' to be a {kind} and '{other[0]}' a {told[other[0]]}; train one model for"
            " each target."
        )
    is_labels = len(facts) > 1 and task is not Task.REGRESSION
    return _given_task(facts, Task.MULTILABEL if is_labels else task, f"--kind {name}={kind}")


def _mixed(facts: list[Facts]) -> tuple[Task, str]:
    words = [one.name for one in facts if one.dtype not in ("int", "float")]
    numbers = [one.name for one in facts if one.dtype in ("int", "float")]
    if numbers:
        raise SettingsError(
            f"targets mix classes ({listed(words)}) and numbers ({listed(numbers)});"
            " train one model for each."
        )
    many = next(one for one in facts if one.distinct > 2)
    raise SettingsError(
        f"several targets must be numbers, or have two values each, but '{many.name}' has {many.distinct}"
        " classes; train one model for each."
    )


def _given_task(facts: list[Facts], task: Task, how: str) -> tuple[Task, str]:
    """Return the task as told once it is sure to go with the targets; `how` it was told: an option."""
    for one in facts:
        if task is Task.REGRESSION and one.dtype not in ("int", "float", "bool"):
            raise SettingsError(
                f"task regression needs numbers, but target '{one.name}' holds {listed(one.examples(), 3)}."
                + (_as_numbers(one) or f" Leave {how} out, or name another target.")
            )
        if task in (Task.BINARY, Task.MULTILABEL) and one.distinct != 2:
            raise SettingsError(
                f"task {task} needs two classes, but target '{one.name}' has {one.distinct}:"
                f" {listed(one.examples(), 5)}. Leave {how} out, or name another target."
            )
    if task in (Task.BINARY, Task.MULTICLASS) and len(facts) > 1:
        raise SettingsError(f"task {task} has one target, but {len(facts)} are named; use --task multilabel.")
    if task is Task.MULTICLASS and facts[0].distinct == 2:
        return Task.BINARY, f"as told by {how}, and two classes are the binary case"
    return task, f"as told by {how}"


def _are_classes(facts: Facts) -> tuple[bool, str]:
    """Return whether a target's values are classes, and one sentence why."""
    many = f"target '{facts.name}'"
    if facts.distinct == 2:
        return _two_values(facts, many)
    if facts.dtype == "int" or (facts.dtype == "float" and _all_whole(facts)):
        return _int_classes(facts, many)
    if facts.dtype == "float":
        return False, f"{many} holds numbers, {facts.distinct:,} different ones"
    if facts.distinct > MOST_CLASSES or facts.distinct > 0.5 * facts.present >= 10:
        raise SourceError(
            f"{many} holds {facts.distinct:,} different texts in {facts.present:,} rows, too many for"
            " classes."
            + (_as_numbers(facts) or " Name another target, or correct the cells if they should be numbers.")
        )
    return True, f"{many} holds {facts.distinct} classes as text"


def _two_values(facts: Facts, many: str) -> tuple[bool, str]:
    """Return that two values are classes, unless they are two numbers of which none repeats."""
    has = f"{many} has two values, {facts.examples()[0]} and {facts.examples()[1]}"
    if facts.present > 2 or facts.dtype not in ("int", "float") or set(facts.numbers()) == {0.0, 1.0}:
        return True, has
    return False, f"{has}, in one row each; --task binary treats them as classes"


def _as_numbers(facts: Facts) -> str:
    """Return how text of which most can be read as numbers is read so; else nothing."""
    read = parse_numbers(facts.counts["cell"].cast(pl.String))
    if read.null_count() > 0.5 * facts.distinct:
        return ""
    return f" If they are numbers: --kind {facts.name}=number; what is none counts as missing."


def _all_whole(facts: Facts) -> bool:
    """Return whether numbers with a point are whole ones, as pandas has them beside missing cells."""
    numbers = facts.numbers()
    return bool((numbers == numbers.round(0)).all())


def _int_classes(facts: Facts, many: str) -> tuple[bool, str]:
    numbers = sorted(facts.numbers().to_list())
    named = any(word in facts.name.lower() for word in CLASS_NAMES) and facts.distinct <= 5 * MOST_INT_CLASSES
    in_row = numbers[0] in (0.0, 1.0) and numbers[-1] - numbers[0] == facts.distinct - 1
    enough = facts.present >= ROWS_PER_CLASS * facts.distinct
    if enough and in_row and facts.distinct <= MOST_INT_CLASSES:
        return True, (
            f"{many} holds the whole numbers {numbers[0]:.0f} to {numbers[-1]:.0f} and no others, as"
            " classes do; --task regression treats them as numbers"
        )
    if enough and named:
        return True, f"{many} holds {facts.distinct} whole numbers and its name says class"
    few = "; --task multiclass treats them as classes" if facts.distinct <= 5 * MOST_INT_CLASSES else ""
    return False, f"{many} holds whole numbers, {facts.distinct:,} different ones{few}"


def _target(facts: Facts, task: Task) -> Target:
    if task is Task.REGRESSION:
        return Target(name=facts.name, dtype=facts.dtype, cells=facts.cells)
    dtype, labels = _labels(facts)
    return Target(name=facts.name, dtype=dtype, labels=labels, cells=facts.cells)


def _labels(facts: Facts) -> tuple[str, tuple[Label, ...]]:
    """Return the type of the labels and the labels, sorted: words such as yes and no stay text."""
    cells = facts.counts["cell"]
    if facts.dtype == "int":
        return "int", tuple(sorted(int(number) for number in facts.numbers().to_list()))
    if facts.dtype == "float":
        return "float", tuple(sorted(facts.numbers().to_list()))
    if facts.dtype == "bool" and facts.cells.true in ((), ("true",)):
        return "bool", (False, True)
    return "text", tuple(sorted(cells.cast(pl.String).to_list()))


def _positive_last(targets: tuple[Target, ...], task: Task, positive: str) -> Target:
    if task is not Task.BINARY:
        raise SettingsError(
            f"positive names a class of a binary target, but the task is {task}. Leave it out."
        )
    (target,) = targets
    texts = {str(label): label for label in target.labels}
    if positive not in texts:
        raise SettingsError(
            f"target '{target.name}' has no class '{positive}'.{near_miss(positive, texts)}"
            f" Its classes are: {listed(texts)}."
        )
    last = texts[positive]
    return replace(target, labels=(*(label for label in target.labels if label != last), last))

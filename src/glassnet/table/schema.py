"""What each column is and what is predicted: the schema of a table, every choice with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from typing import Final

from glassnet.errors import SettingsError, SourceError, pick
from glassnet.settings import Settings
from glassnet.table.cells import MISSING, target_cells
from glassnet.table.facts import Facts, facts_by_column
from glassnet.table.kinds import guess_kind
from glassnet.table.names import find_column
from glassnet.table.targets import decide_targets, target_names
from glassnet.table.values import KINDS, USABLE_KINDS, Column, Kind, Schema, Table, Task

# Tables of so many inputs, or more, that have less than ten rows for each leave bare columns out.
MANY_INPUTS: Final = 100
WIDE: Final = 10
FEWEST_DIFFERING: Final = 20  # 3, 5, 20 and 60 were measured on two tables of over 1,000 columns, see LOG.md
RARE: Final = 6  # and in less than one row of so many: of 30 rows 19 are most


def decide_schema(table: Table, settings: Settings, *, is_part: bool = False) -> Schema:
    """Return the schema of the table: kinds, task, labels and the columns that play other parts.

    Of a part of a stream bare columns are kept: the rows to come may differ in them.

    A column of a file without a header is called by its position: "1", "2", ... Raises SettingsError for
    an unknown column, kind, task or class, SourceError for a table nothing can be learned from.
    """
    names = table.frame.columns
    targets_named = target_names(names, settings)
    settings = _resolved(settings, names, targets_named)
    every = facts_by_column(table.frame, settings, first=targets_named)
    target_facts = {facts.name: facts for facts in islice(every, len(set(targets_named)))}
    targets, task, reason = decide_targets([target_facts[name] for name in targets_named], settings)
    notes = {name: facts.notes for name, facts in target_facts.items()}
    found, differing = {}, {}
    for facts in every:
        _check_part(facts, settings)
        found[facts.name], notes[facts.name] = _column(facts, settings), facts.notes
        differing[facts.name] = facts.differing
    every_column = [found[name] for name in names if name in found]
    if not is_part:
        every_column = _without_bare(every_column, differing, table.frame.height, settings)
    columns = _with_an_input(every_column, settings)
    unused = {column.name for column in columns if not column.used}
    schema = Schema(
        columns=columns,
        targets=targets,
        task=task,
        task_reason=reason,
        weight=settings.weight,
        time=settings.time,
        group=settings.group,
        # A note on a column is not worth telling where the column was dropped.
        notes=tuple(note for name in names if name not in unused for note in notes[name]),
    )
    return replace(schema, notes=schema.notes + _target_notes(table, schema))


def _resolved(settings: Settings, names: list[str], targets: tuple[str, ...]) -> Settings:
    """Return the settings with every column under its name in the table.

    Raises SettingsError for a column that the table does not have and for a target that is also an input.
    """

    def one(name: str) -> str:
        return find_column(name, names) if name else ""

    found = replace(
        settings,
        columns=tuple(one(name) for name in settings.columns),
        drop=tuple(one(name) for name in settings.drop),
        keep=tuple(one(name) for name in settings.keep),
        kinds=tuple((one(name), kind) for name, kind in settings.kinds),
        weight=one(settings.weight),
        time=one(settings.time),
        group=one(settings.group),
    )
    others = {
        "columns": found.columns,
        "weight": (found.weight,),
        "time": (found.time,),
        "group": (found.group,),
    }
    for part, named in others.items():
        if twice := set(named) & set(targets):
            raise SettingsError(
                f"column '{min(twice)}' is the target and cannot be in {part} too; the network would see the"
                " answer."
            )
    return found


def _column(facts: Facts, settings: Settings) -> Column:
    kind, reason = _kind(facts, settings)
    why_unused = _why_unused(facts.name, kind, reason, settings)
    return Column(
        name=facts.name,
        kind=kind,
        reason=reason,
        used=not why_unused,
        why_unused=why_unused,
        dtype=_dtype(facts, kind),
        cells=facts.cells,
        missing=facts.missing,
        distinct=facts.distinct,
        examples=facts.examples(),
    )


def _kind(facts: Facts, settings: Settings) -> tuple[Kind, str]:
    told = dict(settings.kinds).get(facts.name)
    if told is not None:
        return pick(KINDS, told, "kind"), "as told by --kind"
    kind, reason = guess_kind(facts)
    if facts.name in settings.columns and kind not in USABLE_KINDS:
        if facts.dtype == "nested":
            raise SettingsError(
                f"column '{facts.name}' holds lists, bytes or objects and cannot be an input; drop it."
            )
        numeric = facts.dtype in ("int", "float")
        return (Kind.NUMBER if numeric else Kind.CATEGORY), f"named in --columns, although {reason}"
    return kind, reason


def _dtype(facts: Facts, kind: Kind) -> str:
    """Return as what the cells are read: a column told to be a category keeps its own levels."""
    if facts.dtype == "nested":
        return "text"
    return "float" if kind is Kind.NUMBER and facts.dtype == "text" else facts.dtype


def _why_unused(name: str, kind: Kind, reason: str, settings: Settings) -> str:
    """Return one sentence why the network does not see the column; an empty one where it does."""
    parts = {settings.weight: "row weight", settings.group: "group", settings.time: "time"}
    if name in settings.columns:
        return ""
    if name in settings.drop:
        return "left out by --drop"
    if name in settings.keep:
        return "kept for the predictions by --keep"
    if name in parts:
        return f"it is the {parts[name]} of the rows"
    if settings.columns:
        return "not named in --columns"
    if kind not in USABLE_KINDS:
        return f"{reason}; --kind {name}=... or --columns uses it all the same"
    return ""


def _without_bare(
    columns: list[Column], differing: Mapping[str, int], rows: int, settings: Settings
) -> list[Column]:
    """Return the columns, those left out that nearly always hold one value where columns are very many.

    A network learns single rows by heart from hundreds of them, and nothing from one.
    """
    inputs = [column for column in columns if column.used]
    if len(inputs) < MANY_INPUTS or len(inputs) * WIDE < rows:
        return columns
    unnamed = replace(settings, columns=())
    if all(column.name in settings.columns for column in columns if _is_free(column.name, unnamed)):
        settings = unnamed  # who names every column there is, as estimators do, picks none
    bare = {
        column.name
        for column in inputs
        if column.kind in (Kind.YES_NO, Kind.NUMBER)
        and differing[column.name] < min(FEWEST_DIFFERING, rows / RARE)
        and _is_free(column.name, settings)
    }
    if len(bare) == len(inputs):
        return columns
    return [_bare(one, differing[one.name], rows) if one.name in bare else one for one in columns]


def _bare(column: Column, differing: int, rows: int) -> Column:
    """Return the column left out."""
    why = (
        f"it is {column.examples[0]} in all but {differing:,} of {rows:,} rows, which teach nothing beside so"
        f" many columns; --kind {column.name}=... or --columns uses it all the same"
    )
    return replace(column, used=False, why_unused=why)


def _with_an_input(columns: list[Column], settings: Settings) -> tuple[Column, ...]:
    """Return the columns, row counters used again where there would be no input at all."""
    if any(column.used for column in columns):
        return tuple(columns)
    again = [
        replace(
            column,
            kind=Kind.NUMBER,
            used=True,
            why_unused="",
            reason=f"the only input, although {column.reason}",
        )
        if column.kind is Kind.IDENTIFIER and column.dtype == "int" and _is_free(column.name, settings)
        else column
        for column in columns
    ]
    if any(column.used for column in again):
        return tuple(again)
    if not columns:
        raise SourceError("no column is left to learn from: the table has no other than the target.")
    why = "; ".join(f"'{column.name}': {column.why_unused}" for column in columns[:5])
    raise SourceError(f"no column is left to learn from ({why}). Name inputs with --columns or --kind.")


def _is_free(name: str, settings: Settings) -> bool:
    others = {settings.weight, settings.time, settings.group, *settings.drop, *settings.keep}
    return name not in others and not settings.columns and name not in dict(settings.kinds)


def _check_part(facts: Facts, settings: Settings) -> None:
    """Raise SettingsError where weight or time cannot play their part."""
    if facts.name == settings.weight:
        lowest = facts.numbers().min() if facts.dtype in ("int", "float", "bool") else None
        if not isinstance(lowest, int | float) or lowest < 0:
            held = lowest if isinstance(lowest, int | float) else facts.dtype
            raise SettingsError(
                f"row weights must be numbers of at least 0, but column '{facts.name}' holds"
                f" {held if facts.distinct else 'none'}."
            )
    if facts.name == settings.time and facts.dtype not in ("int", "float", "date"):
        raise SettingsError(
            f"time must be a column of dates or numbers, but '{facts.name}' holds"
            f" {facts.dtype}. Name the format of its dates with --dates."
        )


def _target_notes(table: Table, schema: Schema) -> tuple[str, ...]:
    """Return notes on rows without a target, where the table still has them."""
    notes = []
    if schema.task is not Task.REGRESSION:
        for target in schema.targets:
            index = target_cells(table.frame[target.name], target, schema.task)
            lacking = int((index == MISSING).sum())
            if lacking:
                notes.append(f"target '{target.name}' is missing in {lacking} rows.")
    return tuple(notes)

"""A table as `glassnet describe` looks at it: kinds, the split, each column's summary, findings; no torch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl

from glassnet.errors import SettingsError, pick
from glassnet.gather import own_part
from glassnet.quality.checks import findings_of
from glassnet.quality.columns import column_summaries
from glassnet.quality.sight import Sight, sight_of, sight_without_target
from glassnet.quality.values import ColumnSummary, Finding
from glassnet.recipe.choose import choose_recipe
from glassnet.recipe.facts import Facts as Known
from glassnet.settings import Settings
from glassnet.table.cells import canonical_kind, conform_targets, read_cells
from glassnet.table.facts import Facts, facts_of_table
from glassnet.table.frames import picked
from glassnet.table.kinds import guess_kind
from glassnet.table.names import find_column
from glassnet.table.schema import decide_schema
from glassnet.table.source import drop_rows_without_target, read_table
from glassnet.table.split import split_rows
from glassnet.table.values import KINDS, USABLE_KINDS, Column, RowNumbers, Rows, Schema, Table

NONE: Final[RowNumbers] = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, kw_only=True, slots=True)
class Described:
    """All that is shown of a table."""

    table: Table
    facts: dict[str, Facts]
    schema: Schema | None  # None where no target is named
    columns: tuple[ColumnSummary, ...]  # of every column, in no order
    findings: tuple[Finding, ...]
    split: str  # one sentence on which rows were compared with which; empty where none were
    sampled: str  # what was not looked at, in one sentence
    notes: tuple[str, ...]


def describe_table(source: str, test: str, settings: Settings) -> Described:
    """Return what a table holds. `test` is a path of own test rows, or empty."""
    table = read_table(source, settings, compact=True)
    facts = facts_of_table(table.frame, settings)
    if settings.target or settings.example:
        return _with_target(table, facts, test, settings)
    settings = _named_right(settings, table.frame.columns)
    columns = tuple(_guessed(one, settings) for one in facts.values())
    cells, places, notes = cells_of(table.frame, columns), NONE, table.notes
    if test:
        other = read_table(test, replace(settings, query=""))
        same = [column for column in columns if column.name in other.frame.columns]
        cells = pl.concat([cells, cells_of(other.frame, tuple(same))], how="diagonal")
        places, notes = np.arange(table.frame.height, cells.height), (*notes, *other.notes)
    sight = sight_without_target(cells, columns, settings.time, places, settings.seed)
    return Described(
        table=table,
        facts=facts,
        schema=None,
        columns=_every(sight, cells, columns),
        findings=findings_of(sight),
        split=f"{len(sight.training):,} rows, {len(places):,} own test rows" if test else "",
        sampled="",
        notes=notes,
    )


def _with_target(table: Table, facts: dict[str, Facts], test: str, settings: Settings) -> Described:
    known = drop_rows_without_target(table, settings)
    schema = decide_schema(known, settings)
    cells, target_RT = cells_of(known.frame, schema.columns), conform_targets(known.frame, schema)
    notes = (*table.notes, *schema.notes)
    numbers = np.arange(len(target_RT)) if known.row_numbers is None else known.row_numbers
    if test:
        part = own_part(test, schema, replace(settings, query="", example=""), "test")
        rows = _own_test(len(target_RT), len(part.target_RT))
        cells = pl.concat([cells, part.frame], how="diagonal")
        target_RT = np.concatenate([target_RT, part.target_RT])
        notes, numbers = (*notes, *part.notes), np.concatenate([numbers, part.source_rows])
    else:
        rows, why_not = _divided(cells, target_RT, schema, settings)
        notes = (*notes, why_not) if why_not else notes
    sight, sampled = sight_of(cells, schema, target_RT, rows, settings.seed, numbers)
    return Described(
        table=table,
        facts=facts,
        schema=schema,
        columns=_every(sight, cells, schema.columns),
        findings=findings_of(sight),
        split=rows.how,
        sampled=sampled,
        notes=notes,
    )


def cells_of(frame: pl.DataFrame, columns: tuple[Column, ...]) -> pl.DataFrame:
    """Return every column's cells in the canonical dtype of its kind, used or not."""
    return pl.DataFrame(
        [
            read_cells(frame[one.name], canonical_kind(one), one.dtype, one.cells).alias(one.name)
            for one in columns
        ]
    )


def _named_right(settings: Settings, names: list[str]) -> Settings:
    """Return the settings with columns as the table calls them. Raises SettingsError for unknown ones."""
    for _, kind in settings.kinds:
        pick(KINDS, kind, "kind")
    return replace(
        settings,
        columns=tuple(find_column(name, names) for name in settings.columns),
        drop=tuple(find_column(name, names) for name in settings.drop),
        kinds=tuple((find_column(name, names), kind) for name, kind in settings.kinds),
        time=find_column(settings.time, names) if settings.time else "",
    )


def _guessed(facts: Facts, settings: Settings) -> Column:
    """Return a column of a table without a target: its kind as told or guessed."""
    told = dict(settings.kinds).get(facts.name)
    kind, reason = (KINDS[told], "as told by --kind") if told in KINDS else guess_kind(facts)
    is_dropped = facts.name in settings.drop or (settings.columns and facts.name not in settings.columns)
    return Column(
        name=facts.name,
        kind=kind,
        reason=reason,
        used=kind in USABLE_KINDS and not is_dropped,
        dtype="text" if facts.dtype == "nested" else facts.dtype,
        cells=facts.cells,
    )


def _own_test(rows: int, test: int) -> Rows:
    """Return the split of a table's rows from own test rows that follow them."""
    how = f"{rows:,} rows of the table, {test:,} own test rows"
    return Rows(fit=(np.arange(rows),), validation=(NONE,), test=np.arange(rows, rows + test), how=how)


def _divided(
    cells: pl.DataFrame,
    target_RT: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    schema: Schema,
    settings: Settings,
) -> tuple[Rows, str]:
    """Return the split that training would make; all rows and a note where it would refuse."""
    known = Known(
        rows=cells.height,
        task=schema.task,
        classes=len(schema.targets[0].labels),
        is_in_order=bool(schema.time or schema.group),
    )
    try:
        shares = choose_recipe(settings, known).shares
        times = cells[schema.time] if schema.time else None
        groups = cells[schema.group] if schema.group else None
        return split_rows(cells.height, target_RT, schema, settings, shares, times=times, groups=groups), ""
    except SettingsError as error:
        everything = Rows(fit=(np.arange(cells.height),), validation=(NONE,), test=NONE, how="")
        return everything, f"training would refuse: {error}"


def _every(sight: Sight, cells: pl.DataFrame, columns: tuple[Column, ...]) -> tuple[ColumnSummary, ...]:
    """Return a summary of each column, also of those that checks do not look at."""
    seen = {one.name for one in sight.summaries}
    others = [column.name for column in columns if column.name not in seen and column.name in cells.columns]
    return (*sight.summaries, *column_summaries(picked(cells, others), sight.training, sight.test))

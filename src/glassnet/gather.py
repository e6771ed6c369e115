"""All tables of a run as one: the main table's rows first, then own validation rows, then own test rows.

Shapes: R rows of all tables together, T targets.
"""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl

from glassnet.errors import SettingsError, SourceError, listed, near_miss
from glassnet.prepare.values import Floats64, Weights
from glassnet.settings import SETTING_NAMES, Settings
from glassnet.table.cells import conform, conform_targets
from glassnet.table.coded import plain
from glassnet.table.frames import is_in_memory, picked
from glassnet.table.schema import decide_schema
from glassnet.table.source import drop_rows_without_target, read_table
from glassnet.table.targets import told_kind
from glassnet.table.values import Kind, RowNumbers, Schema, Table, Task
from glassnet.table.weights import counted, drop_rows_without_weight, row_weights

MOST_TEXT_LABELS: Final = 100
LARGEST: Final = 1e100  # of numbers to predict: sums of squares, and cubes, must be finite
SMALLEST: Final = 1e-100  # of the largest of them: where all squares are 0 any figure would look perfect
# Settings that no reader of tables looks at: runs that differ in these alone share the table.
UNREAD: Final = frozenset(
    {
        "validation_share",
        "test_share",
        "folds",
        "recipe",
        "effort",
        "network",
        "hidden",
        "activation",
        "dropout",
        "normalization",
        "output",
        "members",
        "sharing",
        "input_scaling",
        "numbers",
        "bins",
        "one_hot",
        "embedding",
        "rare",
        "target_means",
        "bounds",
        "target_scale",
        "loss",
        "label_smoothing",
        "quantile",
        "optimizer",
        "learning_rate",
        "rate_factors",
        "momentum",
        "second_moment",
        "average",
        "weight_decay",
        "decay_factors",
        "clip",
        "schedule",
        "warmup",
        "epochs",
        "batch_size",
        "patience",
        "metric",
        "calibrate",
        "threshold",
        "time_limit",
        "engine",
        "records",
        "precision",
        "seed",
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Gathered:
    """Typed columns and targets of every row of a run."""

    name: str
    source: str
    schema: Schema
    frame: pl.DataFrame  # canonical columns, R rows
    target_RT: Floats64
    weights: Weights
    own_rows: int  # rows of the main table; the others follow
    validation: RowNumbers  # places of own validation rows
    test: RowNumbers  # places of own test rows
    source_rows: RowNumbers  # each row's number in its own source, from 0
    kept: pl.DataFrame  # columns to copy into the predictions, as they were read
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """The rows of one table, typed."""

    frame: pl.DataFrame
    target_RT: Floats64
    source_rows: RowNumbers
    kept: pl.DataFrame
    notes: tuple[str, ...]


def table_key(settings: Settings) -> tuple[object, ...]:
    """Return what decides how a source is read: sources read with equal keys give equal tables."""
    return tuple(getattr(settings, name) for name in SETTING_NAMES if name not in UNREAD)


def gather(source: object, test: object, validation: object, settings: Settings) -> Gathered:
    """Read the tables of a run, decide the main table's schema and bring all rows into it."""
    table = read_table(source, settings, compact=True)
    if is_in_memory(source):
        table = replace(table, frame=with_text_labels(table.frame, settings))
    table = drop_rows_without_target(drop_rows_without_weight(table, settings), settings)
    schema = decide_schema(table, settings)
    part_settings = replace(settings, query="", example="")
    main = _part(table, schema, settings)
    _check_targets(main, schema)
    more = [
        None if one is None else own_part(one, schema, part_settings, what)
        for one, what in ((validation, "validation"), (test, "test"))
    ]
    parts = [main, *(part for part in more if part is not None)]
    target_RT = np.concatenate([part.target_RT for part in parts])
    frame = pl.concat([part.frame for part in parts], how="vertical_relaxed")
    ends = np.cumsum([main.frame.height] + [0 if part is None else part.frame.height for part in more])
    source_rows = np.concatenate([part.source_rows for part in parts])
    dropped = table.dropped_without_target
    notes = [f"{dropped:,} rows have no target and are left out."] if dropped else []
    return Gathered(
        name=table.name,
        source=table.source,
        schema=schema,
        frame=frame,
        target_RT=target_RT,
        weights=_weights(frame, source_rows, target_RT, schema, settings, main.frame.height),
        own_rows=main.frame.height,
        validation=np.arange(ends[0], ends[1]),
        test=np.arange(ends[1], ends[2]),
        source_rows=source_rows,
        kept=pl.concat([part.kept for part in parts], how="vertical_relaxed"),
        notes=(*table.notes, *schema.notes, *notes, *(note for part in parts for note in part.notes)),
    )


def _check_targets(main: Part, schema: Schema) -> None:
    """Raise SourceError where numbers to predict are infinite, or their squares infinite or 0."""
    if schema.task is not Task.REGRESSION:
        return
    remedy = "of which no squared error can be told"
    for target, value_R in zip(schema.targets, main.target_RT.T, strict=True):
        wild = np.flatnonzero(~(np.abs(value_R) <= LARGEST))
        if len(wild):
            rows = "1 row" if len(wild) == 1 else f"{len(wild):,} rows"
            raise SourceError(
                f"target '{target.name}' is infinite or beyond {LARGEST:g} in {rows}, {remedy}: the first is"
                f" {value_R[wild[0]]:g} in row {main.source_rows[wild[0]] + 1:,}. Leave these rows out, or"
                " give the numbers in another unit."
            )
        if (largest := float(np.abs(value_R).max())) < SMALLEST:
            raise SourceError(
                f"target '{target.name}' is at most {largest:g}, {remedy}. Give the numbers in another unit."
            )


def with_text_labels(frame: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return a frame in memory whose text targets are declared categories: its "0" stays a text.

    In a file a cell has no type of its own, so there "0" is read as the number. Many different texts are
    left to be read: they may be numbers that somebody kept as text.
    """
    if settings.task == "regression":
        return frame
    texts = [
        name
        for name in settings.target
        if name in frame.columns
        and frame[name].dtype == pl.String
        and told_kind(name, settings) is not Kind.NUMBER
        and (frame[name].n_unique() <= MOST_TEXT_LABELS or settings.task != "auto")
    ]
    return frame.with_columns(pl.col(texts).cast(pl.Categorical)) if texts else frame


def _part(table: Table, schema: Schema, settings: Settings) -> Part:
    frame, warnings = conform(table.frame, schema)
    rows = table.row_numbers if table.row_numbers is not None else np.arange(table.frame.height)
    return Part(
        frame=frame,
        target_RT=conform_targets(table.frame, schema),
        source_rows=rows,
        kept=_kept(table.frame, settings),
        notes=warnings,
    )


def own_part(source: object, schema: Schema, settings: Settings, what: str) -> Part:
    """Return the rows of another table, without those that cannot be scored."""
    table = read_table(source, settings)
    if lacking := [t.name for t in schema.targets if t.name not in table.frame.columns]:
        raise SourceError(
            f"the {what} rows in {table.source} have no column '{lacking[0]}' to compare with."
            f"{near_miss(lacking[0], table.frame.columns)}"
        )
    part = _part(table, schema, settings)
    sound_R = (np.abs(part.target_RT) <= LARGEST).all(axis=1)  # missing is NaN
    if schema.task is not Task.REGRESSION:
        sound_R &= (part.target_RT >= 0).all(axis=1)
    if not sound_R.any():
        raise SourceError(f"none of the {what} rows in {table.source} has a target that is known.")
    notes = part.notes
    if not sound_R.all():
        count = int((~sound_R).sum())
        notes += (f"{count:,} {what} rows have no target, or one never seen in training; left out.",)
    places = np.flatnonzero(sound_R)
    return replace(
        part,
        frame=part.frame[places],
        target_RT=part.target_RT[places],
        source_rows=part.source_rows[places],
        kept=part.kept[places] if settings.keep else part.kept,  # without columns a frame has no rows
        notes=notes,
    )


def _kept(frame: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    for name in settings.keep:
        if name not in frame.columns:
            raise SettingsError(
                f"the table has no column '{name}' to keep.{near_miss(name, frame.columns)}"
                f" It has: {listed(frame.columns)}."
            )
    return plain(picked(frame, settings.keep))


def _weights(
    frame: pl.DataFrame,
    numbers: RowNumbers,
    target_RT: Floats64,
    schema: Schema,
    settings: Settings,
    own: int,
) -> Weights:
    """Return what each row counts; `numbers` are those of the rows in their sources.

    Raises SourceError for a weight that is missing, negative or infinite.
    """
    row_R = np.ones(frame.height)
    if schema.weight:
        row_R = row_weights(frame, schema.weight, numbers)
        row_R = counted(row_R, own)
    return with_class_weights(row_R, target_RT, schema, settings)


def with_class_weights(row_R: Floats64, target_RT: Floats64, schema: Schema, settings: Settings) -> Weights:
    """Return the rows' weights, for the loss times those of their classes."""
    if settings.class_weight == "none":
        return Weights(row_R=row_R, loss_R=row_R)
    return Weights(row_R=row_R, loss_R=row_R * _class_weights(row_R, target_RT, schema, settings))


def _class_weights(row_R: Floats64, target_RT: Floats64, schema: Schema, settings: Settings) -> Floats64:
    """Return each row's class weight: as given, or "balanced", so that all classes count the same."""
    if schema.task not in (Task.BINARY, Task.MULTICLASS):
        raise SettingsError(f"class_weight needs classes, but the target is a {schema.task}.")
    labels = [str(label) for label in schema.targets[0].labels]
    class_R = target_RT[:, 0].astype(np.int64)
    if settings.class_weight == "balanced":
        count_C = np.bincount(class_R, weights=row_R, minlength=len(labels))
        weight_C = row_R.sum() / (len(labels) * np.maximum(count_C, 1e-12))
        return np.asarray(weight_C[class_R])
    if isinstance(settings.class_weight, str):
        raise SettingsError(
            f"class_weight must be none, balanced or a weight for each class, not '{settings.class_weight}'."
        )
    given = {_label(name, labels): weight for name, weight in settings.class_weight}
    for label, weight in given.items():
        if not 0 <= weight < math.inf:
            raise SettingsError(
                f"class_weight of '{label}' must be a number of at least 0, but it is {weight:g}."
            )
    return np.array([given.get(label, 1.0) for label in labels])[class_R]


def _label(name: str, labels: list[str]) -> str:
    """Return the label that a class weight names; 1 names 1.0 too. Raises SettingsError for none."""
    if name in labels:
        return name
    with suppress(ValueError):
        for label in labels:
            if float(label) == float(name):
                return label
    raise SettingsError(
        f"class_weight names a class '{name}' that the target has not.{near_miss(name, labels)}"
        f" It has: {listed(labels)}."
    )

"""What checks look at: the typed table, its split, its columns' summaries, and a sample of its rows.

Shapes: R rows, S rows of the sample, T targets.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glassnet.chance import Purpose, order
from glassnet.errors import listed
from glassnet.quality.columns import column_summaries
from glassnet.quality.values import ColumnSummary
from glassnet.table.frames import picked
from glassnet.table.places import LEARNED_ROWS, united, without
from glassnet.table.split import NONE
from glassnet.table.values import Column, RowNumbers, Rows, Schema, Target, Task

Floats64 = NDArray[np.float64]

SAMPLE: Final = 20_000  # training rows looked at where a share or a score is measured, not a count
NAMED: Final = 4  # columns, classes or codes named in a sentence
MOST_COLUMNS: Final = 300  # columns looked at: a table of ten thousand should not wait for this


@dataclass(frozen=True, kw_only=True, slots=True)
class Sight:
    """All that findings are made from."""

    frame: pl.DataFrame  # canonical cells of the inputs, R rows
    columns: tuple[Column, ...]  # of the frame, in its order
    left_out: tuple[Column, ...]  # columns that the network does not see
    targets: tuple[Target, ...]  # none where no target is named
    task: Task | None
    target_RT: Floats64  # numbers, or places in the labels; of no columns where no target is named
    training: RowNumbers  # rows that train or choose the epoch
    validation: RowNumbers  # those that choose it; none where folds hold out each row once
    test: RowNumbers
    sample: RowNumbers  # of the training rows, in their order
    time: pl.Series | None  # the column that orders the rows, where one is named
    is_by_chance: bool  # whether rows were split one by one, not by time or by group
    summaries: tuple[ColumnSummary, ...]
    numbers: RowNumbers  # each row's number in its own source, from 0

    def summary(self, name: str) -> ColumnSummary:
        """Return the summary of a column."""
        return next(one for one in self.summaries if one.name == name)


def sight_of(
    frame: pl.DataFrame,
    schema: Schema,
    target_RT: Floats64,
    rows: Rows,
    seed: int,
    numbers: RowNumbers | None = None,
) -> tuple[Sight, str]:
    """Return what checks look at, and a sentence on what is not looked at; empty where all is.

    `frame` holds the conformed columns of the schema, R rows, and `target_RT` what `conform_targets` gives;
    `numbers` are those of the rows in their own sources, from 0, where they do not simply count.
    """
    training = united([*rows.fit, *rows.validation])
    inputs = [column for column in schema.inputs if column.name in frame.columns]
    shown = tuple(inputs[:MOST_COLUMNS])
    narrow = picked(frame, (column.name for column in shown))
    answers = target_frame(schema, target_RT)
    sight = Sight(
        frame=narrow,
        columns=shown,
        left_out=tuple(column for column in schema.columns if not column.used),
        targets=schema.targets,
        task=schema.task,
        target_RT=target_RT,
        training=training,
        validation=rows.validation[0] if rows.folds == 1 else NONE,
        test=rows.test,
        sample=sample_of(training, seed),
        time=frame[schema.time] if schema.time in frame.columns else None,
        is_by_chance=not schema.time and not schema.group,
        summaries=column_summaries(
            pl.concat([narrow, answers], how="horizontal"),
            training,
            rows.test,
            tuple(answers.columns),
            worth=frame[schema.group].n_unique() / frame.height if schema.group in frame.columns else 1.0,
        ),
        numbers=np.arange(frame.height) if numbers is None else numbers,
    )
    return sight, _unseen(len(inputs), len(training))


def sight_without_target(
    frame: pl.DataFrame, columns: tuple[Column, ...], time: str, test: RowNumbers, seed: int
) -> Sight:
    """Return what checks look at where nothing is to be predicted: all rows but those given as test rows."""
    used = tuple(column for column in columns if column.used and column.name in frame.columns)[:MOST_COLUMNS]
    narrow = picked(frame, (column.name for column in used))
    training = without(np.arange(frame.height), test)
    return Sight(
        frame=narrow,
        columns=used,
        left_out=tuple(column for column in columns if not column.used),
        targets=(),
        task=None,
        target_RT=np.zeros((frame.height, 0)),
        training=training,
        validation=NONE,
        test=test,
        sample=sample_of(training, seed),
        time=frame[time] if time in frame.columns else None,
        is_by_chance=True,
        summaries=column_summaries(narrow, training, test),
        numbers=np.arange(frame.height),
    )


def sample_of(rows: RowNumbers, seed: int) -> RowNumbers:
    """Return at most 20,000 of the rows, drawn by the seed, in their order."""
    if len(rows) <= SAMPLE:
        return rows
    return np.sort(rows[order(seed, Purpose.SAMPLE, len(rows))[:SAMPLE]])


def target_frame(schema: Schema, target_RT: Floats64) -> pl.DataFrame:
    """Return the targets as a frame of canonical columns: numbers, or the labels as text."""
    columns = []
    for place, target in enumerate(schema.targets):
        value_R = target_RT[:, place]
        if schema.task is Task.REGRESSION:
            columns.append(pl.Series(target.name, value_R).fill_nan(None))
            continue
        labels = np.array([*(str(label) for label in target.labels), None], dtype=object)
        place_R = np.where(value_R >= 0, value_R, len(target.labels)).astype(np.int64)
        columns.append(pl.Series(target.name, labels).gather(place_R))
    return pl.DataFrame(columns)


def _unseen(inputs: int, training: int) -> str:
    said = []
    if inputs > MOST_COLUMNS:
        said.append(f"of {inputs:,} columns the first {MOST_COLUMNS} were looked at")
    if training > SAMPLE:
        said.append(f"scores of single columns were measured on {SAMPLE:,} of {training:,} training rows")
    if training > LEARNED_ROWS:
        said.append(f"a run learns medians and bins of numbers from {LEARNED_ROWS:,} of them")
    return f"{'; '.join(said)}." if said else ""


# ---- words that findings share ----


def with_names(option: str, names: Iterable[str]) -> str:
    """Return an option with column names, as a shell takes it.

    >>> print(with_names("--drop", ["age", "last, first"]))
    --drop 'age,"last, first"'
    """
    cells = ('"' + name.replace('"', '""') + '"' if {",", '"'} & set(name) else name for name in names)
    return f"{option} {shlex.quote(','.join(cells))}"


def quoted(names: Iterable[str]) -> str:
    """Return the names in quotation marks, shortened past a few."""
    return listed((f"'{name}'" for name in names), NAMED)


def figure(value: float) -> str:
    """Return a number with four significant digits, and whole with separators from ten thousand on."""
    if 10_000 <= abs(value) < 1e15:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def percent(share: float) -> str:
    """Return a share in per cent with two significant digits below ten, and never a rounded 100 %.

    >>> percent(0.5), percent(0.00123), percent(0.99996), percent(1.0)
    ('50 %', '0.12 %', '99.99 %', '100 %')
    """
    value = 100 * share
    if 99 < value < 100:
        return f"{min(float(f'{value:.4g}'), 99.99):g} %"
    return f"{value:.0f} %" if value >= 10 else f"{value:.2g} %"


def rows_text(count: int) -> str:
    """Return a count with its noun."""
    return "1 row" if count == 1 else f"{count:,} rows"

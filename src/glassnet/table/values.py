"""The frozen values that the table layer hands on: Table, Column, Target, Schema, Rows.

Canonical dtypes after `cells.conform`: number -> Float64 (or Float32, as it came), category -> String,
yes/no -> Boolean, date -> Datetime("us") without a zone; a missing cell is null, never NaN. Infinities stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

Label = str | int | float | bool  # a class label in its original type
RowNumbers = NDArray[np.int64]  # positions in the table, counted from 0


class Kind(StrEnum):
    """What a column is, and so how a network may use it."""

    NUMBER = "number"
    CATEGORY = "category"
    YES_NO = "yes/no"
    DATE = "date"
    IDENTIFIER = "identifier"
    TEXT = "text"
    CONSTANT = "constant"


KINDS: Final[dict[str, Kind]] = {kind.value: kind for kind in Kind} | {"yes_no": Kind.YES_NO}
USABLE_KINDS = frozenset({Kind.NUMBER, Kind.CATEGORY, Kind.YES_NO, Kind.DATE})


class Task(StrEnum):
    """What is predicted."""

    BINARY = "binary"  # one of two classes
    MULTICLASS = "multiclass"  # one of three or more classes
    REGRESSION = "regression"  # one or several numbers
    MULTILABEL = "multilabel"  # several yes/no answers at once


@dataclass(frozen=True, kw_only=True, slots=True)
class CellFormat:
    """How the text cells of one column become values; also used for the rows to predict."""

    missing: tuple[str, ...] = ()  # cells that mean "missing", after trimming blanks
    decimal: str = "."  # decimal mark
    thousands: str = ""  # thousands separator, or none
    sign: str = ""  # what stands before or after every number, such as % or $
    date: str = ""  # strptime format of dates; empty: ISO 8601
    true: tuple[str, ...] = ()  # words that mean yes, lower case
    false: tuple[str, ...] = ()  # words that mean no, lower case


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column of the table: what it is, why, and whether the network sees it."""

    name: str
    kind: Kind
    reason: str  # one sentence: why this kind
    used: bool  # whether it is an input
    why_unused: str = ""  # one sentence where it is not
    dtype: str = "text"  # what the cells were read as: int, float, text, bool, date
    cells: CellFormat = CellFormat()
    missing: int = 0  # missing cells in the table it was decided on
    distinct: int = 0  # distinct values present
    examples: tuple[str, ...] = ()  # a few values, as text


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """One column to predict."""

    name: str
    dtype: str  # int, float, text or bool: the original type of its labels
    labels: tuple[Label, ...] = ()  # the classes in order; empty for a number. Binary: (negative, positive)
    cells: CellFormat = CellFormat()


@dataclass(frozen=True, kw_only=True, slots=True)
class Schema:
    """What every column is, what is predicted, and the columns that play other parts."""

    columns: tuple[Column, ...]  # every column but the targets, in the table's order
    targets: tuple[Target, ...]
    task: Task
    task_reason: str
    weight: str = ""  # column of row weights
    time: str = ""  # column that orders the rows in time
    group: str = ""  # column whose equal values stay together in a split
    notes: tuple[str, ...] = ()  # sentences for the user: what was left out, dropped, guessed

    @property
    def inputs(self) -> tuple[Column, ...]:
        """The columns that the network sees, in the table's order."""
        return tuple(column for column in self.columns if column.used)


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Rows and columns as they came in, before any kind is decided."""

    frame: pl.DataFrame  # cells in the dtype they were read as; text cells are untrimmed as read
    name: str  # short name for runs and reports: "adult"
    source: str  # the path, query or example it came from; "<DataFrame>" for one in memory
    notes: tuple[str, ...] = ()  # what the reader guessed, with the option that settles it
    dropped_without_target: int = 0  # rows that had no target and are not in `frame`
    row_numbers: RowNumbers | None = None  # each row's number in the source, where rows were dropped


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    """Which rows of the table train, which choose the epoch, which are kept for the end.

    One entry of `fit` and `validation` per fold; without folds there is one.
    """

    fit: tuple[RowNumbers, ...]
    validation: tuple[RowNumbers, ...]  # empty arrays where nothing is held out
    test: RowNumbers
    how: str  # one sentence: "60 % training, 20 % validation, 20 % test, stratified by income, seed 0"

    @property
    def folds(self) -> int:
        """How many pairs of fit and validation rows there are."""
        return len(self.fit)

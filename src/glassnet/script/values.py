"""What a script is made of: sections of code, each with a heading and a sentence."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glassnet.errors import SettingsError
from glassnet.pipeline import Fitted
from glassnet.table.values import Column, Rows

WIDTH: Final = 100  # characters of a line of generated code
Writer = TypeVar("Writer")


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """One part of a script: a cell of a notebook."""

    title: str
    code: str
    says: str = ""  # a few sentences for the reader, before the code


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """A fitted run with its table and its rows, found again from source and settings."""

    fitted: Fitted
    source: str  # the path as the script will name it; empty for a query or an example
    raw: pl.DataFrame  # all rows of the source, cells as read
    known: pl.DataFrame  # those with a target
    typed: pl.DataFrame  # the same with inputs in their canonical dtypes
    target_RT: NDArray[np.float64]
    rows: Rows

    @property
    def inputs(self) -> tuple[Column, ...]:
        """The columns that the network sees."""
        return self.fitted.schema.inputs

    @property
    def members(self) -> int:
        """How many predictions are averaged."""
        return self.fitted.recipe.architecture.members

    @property
    def is_team(self) -> bool:
        """Whether the members share layers: one network gives the outputs of all."""
        return self.fitted.recipe.architecture.sharing != "none"

    @property
    def is_scaled(self) -> bool:
        """Whether each network is its own and learns a factor of each column."""
        return not self.is_team and self.fitted.recipe.architecture.input_scaling == "learned"

    @property
    def has_factors(self) -> bool:
        """Whether parts of the network learn at rates or decays of their own."""
        training = self.fitted.recipe.training
        return bool(training.rate_factors or training.decay_factors)

    @property
    def has_folds(self) -> bool:
        """Whether every row but those of the test is held out once, in one of several folds."""
        return self.rows.folds > 1

    @property
    def networks(self) -> int:
        """How many networks the script has: one for the team of each fold, else one for each member."""
        return self.rows.folds if self.is_team else self.members

    @property
    def is_refined(self) -> bool:
        """Whether the epoch is chosen by the loss at its best temperature."""
        return self.has_validation and self.fitted.recipe.training.epoch_by == "refined"

    @property
    def longest(self) -> int:
        """Training rows of the largest fold: the length of an epoch."""
        return max(len(rows) for rows in self.rows.fit)

    @property
    def is_ragged(self) -> bool:
        """Whether a fold has fewer training rows than another."""
        return min(len(rows) for rows in self.rows.fit) < self.longest

    @property
    def has_empty_step(self) -> bool:
        """Whether a fold has no row left for an epoch's last step, which it takes all the same."""
        return min(len(rows) for rows in self.rows.fit) <= (self.steps_per_epoch - 1) * self.batch_size

    @property
    def steps_per_epoch(self) -> int:
        """How many steps an epoch has."""
        return -(-self.longest // self.batch_size)

    @property
    def batch_size(self) -> int:
        """Rows of a step."""
        return min(self.fitted.recipe.training.batch_size or self.longest, self.longest)

    @property
    def has_validation(self) -> bool:
        """Whether some rows choose the epoch."""
        return len(self.rows.validation[0]) > 0


def writer(writers: Mapping[str, Writer], refused: Mapping[str, str], name: object, what: str) -> Writer:
    """Return what writes the named thing.

    Raises SettingsError with the reason for one that is refused, and for a user's own, which only its own
    source code can tell.
    """
    if isinstance(name, str) and name in writers:
        return writers[name]
    if isinstance(name, str) and name in refused:
        raise SettingsError(f"{what} '{name}' cannot be written as a script: {refused[name]}.")
    own = name if isinstance(name, str) else getattr(name, "__name__", type(name).__name__)
    raise SettingsError(
        f"{what} '{own}' is your own, and the model file holds no code: it cannot be written as a script."
        " Copy its source beside one of the built-in runs' scripts."
    )


def cannot(why: str) -> SettingsError:
    """Return the error that says why a run has no script."""
    return SettingsError(f"this run cannot be written as a script: {why}.")


def quoted(value: object) -> str:
    """Return a text as Python code in double quotes, as the formatters like it; other values as they are."""
    if not isinstance(value, str):
        return repr(value)
    plain = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"' if plain.isprintable() else repr(value)


def listing(values: Iterable[object], before: int = 0, indent: int = 0) -> str:
    """Return a list as Python code, on one line where it fits behind `before` signs, else wrapped."""
    return wrapped([quoted(value) for value in values], before, indent)


def wrapped(items: list[str], before: int = 0, indent: int = 0) -> str:
    """Return pieces of code as a list, on one line where it fits behind `before` signs, else wrapped."""
    line = f"[{', '.join(items)}]"
    if before + len(line) <= WIDTH:
        return line
    pad = " " * (indent + 4)
    lines = textwrap.wrap(
        ", ".join(item.replace(" ", "\0") for item in items) + ",",
        WIDTH,
        initial_indent=pad,
        subsequent_indent=pad,
        break_long_words=False,
        break_on_hyphens=False,
    )
    body = "\n".join(lines).replace("\0", " ")
    return f"[\n{body}\n{' ' * indent}]"


def comment(text: str) -> str:
    """Return sentences as comment lines."""
    return textwrap.fill(text, WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)


def block(*lines: str) -> str:
    """Return lines as one text; empty strings are left out, a line break stays as a blank line."""
    return "\n".join("" if line == "\n" else line for line in lines if line)

"""What the commands that use a finished model share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from glassnet.cli.options import READING, RUN, changed, keep, option
from glassnet.errors import ModelFileError
from glassnet.settings import Settings

MODEL: Final = "model.glassnet"  # of a run's folder

THREADS: Final = tuple(row for row in RUN if row.setting == "threads")


def reading_options() -> list[click.Parameter]:
    """Return the options that say how a table is read."""
    return [option(row) for row in (*READING, *THREADS)]


def own_option(flags: Sequence[str], says: str, metavar: str = "") -> click.Option:
    """Return an option that is no setting: a flag, or one text where it has a metavar."""
    return click.Option(
        list(flags),
        help=says,
        metavar=metavar or None,
        is_flag=not metavar,
        expose_value=False,
        callback=keep,
    )


def argument(name: str, *, required: bool = True) -> click.Argument:
    """Return an argument whose text is kept like an option's."""
    return click.Argument([name], required=required, expose_value=False, callback=keep)


def source_of(words: Mapping[str, Any], context: click.Context) -> str:
    """Return the path given, or an empty text where a query or an example is. Raises UsageError for none."""
    if not {"source", "query", "example"} & set(words):
        raise click.UsageError("name a SOURCE, such as new_rows.csv, or --query or --example.", context)
    return str(words.get("source", ""))


def reading_settings(trained_with: Settings, words: Mapping[str, Any], source: str = "") -> Settings:
    """Return how to read a table for a model: as in training, unless told otherwise.

    `source` is its path where no words name it. Raises SettingsError for an option that was typed and that
    tables of its format do not heed, nor those of the test rows' format.
    """
    from glassnet.table.futile import futile_reading  # reads tables: not for --help

    typed = changed(Settings(), words)
    sources = (words.get("source", source), words.get("test", ""))
    futile_reading(sources, typed, frozenset(words))
    return changed(trained_with, words)


def model_path(text: str) -> Path:
    """Return the model file of a path, which may also be the folder of a run."""
    path = Path(text).expanduser()
    if not path.is_dir():
        return path
    if not (path / MODEL).exists():
        raise ModelFileError(f"folder {path} holds no {MODEL}; name the folder of a run, or a model file.")
    return path / MODEL


def is_model(text: str) -> bool:
    """Return whether a path means a model and not a table."""
    path = Path(text).expanduser()
    return path.suffix == ".glassnet" or (path / MODEL).exists()

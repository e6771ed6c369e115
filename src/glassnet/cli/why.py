"""`glassnet why`: what each column adds to the prediction of one row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import click

from glassnet.cli.common import argument, model_path, own_option, reading_options, reading_settings
from glassnet.cli.options import HeadedCommand, given
from glassnet.errors import SettingsError, SourceError

if TYPE_CHECKING:
    from polars import DataFrame

    from glassnet.model import Model

HELP: Final = """Take the prediction of one row of SOURCE apart, by the columns of the table.

The parts say how far each column moves the output of MODEL, a model file or the folder of a run, away from
that of the mean training row. Without SOURCE the run's own table is read.
"""

EPILOG: Final = """\b
Examples:
  glassnet why runs/people-1 new_people.csv --row 17
  glassnet why runs/people-1 --row 3
  glassnet why people.glassnet new_people.csv --row 17 --class no
  glassnet why people.glassnet new_people.csv --row 17 --out why.png

Rows count from 1, as in the file of predictions.
"""

why: Final = HeadedCommand(
    "why",
    headed=(
        (
            "Question",
            [
                argument("model"),
                argument("source", required=False),
                own_option(["--row"], "The row, from 1.", "N"),
                own_option(["--class", "label"], "A class other than the predicted one.", "CLASS"),
                own_option(["--target"], "One of several targets.  [the first]", "NAME"),
            ],
        ),
        (
            "Output",
            [
                own_option(["--out", "-o"], "Draw the parts to a .png or .svg file.", "FILE"),
                own_option(["--json", "as_json"], "Print one JSON object and nothing else."),
            ],
        ),
        ("Table", reading_options()),
    ),
    texts=(HELP, EPILOG),
)


@click.pass_context
def _why(context: click.Context) -> None:
    words = given(context)
    row = _row_number(words, context)
    # torch takes seconds to import: only when the command runs, not for --help.
    from glassnet.model import load

    model = load(model_path(words["model"]))
    frame = _table(model, words)
    if row > frame.height:
        raise SourceError(f"there is no row {row}: the table has {frame.height:,} rows.")
    found = model.why(frame[row - 1 : row], label=words.get("label", ""), target=words.get("target", ""))
    if "out" in words:
        found.save(words["out"])
    if "as_json" in words:
        click.echo(json.dumps({"row": row, **asdict(found), "sentence": found.sentence()}, indent=2))
        return
    click.echo(f"Row {row}. {found}")
    if "out" in words:
        click.echo(f"\nThe picture is in {words['out']}.")


def _row_number(words: Mapping[str, Any], context: click.Context) -> int:
    """Return the number of the row. Raises UsageError where none is named, SettingsError for no number."""
    if "row" not in words:
        raise click.UsageError("name a row, such as --row 17.", context)
    text = str(words["row"])
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise SettingsError(f"--row must be a whole number of at least 1, but it is '{text}'.")
    return int(text)


def _table(model: Model, words: Mapping[str, Any]) -> DataFrame:
    """Return the raw rows of the source, or of the run's own table where none is named."""
    from glassnet.table.source import read_table

    if {"source", "query", "example"} & set(words):
        how = reading_settings(model.reading, words)
        return read_table(words.get("source", ""), how, model.fitted.schema).frame
    own, source = model.fitted.settings, model.fitted.source
    if source.startswith("<"):
        raise SourceError("the run's table was in memory, so name a file whose row is meant.")
    path = "" if own.query or own.example else source
    return read_table(path, reading_settings(own, words, path)).frame


why.callback = _why

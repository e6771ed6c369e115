"""`glassnet describe`: what a table holds, or what a model is."""

from __future__ import annotations

from typing import Final

import click

from glassnet.cli.common import argument, is_model, model_path, own_option, reading_options, reading_settings
from glassnet.cli.options import COLUMNS, READING, RUN, SPLIT, TARGET, HeadedCommand, given, option
from glassnet.errors import SettingsError, listed
from glassnet.settings import Settings

HELP: Final = """Show what SOURCE is.

Of a table: each column's kind with the reason, missing cells, and how its values are spread; then what may
spoil a run, with numbers and a remedy each: copies, leaks, codes for missing, drift. Of a model file or the
folder of a run: what it predicts, how well, and its layers.
"""

EPILOG: Final = """\b
Examples:
  glassnet describe people.csv
  glassnet describe people.csv --target income
  glassnet describe people.csv -t income --test next_year.csv --json
  glassnet describe --example wine
  glassnet describe runs/people-1
"""

CELLS: Final = ("columns", "drop", "kinds", "task", "missing", "decimal", "dates")
PARTS: Final = ("test_share", "time", "group", "seed")
ROWS: Final = tuple(row for row in (*COLUMNS, *SPLIT, *RUN) if row.setting in (*CELLS, *PARTS))

describe: Final = HeadedCommand(
    "describe",
    headed=(
        (
            "Table",
            [
                argument("source", required=False),
                option(TARGET),
                *reading_options(),
                own_option(["--test"], "Own test rows, to compare with the table's.", "FILE"),
                *(option(row) for row in ROWS),
            ],
        ),
        ("Output", [own_option(["--json", "as_json"], "Print one JSON object and nothing else.")]),
    ),
    texts=(HELP, EPILOG),
)


@click.pass_context
def _describe(context: click.Context) -> None:
    words = given(context)
    source, as_json = str(words.get("source", "")), "as_json" in words
    if not {"source", "query", "example"} & set(words):
        raise click.UsageError("name a SOURCE: a table, a model file or the folder of a run.", context)
    from glassnet.cli.console import make_console

    if source and is_model(source):
        from glassnet.cli.card import show_model

        _check_idle(set(words) - {"source", "as_json"}, "of a model all is known")
        show_model(make_console(), model_path(source), as_json=as_json)
    else:
        from glassnet.cli.quality import show_table

        test, settings = str(words.get("test", "")), reading_settings(Settings(), words)
        if not (settings.target or settings.example):
            _check_idle({"task", "test_share", "group"} & set(words), "without --target no rows are parted")
        if test:
            _check_idle({"test_share", "group"} & set(words), "own test rows were given")
        show_table(make_console(), source, settings, test=test, as_json=as_json)


def _check_idle(idle: set[str], why: str) -> None:
    """Raise SettingsError for options that change nothing here."""
    if idle:
        flags = {row.setting: row.every_flag[-1] for row in (TARGET, *READING, *ROWS)}
        named = listed(sorted(flags.get(name, f"--{name}") for name in idle))
        raise SettingsError(f"{named} has no effect: {why}; leave it out.")


describe.callback = _describe

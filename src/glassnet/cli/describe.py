"""`glassnet describe`: what a table holds, or what a model is."""

from __future__ import annotations

from typing import Final

import click

from glassnet.cli.common import argument, is_model, model_path, own_option, reading_options
from glassnet.cli.options import COLUMNS, TARGET, HeadedCommand, changed, given, option
from glassnet.settings import Settings

HELP: Final = """Show what SOURCE is.

Of a table: each column's kind with the reason, missing cells, different values and a few of them. Of a
model file or the folder of a run: what it predicts, how well, and its layers.
"""

EPILOG: Final = """\b
Examples:
  glassnet describe people.csv
  glassnet describe people.csv --target income --json
  glassnet describe --example wine
  glassnet describe runs/people-1
"""

CELLS: Final = tuple(row for row in COLUMNS if row.setting in ("kinds", "missing", "decimal", "dates"))

describe: Final = HeadedCommand(
    "describe",
    headed=(
        (
            "Table",
            [
                argument("source", required=False),
                option(TARGET),
                *reading_options(),
                *(option(row) for row in CELLS),
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

        show_model(make_console(), model_path(source), as_json=as_json)
    else:
        from glassnet.cli.quality import show_table

        show_table(make_console(), source, changed(Settings(), words), as_json=as_json)


describe.callback = _describe

"""`glassnet report`: a model's report, written again."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from glassnet.cli.common import argument, model_path, own_option
from glassnet.cli.options import HeadedCommand, given

HELP: Final = """Write the report of MODEL, a model file or the folder of a run, as one HTML file.

The file holds all it shows and opens without a network.
"""

EPILOG: Final = """\b
Examples:
  glassnet report runs/people-1 --out people.html
  glassnet report people.glassnet
"""

report: Final = HeadedCommand(
    "report",
    headed=(
        ("Output", [argument("model"), own_option(["--out", "-o"], "The file.  [report.html]", "FILE")]),
    ),
    texts=(HELP, EPILOG),
)


@click.pass_context
def _report(context: click.Context) -> None:
    words = given(context)
    from glassnet.model import load

    path = load(model_path(words["model"])).report(Path(words.get("out", "report.html")).expanduser())
    click.echo(f"The report is in {path}.")


report.callback = _report

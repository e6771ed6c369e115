"""`glassnet report`: a model's report, written again, as a page, as values or as a model card."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from glassnet.cli.common import argument, model_path, own_option
from glassnet.cli.options import HeadedCommand, given
from glassnet.errors import pick

if TYPE_CHECKING:
    from collections.abc import Callable

    from glassnet.pipeline import Fitted

HELP: Final = """Write the report of MODEL, a model file or the folder of a run.

As html it is one page that opens without a network; as json the same facts for programs; as card a model
card in Markdown, with the places that only you can fill.
"""

EPILOG: Final = """\b
Examples:
  glassnet report runs/people-1 --out people.html
  glassnet report people.glassnet
  glassnet report people.glassnet --format card --out README.md
"""

FILES: Final = {"html": "report.html", "json": "report.json", "card": "model_card.md"}

report: Final = HeadedCommand(
    "report",
    headed=(
        (
            "Output",
            [
                argument("model"),
                own_option(["--format"], "html, json or card (Markdown).  [html]", "NAME"),
                own_option(["--out", "-o"], "The file.  [report.html, .json, model_card.md]", "FILE"),
            ],
        ),
    ),
    texts=(HELP, EPILOG),
)


@click.pass_context
def _report(context: click.Context) -> None:
    words = given(context)
    name = words.get("format", "html")
    file = pick(FILES, name, "format")
    write = _writers()[name]
    from glassnet.model import load

    path = write(load(model_path(words["model"])).fitted, Path(words.get("out", file)).expanduser())
    click.echo(f"The {'model card' if name == 'card' else 'report'} is in {path}.")


def _writers() -> dict[str, Callable[[Fitted, Path], Path]]:
    """Return what writes each format; imported here, since pictures are slow to import."""
    from glassnet.report.card import write_card
    from glassnet.report.machine import write_json_report
    from glassnet.report.page import write_report

    return {"html": write_report, "json": write_json_report, "card": write_card}


report.callback = _report

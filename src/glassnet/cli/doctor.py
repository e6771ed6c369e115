"""`glassnet doctor`: what looks wrong in a run, and what to try."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import click

from glassnet.cli.common import argument, model_path, own_option
from glassnet.cli.options import HeadedCommand, given

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from glassnet.doctor.values import Finding

HELP: Final = """Say in plain words what looks wrong in the training of MODEL, and what to try.

MODEL is a model file or the folder of a run. Findings come from the records of weights and gradients, the
losses and the final figures; the exit code is 0 with and without them.
"""

EPILOG: Final = """\b
Examples:
  glassnet doctor runs/people-1
  glassnet doctor people.glassnet --json
"""

doctor: Final = HeadedCommand(
    "doctor",
    headed=(
        (
            "Output",
            [argument("model"), own_option(["--json", "as_json"], "Print one JSON object and nothing else.")],
        ),
    ),
    texts=(HELP, EPILOG),
)


@click.pass_context
def _doctor(context: click.Context) -> None:
    words = given(context)
    from glassnet.cli.console import make_console
    from glassnet.doctor.findings import FINDINGS, diagnose
    from glassnet.model import load

    fitted = load(model_path(words["model"])).fitted
    findings = diagnose(fitted)
    if "as_json" in words:
        told = {"looked_for": list(FINDINGS), "findings": [asdict(one) for one in findings]}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    records = fitted.trained.history.records
    _print(make_console(), findings, len(FINDINGS), records.count if records is not None else 0)


def _print(console: Console, findings: Sequence[Finding], looked_for: int, records: int) -> None:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    from glassnet.cli.console import clean

    seen = f"{records:,} recorded steps" if records else "no recorded steps, which most findings need"
    if not findings:
        console.print(f"Nothing looks wrong. Looked for {looked_for} things in {seen}.")
        return
    for finding in findings:
        colour = "bold yellow" if finding.severity == "warning" else "bold cyan"
        name = finding.name[0].upper() + finding.name[1:]
        console.print(Text.assemble((name, colour), (f"  {finding.severity}", "dim")))
        grid = Table.grid(padding=(0, 2, 0, 0))
        for head, said in (
            ("seen", finding.evidence),
            ("means", finding.meaning),
            ("remedy", finding.remedy),
        ):
            grid.add_row(Text(head, "dim"), Text(clean(said)))
        console.print(Padding(grid, (0, 0, 1, 2), expand=False))
    console.print(f"{len(findings)} of {looked_for} things looked for, in {seen}.")


doctor.callback = _doctor

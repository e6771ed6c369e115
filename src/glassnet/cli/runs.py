"""`glassnet runs`: the runs of a folder, one a line."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import click

from glassnet.cli.common import argument, own_option
from glassnet.cli.options import HeadedCommand, given
from glassnet.errors import listed
from glassnet.run_list import EARLIEST, Line, RunList, read_runs, sort_lines, with_target

HELP: Final = """List the runs in FOLDER, newest first.  [runs]

Each line says what was predicted from which table, by which recipe, how well (the first metric with its 95 %
interval) and in how many seconds. `--sort metric` puts the best first among runs of the same target. Folders
that hold no run are named below the list.
"""

EPILOG: Final = """\b
Examples:
  glassnet runs
  glassnet runs --target income --sort metric
  glassnet runs experiments --json
"""

runs: Final = HeadedCommand(
    "runs",
    headed=(
        (
            "Output",
            [
                argument("folder", required=False),
                own_option(["--target", "-t"], "Only runs that predict this column.", "COLUMN"),
                own_option(
                    ["--sort"], "newest, name, metric, seconds, rows, source, target.  [newest]", "NAME"
                ),
                own_option(["--json", "as_json"], "Print one JSON object and nothing else."),
            ],
        ),
    ),
    texts=(HELP, EPILOG),
)


@click.pass_context
def _runs(context: click.Context) -> None:
    words = given(context)
    folder = Path(words.get("folder", "runs")).expanduser()
    found = read_runs(folder)
    lines = sort_lines(found.lines, words.get("sort", "newest"))
    if "target" in words:
        lines = with_target(lines, words["target"])
    if "as_json" in words:
        _print_json(lines, found)
        return
    _print(lines, found, folder)


def _print(lines: list[Line], found: RunList, folder: Path) -> None:
    from glassnet.cli.console import make_console, print_table, say

    console = make_console()
    if lines:
        heads = ["run", "when", "target", "first metric", "time", "rows", "recipe", "source", "path"]
        print_table(console, heads, [_cells(line) for line in lines])
    else:
        say(console, f"There is no run in {folder}.")
    if found.left_out:
        say(console, f"Left out: {listed(found.left_out)}.", "yellow")


def _cells(line: Line) -> list[str]:
    from glassnet.cli.console import figure, seconds_text

    metric = line.metric.replace("_", " ")
    interval = f" ({figure(line.low)} to {figure(line.high)})" if math.isfinite(line.low) else ""
    on = "" if line.measured_on == "test" else f", {line.measured_on} rows"
    when = "" if line.when == EARLIEST else line.when.astimezone().strftime("%Y-%m-%d %H:%M")
    return [
        line.name,
        when,
        listed(line.targets, 3),
        f"{metric} {figure(line.value)}{interval}{on}" if metric else "not measured",
        seconds_text(line.seconds),
        f"{line.rows:,}",
        line.recipe,
        line.source,
        str(line.path),
    ]


def _print_json(lines: list[Line], found: RunList) -> None:
    told = {"runs": [_plain(line) for line in lines], "left_out": list(found.left_out)}
    click.echo(json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False))


def _plain(line: Line) -> dict[str, Any]:
    values = asdict(line) | {"path": str(line.path)}
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in values.items()
    }


runs.callback = _runs

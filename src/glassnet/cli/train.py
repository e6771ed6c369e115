"""`glassnet train`: from a table to a trained, reported, usable network."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Final

import click

from glassnet.cli.common import argument, own_option
from glassnet.cli.options import (
    COLUMNS,
    NETWORK,
    READING,
    RUN,
    SPLIT,
    TARGET,
    TRAINING,
    HeadedCommand,
    Row,
    given,
    option,
)

HELP: Final = """Train a network on SOURCE: a CSV, TSV, JSON lines or Parquet file, also .gz or .zst, or a
pattern of several ('part-*.csv').

What is not given is chosen by the program; the report says what and why. Most options also take "auto".
"""

EPILOG: Final = """\b
Examples:
  glassnet train people.csv --target income
  glassnet train 'sales-*.parquet' --target price --drop id --time sold_on
  glassnet train people.csv -t income --hidden 64,64 --epochs 50 --members 4
  glassnet train --query "select * from 'a.csv' join 'b.parquet' using (id)" -t y
  glassnet train --recipe neuron --example classification --plot loss.png
  glassnet train --settings runs/people-1/run.json --seed 1
"""


def _options(rows: Sequence[Row]) -> list[click.Parameter]:
    return [option(row) for row in rows]


HEADED: Final[tuple[tuple[str, list[click.Parameter]], ...]] = (
    (
        "Table",
        [
            argument("source", required=False),
            option(TARGET),
            own_option(["--test"], "Own test rows.", "FILE"),
            own_option(["--validation"], "Own rows to choose the epoch by.", "FILE"),
            *_options(READING),
        ],
    ),
    ("Columns", _options(COLUMNS)),
    ("Split", _options(SPLIT)),
    ("Network", _options(NETWORK)),
    ("Training", _options(TRAINING)),
    (
        "Run",
        [
            own_option(["--out", "-o"], "Folder of the run; must not exist.  [runs/NAME-N]", "DIR"),
            own_option(["--settings", "repeat"], "Repeat a run; other options overrule it.", "RUN.JSON"),
            own_option(["--dry-run"], "Show what would be done; train and write nothing."),
            own_option(["--plot"], "Draw the loss to a .png, .svg or .pdf file.", "FILE"),
            own_option(["--quiet", "-q"], "Print nothing but the folder of the run."),
            own_option(["--json", "as_json"], "Print one JSON object and nothing else."),
            *_options(RUN),
        ],
    ),
)

train: Final = HeadedCommand("train", headed=HEADED, texts=(HELP, EPILOG))


@click.pass_context
def _train(context: click.Context) -> int:
    """Return the exit code of a run; torch and the rest are imported only now."""
    began = time.monotonic()
    words = given(context)
    if not words:
        raise click.UsageError("name a SOURCE, such as people.csv, or --example breast_cancer.", context)
    from glassnet.cli.console import make_console

    console = make_console()
    is_live = console.is_terminal and not ({"quiet", "as_json"} & set(words))
    with console.status("Starting ...") if is_live else nullcontext():
        from glassnet.cli.run import read_asked, run

    return run(read_asked(words, context.find_root().obj or ()), console, began)


train.callback = _train

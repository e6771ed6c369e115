"""`glassnet predict`: rows in, predictions out, chunk by chunk."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from glassnet.cli.common import argument, model_path, own_option, reading_options, reading_settings, source_of
from glassnet.cli.options import COLUMNS, HeadedCommand, given, option
from glassnet.cli.parse import names, number

HELP: Final = """Predict the rows of SOURCE with MODEL, a model file or the folder of a run.

Prints CSV, or writes a file with --out: the row's number, kept columns, the prediction and, for
classes, the probability of each. Memory does not grow with the number of rows.
"""

EPILOG: Final = """\b
Examples:
  glassnet predict runs/people-1 new_people.csv --out income.csv
  glassnet predict runs/houses-1 new_houses.csv --interval 0.9
  glassnet predict people.glassnet 'part-*.parquet' --keep id --out income.parquet
  glassnet predict runs/people-1 new_people.csv | head
  glassnet predict runs/wine-1 --example wine
"""

KEEP: Final = tuple(row for row in COLUMNS if row.setting == "keep")

predict: Final = HeadedCommand(
    "predict",
    headed=(
        (
            "Output",
            [
                argument("model"),
                argument("source", required=False),
                own_option(["--out", "-o"], "A .csv or .parquet file, instead of stdout.", "FILE"),
                own_option(["--interval"], "Add columns lower and upper: 0.9 holds nine of ten.", "SHARE"),
                *(option(row) for row in KEEP),
            ],
        ),
        ("Table", reading_options()),
    ),
    texts=(HELP, EPILOG),
)


@click.pass_context
def _predict(context: click.Context) -> None:
    words = given(context)
    source = source_of(words, context)
    from glassnet.cli.rows import check_target, write_predictions
    from glassnet.model import load

    model = load(model_path(words["model"]))
    settings = reading_settings(model.reading, words)
    keep = names("--keep", words["keep"]) if "keep" in words else ()
    coverage = number("--interval", [words["interval"]]) if "interval" in words else 0.0
    if "interval" in words:  # before anything is written
        from glassnet.held_out.interval import check_coverage

        check_coverage(model.fitted.predictor, model.fitted.intervals, coverage)
    chunks = model.predict_chunks(source, settings, keep, coverage)
    out = Path(words["out"]).expanduser() if "out" in words else None
    if out is not None:
        check_target(out, [Path(source), model_path(words["model"])])
    write_predictions(chunks, out)
    for note in chunks.notes:
        click.echo(f"Note: {note}", err=True)


predict.callback = _predict

"""`glassnet why`: what each column adds to the prediction of one row."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import click

from glassnet.cli.common import model_path

EPILOG = """\b
Examples:
  glassnet why runs/people-1 new_people.csv --row 17
  glassnet why runs/people-1 --row 3
  glassnet why people.glassnet new_people.csv --row 17 --class no
  glassnet why people.glassnet new_people.csv --row 17 --out why.png

Rows count from 1, as in the file of predictions. Without SOURCE the run's own table is read.
"""


@click.command(epilog=EPILOG)
@click.argument("model")
@click.argument("source", default="")
@click.option("--row", type=click.IntRange(min=1), required=True, metavar="N", help="The row, from 1.")
@click.option("--class", "label", default="", metavar="CLASS", help="A class other than the predicted one.")
@click.option("--target", default="", metavar="NAME", help="One of several targets. Default: the first.")
@click.option("--out", "-o", default="", metavar="FILE", help="Draw the parts to a .png or .svg file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def why(model: str, source: str, row: int, label: str, target: str, out: str, as_json: bool) -> None:
    """Take the prediction of one row of SOURCE apart, by the columns of the table.

    The parts say how far each column moves the output of MODEL, a model file or the folder of a run, away
    from that of the mean training row.
    """
    # torch takes seconds to import: only when the command runs, not for --help.
    from glassnet.errors import SourceError
    from glassnet.model import load
    from glassnet.table.source import read_table
    from glassnet.why.explain import why as explain

    fitted = load(model_path(model)).fitted
    own = fitted.settings.query or fitted.settings.example
    reading = replace(fitted.settings, query="", example="") if source else fitted.settings
    frame = read_table(source or ("" if own else fitted.source), reading).frame
    if row > frame.height:
        raise SourceError(f"there is no row {row}: {source or fitted.source} has {frame.height:,} rows.")
    found = explain(fitted, frame[row - 1 : row], label=label, target=target)
    if out:
        found.save(out)
    if as_json:
        click.echo(json.dumps({"row": row, **asdict(found), "sentence": found.sentence()}, indent=2))
        return
    click.echo(f"Row {row}. {found}")
    if out:
        click.echo(f"\nThe picture is in {out}.")

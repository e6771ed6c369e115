"""`glassnet read`: a table as it is read, mended and with its names, as a clean file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from glassnet.cli.common import argument, own_option, reading_options, reading_settings, source_of
from glassnet.cli.options import HeadedCommand, given
from glassnet.settings import Settings

HELP: Final = """Read SOURCE and print it as clean CSV: one header, commas, UTF-8, one row a line.

Delimiter, quotes, encoding, header, preamble, footnotes and spoilt rows are found out as for `train`; each
guess and each repair is named on stderr with the option that settles it. Cells stay as they are.
"""

EPILOG: Final = """\b
Examples:
  glassnet read messy.csv --out clean.csv
  glassnet read sales.xlsx --db-table 2023 --out sales.parquet
  glassnet read 'part-*.csv.gz' | head
"""

read: Final = HeadedCommand(
    "read",
    headed=(
        (
            "Output",
            [
                argument("source", required=False),
                own_option(["--out", "-o"], "A .csv or .parquet file, instead of stdout.", "FILE"),
            ],
        ),
        ("Table", reading_options()),
    ),
    texts=(HELP, EPILOG),
)


@click.pass_context
def _read(context: click.Context) -> None:
    words = given(context)
    source = source_of(words, context)
    from glassnet.cli.rows import check_target
    from glassnet.table.source import read_any
    from glassnet.table.write import RowWriter, flat_frame

    out = Path(words["out"]).expanduser() if "out" in words else None
    if out is not None:
        check_target(out, [Path(source)])
    table = read_any(source, reading_settings(Settings(), words))
    for note in table.notes:
        click.echo(f"Note: {note}", err=True)
    if out is None:
        click.echo(flat_frame(table.frame).write_csv(), nl=False)
        return
    with RowWriter(out, safe=False) as writer:
        writer.write(table.frame)
    click.echo(f"{writer.rows:,} rows are in {out}.", err=True)


read.callback = _read

"""Predicted rows to stdout or a file, with what could not be read said on stderr."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click
import polars as pl

from glassnet.errors import SettingsError
from glassnet.table.odd import Odd, merge_odd
from glassnet.table.write import RowWriter, safe_frame


def write_predictions(chunks: Iterable[tuple[pl.DataFrame, tuple[Odd, ...]]], out: Path | None) -> None:
    """Write all chunks to the file, or as CSV to stdout, and warn of cells that count as something else."""
    odd: tuple[Odd, ...] = ()
    if out is None:
        for number, (frame, found) in enumerate(chunks):
            click.echo(safe_frame(frame).write_csv(include_header=number == 0), nl=False)
            odd = merge_odd([odd, found])
    else:
        with RowWriter(out) as writer:
            for frame, found in chunks:
                writer.write(frame)
                odd = merge_odd([odd, found])
        click.echo(f"{writer.rows:,} rows are in {out}.", err=True)
    for one in odd:
        click.echo(f"Warning: {one}", err=True)


def check_target(out: Path, inputs: list[Path]) -> None:
    """Raise SettingsError where the file to write is one of those that are read."""
    for one in inputs:
        if out.exists() and one.exists() and out.samefile(one):
            raise SettingsError(f"--out {out} is a file that is read; name another.")

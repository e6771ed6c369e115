"""Sheets of workbooks, through Polars and fastexcel, which the extra `excel` installs."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import polars as pl

from glassnet.errors import SettingsError, SourceError, listed, near_miss
from glassnet.settings import Settings
from glassnet.table.database import first_lines
from glassnet.table.names import shortened
from glassnet.table.scan import Scan, frame_scan

HEAD: Final = 30  # rows of a sheet among which its names are looked for
UNNAMED: Final = "__UNNAMED__"  # how the reader calls a column without a name, with its place from 0


@contextmanager
def scan_excel(path: Path, settings: Settings, known: tuple[str, ...]) -> Iterator[Scan]:
    """Give the sheet that `settings.db_table` names, else the first one with a note on the others.

    The first row names the columns, below a title that stands in a few cells; `skip_lines` says how many rows
    are above. Cells keep the types that the workbook gives them. Raises SourceError where fastexcel is not
    installed or the file is none, SettingsError for a sheet that it does not have.
    """
    del known
    if not importlib.util.find_spec("fastexcel"):
        raise SourceError(
            f"{path} is an Excel file, and what reads it is not installed. Install it with"
            " pip install 'glassnet[excel]', or save the sheet as CSV."
        )
    from fastexcel import FastExcelError, read_excel  # here: an optional extra

    try:
        sheets = read_excel(path).sheet_names
        sheet, notes = _sheet(path, sheets, settings.db_table)
        frame, more = _frame(path, sheet, settings)
    except (FastExcelError, pl.exceptions.PolarsError) as error:
        raise SourceError(f"{path} is no Excel file that can be read: {first_lines(error)}") from None
    yield frame_scan(frame, (*notes, *more))


def _frame(path: Path, sheet: str, settings: Settings) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return a sheet's rows below its names, and notes on what stands above and on names that lack."""
    head = pl.read_excel(
        path,
        sheet_name=sheet,
        has_header=False,
        drop_empty_rows=False,
        drop_empty_cols=False,
        read_options={"n_rows": HEAD, "dtypes": "string"},
    )
    above = settings.skip_lines if isinstance(settings.skip_lines, int) else _rows_above(head)
    frame = pl.read_excel(path, sheet_name=sheet, infer_schema_length=None)
    notes: tuple[str, ...] = ()
    if above:
        frame = _below(path, sheet, above, head)
        notes = _about_rows_above(path, above, head) if settings.skip_lines == "auto" else ()
    unnamed = {name: str(place) for place, name in enumerate(frame.columns, 1) if name.startswith(UNNAMED)}
    lacking = [
        f"column {place} has no name in the header; it is called '{place}'." for place in unnamed.values()
    ]
    return frame.rename(unnamed), (*notes, *shortened(lacking))


def _about_rows_above(path: Path, above: int, head: pl.DataFrame) -> tuple[str, ...]:
    first = next((cell for cell in head.row(0) if cell), "")[:40]
    rows = "1 row stands" if above == 1 else f"{above} rows stand"
    note = f"{path.name}: {rows} above the names of the columns ('{first}') and were left out;"
    return (f"{note} --skip-lines 0 keeps them.",)


def _rows_above(head: pl.DataFrame) -> int:
    """Return how many rows stand above the names: up to half as wide as the table, or empty."""
    filled = [sum(cell is not None and cell.strip() != "" for cell in row) for row in head.rows()]
    widest = max(filled, default=0)
    names = next((place for place, count in enumerate(filled) if count > widest / 2), 0)
    return names if widest > 1 else 0


def _below(path: Path, sheet: str, above: int, head: pl.DataFrame) -> pl.DataFrame:
    """Return the rows below the names in row `above` of those that hold something.

    The reader counts rows from the top of the sheet, which may begin with empty ones.
    """
    wanted = {cell for cell in head.row(min(above, head.height - 1)) if cell}
    for place in range(above, above + HEAD):
        frame = pl.read_excel(
            path, sheet_name=sheet, infer_schema_length=None, read_options={"header_row": place}
        )
        if wanted & set(frame.columns):
            return frame
    raise SourceError(f"{path}: no names of columns were found below row {above}. Say so with --skip-lines.")


def _sheet(path: Path, sheets: list[str], wanted: str) -> tuple[str, tuple[str, ...]]:
    """Return the sheet to read, and a note where it was chosen for the user."""
    if wanted and wanted not in sheets:
        raise SettingsError(
            f"{path} has no sheet '{wanted}'.{near_miss(wanted, sheets)} Its sheets are: {listed(sheets)}."
        )
    if wanted or len(sheets) == 1:
        return wanted or sheets[0], ()
    note = f"{path.name}: the sheet '{sheets[0]}' was read, not {listed(sheets[1:])}; --db-table settles it."
    return sheets[0], (note,)

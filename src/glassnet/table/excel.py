"""Sheets of workbooks, through Polars and fastexcel, which the extra `excel` installs."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from glassnet.errors import SettingsError, SourceError, listed, near_miss
from glassnet.settings import Settings
from glassnet.table.database import first_lines
from glassnet.table.scan import Scan, frame_scan


@contextmanager
def scan_excel(path: Path, settings: Settings, known: tuple[str, ...]) -> Iterator[Scan]:
    """Give the sheet that `settings.db_table` names, else the first one with a note on the others.

    The first row names the columns; cells keep the types that the workbook gives them. Raises SourceError
    where fastexcel is not installed or the file is none, SettingsError for a sheet that it does not have.
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
        frame = pl.read_excel(path, sheet_name=sheet, infer_schema_length=None)
    except (FastExcelError, pl.exceptions.PolarsError) as error:
        raise SourceError(f"{path} is no Excel file that can be read: {first_lines(error)}") from None
    yield frame_scan(frame, notes)


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

"""Rows written chunk by chunk to .csv or .parquet, whole or not at all.

A CSV cell of text that a spreadsheet would run as a formula gets an apostrophe in front, unless cells are
asked for as they are. Source: OWASP, "CSV Injection".
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import polars as pl

from glassnet.errors import SettingsError, SourceError
from glassnet.table.numbers import PLAIN

FORMULA: Final = r"^[=+\-@\t\r]"  # how a cell begins that a spreadsheet takes for a formula
FULL: Final = (OSError, pl.exceptions.PolarsError)  # what writing to a full disk raises
SUFFIXES: Final = (".csv", ".parquet")


def safe_text(text: pl.Series) -> pl.Series:
    """Return text cells, those that begin with = + - @ tab or CR and are no number behind an apostrophe."""
    risky = text.str.contains(FORMULA) & ~text.str.contains(PLAIN["."])
    return ("'" + text).zip_with(risky.fill_null(False), text) if text.len() else text


def safe_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with names and text cells that a spreadsheet opens as text (see `safe_text`)."""
    columns = [
        safe_text(one.cast(pl.String)) if _is_text(one.dtype) else _flat(one) for one in frame.get_columns()
    ]
    names = safe_text(pl.Series(frame.columns, dtype=pl.String)).to_list()
    return pl.DataFrame([one.alias(name) for one, name in zip(columns, names, strict=True)])


def flat_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with columns that CSV cannot hold as text, and all others as they are."""
    return pl.DataFrame([_flat(one, as_it_is=True) for one in frame.get_columns()])


def _is_text(dtype: pl.DataType) -> bool:
    return isinstance(dtype, pl.String | pl.Categorical | pl.Enum)


def _flat(series: pl.Series, *, as_it_is: bool = False) -> pl.Series:
    """Return a column that CSV can hold: lists and the like as text, safe or as it is."""
    if not (series.dtype.is_nested() or isinstance(series.dtype, pl.Object | pl.Binary)):
        return series
    text = pl.Series(series.name, [None if one is None else str(one) for one in series], pl.String)
    return text if as_it_is else safe_text(text)


class RowWriter:
    """Writes frames of equal columns one after the other; the file appears when the context ends well.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "out.csv"
    ...     with RowWriter(path) as writer:
    ...         writer.write(pl.DataFrame({"name": ["=1+1", "-2"]}))
    ...     path.read_text().split()
    ['name', "'=1+1", '-2']
    """

    def __init__(self, path: str | os.PathLike[str], *, safe: bool = True) -> None:
        self.path = Path(path)
        self.as_csv = safe_frame if safe else flat_frame
        self.rows = 0
        self._folder = Path()
        self._file: IO[bytes] | None = None
        self._parts = 0

    def __enter__(self) -> Self:
        """Make the temporary place beside the file. Raises SettingsError for another suffix or folder."""
        if self.path.suffix.lower() not in SUFFIXES:
            raise SettingsError(f"rows are written to {' or '.join(SUFFIXES)}, but the file is {self.path}.")
        try:
            self._folder = Path(tempfile.mkdtemp(prefix=".glassnet-", dir=self.path.parent))
            if self.path.suffix.lower() == ".csv":
                self._file = (self._folder / "rows").open("wb")
        except OSError as error:
            raise SettingsError(f"{self.path} cannot be written: {error.strerror}.") from None
        return self

    def write(self, frame: pl.DataFrame) -> None:
        """Write the rows of a frame below those before. Raises SourceError where the disk is full."""
        try:
            if self._file is not None:
                self.as_csv(frame).write_csv(self._file, include_header=self._parts == 0)
            else:
                frame.write_parquet(self._part(self._parts))
        except FULL as error:
            raise self._refusal(error) from None
        self._parts += 1
        self.rows += frame.height

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Put the file in its place, or leave nothing behind after an error."""
        try:
            if self._file is not None:
                with self._file:
                    self._file.flush()
                    os.fsync(self._file.fileno())
            if kind is None:
                self._finish()
        except FULL as full:
            if kind is None:
                raise self._refusal(full) from None
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _refusal(self, error: Exception) -> SourceError:
        """Return what a disk said, which Polars hands on in words of its own."""
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return SourceError(
            f"{self.path} cannot be written: {said.rstrip('.')}. Make room, or name another file."
        )

    def _part(self, number: int) -> Path:
        return self._folder / f"{number:09d}.parquet"

    def _finish(self) -> None:
        """Rename the CSV, or the parts of a Parquet file joined by streaming, to the wanted name."""
        whole = self._folder / "rows"
        if self._file is None:
            if self._parts == 0:
                pl.DataFrame().write_parquet(whole)
            elif self._parts == 1:
                whole = self._part(0)
            else:
                parts = [self._part(number) for number in range(self._parts)]
                pl.scan_parquet(parts).sink_parquet(whole, maintain_order=True)
            with whole.open("rb+") as file:
                os.fsync(file.fileno())
        whole.replace(self.path)

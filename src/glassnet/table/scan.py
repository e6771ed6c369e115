"""What a reader hands over: a source that gives its rows whole or in frames of so many rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from glassnet.settings import Settings
from glassnet.table.coded import coded
from glassnet.table.database import columns_in, columns_of, frame_of, stream_of

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, kw_only=True, slots=True)
class Scan:
    """One file, or one query, ready to be read; valid as long as its context lasts."""

    names: tuple[str, ...]  # names of its columns
    whole: Callable[[], pl.DataFrame]
    chunks: Callable[[int], Iterator[pl.DataFrame]]  # frames of so many rows, the last one shorter
    headless: bool = False  # whether the names are positions
    notes: tuple[str, ...] = ()
    columns: Callable[[], Iterator[pl.Series]] | None = None  # one by one, where that takes less memory


# A path, the settings, and the names that a header would hold where a schema says them.
Reader = Callable[[Path, Settings, tuple[str, ...]], AbstractContextManager[Scan]]


def sql_scan(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    where: str,
    *,
    names: tuple[str, ...] = (),
    headless: bool = False,
    notes: tuple[str, ...] = (),
) -> Scan:
    """Return the scan of what DuckDB reads by `sql`, under the names given or its own.

    `where` is what to call it in an error. Raises SourceError where DuckDB cannot even say the columns.
    """
    own = columns_of(connection, sql, where)
    known = names or own
    named = dict(zip(own, known, strict=True))
    return Scan(
        names=known,
        whole=lambda: frame_of(connection, sql, where).rename(named),
        chunks=lambda rows: (part.rename(named) for part in stream_of(connection, sql, where, rows)),
        headless=headless,
        notes=notes,
        columns=lambda: columns_in(connection, sql, where),
    )


def coded_frame(scan: Scan) -> pl.DataFrame:
    """Return a scan's rows with long columns of text as codes (see `coded`)."""
    every = scan.columns() if scan.columns else iter(scan.whole().get_columns())
    columns = [coded(one).rename(name) for name, one in zip(scan.names, every, strict=True)]
    return pl.DataFrame(columns)


def frame_scan(frame: pl.DataFrame, notes: tuple[str, ...] = ()) -> Scan:
    """Return the scan of a frame that is in memory already."""
    return Scan(
        names=tuple(frame.columns),
        whole=lambda: frame,
        chunks=lambda rows: frame.iter_slices(rows),
        notes=notes,
    )

"""Queries over a connection or cursor that the user hands over: any DB-API, ADBC."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import polars as pl

from glassnet.errors import SettingsError, SourceError
from glassnet.settings import Settings
from glassnet.table.frames import values_of
from glassnet.table.scan import Scan, frame_scan

READS: Final = re.compile(r"^\s*(select|with|from|values|table)\b", re.IGNORECASE)
MANY: Final = 50_000  # rows fetched at once where the whole result is wanted


def is_connection(source: object) -> bool:
    """Return whether the source is a database connection or a cursor of one."""
    if hasattr(source, "__arrow_c_stream__") or isinstance(source, str):
        return False
    return callable(getattr(source, "cursor", None)) or (
        callable(getattr(source, "execute", None)) and callable(getattr(source, "fetchmany", None))
    )


@contextmanager
def scan_connection(source: Any, settings: Settings) -> Iterator[Scan]:
    """Give the rows of `settings.query`, or of the table `settings.db_table`, over the user's connection.

    An ADBC cursor hands over Arrow data with its types, any other one tuples. Nothing is committed, and
    only the cursor made here is closed. Raises SettingsError without a query that only reads, SourceError
    where it fails.
    """
    sql = settings.query.strip().rstrip(";")
    if not sql and settings.db_table:
        name = settings.db_table.replace('"', '""')
        sql = f'select * from "{name}"'
    if not READS.match(sql):
        raise SettingsError(
            "a connection needs a query that is one SELECT, or the name of a table in db_table."
        )
    own = callable(getattr(source, "cursor", None))
    cursor = source.cursor() if own else source
    try:
        try:
            cursor.execute(sql)
        except Exception as error:  # each driver has its own kinds, without a common root
            raise SourceError(f"the query failed on {type(source).__module__}: {error}") from None
        yield _scan(cursor)
    finally:
        if own:
            cursor.close()


def _scan(cursor: Any) -> Scan:
    if callable(getattr(cursor, "fetch_arrow", None)):
        return frame_scan(pl.DataFrame(cursor.fetch_arrow()))
    if not cursor.description:
        raise SettingsError("the query gives no rows and columns; it must be one SELECT.")
    names = tuple(str(column[0]) for column in cursor.description)
    return Scan(
        names=names, whole=lambda: _whole(cursor, names), chunks=lambda rows: _frames(cursor, names, rows)
    )


def _frames(cursor: Any, names: tuple[str, ...], rows: int) -> Iterator[pl.DataFrame]:
    while fetched := cursor.fetchmany(rows):
        yield pl.DataFrame(
            [values_of(list(cells)) for cells in zip(*fetched, strict=True)], schema=list(names)
        )


def _whole(cursor: Any, names: tuple[str, ...]) -> pl.DataFrame:
    rows = [row for part in iter(lambda: cursor.fetchmany(MANY), []) for row in part]
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    return pl.DataFrame([values_of(list(cells)) for cells in columns], schema=list(names))

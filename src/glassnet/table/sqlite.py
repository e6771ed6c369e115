"""SQLite databases, read-only, through the standard library."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import polars as pl

from glassnet.errors import SettingsError, SourceError, listed, near_miss
from glassnet.settings import Settings
from glassnet.table.frames import texts_of
from glassnet.table.scan import Scan

DTYPES: Final[dict[frozenset[str], type[pl.DataType]]] = {
    frozenset({"integer"}): pl.Int64,
    frozenset({"real"}): pl.Float64,
    frozenset({"integer", "real"}): pl.Float64,
    frozenset({"blob"}): pl.Binary,
}
MANY: Final = 50_000  # rows fetched at once where the whole table is wanted


@contextmanager
def scan_sqlite(path: Path, settings: Settings, known: tuple[str, ...]) -> Iterator[Scan]:
    """Give `settings.query`, or the table that `settings.db_table` names, or the only one.

    The file is opened read-only, and a query stands inside a SELECT of ours, so that it is nothing else.
    A column is of numbers where every cell of it is, else of text. Raises SourceError for a file that is
    no database, SettingsError where the table or the query is none.
    """
    del known
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        sql = settings.query.strip().rstrip(";") or _whole_table(connection, path, settings.db_table)
        dtypes = _dtypes(connection, path, sql)
        notes: tuple[str, ...] = ()
        if settings.query and "order by" not in " ".join(sql.lower().split()):
            notes = ("--query has no ORDER BY: if its rows come in another order, the split differs.",)
        yield Scan(
            names=tuple(dtypes),
            whole=lambda: _whole(connection, sql, dtypes),
            chunks=lambda rows: _frames(connection, sql, dtypes, rows),
            notes=notes,
        )


def identifier(name: str) -> str:
    """Return a name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def _whole_table(connection: sqlite3.Connection, path: Path, wanted: str) -> str:
    """Return the SQL that reads one table whole. Raises SettingsError where it is not clear which."""
    sql = "select name from sqlite_master where type in ('table', 'view') order by 1"
    try:
        tables = [name for (name,) in connection.execute(sql) if not name.startswith("sqlite_")]
    except sqlite3.DatabaseError as error:
        raise SourceError(f"{path} is no SQLite database that can be read: {error}.") from None
    if wanted and wanted not in tables:
        raise SettingsError(
            f"{path} has no table '{wanted}'.{near_miss(wanted, tables)} Its tables are: {listed(tables)}."
        )
    if not wanted and len(tables) != 1:
        has = f"has the tables {listed(tables)}" if tables else "has no table"
        raise SettingsError(f"{path} {has}. Name one with --db-table, or write a --query.")
    return f"select * from {identifier(wanted or tables[0])}"


def _dtypes(connection: sqlite3.Connection, path: Path, sql: str) -> dict[str, type[pl.DataType]]:
    """Return each column's type, from the types of all its cells: SQLite lets every cell have its own."""
    try:
        cursor = connection.execute(f"select * from ({sql}) limit 0")
        names = [column[0] for column in cursor.description]
        kinds = ", ".join(f"group_concat(distinct typeof({identifier(name)}))" for name in names)
        (found,) = connection.execute(f"select {kinds} from ({sql})")
    except sqlite3.Error as error:
        raise SettingsError(
            f"the query cannot be read from {path}: {error}. It must be one SELECT."
        ) from None
    seen = [frozenset((kind or "").split(",")) - {"null", ""} for kind in found]
    return {name: DTYPES.get(kinds_seen, pl.String) for name, kinds_seen in zip(names, seen, strict=True)}


def _frames(
    connection: sqlite3.Connection, sql: str, dtypes: dict[str, type[pl.DataType]], rows: int
) -> Iterator[pl.DataFrame]:
    with closing(connection.execute(sql)) as cursor:
        while fetched := cursor.fetchmany(rows):
            yield _frame(fetched, dtypes)


def _whole(connection: sqlite3.Connection, sql: str, dtypes: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    parts = list(_frames(connection, sql, dtypes, MANY))
    return pl.concat(parts) if parts else _frame([], dtypes)


def _frame(rows: list[tuple[object, ...]], dtypes: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    columns = zip(*rows, strict=True) if rows else [()] * len(dtypes)
    return pl.DataFrame(
        [
            texts_of(list(cells)).alias(name)
            if dtype == pl.String
            else pl.Series(name, list(cells), dtype=dtype, strict=False)
            for (name, dtype), cells in zip(dtypes.items(), columns, strict=True)
        ]
    )

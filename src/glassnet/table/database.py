"""DuckDB as the reader of files and SQL: closed to the network, and its errors in our words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from glassnet.errors import SourceError

if TYPE_CHECKING:
    import duckdb  # imported by the functions: rows in memory are predicted without it

# Extensions are never fetched nor loaded by themselves: nothing here may reach for the network.
CONFIG: Final[Mapping[str, str | bool | int | float | list[str]]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
FIRST_LINES = 2  # lines of a DuckDB message that are worth showing


@contextmanager
def connect(threads: int = 0) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give an in-memory connection that fetches nothing; 0 threads means all cores."""
    import duckdb

    connection = duckdb.connect(":memory:", config=dict(CONFIG))
    try:
        if threads:
            connection.execute(f"set threads = {threads}")
        connection.execute("set enable_progress_bar = false")
        yield connection
    finally:
        connection.close()


def literal(text: str) -> str:
    """Return the text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def frame_of(connection: duckdb.DuckDBPyConnection, sql: str, where: str) -> pl.DataFrame:
    """Return the whole result of `sql`.

    Raises SourceError, naming `where`, for anything DuckDB cannot read.
    """
    import duckdb

    try:
        return pl.DataFrame(connection.sql(sql))
    except duckdb.Error as error:
        raise in_words(error, where) from None


def columns_in(connection: duckdb.DuckDBPyConnection, sql: str, where: str) -> Iterator[pl.Series]:
    """Yield the columns of `sql`'s result one after another, which takes less memory than all at once.

    Raises SourceError, naming `where`, for anything DuckDB cannot read.
    """
    import duckdb

    try:
        connection.execute(f"create or replace temp table whole as {sql}")
        *before, last = ['"' + name.replace('"', '""') + '"' for name in connection.table("whole").columns]
        for quoted in before:
            yield pl.DataFrame(connection.sql(f"select {quoted} from whole")).to_series()
            connection.execute(f"alter table whole drop column {quoted}")  # it need not be there twice
        yield pl.DataFrame(connection.sql(f"select {last} from whole")).to_series()
    except duckdb.Error as error:
        raise in_words(error, where) from None
    finally:
        connection.execute("drop table if exists whole")


def stream_of(
    connection: duckdb.DuckDBPyConnection, sql: str, where: str, rows: int
) -> Iterator[pl.DataFrame]:
    """Yield the result of `sql` in frames of `rows` rows each, the last one shorter.

    Rows are fetched one small piece at a time: an Arrow stream hands out a million rows at once, which
    on a wide table is gigabytes (measured 2026-11: 2 million rows of 21 text columns, 182 MB against 410 MB).
    """
    import duckdb

    try:
        # One thread cannot run ahead of the caller. With two, memory grew from 83 to 168 MB when a CSV grew
        # nine times, with one and buffers of 4 MB from 76 to 77 MB, in half the time (2026-11-22).
        connection.execute("set threads = 1")
        sql, schema = _streamable(connection, sql)
        result = connection.execute(sql)
        while rows_read := result.fetchmany(rows):
            columns = zip(*rows_read, strict=True)
            yield pl.DataFrame(dict(zip(schema, columns, strict=True)), schema=schema, strict=False)
    except duckdb.Error as error:
        raise in_words(error, where) from None


def _streamable(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[str, dict[str, pl.DataType]]:
    """Return the query with zoned times as plain ones in UTC, and its types.

    DuckDB gives zoned times as Python's only where `pytz` is installed.
    """
    empty = pl.DataFrame(connection.sql(f"select * from ({sql}) limit 0"))
    schema = dict(zip(empty.columns, empty.dtypes, strict=True))
    zoned = [name for name, dtype in schema.items() if isinstance(dtype, pl.Datetime) and dtype.time_zone]
    if not zoned:
        return sql, schema
    quoted = {name: '"' + name.replace('"', '""') + '"' for name in zoned}
    replaced = ", ".join(f"make_timestamp(epoch_us({one})) as {one}" for one in quoted.values())
    return f"select * replace ({replaced}) from ({sql})", schema | dict.fromkeys(zoned, pl.Datetime("us"))


def rows_of(sql: str, where: str, rows: int = 10_000) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the rows of `sql` as lists of tuples. Raises SourceError, naming `where`."""
    import duckdb

    with connect() as connection:
        try:
            result = connection.execute(sql)
            while rows_read := result.fetchmany(rows):
                yield rows_read
        except duckdb.Error as error:
            raise in_words(error, where) from None


def columns_of(connection: duckdb.DuckDBPyConnection, sql: str, where: str) -> tuple[str, ...]:
    """Return the names of the columns of `sql`. Raises SourceError, naming `where`."""
    import duckdb

    try:
        return tuple(connection.sql(f"select * from ({sql}) limit 0").columns)
    except duckdb.Error as error:
        raise in_words(error, where) from None


def counted(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[int, ...] | None:
    """Return the one row of counts that `sql` gives, or None where DuckDB cannot read what it counts."""
    import duckdb

    try:
        return tuple(connection.execute(sql).fetchall()[0])
    except duckdb.Error:
        return None


def in_words(error: duckdb.Error, where: str) -> SourceError:
    """Return the SourceError that says what DuckDB found wrong in `where`: file, line and remedy."""
    text = str(error)
    line = re.search(r"CSV Error on Line: (\d+)", text)
    cells = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
    if line and cells:
        return SourceError(
            f"{where} line {line[1]} has {cells[2]} cells, but the first line has {cells[1]}."
            " Correct that line, or name the separator with --delimiter."
        )
    if "utf-8" in text.lower() or "unicode" in text.lower():
        return SourceError(f"{where} is not in UTF-8. Name its encoding with --encoding, such as latin-1.")
    if line and "quote" in text.lower():
        return SourceError(
            f"{where} line {line[1]} has a quotation mark that is not closed, or text after a closed one."
            " Correct that line."
        )
    if "state machine" in text:
        return SourceError(
            f"{where} ends its lines in different ways, or has quotation marks that do not match."
            " Save it anew with one kind of line end."
        )
    at = f" line {line[1]}" if line else ""
    return SourceError(f"{where}{at} cannot be read: {first_lines(error)}")


def first_lines(error: Exception) -> str:
    """Return the beginning of another library's message as a sentence, without its own class of error."""
    lines = [part.strip() for part in str(error).splitlines()[:FIRST_LINES] if part.strip()]
    text = re.sub(r"^(\w+ ){1,3}Error: ", "", " ".join(lines))
    return text if text.endswith((".", "?", "!")) else f"{text}."

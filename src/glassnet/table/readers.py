"""Files as SQL that DuckDB runs: one reader per format, listed in READERS."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from glassnet.errors import SettingsError, SourceError, near_miss
from glassnet.settings import Settings
from glassnet.table.database import connect, frame_of, in_words, literal
from glassnet.table.dialect import find_dialect
from glassnet.table.encoding import compression_of, readable, without_glob_signs

LONGEST_LINE: Final = 32 << 20  # bytes; DuckDB's own limit of 2 MiB is short for cells of prose


@dataclass(frozen=True, kw_only=True, slots=True)
class Scan:
    """One file, or one query, as DuckDB reads it; valid as long as its context lasts."""

    sql: str
    names: tuple[str, ...]  # names of its columns; empty: the query's own
    where: str  # what to call it in an error
    headless: bool = False  # whether the names are positions
    notes: tuple[str, ...] = ()


Reader = Callable[[Path, Settings, tuple[str, ...]], AbstractContextManager[Scan]]


@contextmanager
def scan_text(path: Path, settings: Settings, known: tuple[str, ...]) -> Iterator[Scan]:
    """Give a CSV or similar file; every cell is text. `known` are names that a header would hold."""
    with readable(path, settings) as file:
        dialect = find_dialect(file, path, settings, known)
        columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(dialect.names)))
        options = {
            "auto_detect": "false",
            "columns": f"{{{columns}}}",
            "delim": literal(dialect.delimiter),
            "quote": literal(dialect.quote),
            "escape": literal(dialect.escape),
            "header": str(dialect.header).lower(),
            "compression": literal(file.compression),
            "max_line_size": str(LONGEST_LINE),
        }
        told = ", ".join(f"{name}={value}" for name, value in options.items())
        yield Scan(
            sql=f"select * from read_csv({literal(file.path)}, {told})",
            names=dialect.names,
            where=str(path),
            headless=not dialect.header,
            notes=file.notes + dialect.notes,
        )


@contextmanager
def scan_json(path: Path, settings: Settings, known: tuple[str, ...]) -> Iterator[Scan]:
    """Give a file of JSON objects, one to a line or in a list; every value is text, nested ones as JSON."""
    del settings, known
    packing = compression_of(path).replace("none", "uncompressed")  # the JSON reader's own word
    with without_glob_signs(path) as plain:
        packed = f"{literal(str(plain))}, format='auto', compression={literal(packing)}"
        describe = f"describe select * from read_json({packed}, sample_size=-1, maximum_depth=1)"
        found = frame_of(describe, (), str(path))
        if set(found["column_type"].to_list()) != {"JSON"}:
            raise SourceError(
                f"{path} holds no JSON objects. Give one object a line, with a value per column."
            )
        names = tuple(found["column_name"].to_list())
        columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
        yield Scan(
            sql=f"select * from read_json({packed}, columns={{{columns}}})", names=names, where=str(path)
        )


@contextmanager
def scan_parquet(path: Path, settings: Settings, known: tuple[str, ...]) -> Iterator[Scan]:
    """Give a Parquet file with its own types."""
    del settings, known
    with without_glob_signs(path) as plain:
        yield Scan(sql=f"select * from read_parquet({literal(str(plain))})", names=(), where=str(path))


READERS: Final[dict[str, Reader]] = {"text": scan_text, "json": scan_json, "parquet": scan_parquet}
SUFFIXES: Final = {
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".parquet": "parquet",
    ".pq": "parquet",
}
FOREIGN: Final = {
    ".xlsx": "an Excel file",
    ".xls": "an Excel file",
    ".db": "a database",
    ".sqlite": "a database",
    ".pkl": "a pickle",
    ".pickle": "a pickle",
    ".feather": "a Feather file",
    ".zip": "a zip archive",
}


def format_of(path: Path) -> str:
    """Return the name in READERS of the file's format: by suffix, and by the first bytes of Parquet.

    Raises SourceError for a format that is not read.
    """
    suffix = (path.with_suffix("") if compression_of(path) != "none" else path).suffix.lower()
    if suffix in SUFFIXES:
        return SUFFIXES[suffix]
    if suffix in FOREIGN:
        raise SourceError(
            f"{path} is {FOREIGN[suffix]}, which is not read. Save it as CSV, JSON lines or Parquet."
        )
    with path.open("rb") as file:
        return "parquet" if file.read(4) == b"PAR1" else "text"


def files_of(source: str) -> list[Path]:
    """Return the files that a path or a pattern means, sorted.

    Raises SourceError where there is none, or where it is a folder.
    """
    path = Path(source).expanduser()
    if path.is_dir():
        raise SourceError(f"{source} is a folder. Name its files by a pattern, such as '{source}/*.csv'.")
    if path.exists():
        return [path]
    found = [Path(one) for one in sorted(glob.glob(str(path), recursive=True)) if Path(one).is_file()]
    if not found:
        folder = path.parent if path.parent.is_dir() else Path()
        near = _near_file(path.name, folder)
        raise SourceError(f"there is no file {source}.{near}")
    return found


def _near_file(name: str, folder: Path) -> str:
    return near_miss(name, sorted(one.name for one in folder.iterdir() if one.is_file())[:1000])


def scan_query(query: str) -> Scan:
    """Return the scan of a query the user wrote.

    Raises SettingsError for anything but one SELECT: nothing may be written, loaded or attached.
    """
    try:
        statements = duckdb.extract_statements(query)
    except duckdb.Error as error:
        raise SettingsError(f"--query is no SQL that DuckDB knows: {_first_line(error)}") from None
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise SettingsError("--query must be one SELECT statement; it may only read.")
    notes: tuple[str, ...] = ()
    if "order by" not in " ".join(query.lower().split()):
        notes = ("--query has no ORDER BY: if its rows come in another order, the split differs.",)
    return Scan(sql=statements[0].query.strip().rstrip(";"), names=(), where="--query", notes=notes)


def _first_line(error: duckdb.Error) -> str:
    return str(error).splitlines()[0]


def names_of(scan: Scan) -> tuple[str, ...]:
    """Return the names of a scan's columns, asking DuckDB where the file itself knows them."""
    if scan.names:
        return scan.names
    connection = connect()
    try:
        return tuple(connection.sql(f"select * from ({scan.sql}) limit 0").columns)
    except duckdb.Error as error:
        raise in_words(error, scan.where) from None
    finally:
        connection.close()

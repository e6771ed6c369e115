"""Files as scans: one reader per format, listed in READERS."""

from __future__ import annotations

import glob
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import polars as pl

from glassnet.errors import SettingsError, SourceError, near_miss
from glassnet.settings import Settings
from glassnet.table.arrow import scan_arrow
from glassnet.table.database import connect, first_lines, frame_of, literal
from glassnet.table.excel import scan_excel
from glassnet.table.packed import compression_of, kind_of_bytes, member_of, open_packed, without_glob_signs
from glassnet.table.scan import Reader, Scan, sql_scan
from glassnet.table.sqlite import scan_sqlite
from glassnet.table.textfile import scan_text


@contextmanager
def scan_json(path: Path, settings: Settings, known: tuple[str, ...]) -> Iterator[Scan]:
    """Give a file of JSON objects, one to a line or in a list; every value is text, nested ones as JSON."""
    del known
    packing = compression_of(path).replace("none", "uncompressed")  # the JSON reader's own word
    with without_glob_signs(path) as plain, connect(settings.threads) as connection:
        packed = f"{literal(str(plain))}, format='auto', compression={literal(packing)}"
        describe = f"describe select * from read_json({packed}, sample_size=-1, maximum_depth=1)"
        found = frame_of(connection, describe, str(path))
        if set(found["column_type"].to_list()) != {"JSON"}:
            raise SourceError(
                f"{path} holds no JSON objects. Give one object a line, with a value per column."
            )
        names = tuple(found["column_name"].to_list())
        columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
        sql = f"select * from read_json({packed}, columns={{{columns}}})"
        called = path.with_suffix("").suffix if packing != "uncompressed" else path.suffix
        notes = (
            () if SUFFIXES.get(called.lower()) == "json" else (f"{path.name} holds JSON and was read so.",)
        )
        few = frame_of(connection, f"{sql} limit 2", str(path))
        yield sql_scan(connection, sql, str(path), names=names, notes=(*notes, *_about_lists(path, few)))


def _about_lists(path: Path, few: pl.DataFrame) -> tuple[str, ...]:
    """Return a note where a file of one object holds a list of objects: that may be the table meant."""
    if few.height != 1:
        return ()
    lists = [name for name, cell in zip(few.columns, few.row(0), strict=True) if str(cell).startswith("[{")]
    if not lists:
        return ()
    query = f"select unnest({lists[0]}, max_depth := 2) from '{path}'"
    return (f'{path.name} holds one object, and {lists[0]} in it many: --query "{query}" reads those.',)


@contextmanager
def scan_parquet(path: Path, settings: Settings, known: tuple[str, ...]) -> Iterator[Scan]:
    """Give a Parquet file with its own types."""
    del known
    with without_glob_signs(path) as plain, connect(settings.threads) as connection:
        yield sql_scan(connection, f"select * from read_parquet({literal(str(plain))})", str(path))


READERS: Final[dict[str, Reader]] = {
    "text": scan_text,
    "json": scan_json,
    "parquet": scan_parquet,
    "arrow": scan_arrow,
    "sqlite": scan_sqlite,
    "excel": scan_excel,
}
HOLD_TABLES: Final = ("sqlite", "excel")  # formats of which one file holds several tables
TAKE_QUERIES: Final = ("sqlite",)
SUFFIXES: Final = {
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".db": "sqlite",
    ".db3": "sqlite",
    ".sqlite": "sqlite",
    ".sqlite3": "sqlite",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".xlsb": "excel",
    ".xls": "excel",
    ".ods": "excel",
}
FIRST_BYTES: Final = {  # how files begin, whatever they are called
    b"PAR1": "parquet",
    b"ARROW1": "arrow",
    b"SQLite format 3\0": "sqlite",
    b"%PDF": "a PDF file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"PK\x03\x04": "a zip archive",
    b"\x80\x04\x95": "a pickle",
    b"\x80\x05\x95": "a pickle",
}
HEAD: Final = 1 << 16  # bytes in which a first line of JSON should end
OBJECT: Final = re.compile(rb'\{\s*"(?:[^"\\]|\\.)*"\s*:')
OBJECT_IN_LIST: Final = re.compile(rb'\[\s*\{\s*"(?:[^"\\]|\\.)*"\s*:')
FOREIGN: Final = {
    ".pkl": "a pickle",
    ".pickle": "a pickle",
}


def format_of(path: Path) -> str:
    """Return the name in READERS of the file's format: by suffix, else by the first bytes.

    Raises SourceError for a format that is not read.
    """
    packing = compression_of(path)
    if packing == "zip":
        return _format_in_zip(path)
    suffix = (path.with_suffix("") if packing != "none" else path).suffix.lower()
    if suffix in SUFFIXES:
        return SUFFIXES[suffix]
    found = FOREIGN.get(suffix) or kind_of_bytes(path, FIRST_BYTES) or "text"
    if found == "text" and begins_as_json(path, packing):
        return "json"
    if found not in READERS:
        raise SourceError(f"{path} is {found}, which is not read. Save it as CSV, JSON lines or Parquet.")
    return found


def begins_as_json(path: Path, packing: str) -> bool:
    """Return whether a file begins as objects of JSON do, whatever it is called.

    A line of CSV may begin with an object too; then its first line is none, or the object is not in a list.
    """
    with open_packed(path, packing) as file:
        head = file.read(HEAD)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if OBJECT_IN_LIST.match(start):
        return True
    line, *more = start.split(b"\n", 1)
    if not (OBJECT.match(start) and (more or len(head) < HEAD)):
        return False
    with suppress(ValueError):
        return isinstance(json.loads(line), dict)
    return False


def _format_in_zip(path: Path) -> str:
    member = member_of(path)
    form = SUFFIXES.get(Path(member).suffix.lower(), "text")
    if form != "text":
        raise SourceError(f"{path} holds {member}, which is read only when it is unpacked. Unpack it.")
    return form


def files_of(source: str) -> list[Path]:
    """Return the files that a path or a pattern means, sorted.

    Raises SourceError where there is none, or where it is a folder.
    """
    if "://" in source:
        raise SourceError(
            f"{source} is an address, and nothing is fetched from the network. Download it first."
        )
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


@contextmanager
def scan_query(settings: Settings) -> Iterator[Scan]:
    """Give the scan of a query over files that the user wrote.

    Raises SettingsError for anything but one SELECT: nothing may be written, loaded or attached.
    """
    import duckdb

    query = settings.query
    try:
        statements = duckdb.extract_statements(query)
    except duckdb.Error as error:
        raise SettingsError(f"--query is no SQL that DuckDB knows: {first_lines(error)}") from None
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise SettingsError("--query must be one SELECT statement; it may only read.")
    notes: tuple[str, ...] = ()
    if "order by" not in " ".join(query.lower().split()):
        notes = ("--query has no ORDER BY: if its rows come in another order, the split differs.",)
    sql = statements[0].query.strip().rstrip(";")
    with connect(settings.threads) as connection:
        yield sql_scan(connection, sql, "--query", notes=notes)

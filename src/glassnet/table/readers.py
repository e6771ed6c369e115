"""Files as scans: one reader per format, listed in READERS."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb

from glassnet.errors import SettingsError, SourceError, near_miss
from glassnet.settings import Settings
from glassnet.table.database import frame_of, literal
from glassnet.table.packed import compression_of, without_glob_signs
from glassnet.table.scan import Reader, Scan, sql_scan
from glassnet.table.textfile import scan_text


@contextmanager
def scan_json(path: Path, settings: Settings, known: tuple[str, ...]) -> Iterator[Scan]:
    """Give a file of JSON objects, one to a line or in a list; every value is text, nested ones as JSON."""
    del known
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
        sql = f"select * from read_json({packed}, columns={{{columns}}})"
        yield sql_scan(sql, str(path), settings, names=names)


@contextmanager
def scan_parquet(path: Path, settings: Settings, known: tuple[str, ...]) -> Iterator[Scan]:
    """Give a Parquet file with its own types."""
    del known
    with without_glob_signs(path) as plain:
        yield sql_scan(f"select * from read_parquet({literal(str(plain))})", str(path), settings)


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


def scan_query(settings: Settings) -> Scan:
    """Return the scan of a query over files that the user wrote.

    Raises SettingsError for anything but one SELECT: nothing may be written, loaded or attached.
    """
    query = settings.query
    try:
        statements = duckdb.extract_statements(query)
    except duckdb.Error as error:
        raise SettingsError(f"--query is no SQL that DuckDB knows: {_first_line(error)}") from None
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise SettingsError("--query must be one SELECT statement; it may only read.")
    notes: tuple[str, ...] = ()
    if "order by" not in " ".join(query.lower().split()):
        notes = ("--query has no ORDER BY: if its rows come in another order, the split differs.",)
    return sql_scan(statements[0].query.strip().rstrip(";"), "--query", settings, notes=notes)


def _first_line(error: duckdb.Error) -> str:
    return str(error).splitlines()[0]

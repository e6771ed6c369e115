"""From the outside world to a Table, whole or in chunks: files, patterns, SQL, examples, frames."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from glassnet.errors import SettingsError, SourceError, listed, near_miss
from glassnet.settings import Settings
from glassnet.table.examples import example_table
from glassnet.table.facts import facts_of_table
from glassnet.table.frames import is_in_memory, to_polars
from glassnet.table.names import tidy_names
from glassnet.table.readers import READERS, files_of, format_of, scan_query
from glassnet.table.scan import Scan
from glassnet.table.targets import target_missing, target_names
from glassnet.table.values import Schema, Table


def read_table(source: object, settings: Settings) -> Table:
    """Return the table of a path, a pattern, `settings.query`, `settings.example` or a table in memory.

    Cells of text files and JSON are text as read; Parquet, SQL and tables in memory keep their types.
    Names are trimmed and made unique. Raises SourceError, with file and line, for what cannot be read.
    """
    if source is None or (isinstance(source, str) and not source):
        return _named_in_settings(settings)
    if settings.query or settings.example:
        raise SettingsError("give either a source, or --query, or --example; not two of them.")
    if is_in_memory(source):
        return _in_memory(source)
    text = os.fspath(source)  # type: ignore[call-overload]  # a str or a path, see is_in_memory
    paths = files_of(text)
    parts = [_read_file(path, settings) for path in paths]
    frame = _stacked([part.frame for part in parts], paths)
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    return _noted_if_short(Table(frame=frame, name=_short_name(text), source=text, notes=notes))


def read_chunks(
    source: object, settings: Settings, schema: Schema, rows_per_chunk: int
) -> Iterator[pl.DataFrame]:
    """Yield the rows of a source in frames of `rows_per_chunk` rows, all columns raw.

    Cells are as `read_table` has them. Memory is flat in the number of rows for
    files and SQL. The last chunk of each file may be shorter.
    """
    if rows_per_chunk < 1:
        raise SettingsError(f"rows_per_chunk must be at least 1, but it is {rows_per_chunk}.")
    has_source = source is not None and not (isinstance(source, str) and not source)
    if is_in_memory(source) or (not has_source and not settings.query):
        yield from read_table(source, settings).frame.iter_slices(rows_per_chunk)
    elif not has_source:
        yield from _chunks_of(scan_query(settings), rows_per_chunk)
    else:
        yield from _file_chunks(files_of(os.fspath(source)), settings, schema, rows_per_chunk)  # type: ignore[call-overload]


def drop_rows_without_target(table: Table, settings: Settings) -> Table:
    """Return the table without the rows in which a target is missing; they are counted, row numbers kept."""
    names = target_names(table.frame.columns, settings)
    facts = facts_of_table(table.frame.select(names), settings)
    missing = np.zeros(table.frame.height, dtype=bool)
    for name in names:
        missing |= target_missing(table.frame[name], facts[name])
    if not missing.any():
        return table
    kept = np.flatnonzero(~missing)
    before = np.arange(table.frame.height) if table.row_numbers is None else table.row_numbers
    return replace(
        table,
        frame=table.frame.filter(~missing),
        dropped_without_target=table.dropped_without_target + int(missing.sum()),
        row_numbers=before[kept].astype(np.int64),
    )


def _named_in_settings(settings: Settings) -> Table:
    if settings.query and settings.example:
        raise SettingsError("give either --query or --example, not both.")
    if settings.example:
        return example_table(settings)
    if not settings.query:
        raise SettingsError("no table is named: give a file, --query or --example.")
    scan = scan_query(settings)
    return _tidy(Table(frame=scan.whole(), name="query", source=settings.query, notes=scan.notes))


def _in_memory(source: object) -> Table:
    kind = type(source).__name__
    return _tidy(Table(frame=to_polars(source), name="table", source=f"<{kind}>"))


def _tidy(table: Table) -> Table:
    names, notes = tidy_names(table.frame.columns)
    frame = table.frame.rename(dict(zip(table.frame.columns, names, strict=True)))
    return replace(table, frame=frame, notes=table.notes + notes)


def _read_file(path: Path, settings: Settings) -> Table:
    with READERS[format_of(path)](path, settings, ()) as scan:
        return _tidy(Table(frame=scan.whole(), name=path.name, source=str(path), notes=scan.notes))


def _short_name(source: str) -> str:
    """Return the file's name without suffixes and signs of a pattern: "data/adult.csv.gz" is "adult"."""
    stem = Path(source).name.split(".")[0]
    return "".join(sign for sign in stem if sign not in "*?[]{}").strip("-_ ") or "table"


def _noted_if_short(table: Table) -> Table:
    if table.frame.width == 1 and table.frame.height == 0:
        raise SourceError(f"{table.source} has one column and no rows. Is it a table?")
    return table


def _stacked(frames: list[pl.DataFrame], paths: list[Path]) -> pl.DataFrame:
    """Return the rows of all files. Raises SourceError naming the file and column that differ."""
    first = frames[0]
    for frame, path in zip(frames[1:], paths[1:], strict=True):
        check_same_columns(frame.columns, first.columns, path, paths[0])
    try:
        return pl.concat([frame.select(first.columns) for frame in frames], how="vertical_relaxed")
    except pl.exceptions.PolarsError:
        pass
    for frame, path in zip(frames[1:], paths[1:], strict=True):
        for name in first.columns:
            if frame[name].dtype != first[name].dtype:
                raise SourceError(
                    f"column '{name}' holds {frame[name].dtype} in {path} but {first[name].dtype} in"
                    f" {paths[0]}. Write both with the same type."
                )
    raise AssertionError("frames of equal columns and types stack")


def check_same_columns(names: list[str], first: list[str], path: Path, first_path: Path) -> None:
    """Raise SourceError where a file lacks a column of the first one, or has one more."""
    for name in first:
        if name not in names:
            raise SourceError(
                f"{path} has no column '{name}', which {first_path} has.{near_miss(name, names)}"
            )
    extra = [name for name in names if name not in first]
    if extra:
        raise SourceError(f"{path} has columns that {first_path} has not: {listed(extra)}.")


def _file_chunks(paths: list[Path], settings: Settings, schema: Schema, rows: int) -> Iterator[pl.DataFrame]:
    known = (*(column.name for column in schema.columns), *(target.name for target in schema.targets))
    first: list[str] = []
    for path in paths:
        with READERS[format_of(path)](path, settings, known) as scan:
            names = tidy_names(_names_for(scan, schema))[0]
            first = first or names
            check_same_columns(names, first, path, paths[0])
            for chunk in scan.chunks(rows):
                yield chunk.rename(dict(zip(scan.names, names, strict=True))).select(first)


def _names_for(scan: Scan, schema: Schema) -> tuple[str, ...]:
    """Return a scan's names; a file without header that lacks the targets has the schema's other columns."""
    inputs = tuple(column.name for column in schema.columns)
    positions = all(name.isdigit() for name in inputs)
    if scan.headless and positions and len(scan.names) == len(inputs):
        return inputs
    return scan.names


def _chunks_of(scan: Scan, rows: int) -> Iterator[pl.DataFrame]:
    """Yield a scan's frames under tidy names."""
    names = dict(zip(scan.names, tidy_names(scan.names)[0], strict=True))
    for chunk in scan.chunks(rows):
        yield chunk.rename(names)

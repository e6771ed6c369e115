"""From the outside world to a Table, whole or in chunks: files, patterns, SQL, examples, frames."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from glassnet.errors import GlassnetWarning, SettingsError, SourceError, listed, near_miss
from glassnet.settings import Settings, change
from glassnet.table.connection import is_connection, scan_connection
from glassnet.table.examples import example_table
from glassnet.table.facts import facts_of_table
from glassnet.table.frames import is_in_memory, raw_names, to_polars
from glassnet.table.names import tidy_names
from glassnet.table.readers import HOLD_TABLES, READERS, TAKE_QUERIES, files_of, format_of, scan_query
from glassnet.table.room import check_room
from glassnet.table.scan import Scan, coded_frame
from glassnet.table.targets import target_missing, target_names
from glassnet.table.values import Schema, Table

LARGE: Final = 10_000_000  # bytes of a file from which on its text is kept as codes
ONE_SOURCE: Final = "give either a source, or --query, or --example; not two of them."


def read_table(
    source: object, settings: Settings, schema: Schema | None = None, *, compact: bool = False
) -> Table:
    """Return the table of a path, a pattern, a connection, a query, an example, or a table in memory.

    Cells of text files and JSON are text as read; Parquet, SQL and tables in memory keep their types.
    Names are trimmed and made unique; a file without a header may have those of a model's `schema`.
    `compact` keeps text of large files as codes (`coded.is_coded`), for callers who ask for facts and
    conformed cells only. Raises SourceError, with file and line, for what cannot be read.
    """
    if not is_named(source):
        return _named_in_settings(settings)
    if is_connection(source):
        kind = f"{type(source).__module__}.{type(source).__qualname__}"
        with scan_connection(source, settings) as scan:
            return _table(scan, settings.db_table or "query", f"<{kind}>")
    _check_one_source(source, settings)
    if is_in_memory(source):
        return _in_memory(source)
    text = os.fspath(source)  # type: ignore[call-overload]  # a str or a path, see is_in_memory
    paths = files_of(text)
    compact = compact and len(paths) == 1 and paths[0].stat().st_size >= LARGE
    parts = [_read_file(path, settings, schema, compact=compact) for path in paths]
    frame = _stacked([part.frame for part in parts], paths)
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    table = Table(frame=frame, name=_short_name(text), source=text, notes=notes)
    return _noted_if_short(table) if schema is None else table


def read(source: object = "", settings: Settings | None = None, **changes: Any) -> pl.DataFrame:
    """Return a table as it is read: mended, under its header's names, cells of text files as text.

    `source` is what `glassnet.fit` takes; every setting of `glassnet.Settings` that is about reading may be
    given by name. Each guess and each repair is a GlassnetWarning that names the option which settles it. An
    empty file is a table of nothing, and told. Raises SourceError for what is no table.
    """
    table = read_any(source, change(settings or Settings(), **changes))
    for note in table.notes:
        warnings.warn(note, GlassnetWarning, stacklevel=2)
    return table.frame


def read_any(source: object, settings: Settings) -> Table:
    """Return what `read_table` does, and of an empty file a table without columns, where it would refuse."""
    path = Path(source) if isinstance(source, str | os.PathLike) and source else None
    if path and path.is_file() and path.stat().st_size == 0:
        note = f"{path} is empty: a table of nothing."
        return Table(frame=pl.DataFrame(), name=path.stem, source=str(path), notes=(note,))
    return read_table(source, settings)


class Chunks(Iterator[pl.DataFrame]):
    """The rows of a source in frames of so many rows, with what the readers have noted so far."""

    def __init__(self, frames: Iterator[pl.DataFrame], notes: list[str]) -> None:
        self._frames = frames
        self._notes = notes

    def __next__(self) -> pl.DataFrame:
        """Return the next frame."""
        return next(self._frames)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the readers of the files opened so far had to say; after the last frame, all of it."""
        return tuple(dict.fromkeys(self._notes))


def read_chunks(source: object, settings: Settings, schema: Schema, rows_per_chunk: int) -> Chunks:
    """Return the rows of a source in frames of `rows_per_chunk` rows, all columns raw, and the notes.

    Cells are as `read_table` has them. Memory is flat in the number of rows for files and SQL. The last
    chunk of each file may be shorter.
    """
    if rows_per_chunk < 1:
        raise SettingsError(f"rows_per_chunk must be at least 1, but it is {rows_per_chunk}.")
    notes: list[str] = []
    return Chunks(_frames(source, settings, schema, rows_per_chunk, notes), notes)


def _frames(
    source: object, settings: Settings, schema: Schema, rows: int, notes: list[str]
) -> Iterator[pl.DataFrame]:
    if is_connection(source):
        with scan_connection(source, settings) as scan:
            yield from _chunks_of(scan, rows, notes)
    elif not is_named(source) and settings.query:
        with scan_query(settings) as scan:
            yield from _chunks_of(scan, rows, notes)
    elif is_in_memory(source) or not is_named(source):
        table = read_table(source, settings)
        notes.extend(table.notes)
        yield from _one_at_least(table.frame.iter_slices(rows), table.frame.columns)
    else:
        _check_one_source(source, settings)
        paths = files_of(os.fspath(source))  # type: ignore[call-overload]  # a str or a path
        yield from _file_chunks(paths, settings, schema, rows, notes)


def is_named(source: object) -> bool:
    """Return whether a source is given at all."""
    return source is not None and not (isinstance(source, str) and not source)


def _check_one_source(source: object, settings: Settings) -> None:
    """Raise SettingsError where the settings name a second source, or a part that the source has not."""
    if settings.example or not (settings.query or settings.db_table):
        if settings.example:
            raise SettingsError(ONE_SOURCE)
        return
    formats = set() if is_in_memory(source) else {format_of(path) for path in files_of(os.fspath(source))}  # type: ignore[call-overload]  # a str or a path
    takes_query = bool(formats) and formats <= set(TAKE_QUERIES)
    if settings.query and (settings.db_table or not takes_query):
        raise SettingsError(ONE_SOURCE)
    if settings.db_table and not (formats and formats <= set(HOLD_TABLES)):
        raise SettingsError(
            f"a table or sheet is named, '{settings.db_table}', but the source is no database and no"
            " workbook. Leave it out."
        )


def drop_rows_without_target(table: Table, settings: Settings) -> Table:
    """Return the table without the rows in which a target is missing; they are counted, row numbers kept."""
    names = target_names(table.frame.columns, settings)
    facts = facts_of_table(table.frame[list(names)], settings)
    missing = np.zeros(table.frame.height, dtype=bool)
    for name in names:
        missing |= target_missing(table.frame[name], facts[name])
    if missing.all() and table.frame.height:
        named = ", ".join(f"'{name}'" for name in names)
        raise SourceError(f"target {named} is missing in every row; there is nothing to learn from.")
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
    with scan_query(settings) as scan:
        return _table(scan, "query", settings.query)


def _in_memory(source: object) -> Table:
    frame = to_polars(source)
    names, notes = tidy_names(raw_names(source) or frame.columns)
    frame = frame.rename(dict(zip(frame.columns, names, strict=True)))
    return Table(frame=frame, name="table", source=f"<{type(source).__name__}>", notes=notes)


def _read_file(path: Path, settings: Settings, schema: Schema | None, *, compact: bool) -> Table:
    form = format_of(path)
    check_room(path, form)
    with READERS[form](path, settings, _known(schema)) as scan:
        scan = replace(scan, names=_names_for(scan, schema))
        return _table(scan, path.name, str(path), compact=compact)


def _table(scan: Scan, name: str, source: str, *, compact: bool = False) -> Table:
    names, changes = tidy_names(scan.names)
    frame = coded_frame(scan) if compact else scan.whole()
    frame = frame.rename(dict(zip(frame.columns, names, strict=True)))
    return Table(frame=frame, name=name, source=source, notes=scan.notes + changes)


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
        return pl.concat([frame[first.columns] for frame in frames], how="vertical_relaxed")
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


def _file_chunks(
    paths: list[Path], settings: Settings, schema: Schema, rows: int, notes: list[str]
) -> Iterator[pl.DataFrame]:
    first: list[str] = []
    for path in paths:
        with READERS[format_of(path)](path, settings, _known(schema)) as scan:
            names, changes = tidy_names(_names_for(scan, schema))
            notes.extend((*scan.notes, *changes))
            first = first or names
            check_same_columns(names, first, path, paths[0])
            for chunk in _one_at_least(scan.chunks(rows), scan.names):
                yield chunk.rename(dict(zip(scan.names, names, strict=True)))[first]


def _one_at_least(chunks: Iterator[pl.DataFrame], names: Sequence[str]) -> Iterator[pl.DataFrame]:
    """Yield the frames, or an empty one where there is none: no rows are an answer too."""
    first = next(chunks, None)
    yield pl.DataFrame(schema=dict.fromkeys(names, pl.String)) if first is None else first
    yield from chunks


def _known(schema: Schema | None) -> tuple[str, ...]:
    """Return the names that a header would hold, where a schema says them."""
    if schema is None:
        return ()
    return (*(column.name for column in schema.columns), *(target.name for target in schema.targets))


def _names_for(scan: Scan, schema: Schema | None) -> tuple[str, ...]:
    """Return a scan's names; a file without header that lacks the targets has the schema's other columns."""
    if schema is None:
        return scan.names
    inputs = tuple(column.name for column in schema.columns)
    positions = all(name.isdigit() for name in inputs)
    if scan.headless and positions and len(scan.names) == len(inputs):
        return inputs
    return scan.names


def _chunks_of(scan: Scan, rows: int, notes: list[str]) -> Iterator[pl.DataFrame]:
    """Yield a scan's frames under tidy names."""
    tidy, changes = tidy_names(scan.names)
    notes.extend((*scan.notes, *changes))
    for chunk in _one_at_least(scan.chunks(rows), scan.names):
        yield chunk.rename(dict(zip(scan.names, tidy, strict=True)))

"""Arrow and Feather files with their own types, through Polars."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from glassnet.errors import SourceError
from glassnet.settings import Settings
from glassnet.table.database import first_lines
from glassnet.table.packed import kind_of_bytes
from glassnet.table.scan import Scan, frame_scan


@contextmanager
def scan_arrow(path: Path, settings: Settings, known: tuple[str, ...]) -> Iterator[Scan]:
    """Give an Arrow IPC file, a Feather file of version 2 or an Arrow stream.

    Raises SourceError for another file.
    """
    del settings, known
    try:
        if not kind_of_bytes(path, {b"ARROW1": "file"}):
            yield frame_scan(pl.read_ipc_stream(path))
            return
        lazy = pl.scan_ipc(path)
        names = tuple(lazy.collect_schema().names())
    except (pl.exceptions.PolarsError, OSError) as error:
        raise SourceError(f"{path} is no Arrow file that can be read: {first_lines(error)}") from None
    yield Scan(names=names, whole=lazy.collect, chunks=lambda rows: _slices(lazy, rows))


def _slices(lazy: pl.LazyFrame, rows: int) -> Iterator[pl.DataFrame]:
    height = int(lazy.select(pl.len()).collect().item())
    for start in range(0, height, rows):
        yield lazy.slice(start, rows).collect()

"""CSV and similar files: read by DuckDB as they are where they are sound, mended first where they are not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb

from glassnet.settings import Settings
from glassnet.table.database import connect, counted, literal
from glassnet.table.dialect import find_signs
from glassnet.table.encoding import Readable, readable
from glassnet.table.layout import Layout, find_layout
from glassnet.table.lines import Signs
from glassnet.table.mend import mend, remarks_below, total_note
from glassnet.table.scan import Scan, sql_scan

LONGEST_LINE: Final = 16 << 20  # bytes; DuckDB's own limit of 2 MiB is short for cells of prose
# DuckDB takes sixteen of the longest lines for a buffer where it is not told: half a gigabyte (2026-11).
BUFFER: Final = 32 << 20
CLEAN: Final = Signs(delimiter=",")


@contextmanager
def scan_text(path: Path, settings: Settings, known: tuple[str, ...]) -> Iterator[Scan]:
    """Give a CSV or similar file; every cell is text. `known` are names that a header would hold.

    A file that DuckDB can read by its dialect is read as it is. Any other is mended into a clean copy; what
    was done is in the notes. Raises SourceError for a file that is no table.
    """
    with readable(path, settings) as file, connect(settings.threads) as connection:
        signs, about_signs = find_signs(file, path, settings)
        layout = find_layout(file, path, signs, settings, known)
        notes = file.notes + about_signs + layout.notes
        if _is_sound(connection, file, signs, layout, settings):
            sql = _sql(file.path, file.compression, signs, layout, header=layout.header)
            notes += total_note(file, path, signs, layout) if settings.footer_lines == "auto" else ()
        else:
            copy, repairs = mend(file, path, signs, layout, settings)
            sql, notes = _sql(str(copy), "none", CLEAN, layout, header=False, mended=True), notes + repairs
        yield sql_scan(
            connection, sql, str(path), names=layout.names, headless=not layout.header, notes=notes
        )


def _is_sound(
    connection: duckdb.DuckDBPyConnection, file: Readable, signs: Signs, layout: Layout, settings: Settings
) -> bool:
    """Return whether DuckDB reads every line of the file by these signs, and nothing in it is no row."""
    may_hold_comments = bool(signs.comment) and (file.hash_lines or signs.told or file.sample.startswith("#"))
    told_to_cut = settings.footer_lines not in {"auto", 0}
    if not layout.top or file.zeros or may_hold_comments or told_to_cut:
        return False
    if settings.footer_lines == "auto" and remarks_below(file, signs, layout):
        return False
    sql = _sql(file.path, file.compression, signs, layout, header=layout.header)
    counts = counted(connection, _check(sql, layout))
    return counts is not None and not any(counts[1:])


def _check(sql: str, layout: Layout) -> str:
    """Return the SQL that counts the rows, and those that repeat the header or overflow its columns."""
    last = len(layout.names) - 1
    end = min(last, len(layout.first) - 1)
    again = (
        f"count_if(c0 = {literal(layout.first[0])} and c{end} = {literal(layout.first[end])})"
        if end >= 0
        else "0"
    )
    beyond = f"count(c{last + 1})" if layout.trailing else "0"
    every = sql.replace("select " + _columns(layout), "select *", 1)
    return f"select count(*), {again}, {beyond} from ({every})"


def _columns(layout: Layout) -> str:
    return ", ".join(f"c{i}" for i in range(len(layout.names)))


def _sql(
    path: str, compression: str, signs: Signs, layout: Layout, *, header: bool, mended: bool = False
) -> str:
    """Return the SQL that reads the body; the columns are c0, c1, ..., all of them text."""
    count = len(layout.names) + (layout.trailing and not mended)
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(count))
    options = {
        "auto_detect": "false",
        "columns": f"{{{columns}}}",
        "delim": literal(signs.delimiter),
        "quote": literal(signs.quote),
        "escape": literal((signs.escape or signs.quote) if signs.quote else ""),
        "header": str(header).lower(),
        "compression": literal(compression),
        "max_line_size": str(LONGEST_LINE),
        "buffer_size": str(BUFFER),
    }
    told = ", ".join(f"{name}={value}" for name, value in options.items())
    return f"select {_columns(layout)} from read_csv({literal(path)}, {told})"

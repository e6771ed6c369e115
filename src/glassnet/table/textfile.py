"""CSV and similar files: read by DuckDB as they are where they are sound, mended first where they are not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from glassnet.settings import Settings
from glassnet.table.database import connect, counted, literal
from glassnet.table.dialect import find_signs
from glassnet.table.encoding import Readable, count_of, readable
from glassnet.table.layout import Layout, find_layout
from glassnet.table.lines import Signs
from glassnet.table.mend import mend, remarks_below, total_note
from glassnet.table.scan import Scan, sql_scan

if TYPE_CHECKING:
    import duckdb

# Bytes of a buffer, which must hold the longest line: small ones keep memory flat, large ones are tried where
# a cell is a book. DuckDB's own would be sixteen longest lines.
BUFFERS: Final = (4 << 20, 64 << 20)
CLEAN: Final = Signs(delimiter=",")


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    """A file of sound rows, as DuckDB is told to read it."""

    path: str
    compression: str
    signs: Signs
    columns: int
    beyond: int = 0  # columns after these that must be empty
    first: tuple[str, ...] = ()  # the cells of its first line where that names the columns
    longest_line: int = 0  # bytes, where it is longer than a block

    @property
    def buffers(self) -> tuple[int, ...]:
        """The buffers to try: of a last row longer than two DuckDB tells nothing at all (1.5.6).

        Which row is the last is known only when all is read: blank lines, remarks or zero bytes may follow.
        """
        return tuple(one for one in BUFFERS if one > self.longest_line) or (self.longest_line + BUFFERS[0],)


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
        sql = ""
        if _may_be_sound(file, signs, layout, settings):
            body = _body(file, signs, layout)
            sql = _sound_sql(
                connection, body, count_of(file, (f"{signs.delimiter}\n", f"{signs.delimiter}\r"))
            )
            notes += total_note(file, path, signs, layout) if settings.footer_lines == "auto" else ()
        if not sql:
            copy, repairs = mend(file, path, signs, layout, settings)
            clean = replace(
                _body(file, CLEAN, layout), path=str(copy), compression="none", beyond=0, first=()
            )
            sql = _sound_sql(connection, clean, 0) or _sql(clean, clean.buffers[-1])
            notes += repairs
        yield sql_scan(
            connection, sql, str(path), names=layout.names, headless=not layout.header, notes=notes
        )


def _may_be_sound(file: Readable, signs: Signs, layout: Layout, settings: Settings) -> bool:
    """Return whether nothing in the file is known to be no row, so that DuckDB may read it as it is."""
    may_hold_comments = bool(signs.comment) and (file.hash_lines or signs.told or file.sample.startswith("#"))
    told_to_cut = settings.footer_lines not in {"auto", 0}
    if not layout.top or file.zeros or may_hold_comments or told_to_cut:
        return False
    return settings.footer_lines != "auto" or not remarks_below(file, signs, layout)


def _body(file: Readable, signs: Signs, layout: Layout) -> Body:
    return Body(
        path=file.path,
        compression=file.compression,
        signs=signs,
        columns=len(layout.names),
        beyond=int(layout.trailing),
        first=layout.first,
        longest_line=file.longest_line,
    )


def _sound_sql(connection: duckdb.DuckDBPyConnection, body: Body, open_ends: int) -> str:
    """Return the SQL by which DuckDB reads every row of the file, or an empty string where it does not.

    `open_ends` is the number of lines that end with a separator: DuckDB takes one too many without a word.
    """
    for buffer in body.buffers:
        counts = counted(connection, _check(body, buffer))
        if counts is not None:
            rows, again, otherwise, beyond, *filled = counts
            may_end_open = rows if body.beyond else rows - filled[-1]
            sound = (
                not again and not otherwise and not beyond and open_ends <= may_end_open + bool(body.beyond)
            )
            return _sql(body, buffer) if sound else ""
    return ""


def _check(body: Body, buffer: int) -> str:
    """Return the SQL that counts rows, those that repeat the header, have other marks or overflow; cells.

    All columns are asked for, because DuckDB looks closely only at those: with two of nine it took a line of
    ten cells where one of them held quotation marks (1.5.6).
    """
    again, otherwise, beyond = "0", "0", "0"
    if body.first:
        end = min(body.columns, len(body.first)) - 1
        again = f"count_if(c0 = {literal(body.first[0])} and c{end} = {literal(body.first[end])})"
    if body.columns > 1 and body.signs.quote == '"':
        otherwise = _in_apostrophes(0, body.columns - 1)
    if body.beyond:
        beyond = f"count(c{body.columns})"
    filled = ", ".join(f"count(c{i})" for i in range(body.columns))
    return f"select count(*), {again}, {otherwise}, {beyond}, {filled} from {_table(body, buffer)}"


def _in_apostrophes(*columns: int) -> str:
    """Return the SQL that counts the rows whose cells in these columns stand in apostrophes."""
    sign = literal("'")
    ends = [f"starts_with(c{at}, {sign}) and ends_with(c{at}, {sign})" for at in columns]
    return f"count_if({' and '.join(ends)})"


def _sql(body: Body, buffer: int) -> str:
    columns = ", ".join(f"c{i}" for i in range(body.columns))
    return f"select {columns} from {_table(body, buffer)}"


def _table(body: Body, buffer: int) -> str:
    """Return DuckDB's name of the table in the file; its columns are c0, c1, ..., all of them text."""
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(body.columns + body.beyond))
    signs = body.signs
    options = {
        "auto_detect": "false",
        "columns": f"{{{columns}}}",
        "delim": literal(signs.delimiter),
        "quote": literal(signs.quote),
        "escape": literal((signs.escape or signs.quote) if signs.quote else ""),
        "header": str(bool(body.first)).lower(),
        "compression": literal(body.compression),
        "max_line_size": str(buffer),
        "buffer_size": str(buffer),
    }
    told = ", ".join(f"{name}={value}" for name, value in options.items())
    return f"read_csv({literal(body.path)}, {told})"

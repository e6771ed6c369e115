"""A faulty text file, read line by line and written as a clean one, with every repair named.

Nothing is guessed here that `layout` has not found in the sample: a line is kept as it is, filled, cut, read
by other signs, or left out as a remark, and the notes say how often and where first.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from glassnet.errors import SourceError
from glassnet.settings import Settings
from glassnet.table.encoding import Readable
from glassnet.table.layout import Layout, is_remark
from glassnet.table.lines import Record, Signs, lines_of, records
from glassnet.table.numbers import looks_like_number
from glassnet.table.packed import open_packed
from glassnet.table.repairs import Repairs, told

MOST_BELOW: Final = 12  # lines at the end that may be remarks
LEAST_EVEN: Final = 0.5  # share of lines with as many cells as the first, below which it is no table
TOTALS: Final = ("total", "sum", "average", "mean", "gesamt", "summe")


def mend(
    readable: Readable, path: Path, signs: Signs, layout: Layout, settings: Settings
) -> tuple[Path, tuple[str, ...]]:
    """Return a clean copy of the body, separated by commas without a header, and notes on all repairs.

    Raises SourceError where most lines differ from the header in their number of cells.
    """
    copy = Path(readable.folder) / "mended.csv"
    done = Repairs(zeros=readable.zeros)
    with copy.open("w", encoding="utf-8", newline="") as file:
        write = csv.writer(file, lineterminator="\n").writerow
        lines = _lines(readable, done.ends)
        for record in _without_below(_body(lines, signs, layout), layout, settings, done):
            cells = _even(record, layout, done, signs)
            if cells and layout.header and tuple(record.cells) == layout.first:
                done.again.add(record.line, record.cells[0])
            elif cells:
                done.rows += 1
                write(cells)
    _refuse_if_uneven(done, path, layout)
    notes = told(done, len(layout.names), signs)
    return copy, tuple(f"{path.name}: {note}" for note in notes)


def remarks_below(readable: Readable, signs: Signs, layout: Layout) -> tuple[str, ...]:
    """Return the remarks of one cell with which the file ends, the last first."""
    if not layout.remarks:
        return ()
    lines = lines_of(readable.tail)
    whole = lines if readable.whole else lines[1:]
    last = [
        one for one in records(iter(whole[-MOST_BELOW:]), signs, len(layout.names)) if one.fault != "comment"
    ]
    found = _below(deque(last), layout)
    return tuple(one.cells[0] for one in found if one.cells)


def total_note(readable: Readable, path: Path, signs: Signs, layout: Layout) -> tuple[str, ...]:
    """Return a note where the last row seems to sum up the others, which is kept all the same."""
    lines = [line for line in lines_of(readable.tail) if line.strip()]
    last = lines[-1] if lines else ""
    cells = last.split(signs.delimiter)
    word = cells[0].strip(' "').lower().rstrip(":")
    if len(cells) < len(layout.names) or not word.startswith(TOTALS) or len(lines) < 2:
        return ()
    return (
        f"{path.name}: the last row begins with '{cells[0]}'; --footer-lines 1 leaves it out if it is a sum.",
    )


def _lines(readable: Readable, ends: dict[str, int]) -> Iterator[str]:
    """Yield the file's lines without zero bytes, counting how they end."""
    with (
        open_packed(Path(readable.path), readable.compression) as packed,
        io.TextIOWrapper(packed, encoding="utf-8-sig", newline="") as text,
    ):
        for line in text:
            if line.endswith("\r\n"):
                ends["\r\n"] += 1
            elif line.endswith(("\n", "\r")):
                ends[line[-1]] += 1
            yield line.replace("\0", "") if readable.zeros else line


def _body(lines: Iterable[str], signs: Signs, layout: Layout) -> Iterator[Record]:
    """Yield the rows from the first one on; above it, lines are only counted."""
    lines = iter(lines)
    for _ in range(layout.body - 1):
        next(lines, None)
    width = len(layout.names) + layout.trailing
    for record in records(lines, signs, width):
        yield record._replace(line=record.line + layout.body - 1)


def _without_below(
    rows: Iterator[Record], layout: Layout, settings: Settings, done: Repairs
) -> Iterator[Record]:
    """Yield the rows but for the remarks at the end, which are counted."""
    told = settings.footer_lines
    held: deque[Record] = deque()
    room = MOST_BELOW if isinstance(told, str) else told
    for record in rows:
        if record.fault == "comment":
            done.comments.add(record.line, record.cells[0])
            continue
        held.append(record)
        if len(held) > room:
            yield held.popleft()
    left = list(held) if not isinstance(told, str) else _below(held, layout) if layout.remarks else []
    for record in left:
        if record.cells:
            done.below.add(record.line, ",".join(cell for cell in record.cells if cell))
    yield from list(held)[: len(held) - len(left)]


def _below(held: deque[Record], layout: Layout) -> list[Record]:
    """Return the remarks at the end, from the first on: rows of one cell that is not like its column's."""
    width = len(layout.names)
    found = 0
    for record in reversed(held):
        blank = not any(cell.strip() for cell in record.cells)
        number = layout.numeric_first and bool(record.cells) and looks_like_number(record.cells[0].strip())
        if not blank and (number or not is_remark(record.cells, width)):
            break
        found += 1
    left = list(held)[len(held) - found :] if found else []
    return left if any(any(cell.strip() for cell in record.cells) for record in left) else []


def _even(record: Record, layout: Layout, done: Repairs, signs: Signs) -> list[str]:
    """Return the cells of a row, as many as there are columns; an empty list for what is no row."""
    line, _, cells, fault = record
    width, trailing = len(layout.names), layout.trailing
    if not cells:
        return [""] if width == 1 else []
    if signs.comment and not signs.told and cells[0].lstrip().startswith(signs.comment):
        done.marked.add(line, cells[0])
    if fault:
        done.faults[fault].add(line, cells[0])
    if len(cells) < width:
        done.short.add(line, f"{len(cells)}")
        return cells + [""] * (width - len(cells))
    if len(cells) > width + trailing or any(cell.strip() for cell in cells[width:]):
        done.long.add(line, ", ".join(cells[width:]))
    return cells[:width]


def _refuse_if_uneven(done: Repairs, path: Path, layout: Layout) -> None:
    uneven = done.short.count + done.long.count
    worst = done.short if done.short.count else done.long
    if uneven > LEAST_EVEN * done.rows and uneven > 1:
        raise SourceError(
            f"{path} is no even table: {uneven:,} of {done.rows:,} rows have more or fewer cells than the"
            f" {len(layout.names)} columns ({worst.where}). Name the separator with --delimiter, the lines"
            " above the table with --skip-lines, or correct the file."
        )

"""Where the table stands in a text file: lines above it, names, first row, number of columns."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from glassnet.errors import SourceError
from glassnet.settings import Settings
from glassnet.table.encoding import Readable
from glassnet.table.header import MOST_LINES, find_header, joined_names
from glassnet.table.lines import FAULTS, Record, Signs, lines_of, records
from glassnet.table.names import position_names, tidy_names
from glassnet.table.numbers import looks_like_number
from glassnet.table.words import MISSING_WORDS

MOST_ABOVE: Final = 50  # rows that may stand above the table
LEAST_WIDTH: Final = 3  # columns from which a row of one cell is a remark and not a row
MOST_LONELY: Final = 0.02  # share of rows with one cell filled from which such rows are nothing special
SHOWN: Final = 60  # characters of a line shown in a note
ROW_NAMES: Final = "rownames"


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """Where the names and the rows of a text file are."""

    names: tuple[str, ...]  # of the columns, tidy
    header: bool  # whether a line names them
    first: tuple[str, ...]  # the cells of that line as they stand
    top: bool  # whether the table begins with the first line and one sound line names its columns, or none
    body: int  # line of the first row, from 1
    trailing: bool  # whether every row of the sample ends with one separator too many
    remarks: bool  # whether rows of one cell, at the end, are remarks
    numeric_first: bool  # whether the first column holds numbers
    notes: tuple[str, ...]  # what was guessed, with the option that settles it


def sample_records(readable: Readable, signs: Signs) -> tuple[list[Record], int]:
    """Return the sample's whole rows without blank lines, and the number of cells that most of them have."""
    lines = lines_of(readable.sample)
    widths = _widths(list(records(iter(lines), signs)))
    width = max(widths, key=lambda one: (widths[one], one)) if widths else 0
    found = [one for one in records(iter(lines), signs, width) if one.cells]
    return (found[:-1] if not readable.whole and len(found) > 1 else found), width


def find_layout(
    readable: Readable, path: Path, signs: Signs, settings: Settings, known: tuple[str, ...]
) -> Layout:
    """Return where the names and rows of a file are; what the settings say is taken as said.

    `known` are the names that a header would hold, where a schema says them. Raises SourceError where the
    sample has no rows.
    """
    every, width = sample_records(readable, signs)
    rows, notes = _without_top(every, width, settings, path.name, signs.comment)
    if not rows:
        raise SourceError(f"{path} has no rows.")
    fit = max(width, len(rows[0].cells))
    even = [row for at, row in enumerate(rows) if at < MOST_LINES or len(row.cells) == width]
    header = find_header([_fitted(row.cells, fit) for row in even], settings, known)
    if not header.sure:
        options = "--header 2 or --header yes" if header.lines > 1 else "--header yes or --header no"
        notes += (f"{path.name}: {header.why}; {options} settles it.",)
    body = rows[header.lines :]
    notes += tuple(
        f"{path.name}: line {row.line}, the header, {FAULTS[row.fault]}."
        for row in rows[: header.lines]
        if row.fault
    )
    raw, trailing, about = _raw_names([row.cells for row in rows[: header.lines]], body, width, path.name)
    names, changes = tidy_names(raw)
    last = rows[header.lines - 1] if header.lines else None
    first = rows[0]
    return Layout(
        names=tuple(names),
        header=header.lines > 0,
        first=tuple(first.cells) if header.lines else (),
        top=first.line == 1 and first.span == 1 and header.lines <= 1 and not first.fault,
        body=last.line + last.span if last else first.line,
        trailing=trailing,
        remarks=_are_lonely_rows_odd(every, width),
        numeric_first=_numeric_first(body),
        notes=notes + about + changes,
    )


def is_remark(cells: list[str], width: int) -> bool:
    """Return whether a row holds one cell only, the first, where rows have three or more."""
    return width >= LEAST_WIDTH and bool(cells[0].strip()) and not any(cell.strip() for cell in cells[1:])


def _widths(found: list[Record]) -> Counter[int]:
    return Counter(len(one.cells) for one in found if one.cells and one.fault != "comment")


def _are_lonely_rows_odd(rows: list[Record], width: int) -> bool:
    """Return whether rows of which one cell is filled are rare, so that one of them means something."""
    body = [row for row in rows[len(rows) // 4 :] if row.fault != "comment"]
    lonely = sum(is_remark(row.cells, width) for row in body[:-5])
    return lonely <= MOST_LONELY * len(body)


def _without_top(
    every: list[Record], width: int, settings: Settings, name: str, comment: str
) -> tuple[list[Record], tuple[str, ...]]:
    """Return the rows from the table's first line on, without comments, and notes on what stood above it."""
    rows = [row for row in every if row.fault != "comment"]
    if not isinstance(settings.skip_lines, str):
        return [row for row in rows if row.line > settings.skip_lines], ()
    start = 0
    while start < min(MOST_ABOVE, len(rows) - 1) and _is_above(rows, start, width, comment):
        start += 1
    comments = sum(row.fault == "comment" and row.line < rows[start].line for row in every) if rows else 0
    if not start + comments:
        return rows, ()
    above = [row for row in every if row.line < rows[start].line]
    shown = ",".join(cell for cell in above[0].cells if cell.strip())[:SHOWN]
    lines = f"line {above[0].line} ('{shown}')"
    if len(above) > 1:
        lines = f"lines {above[0].line} to {above[-1].line + above[-1].span - 1}, the first '{shown}',"
    note = f"{name}: {lines} stand above the table and were left out; --skip-lines 0 keeps them."
    return rows[start:], (note if len(above) > 1 else note.replace("stand", "stands").replace("were", "was"),)


def _is_above(rows: list[Record], at: int, width: int, comment: str) -> bool:
    """Return whether the row at this place stands above the table."""
    cells = rows[at].cells
    after = next((row.cells for row in rows[at + 1 :] if any(cell.strip() for cell in row.cells)), [""])
    if is_remark(cells, width):
        return len(cells) < width or _could_name(after, width) or is_remark(after, width)
    if not any(cell.strip() for cell in cells):
        return True
    is_comment = bool(comment) and cells[0].startswith(comment + " ")
    odd = is_comment or len(cells) < max(width - 1, 2) <= width
    return odd and _reaches_names(rows, at + 1, width)


def _reaches_names(rows: list[Record], start: int, width: int) -> bool:
    """Return whether a row that could name the columns follows, before any row of data."""
    for row in rows[start : start + MOST_ABOVE]:
        if len(row.cells) >= max(width - 1, 2) and not is_remark(row.cells, width):
            return _could_name(row.cells, width)
    return False


def _could_name(cells: list[str], width: int) -> bool:
    words = [cell.strip() for cell in cells if cell.strip() not in MISSING_WORDS]
    return len(words) * 2 > width and not any(looks_like_number(word) for word in words)


def _fitted(cells: list[str], width: int) -> list[str]:
    return cells[:width] + [""] * (width - len(cells))


def _raw_names(
    header: list[list[str]], body: list[Record], width: int, name: str
) -> tuple[list[str], bool, tuple[str, ...]]:
    """Return one raw name per column, whether every row ends with a separator too many, and notes."""
    if not header:
        return position_names(width), False, ()
    raw = _joined(header, width)
    if not body:
        return raw, False, ()
    if len(raw) > width:
        return _without_surplus(raw, width, name) if width > 1 else (raw, False, ())
    empty = all(not row.cells[width - 1].strip() for row in body if len(row.cells) >= width)
    if len(raw) == width:
        is_trailing = width > 1 and empty and not raw[-1].strip()
        return (raw[:-1] if is_trailing else raw), is_trailing, ()
    return _with_lacking(raw, [row.cells[0] for row in body], width, name, empty)


def _joined(header: list[list[str]], width: int) -> list[str]:
    """Return the names in the lines of the header, without blank ones beyond the columns."""
    longest = max(len(cells) for cells in header)
    raw = joined_names([_fitted(cells, longest) for cells in header]) if len(header) > 1 else header[0]
    while len(raw) > width and not raw[-1].strip():
        raw = raw[:-1]
    return raw


def _with_lacking(
    raw: list[str], first: list[str], width: int, name: str, empty: bool
) -> tuple[list[str], bool, tuple[str, ...]]:
    """Return the names of a header that has fewer than the rows have cells; `first` is the first column."""
    if len(raw) == width - 1 and empty:
        return raw, True, ()
    if len(raw) < width - 1 or len(set(first)) < len(first):  # R's row names are all different
        lacking = (
            f"{name}: the header has {len(raw)} names for {width} columns; they were given from the left."
        )
        return [*raw, *[""] * (width - len(raw))], False, (lacking,)
    note = (
        f"{name}: the header has {len(raw)} names for {width} columns, as R writes row names; the first"
        f" column is called '{ROW_NAMES}'. --header no reads the first line as a row."
    )
    return [ROW_NAMES, *raw], False, (note,)


def _without_surplus(raw: list[str], width: int, name: str) -> tuple[list[str], bool, tuple[str, ...]]:
    """Return the names without those that no row has a cell for: blank ones, else the last ones."""
    surplus = len(raw) - width
    blank = [at for at, one in enumerate(raw) if not one.strip()]
    gone = blank if len(blank) == surplus else list(range(width, len(raw)))
    kept = [one for at, one in enumerate(raw) if at not in gone]
    shown = ", ".join(f"'{raw[at]}'" for at in gone[:5])
    note = f"{name}: the header has {len(raw)} names for {width} columns; {shown} was left out of it."
    return kept, False, (note,)


def _numeric_first(body: list[Record]) -> bool:
    first = [row.cells[0].strip() for row in body if row.cells[0].strip() not in MISSING_WORDS]
    return sum(looks_like_number(cell) for cell in first) > 0.8 * len(first) > 0

"""Lines of a text file as records of cells, with the faults of single lines repaired where that is safe.

A line that does not split into as many cells as the others is tried again with the faults that people's
files have: a quotation mark too many, a mark or separator of another kind, a backslash as escape. A reading
is taken only where it gives the expected number of cells, and every such line is named to the user.
Source of the faults: G. Vitagliano et al., "Pollock: A Data Loading Benchmark", VLDB 2023.
"""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

USUAL: Final = (",", ";", "\t", "|")
# Signs that Unicode keeps out of texts stand for what the csv module does not know: separators of several
# signs, and escapes, where the module would drop every backslash and not only those that escape something.
PRIVATE: Final = "\ufdd0"
ESCAPES: Final = ("\ufdd1", "\ufdd2", "\ufdd3")  # an escaped escape, quotation mark, separator
BLANKS: Final = re.compile(" *")
LONGEST_CELL: Final = 1 << 17  # characters; the csv module's own limit, which is one for the whole process
MOST_LINES: Final = 1000  # lines that one quoted cell of a faulty file may span
MOST_TRIES: Final = 20  # line ends at which such a cell is thought to end
OTHER_QUOTE: Final = {'"': "'", "'": '"', "": '"'}
FAULTS: Final = {
    "quotes": "had quotation marks that do not match, and was read by its separators",
    "separator": "was separated by another sign than the rest",
    "quote": "was quoted by another sign than the rest",
    "escape": "had a backslash before a sign that belongs to a cell",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Signs:
    """The signs that tell the cells of a text file apart."""

    delimiter: str
    quote: str = '"'  # empty: none
    escape: str = ""  # empty: a quotation mark inside a cell is doubled
    padded: bool = False  # whether blanks stand between separator and quotation mark
    comment: str = ""  # how lines begin that are no rows, where they do not split like rows
    told: bool = False  # whether the user named that sign, so that it holds for every line


class Record(NamedTuple):
    """One row of a text file."""

    line: int  # its first line, from 1
    span: int  # how many lines it takes
    cells: list[str]  # empty for a blank line
    fault: str  # one of FAULTS, or empty


class Lines:
    """Physical lines that can be given back, with the number of the next one."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._back: deque[str] = deque()
        self.number = 0

    def take(self) -> str | None:
        """Return the next line, or None after the last one."""
        line = self._back.popleft() if self._back else next(self._lines, None)
        self.number += line is not None
        return line

    def give_back(self, lines: list[str]) -> None:
        """Put the lines before the next one."""
        self._back.extendleft(reversed(lines))
        self.number -= len(lines)


def records(lines: Iterator[str], signs: Signs, width: int = 0) -> Iterator[Record]:
    """Yield each row; with a `width`, a faulty line is read so that it has as many cells, if it can be.

    A comment comes as a record of its text whose fault is "comment".
    """
    source = Lines(lines)
    while (line := source.take()) is not None:
        text, number = line.rstrip("\r\n"), source.number
        if is_blank(text, signs):
            yield Record(number, 1, [], "")
            continue
        cells, fault = _read(text, signs)
        odd = bool(fault) or len(cells) != (width or len(cells)) or _is_quoted_otherwise(cells, signs)
        if signs.comment and text.lstrip().startswith(signs.comment) and (odd or not width or signs.told):
            yield Record(number, 1, [text], "comment")
            continue
        if odd:
            cells, fault = _mended(line, source, signs, width)
        yield Record(number, source.number - number + 1, cells, fault)


def _is_quoted_otherwise(cells: list[str], signs: Signs) -> bool:
    """Return whether every cell of a row stands in apostrophes where the file's cells stand in marks."""
    is_usual = signs.quote == '"' and len(cells) > 1
    return is_usual and all(len(cell) > 1 and cell[0] == "'" == cell[-1] for cell in cells)


def lines_of(text: str) -> list[str]:
    """Return the text's lines with their ends; only line feeds and carriage returns end one.

    `str.splitlines` would end them at a dozen other signs, U+2028 in a cell or a separator 0x1E among them.
    """
    return io.StringIO(text, newline="").readlines()


def is_blank(text: str, signs: Signs) -> bool:
    """Return whether a line holds nothing, not even a separator."""
    return not text or (text.isspace() and signs.delimiter not in text)


def split(text: str, signs: Signs) -> list[str] | None:
    """Return the cells of one whole record, or None where its quotation marks do not match."""
    cells, fault = _read(text, signs)
    return None if fault else cells


def _read(text: str, signs: Signs) -> tuple[list[str], str]:
    """Return the cells and "", or what is wrong: "open" where a quoted cell does not end, or "quotes"."""
    if (not signs.quote or signs.quote not in text) and (not signs.escape or signs.escape not in text):
        return text.split(signs.delimiter), ""
    if signs.escape and signs.escape in text:
        return _read_escaped(text, signs)
    if len(signs.delimiter) > 1:
        cells, fault = _read(text.replace(signs.delimiter, PRIVATE), replace(signs, delimiter=PRIVATE))
        return [cell.replace(PRIVATE, signs.delimiter) for cell in cells], fault
    if len(text) >= LONGEST_CELL:
        return _long(text, signs)
    reader = csv.reader(
        [text],
        delimiter=signs.delimiter,
        quotechar=signs.quote or None,
        quoting=csv.QUOTE_MINIMAL if signs.quote else csv.QUOTE_NONE,
        skipinitialspace=signs.padded,
        strict=True,
    )
    try:
        return next(reader), ""
    except csv.Error as error:
        return [], "open" if "unexpected end" in str(error) else "quotes"


def _read_escaped(text: str, signs: Signs) -> tuple[list[str], str]:
    """Return what `_read` does where a backslash, say, makes the next sign a part of its cell."""
    meant = [one for one in (signs.escape, signs.quote, signs.delimiter) if one]
    stand_ins = dict(zip(meant, ESCAPES, strict=False))
    for one, stand_in in stand_ins.items():
        text = text.replace(signs.escape + one, stand_in)
    cells, fault = _read(text, replace(signs, escape=""))
    for one, stand_in in stand_ins.items():
        cells = [cell.replace(stand_in, one) for cell in cells]
    return cells, fault


def _long(text: str, signs: Signs) -> tuple[list[str], str]:
    """Return what `_read` does for a line that the csv module might find too long."""
    cells = split_leniently(text, signs)
    is_open = bool(signs.quote) and text.count(signs.quote) % 2 == 1
    return cells, "open" if is_open else ""


def _mended(line: str, source: Lines, signs: Signs, width: int) -> tuple[list[str], str]:
    """Return the cells of a line that did not split as expected, and the fault."""
    text = line.rstrip("\r\n")
    cells, fault = _read(text, signs)
    if fault == "open":
        taken, across = _across(line, source, signs)
        if across and len(across) == (width or len(across)):
            return across, ""
        found = _by_other_signs(text, signs, width, faulty=True)
        if across and not found:
            return across, ""
        source.give_back(taken)
        return found or (split_leniently(text, signs), "quotes")
    found = _by_other_signs(text, signs, width, faulty=bool(fault))
    if found:
        return found
    return (split_leniently(text, signs), "quotes") if fault else (cells, "")


def _across(line: str, source: Lines, signs: Signs) -> tuple[list[str], list[str] | None]:
    """Return the lines taken to finish a quoted cell, and the record's cells; None where it does not end."""
    taken: list[str] = []
    text, marks, tries = [line], line.count(signs.quote), 0
    while len(taken) < MOST_LINES and tries < MOST_TRIES and (more := source.take()) is not None:
        taken.append(more)
        text.append(more)
        here = more.count(signs.quote)
        marks += here
        if here and (marks % 2 == 0 or signs.escape):
            tries += 1
            cells, fault = _read("".join(text).rstrip("\r\n"), signs)
            if not fault:
                return taken, cells
    return taken, None


def _by_other_signs(text: str, signs: Signs, width: int, faulty: bool) -> tuple[list[str], str] | None:
    """Return the first reading of a line with other signs that has `width` cells, and its fault."""
    if not width:
        return None
    for fault, cells in _readings(text, signs, faulty):
        if cells is not None and len(cells) == width and width > 1:
            return cells, fault
    return None


def _readings(text: str, signs: Signs, faulty: bool) -> Iterator[tuple[str, list[str] | None]]:
    """Yield the ways in which a faulty line may have been meant, the likelier first."""
    if "\\" in text and not signs.escape:
        yield "escape", split(text, replace(signs, escape="\\"))
    if faulty:
        for early in (False, True):
            cells, closed = _leniently(text, signs, early)
            yield "quotes", cells if closed else None
        yield "quotes", _leniently(text, signs, early=False, alone=True)[0]
    other = OTHER_QUOTE.get(signs.quote, '"')
    if other in text:
        yield "quote", split(text, replace(signs, quote=other))
    for split_so in _by_separators(text, signs):
        yield "separator", split_so
    if faulty:
        yield "quotes", text.split(signs.delimiter)


def _by_separators(text: str, signs: Signs) -> Iterator[list[str] | None]:
    for delimiter in USUAL:
        if delimiter != signs.delimiter and delimiter in text:
            yield split(text, replace(signs, delimiter=delimiter))
    by_blanks = split(text, replace(signs, delimiter=" ")) if signs.delimiter != " " else None
    if by_blanks and not _is_prose(by_blanks):
        yield by_blanks


def _is_prose(cells: list[str]) -> bool:
    """Return whether what stands between blanks is rather a sentence: few of its words hold a digit."""
    return sum(any(sign.isdigit() for sign in cell) for cell in cells) < max(2, len(cells) // 3)


def split_leniently(text: str, signs: Signs) -> list[str]:
    """Return the cells where a quotation mark ends a cell only before a separator or the line's end.

    A quoted cell that never ends is taken as it stands, with its quotation mark.
    """
    return _leniently(text, signs, early=False)[0]


def _leniently(text: str, signs: Signs, early: bool, *, alone: bool = False) -> tuple[list[str], bool]:
    """Return the cells and whether every quoted one ended.

    `early`: a doubled mark may end a cell too. `alone`: a mark stands for itself where the next quoted cell
    begins before it ends.
    """
    cells: list[str] = []
    at, closed = 0, True
    while True:
        start = BLANKS.match(text, at).end() if signs.padded else at  # type: ignore[union-attr]  # always
        quoted = bool(signs.quote) and text.startswith(signs.quote, start)
        end = _closing(text, start + 1, signs, early) if quoted else -1
        if alone and end >= 0 and signs.delimiter + signs.quote in text[start + 1 : end]:
            end = -1
        closed &= end >= 0 or not quoted
        cut = end + 1 if end >= 0 else text.find(signs.delimiter, at)
        stop = len(text) if cut < 0 else cut
        cells.append(
            text[start + 1 : end].replace(signs.quote * 2, signs.quote) if end >= 0 else text[at:stop]
        )
        if stop >= len(text):
            return cells, closed
        at = stop + len(signs.delimiter)


def _closing(text: str, start: int, signs: Signs, early: bool) -> int:
    """Return where the quoted cell that begins at `start` ends, or -1."""
    at = text.find(signs.quote, start)
    while at >= 0:
        after = at + len(signs.quote)
        ends = after >= len(text) or text.startswith(signs.delimiter, after)
        doubled = text.startswith(signs.quote, after)
        if ends and (early or not doubled):
            return at
        at = text.find(signs.quote, after + (len(signs.quote) if doubled and not early else 0))
    return -1

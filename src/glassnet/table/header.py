"""Which lines of a text file name its columns, with the reason."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from glassnet.settings import Settings
from glassnet.table.numbers import looks_like_number
from glassnet.table.words import MISSING_WORDS

MOST_LINES: Final = 3  # lines that may name the columns together
LEAST_NUMBERS: Final = 2  # columns of numbers from which words below the first line are more of the header
ROWS_LOOKED_AT: Final = 200
LEAST_ROWS: Final = 3  # rows below such a line
TOLD: Final = {"no": 0, "yes": 1, "1": 1, "2": 2, "3": 3}
YEAR: Final = re.compile(r"^(1[89]|20|21)\d\d$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """How many lines name the columns, and why."""

    lines: int
    why: str
    sure: bool


def find_header(rows: list[list[str]], settings: Settings, known: tuple[str, ...]) -> Header:
    """Return how many of the first rows name the columns; 0: none does, and all are data.

    `known` are the names that a header would hold, where a schema says them.
    """
    if settings.header != "auto":
        return Header(lines=min(TOLD[settings.header], len(rows)), why="as told", sure=True)
    if known and (by_names := _by_names(rows, known)):
        return by_names
    first = [cell.strip() for cell in rows[0]]
    found = _guessed(first, rows)
    named = [
        name for name in settings.target if name.strip() in first and not looks_like_number(name.strip())
    ]
    if found.lines or not named:
        return found
    return Header(lines=1, why=f"the first row holds the target's name, '{named[0]}'", sure=True)


def _guessed(first: list[str], rows: list[list[str]]) -> Header:
    """Return the verdict of the cells alone."""
    body = rows[1:]
    if any(looks_like_number(cell) for cell in first) and not _years(first, body):
        why = f"the first row holds numbers, so there is no header and columns are 1 to {len(first)}"
        return Header(lines=0, why=why, sure=False)
    if not body:
        return Header(lines=1, why="there is one row only, which was read as names", sure=False)
    if sum(cell in MISSING_WORDS for cell in first) > max(1, len(first) // 2):
        return Header(
            lines=0, why="the first row has missing cells, so it was read as a row, not as names", sure=False
        )
    return _by_body(first, rows)


def joined_names(rows: list[list[str]]) -> list[str]:
    """Return one name per column of the lines that name them together: "2020" over "Q1" is "2020 Q1"."""
    columns = zip(*rows, strict=True)
    return [" ".join(dict.fromkeys(cell.strip() for cell in cells if cell.strip())) for cells in columns]


def _by_names(rows: list[list[str]], known: tuple[str, ...]) -> Header | None:
    """Return the number of lines whose names are those that the model knows; None for a foreign table."""
    why = "the first row holds the names that the model knows"
    shares = {}
    for lines in range(1, min(MOST_LINES, len(rows)) + 1):
        names = [name.strip() for name in (rows[0] if lines == 1 else joined_names(rows[:lines]))]
        # Of the fewer ones: a file may have many columns more than the model wants, or lack its targets.
        shares[lines] = len(set(names) & set(known)) / max(1, min(len(names), len(known)))
    best = max(shares, key=lambda lines: shares[lines])
    if shares[best] >= 0.5:
        return Header(lines=best, why=why, sure=True)
    return Header(lines=0, why=why, sure=True) if all(name.isdigit() for name in known) else None


def _years(first: list[str], body: list[list[str]]) -> bool:
    """Return whether the numbers of the first row are years that name columns of other numbers."""
    at = [i for i, cell in enumerate(first) if looks_like_number(cell)]
    years = [first[i] for i in at]
    if len(at) == len(first) or len(at) < 2 or not all(YEAR.match(year) for year in years):
        return False
    below = [row[i].strip() for row in body for i in at if i < len(row)]
    rising = sorted(set(years)) == years or sorted(set(years), reverse=True) == years
    return rising and bool(below) and not all(YEAR.match(cell) for cell in below)


def _by_body(first: list[str], rows: list[list[str]]) -> Header:
    """Return the verdict from columns whose body differs from their first cell."""
    body = [row for row in rows[1:] if row != rows[0]] or rows[1:]  # a header may come again below
    columns = [[row[i].strip() for row in body if i < len(row)] for i in range(len(first))]
    if (lines := _more_lines(rows)) > 1:
        why = (
            f"the first {lines} lines hold words above columns of numbers, so together they name the columns"
        )
        return Header(lines=lines, why=why, sure=False)
    if any(_is_numeric(cells) for cells in columns):
        return Header(lines=1, why="a column of numbers begins with a word", sure=True)
    again = [cell for cell, cells in zip(first, columns, strict=True) if cell and cell in cells]
    if again:
        why = f"'{again[0]}' of the first row occurs below too, so it was read as a row"
        return Header(lines=0, why=why, sure=False)
    repeated = sum(len(set(cells)) < len(cells) for cells in columns)
    sure = len(body) >= 10 and repeated == len(columns)
    return Header(lines=1, why="no cell of the first row occurs below, so it was read as names", sure=sure)


def _more_lines(rows: list[list[str]]) -> int:
    """Return how many of the first lines hold words, and the same ones again, above columns of numbers."""
    for lines in range(MOST_LINES, 1, -1):
        body = rows[lines : lines + ROWS_LOOKED_AT]
        if len(body) < LEAST_ROWS or any(_has_number(row) for row in rows[1:lines]):
            continue
        numeric = [i for i in range(len(rows[0])) if _is_numeric([row[i].strip() for row in body])]
        if all(_names_on(row, rows[0], numeric) for row in rows[1:lines]):
            return lines
    return 1


def _names_on(row: list[str], first: list[str], numeric: list[int]) -> bool:
    """Return whether a row goes on naming columns: the first line again, or words over all numbers."""
    if [cell.strip() for cell in row] == [cell.strip() for cell in first]:
        return True
    words = [row[i].strip() for i in numeric if row[i].strip() not in MISSING_WORDS]
    return len(words) >= LEAST_NUMBERS


def _has_number(row: list[str]) -> bool:
    return any(looks_like_number(cell.strip()) for cell in row)


def _is_numeric(cells: list[str]) -> bool:
    present = [cell for cell in cells if cell not in MISSING_WORDS]
    return bool(present) and all(looks_like_number(cell) for cell in present)

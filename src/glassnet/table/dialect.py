"""How a text file is written: separator, quotation mark, header; each found with a reason.

CleverCSV looks at a sample. It reports no quotation mark where the sample has none: that means `"`.
Source of its method: G. van den Burg et al., "Wrangling messy CSV files by detecting row and type
patterns", DMKD 2019.
"""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clevercsv.detect import Detector

from glassnet.errors import SettingsError, SourceError
from glassnet.settings import Settings
from glassnet.table.encoding import Readable
from glassnet.table.names import position_names, tidy_names
from glassnet.table.numbers import looks_like_number
from glassnet.table.words import MISSING_WORDS

SAMPLE: Final = 20_000  # characters that CleverCSV looks at: 13 to 32 ms on the tables of 2026-11
USUAL: Final = (",", ";", "\t", "|")
SPELLED: Final = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
SHOWN: Final = {"\t": "tab", " ": "blank"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialect:
    """How the cells of a text file are told apart, and what its columns are called."""

    delimiter: str
    quote: str
    escape: str
    header: bool
    names: tuple[str, ...]
    notes: tuple[str, ...]  # what was guessed, with the option that settles it


def find_dialect(readable: Readable, path: Path, settings: Settings, known: tuple[str, ...]) -> Dialect:
    """Return the dialect of the file's sample; what the settings say is taken as said.

    `known` are the names that a header would hold, where a schema says them. Raises SourceError where the
    sample has no rows, SettingsError for a separator of several signs.
    """
    delimiter, quote, escape, notes = _signs(readable, path, settings)
    rows = sample_rows(readable, delimiter, quote, escape)
    if not rows:
        raise SourceError(f"{path} has no rows.")
    header, why, sure = _header(rows, settings, known)
    if not sure:
        notes += (f"{path.name}: {why}; --header yes or --header no settles it.",)
    width = len(rows[0]) if header else Counter(len(row) for row in rows).most_common(1)[0][0]
    names, changes = tidy_names(rows[0]) if header else (position_names(width), ())
    return Dialect(
        delimiter=delimiter,
        quote=quote,
        escape=escape,
        header=header,
        names=tuple(names),
        notes=notes + changes,
    )


def sample_rows(readable: Readable, delimiter: str, quote: str, escape: str) -> list[list[str]]:
    """Return the sample's whole rows as lists of cells, blank lines left out."""
    text = readable.sample
    lines = text.splitlines(keepends=True)
    doubled = escape in ("", quote)
    reader = csv.reader(
        lines,
        delimiter=delimiter,
        quotechar=quote,
        doublequote=doubled,
        escapechar=None if doubled else escape,
    )
    try:
        rows = [row for row in reader if row]
    except csv.Error:
        rows = [line.rstrip("\r\n").split(delimiter) for line in lines if line.strip()]
    cut = not readable.whole and len(rows) > 1
    return rows[:-1] if cut else rows


def _signs(readable: Readable, path: Path, settings: Settings) -> tuple[str, str, str, tuple[str, ...]]:
    """Return separator, quotation mark, escape sign and notes."""
    sample = _whole_lines(readable.sample)
    found = Detector().detect(sample)
    quote = (found.quotechar if found else "") or '"'
    escape = (found.escapechar if found else "") or quote
    if settings.delimiter != "auto":
        return _given(settings.delimiter), quote, escape, ()
    if path.name.lower().removesuffix(".gz").endswith((".tsv", ".tab")) and "\t" in sample:
        return "\t", quote, escape, ()
    delimiter, notes = _delimiter((found.delimiter if found else "") or "", readable, path.name)
    return delimiter, quote, escape, notes


def _whole_lines(text: str) -> str:
    if len(text) <= SAMPLE:
        return text
    end = text.rfind("\n", 0, SAMPLE)
    return text[: end + 1] if end > 0 else text[:SAMPLE]


def _given(delimiter: str) -> str:
    one = SPELLED.get(delimiter, delimiter)
    if len(one) != 1:
        raise SettingsError(f"delimiter must be one sign or the word tab, but it is '{delimiter}'.")
    return one


def _delimiter(found: str, readable: Readable, name: str) -> tuple[str, tuple[str, ...]]:
    """Return CleverCSV's separator, or a usual one that splits every row alike where it found none."""
    fitting = [one for one in USUAL if _width(readable, one) > 1]
    if found in USUAL:
        others = [one for one in fitting if one != found]
        if not others:
            return found, ()
        shown = " or ".join(SHOWN.get(one, one) for one in others)
        note = f"{name}: cells are separated by '{SHOWN.get(found, found)}', but {shown} would fit too;"
        return found, (f"{note} --delimiter settles it.",)
    if fitting:
        return fitting[0], ()
    if found and found.strip() and not found.isalnum() and _width(readable, found) > 1:
        return found, (f"{name}: cells are separated by '{found}', a guess; --delimiter settles it.",)
    if found == " " and _width(readable, " ") > 1:
        return " ", (f"{name}: cells are separated by blanks, a guess; --delimiter settles it.",)
    return ",", (f"{name}: no separator was found, so it is one column; --delimiter names one.",)


def _width(readable: Readable, delimiter: str) -> int:
    """Return the number of cells that every row of the sample has, 0 where rows differ."""
    widths = {len(row) for row in sample_rows(readable, delimiter, '"', '"')}
    return widths.pop() if len(widths) == 1 else 0


def _header(rows: list[list[str]], settings: Settings, known: tuple[str, ...]) -> tuple[bool, str, bool]:
    """Return whether the first row names the columns, why, and whether that is sure."""
    if settings.header != "auto":
        return settings.header == "yes", "as told", True
    first, body = [cell.strip() for cell in rows[0]], rows[1:]
    if known:
        named = len(set(first) & set(known)) * 2 >= len(first)
        return named, "the first row holds the names that the model knows", True
    if any(looks_like_number(cell) for cell in first):
        why = f"the first row holds numbers, so there is no header and columns are 1 to {len(first)}"
        return False, why, False
    if not body:
        return True, "there is one row only, which was read as names", False
    if sum(cell in MISSING_WORDS for cell in first) > 1:
        return False, "the first row has missing cells, so it was read as a row, not as names", False
    return _header_by_body(first, body)


def _header_by_body(first: list[str], body: list[list[str]]) -> tuple[bool, str, bool]:
    """Return the verdict from columns whose body differs from their first cell."""
    columns = [[row[i].strip() for row in body if i < len(row)] for i in range(len(first))]
    if any(_is_numeric(cells) for cells in columns):
        return True, "a column of numbers begins with a word", True
    again = [cell for cell, cells in zip(first, columns, strict=True) if cell in cells]
    if again:
        return False, f"'{again[0]}' of the first row occurs below too, so it was read as a row", False
    repeated = sum(len(set(cells)) < len(cells) for cells in columns)
    sure = len(body) >= 10 and repeated == len(columns)
    return True, "no cell of the first row occurs below, so it was read as names", sure


def _is_numeric(cells: list[str]) -> bool:
    present = [cell for cell in cells if cell not in MISSING_WORDS]
    return bool(present) and all(looks_like_number(cell) for cell in present)

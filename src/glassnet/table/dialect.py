"""Which signs tell the cells of a text file apart: separator, quotation mark, escape, comment.

CleverCSV looks at a sample; its answer is taken where it fits and doubted where it does not.
Source of its method: G. van den Burg et al., "Wrangling messy CSV files by detecting row and type
patterns", DMKD 2019.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Final

from glassnet.errors import SettingsError
from glassnet.settings import Settings
from glassnet.table.encoding import Readable
from glassnet.table.lines import USUAL, Signs, lines_of, records
from glassnet.table.packed import SUFFIXES

SAMPLE: Final = 20_000  # characters that CleverCSV looks at: 13 to 32 ms on the tables of 2026-11
LONG_LINE: Final = 4_000  # characters of a line that says little about separators for its price
LOOK: Final = 1 << 16  # characters looked at for quotation marks and widths
RARE: Final = frozenset(":~^&*#!=\x01\x02\x1e\x1f¦§")  # separators taken only where CleverCSV names them
LONG: Final = ("\\t", "||", "::", ";;", "~|~", "|~|", "^|^")  # of several signs, where no other fits
COMPANY: Final = frozenset("~^|:*#@+")  # signs that stand on both sides of one in between
LEAST_ROWS: Final = 3
LONGEST: Final = 4  # bytes of a separator, as DuckDB has it
MOSTLY: Final = 0.7  # share of rows that a separator splits alike where lines are faulty
SPELLED: Final = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
SHOWN: Final = {"\t": "tab", " ": "space", "\t\t": "two tabs"}


def find_signs(readable: Readable, path: Path, settings: Settings) -> tuple[Signs, tuple[str, ...]]:
    """Return the signs of the file's sample, and notes where they are a guess.

    What the settings say is taken as said. Raises SettingsError for a separator of too many signs.
    """
    text = readable.sample[:LOOK]
    comment = {"auto": "#", "none": ""}.get(settings.comment, settings.comment.strip())
    base = Signs(delimiter=",", comment=comment, told=settings.comment != "auto")
    delimiter, notes = _delimiter_of(readable, path, settings, base)
    quote, about_quote = _quote(text, delimiter, settings, path.name)
    escape = _escape(text, delimiter, quote, settings)
    padded = bool(quote) and bool(re.search(re.escape(delimiter) + " +" + re.escape(quote), text))
    found = replace(base, delimiter=delimiter, quote=quote, escape=escape, padded=padded)
    return found, notes + about_quote


def _delimiter_of(
    readable: Readable, path: Path, settings: Settings, base: Signs
) -> tuple[str, tuple[str, ...]]:
    """Return the separator and notes."""
    if settings.delimiter != "auto":
        return _given(settings.delimiter), ()
    name = path.with_suffix("") if path.suffix.lower() in SUFFIXES else path
    if name.suffix.lower() in (".tsv", ".tab") and _width(readable, replace(base, delimiter="\t"))[0] > 1:
        found = "\t"
        notes: tuple[str, ...] = ()
    else:
        from clevercsv.detect import Detector  # it imports pandas; rows in memory do without

        detected = Detector().detect(_clear_lines(readable.sample))
        found, notes = _delimiter((detected.delimiter if detected else "") or "", readable, path.name, base)
    if wider := _with_company(readable, replace(base, delimiter=found)):
        found = wider
        notes = (f"{path.name}: cells are separated by '{found}', a guess; --delimiter settles it.",)
    if _is_doubled(readable, replace(base, delimiter=found)):
        found *= 2
        shown = SHOWN.get(found, found)
        notes = (f"{path.name}: cells are separated by '{shown}', a guess; --delimiter settles it.",)
    return found, notes


def _given(delimiter: str) -> str:
    one = SPELLED.get(delimiter, delimiter)
    if not 1 <= len(one.encode()) <= LONGEST or one in ("\n", "\r", '"'):
        raise SettingsError(
            f"delimiter must be one to four signs or the word tab, such as ',', but it is '{delimiter}'."
        )
    return one


def _clear_lines(text: str) -> str:
    """Return the first whole lines that say something about separators: no comments, none too long."""
    lines = [line for line in lines_of(text[: 4 * LOOK]) if not line.startswith("#")]
    short = [line for line in lines if len(line) <= LONG_LINE] or [line[:LONG_LINE] for line in lines]
    kept: list[str] = []
    size = 0
    for line in short:
        size += len(line)
        if size > SAMPLE and kept:
            break
        kept.append(line)
    return "".join(kept)


def _delimiter(found: str, readable: Readable, name: str, base: Signs) -> tuple[str, tuple[str, ...]]:
    """Return CleverCSV's separator, or a usual one that splits the rows alike where it found none."""
    widths = {one: _width(readable, replace(base, delimiter=one)) for one in USUAL}
    fitting = [one for one in USUAL if widths[one][0] > 1 and widths[one][1] == 1.0]
    if found in USUAL and (widths[found][0] > 1 or not fitting):
        others = [one for one in fitting if one != found]
        if not others:
            return found, ()
        shown = " or ".join(SHOWN.get(one, one) for one in others)
        note = f"{name}: cells are separated by '{SHOWN.get(found, found)}', but {shown} would fit too;"
        return found, (f"{note} --delimiter settles it.",)
    if fitting:
        return max(fitting, key=lambda one: widths[one][0]), ()
    mostly = [one for one in USUAL if widths[one][0] > 1 and widths[one][1] >= MOSTLY]
    best = max(mostly, key=lambda one: widths[one], default="")
    guess = best or _unusual(found, readable, base)
    if guess:
        shown = SHOWN.get(guess, guess)
        return guess, (f"{name}: cells are separated by '{shown}', a guess; --delimiter settles it.",)
    return ",", (f"{name}: no separator was found, so it is one column; --delimiter names one.",)


def _unusual(found: str, readable: Readable, base: Signs) -> str:
    """Return a rare separator that CleverCSV named, one of several signs, or blanks; else an empty string."""
    candidates = [one for one in LONG if one in readable.sample] + ([found] if found in RARE | {" "} else [])
    for one in candidates:
        width, share = _width(readable, replace(base, delimiter=one))
        if width > 1 and share >= MOSTLY:
            return one
    return ""


def _width(readable: Readable, signs: Signs) -> tuple[int, float]:
    """Return the number of cells that most rows of the sample have, and the share of such rows."""
    lines = lines_of(readable.sample[:LOOK])
    cut = len(readable.sample) > LOOK or not readable.whole
    found = [len(one.cells) for one in records(iter(lines), signs) if one.cells and one.fault != "comment"]
    if cut and len(found) > 1:
        found = found[:-1]
    if not found:
        return 0, 0.0
    (width, rows), *_ = Counter(found).most_common(1)
    return width, rows / len(found)


def _is_doubled(readable: Readable, signs: Signs) -> bool:
    """Return whether every second cell is empty in all rows, because two signs separate cells."""
    lines = lines_of(readable.sample[:LOOK])
    rows = [one.cells for one in records(iter(lines), signs) if one.cells and one.fault != "comment"]
    wide = [row for row in rows if len(row) > 1]
    if len(wide) < 2 or signs.delimiter == " ":
        return False
    odd = all(len(row) % 2 == 1 and not any(row[1::2]) for row in wide)
    return odd and any(any(row[2::2]) for row in wide)


def _with_company(readable: Readable, signs: Signs) -> str:
    """Return the separator with the signs beside it in every row, such as '~|~' for '|'; or nothing."""
    lines = lines_of(readable.sample[:LOOK])
    rows = [one.cells for one in records(iter(lines), signs) if len(one.cells) > 1 and not one.fault]
    if len(rows) < LEAST_ROWS:
        return ""
    if signs.delimiter == " ":  # as '"a" | "b"' is split by blanks
        between = {cell for row in rows for cell in row[1::2]}
        is_one = len(between) == 1 and between <= set(USUAL) and all(len(row) % 2 for row in rows)
        return f" {between.pop()} " if is_one else ""
    before = {cell[-1:] for row in rows for cell in row[:-1]}
    after = {cell[:1] for row in rows for cell in row[1:]}
    if len(before) > 1 or len(after) > 1 or before != after or not (before & COMPANY):
        return ""
    return f"{before.pop()}{signs.delimiter}{after.pop()}"


def _quote(text: str, delimiter: str, settings: Settings, name: str) -> tuple[str, tuple[str, ...]]:
    """Return the quotation mark, an empty string for none, and a note where it is an apostrophe."""
    if settings.quote != "auto":
        return ("" if settings.quote == "none" else settings.quote), ()
    if _quoted(text, delimiter, '"') or _quoted(text, delimiter, "'") < 2:
        return '"', ()
    return "'", (f"{name}: cells are quoted by apostrophes, which were taken off; --quote none keeps them.",)


def _quoted(text: str, delimiter: str, quote: str) -> int:
    """Return how many cells begin and end with the mark."""
    one, sep = re.escape(quote), re.escape(delimiter)
    return len(re.findall(rf"(?m)(?:^|{sep}) *{one}[^\r\n]*?{one} *(?={sep}|[\r\n]|$)", text))


def _escape(text: str, delimiter: str, quote: str, settings: Settings) -> str:
    """Return the escape sign; an empty string where a quotation mark inside a cell is doubled."""
    if settings.escape != "auto":
        return "" if settings.escape in ("none", quote) else settings.escape
    if not quote or "\\" not in text:
        return ""
    one, sep = re.escape(quote), re.escape(delimiter)
    inside = rf"(?!{sep}|[\r\n]|$)"
    escaped = len(re.findall(rf"(?m)\\{one}{inside}", text))
    doubled = len(re.findall(rf"(?m)[^\\{sep}\r\n]{one}{one}{inside}", text))
    return "\\" if escaped > doubled else ""

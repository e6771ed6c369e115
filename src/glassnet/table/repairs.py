"""What was repaired in a text file, counted while it is read and told in one sentence per kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from glassnet.table.lines import FAULTS, Signs

LINES_SHOWN: Final = 5  # numbers of faulty lines that a note names
TEXT_SHOWN: Final = 60  # characters of a line that a note shows
SETTLES: Final = {"escape": " --escape settles it.", "quote": " --quote settles it."}
END_NAMES: Final = {"\r\n": "CR LF", "\n": "LF", "\r": "CR"}


@dataclass
class Tally:
    """The lines with one fault: how many, the first numbers, and what the first one holds."""

    count: int = 0
    lines: list[int] = field(default_factory=list)
    first: str = ""

    def add(self, line: int, text: str) -> None:
        """Count one more line."""
        self.count += 1
        if len(self.lines) < LINES_SHOWN:
            self.lines.append(line)
        self.first = self.first or text[:TEXT_SHOWN]

    def says(self, one: str, more: str) -> str:
        """Return the lines and what they do: `one` where there is one line, else `more`."""
        return f"{self.where} {one if self.count == 1 else more}"

    @property
    def where(self) -> str:
        """The lines in words: "line 7", "lines 7, 9 and 120 more"."""
        shown = [str(line) for line in self.lines]
        if self.count == 1:
            return f"line {shown[0]}"
        if self.count > len(shown):
            return f"lines {', '.join(shown)} and {self.count - len(shown):,} more"
        return f"lines {', '.join(shown[:-1])} and {shown[-1]}"


@dataclass
class Repairs:
    """What was found and done in one file."""

    rows: int = 0
    short: Tally = field(default_factory=Tally)
    long: Tally = field(default_factory=Tally)
    comments: Tally = field(default_factory=Tally)
    marked: Tally = field(default_factory=Tally)  # rows that begin like comments, and were kept
    below: Tally = field(default_factory=Tally)
    again: Tally = field(default_factory=Tally)  # lines that repeat the header
    faults: dict[str, Tally] = field(default_factory=lambda: {name: Tally() for name in FAULTS})
    ends: dict[str, int] = field(default_factory=lambda: dict.fromkeys(END_NAMES, 0))  # how lines end
    zeros: int = 0  # zero bytes left out


def told(done: Repairs, width: int, signs: Signs) -> tuple[str, ...]:
    """Return one sentence for each kind of repair, without the file's name."""
    notes = [
        _short(done, width),
        _long(done, width, signs),
        *(_fault(fault, tally) for fault, tally in done.faults.items() if tally.count),
        *_left_out(done, signs),
        _line_ends(done),
        f"{done.zeros:,} zero bytes were left out." * bool(done.zeros),
    ]
    return tuple(note for note in notes if note)


def _fault(fault: str, tally: Tally) -> str:
    return f"{tally.where} {FAULTS[fault]}.{SETTLES.get(fault, '')}"


def _short(done: Repairs, width: int) -> str:
    short = done.short
    if not short.count:
        return ""
    few = f"{short.first} cell{'s' if short.first != '1' else ''}"
    has = f"has {few} of {width}" if short.count == 1 else f"have fewer than {width} cells, the first {few}"
    return f"{short.where} {has}; what lacks at the end counts as missing."


def _long(done: Repairs, width: int, signs: Signs) -> str:
    if not done.long.count:
        return ""
    return (
        f"{done.long.says('has', 'have')} more than {width} cells; what is beyond was left out, first"
        f" '{done.long.first}'. If a cell holds '{signs.delimiter}', put it in quotation marks."
    )


def _left_out(done: Repairs, signs: Signs) -> list[str]:
    """Return the sentences on comments, repeated headers and remarks."""
    notes = []
    sign = signs.comment
    if done.comments.count:
        does = done.comments.says(f"begins with '{sign}' and was", f"begin with '{sign}' and were")
        notes.append(f"{does} left out as a comment; --comment none keeps such lines.")
    if 0 < done.marked.count <= max(1, done.rows // 20):
        does = done.marked.says(
            f"begins with '{sign}' and counts as a row", f"begin with '{sign}' and count as rows"
        )
        notes.append(f"{does}; --comment '{sign}' leaves such lines out.")
    if done.again.count:
        does = done.again.says("repeats the header and was", "repeat the header and were")
        notes.append(f"{does} left out; --header no keeps such lines.")
    if done.below.count:
        does = done.below.says("at the end was", "at the end were")
        notes.append(f"{does} left out as a remark, first '{done.below.first}'; --footer-lines 0 keeps it.")
    return notes


def _line_ends(done: Repairs) -> str:
    found = [f"{count:,} by {END_NAMES[end]}" for end, count in done.ends.items() if count]
    return f"lines end in different ways ({', '.join(found)}); each was taken as an end." * (len(found) > 1)

"""Output for people: coloured on a terminal, plain and never wrapped elsewhere."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

PLAIN_WIDTH = 10_000  # columns of what is no terminal: nothing is wrapped in a file or a pipe


def make_console(*, stderr: bool = False) -> Console:
    """Return the console of stdout, or of stderr."""
    console = Console(highlight=False, markup=False, emoji=False, stderr=stderr)
    return (
        console
        if console.is_terminal
        else Console(highlight=False, markup=False, emoji=False, stderr=stderr, width=PLAIN_WIDTH)
    )


def clean(text: str) -> str:
    """Return the text with a dot for each sign that would steer a terminal: names come from files."""
    return "".join(sign if sign.isprintable() or sign == "\n" else "·" for sign in text)


def print_table(
    console: Console, heads: Sequence[str], rows: Sequence[Sequence[str]], right: int = 0
) -> None:
    """Print a quiet table and an empty line; the last `right` columns hold numbers and stand to the right."""
    cells = [[clean(cell) for cell in row] for row in rows]
    if console.is_terminal:
        console.print(_drawn(heads, cells, right))
        return
    for line in plain_lines([list(heads), *cells], right):
        console.print(line, soft_wrap=True)
    console.print()


def _drawn(heads: Sequence[str], rows: Sequence[Sequence[str]], right: int) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for place, head in enumerate(heads):
        is_right = place >= len(heads) - right
        table.add_column(head, justify="right" if is_right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def plain_lines(rows: Sequence[Sequence[str]], right: int) -> list[str]:
    """Return aligned lines without blanks at their ends, the last `right` columns to the right."""
    if not rows:
        return []
    width = [max(cell_len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = []
        for place, cell in enumerate(row):
            blank = " " * (width[place] - cell_len(cell))
            cells.append(blank + cell if place >= len(row) - right else cell + blank)
        lines.append("  ".join(cells).rstrip())
    return lines


def say(console: Console, text: str, style: str = "") -> None:
    """Print a line that is not broken: paths and commands are there to be copied."""
    console.print(Text(clean(text), style=style), soft_wrap=True)


def say_pairs(console: Console, pairs: Sequence[tuple[str, str]]) -> None:
    """Print a name and a text a line; long texts go on below their own beginning."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, text in pairs:
        grid.add_row(Text(name), Text(clean(text)))
    if console.is_terminal:
        console.print(grid)
    else:
        for line in plain_lines([list(pair) for pair in pairs], 0):
            console.print(line, soft_wrap=True)
    console.print()


def figure(value: float) -> str:
    """Return four significant digits, and whole numbers with separators; empty where it was not measured."""
    if math.isnan(value):
        return ""
    if math.isinf(value):
        return "infinite" if value > 0 else "-infinite"
    if value and abs(value) < 1e-4:
        return f"{value:.2e}"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    digits = max(0, 4 if abs(value) < 1 else 3 - math.floor(math.log10(abs(value))))
    return f"{value:.{digits}f}"


def seconds_text(seconds: float) -> str:
    """Return a duration as people say it: "0.4 s", "12 s", "3 min 20 s", "2 h 5 min"."""
    if not math.isfinite(seconds):
        return "unknown"
    if seconds < 0.05:
        return "under 0.1 s"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"

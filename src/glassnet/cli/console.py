"""Output for people: coloured on a terminal, plain and never wrapped elsewhere."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
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
    return "".join(sign if sign.isprintable() else "·" for sign in text)


def table_of(console: Console, heads: Sequence[str], rows: Sequence[Sequence[str]], right: int = 0) -> Table:
    """Return a quiet table; the last `right` columns hold numbers and stand to the right."""
    is_terminal = console.is_terminal
    table = Table(
        box=SIMPLE_HEAD if is_terminal else None,
        pad_edge=False,
        header_style="bold" if is_terminal else "",
        padding=(0, 1) if is_terminal else (0, 2, 0, 0),
    )
    for place, head in enumerate(heads):
        is_right = place >= len(heads) - right
        table.add_column(head, justify="right" if is_right else "left", no_wrap=is_right, overflow="fold")
    for row in rows:
        table.add_row(*(Text(clean(cell)) for cell in row))
    return table


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
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"

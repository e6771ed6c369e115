"""One column's cells in a dozen signs: a histogram of small blocks, or the most frequent levels."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from glassnet.quality.values import ColumnSummary
from glassnet.table.values import Kind

BLOCKS: Final = " ▁▂▃▄▅▆▇█"
LEVELS: Final = 3  # shown of a category
LONGEST: Final = 16  # signs shown of a level
REPEATS: Final = 0.01  # of the rows, from which on a level's share is worth showing


def blocks(counts: tuple[int, ...]) -> str:
    """Return one block for each count, the largest a full one; a blank where there is none.

    >>> blocks((0, 1, 4, 8, 16))
    ' ▁▂▄█'
    """
    top = max(counts, default=0)
    return "".join(BLOCKS[-(-count * (len(BLOCKS) - 1) // top)] if count else BLOCKS[0] for count in counts)


def spread_text(summary: ColumnSummary, examples: tuple[str, ...] = ()) -> str:
    """Return the ends of numbers and dates with blocks between them, or levels with their shares.

    Of a column whose cells hardly repeat the examples are shown instead.
    """
    counts = all_counts(summary)
    if summary.edges:
        return f"{_end(summary, summary.low)} {blocks(counts)} {_end(summary, summary.high)}"
    present = max(_present(summary), 1)
    if not counts or max(counts) < REPEATS * present or summary.distinct == present > LEVELS:
        return ", ".join(shortened(one) for one in examples)
    pairs = list(zip(summary.levels, counts, strict=True))[:LEVELS]
    shown = [f"{shortened(level)} {count / present:.0%}" for level, count in pairs]
    return ", ".join(shown) + (", ..." if summary.distinct > LEVELS else "")


def all_counts(summary: ColumnSummary) -> tuple[int, ...]:
    """Return the counts of training and test rows together."""
    if summary.test is None:
        return summary.training.counts
    return tuple(a + b for a, b in zip(summary.training.counts, summary.test.counts, strict=True))


def _present(summary: ColumnSummary) -> int:
    sides = [summary.training] + ([summary.test] if summary.test else [])
    return sum(side.rows - side.missing for side in sides)


def _end(summary: ColumnSummary, value: float) -> str:
    if summary.kind is Kind.DATE:
        return date_text(value)
    return f"{value:.6g}" if value % 1 or abs(value) >= 1e9 else f"{value:.0f}"


def date_text(microseconds: float) -> str:
    """Return a day, with the time where it is not midnight.

    >>> date_text(0.0), date_text(86_400e6 + 3600e6)
    ('1970-01-01', '1970-01-02 01:00')
    """
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    return f"{moment:%Y-%m-%d}" if not microseconds % 86_400e6 else f"{moment:%Y-%m-%d %H:%M}"


def shortened(text: str) -> str:
    """Return a text of at most 16 signs."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"

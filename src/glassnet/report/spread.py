"""One column's cells as a small picture: training rows filled, test rows as an outline or a mark.

Written by hand, not by matplotlib: a table may have many columns, and each takes a millisecond.

Shapes: B bins or levels.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from glassnet.quality.values import ColumnSummary, Spread
from glassnet.report.cells import cell
from glassnet.report.markup import Html, element, text
from glassnet.report.words import count, percent, short
from glassnet.table.values import Kind

WIDE: Final = 300.0
TALL: Final = 84.0  # of bins, in the SVG's own unit
LINE: Final = 19.0  # of one level
NAMES: Final = 124.0  # room for the levels' names
LONGEST: Final = 17  # letters of a level's name
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def spread_picture(summary: ColumnSummary, place: int, says: str) -> Html:
    """Return the picture as an SVG element whose label is `says`."""
    drawn, tall = _bins(summary) if summary.edges else _levels(summary)
    name = f"spread-{place}-title"
    marks = {"viewBox": f"0 0 {WIDE:g} {tall:g}", "role": "img", "aria-labelledby": name, "class": "spread"}
    return element("svg", element("title", says, marks={"id": name}), *drawn, marks=marks)


def shares_of(spread: Spread) -> tuple[float, ...]:
    """Return each bin's or level's share of the cells that are there, others last where there are any."""
    counts = (*spread.counts, spread.others) if spread.others else spread.counts
    present = max(spread.rows - spread.missing, 1)
    return tuple(one / present for one in counts)


# ---- numbers and dates ----


def _bins(summary: ColumnSummary) -> tuple[list[Html], float]:
    floor = TALL - 16.0
    training = shares_of(summary.training)
    test = shares_of(summary.test) if summary.test is not None else ()
    most = max((*training, *test), default=0.0) or 1.0
    edges = [_across(one, summary.edges) for one in summary.edges]

    def height(share: float) -> str:
        return f"{floor - (floor - 4.0) * share / most:.1f}"

    bars = "".join(
        f"M{left + 0.4:.1f} {floor:g}V{height(share)}H{right - 0.4:.1f}V{floor:g}Z"
        for left, right, share in zip(edges, edges[1:], training, strict=False)
        if share > 0
    )
    found = [_path(bars, fill="var(--accent)", opacity="0.5")]
    if test:
        steps = "".join(
            f"H{left:.1f}V{height(share)}H{right:.1f}"
            for left, right, share in zip(edges, edges[1:], test, strict=False)
        )
        found.append(_path(f"M0 {floor:g}{steps}V{floor:g}", stroke="var(--second)"))
    found.append(_path(f"M0 {floor:g}H{WIDE:g}", stroke="var(--faint)"))
    low, high = ends_of(summary)
    found.append(_words(low, 0.0, TALL - 3.0, "start"))
    found.append(_words(high, WIDE, TALL - 3.0, "end"))
    return found, TALL


def _across(edge: float, edges: Sequence[float]) -> float:
    # Halves, since the distance of two huge numbers may not be finite.
    span = edges[-1] / 2 - edges[0] / 2
    return (
        WIDE * (edge / 2 - edges[0] / 2) / span if span > 0 else WIDE * edges.index(edge) / (len(edges) - 1)
    )


def ends_of(summary: ColumnSummary) -> tuple[str, str]:
    """Return the outer bins' ends in words; where cells lie beyond, how far."""
    low, high = (number_cell(one, summary.kind) for one in (summary.low, summary.high))
    first, last = (number_cell(one, summary.kind) for one in (summary.edges[0], summary.edges[-1]))
    return (
        f"{low} … {first}" if summary.low < summary.edges[0] and low != first else low,
        f"{last} … {high}" if summary.high > summary.edges[-1] and last != high else high,
    )


def is_cut(summary: ColumnSummary) -> bool:
    """Return whether cells lie beyond the bins of a number or date, and count in the outer ones."""
    return bool(summary.edges) and any(" … " in one for one in ends_of(summary))


def number_cell(value: float, kind: Kind) -> str:
    """Return a number, or a date given in microseconds since 1970, in words."""
    if kind is not Kind.DATE:
        return cell(value, kind)
    if not math.isfinite(value):
        return cell(math.nan, kind)
    return (EPOCH + timedelta(microseconds=value)).date().isoformat()


# ---- levels ----


def level_names(summary: ColumnSummary) -> list[str]:
    """Return the levels' names, and a line for the others where there are any."""
    others = summary.distinct - len(summary.levels)
    return [*summary.levels, *([f"{count(others)} other{'s' if others > 1 else ''}"] if others > 0 else [])]


def _levels(summary: ColumnSummary) -> tuple[list[Html], float]:
    names = level_names(summary)
    training = _padded(shares_of(summary.training), len(names))
    test = _padded(shares_of(summary.test), len(names)) if summary.test is not None else ()
    most = max((*training, *test), default=0.0) or 1.0
    room = WIDE - NAMES - 4.0
    bars, marks, found = "", "", []
    for place, name in enumerate(names):
        top = LINE * place
        bars += f"M{NAMES:g} {top + 4:g}h{room * training[place] / most:.1f}v{LINE - 7:g}H{NAMES:g}Z"
        if test:
            marks += f"M{NAMES + room * test[place] / most:.1f} {top + 2:g}v{LINE - 3:g}"
        found.append(_words(short(name, LONGEST), NAMES - 6.0, top + 14.0, "end"))
    found.append(_path(bars, fill="var(--accent)", opacity="0.5"))
    if marks:
        found.append(_path(marks, stroke="var(--second)", width="2"))
    return found, LINE * max(len(names), 1) + 2.0


def _padded(shares: tuple[float, ...], many: int) -> tuple[float, ...]:
    """Return as many shares as there are names: no others among these rows means a share of 0."""
    return (*shares, *(0.0,) * (many - len(shares)))


def _path(
    d: str, *, fill: str = "none", stroke: str = "none", opacity: str = "1", width: str = "1.4"
) -> Html:
    return Html(
        f'<path d="{d}" fill="{fill}" stroke="{stroke}" stroke-width="{width}" opacity="{opacity}"></path>'
    )


def _words(words: str, x: float, y: float, anchor: str) -> Html:
    place = f'x="{x:g}" y="{y:g}" text-anchor="{anchor}"'
    return Html(f'<text {place} font-size="11.5" fill="var(--faint)">{text(words)}</text>')


# ---- the figures behind it ----


def spread_rows(summary: ColumnSummary) -> list[tuple[str, ...]]:
    """Return a line for each bin or level: its cells in training and in test rows, and the missing ones."""
    if summary.edges:
        ends = [number_cell(one, summary.kind) for one in summary.edges]
        names = [f"{low} to {high}" for low, high in itertools.pairwise(ends)]
    else:
        names = [short(name, 40) for name in level_names(summary)]
    sides = [summary.training] + ([summary.test] if summary.test is not None else [])
    columns = [(*_padded_counts(side, len(names)), side.missing) for side in sides]
    rows = []
    for place, name in enumerate([*names, "missing"]):
        cells = (
            f"{count(column[place])} ({percent(column[place] / max(side.rows, 1))})"
            for column, side in zip(columns, sides, strict=True)
        )
        rows.append((name, *cells))
    return rows


def _padded_counts(spread: Spread, many: int) -> tuple[int, ...]:
    counts = (*spread.counts, spread.others)[:many]
    return (*counts, *(0,) * (many - len(counts)))

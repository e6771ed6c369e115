"""Parts as bars."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from glassnet.why.words import DOWN, UP, signed


def bars(title: str, label: str, parts: Sequence[tuple[str, str, float]]) -> Figure:
    """Return a figure of (column, cell, part) as bars, the first on top. A `$` in a name is no formula."""
    lines = list(reversed(parts))
    figure = Figure(figsize=(7.5, 1.6 + 0.32 * len(lines)), layout="constrained")
    axes = figure.add_subplot()
    values = [part for _, _, part in lines]
    bars = axes.barh(range(len(lines)), values, color=[UP if value >= 0 else DOWN for value in values])
    axes.bar_label(bars, [signed(value) for value in values], padding=3, fontsize=8)
    axes.set_yticks(
        range(len(lines)), [_tick(name, cell) for name, cell, _ in lines], fontsize=9, parse_math=False
    )
    axes.axvline(0, color="#555555", linewidth=0.8)
    axes.margins(x=0.16)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(label, fontsize=9, parse_math=False)
    axes.set_title(title, fontsize=11, loc="left", parse_math=False)
    return figure


def _tick(name: str, cell: str) -> str:
    text = f"{name} = {cell}" if cell else name
    return text if len(text) <= 42 else text[:41] + "…"

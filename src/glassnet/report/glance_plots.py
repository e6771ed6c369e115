"""The drawing of the first screen: the network's figure beside simpler ways."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes

from glassnet.evaluate.values import Score
from glassnet.report.canvas import ACCENT, FAINT, FONT, INK, draw_grid, figured, write_above
from glassnet.report.words import SHARES, figure, metric_name

FAR: Final = 8  # times the spread of the others: a baseline farther off is named at the edge


def draw_comparison(score: Score, ax: Axes) -> None:
    """Draw the network's figure with its 95 % interval beside the linear model's and the baseline's."""
    rows = [("network", score.value), ("linear model", score.linear), ("baseline", score.baseline)]
    shown = [(name, value) for name, value in rows if np.isfinite(value)]
    near = _near(score)
    if np.isfinite(score.low):
        ax.plot([score.low, score.high], [0, 0], color=ACCENT, lw=9, alpha=0.3, solid_capstyle="butt")
    for place, (name, value) in enumerate(shown):
        if name == "baseline" and value not in near:
            _point_beyond(figure(score.metric, value), place, ax, is_left=value < min(near))
        else:
            _mark(figure(score.metric, value), (value, place), ax, is_network=name == "network")
    ax.set_yticks(range(len(shown)), [name for name, _ in shown])
    ax.set_ylim(len(shown) - 0.5, -0.8)
    ax.tick_params(axis="y", length=0, labelcolor=INK, labelsize=FONT)
    ax.spines["left"].set_visible(False)
    _comparison_limits(score, near, ax)
    better = "further right is better" if score.larger_is_better else "further left is better"
    ax.set_xlabel(f"{metric_name(score.metric)}, {better}")


def _near(score: Score) -> list[float]:
    """Return the figures that the axis shows: without a baseline so far off that the others would be one."""
    near = [one for one in (score.value, score.low, score.high, score.linear) if np.isfinite(one)]
    if not np.isfinite(score.baseline):
        return near
    span = max(near, default=0.0) - min(near, default=0.0)
    away = max(min(near, default=0.0) - score.baseline, score.baseline - max(near, default=0.0))
    return near if 0 < FAR * span < away else [*near, score.baseline]


def _mark(words: str, where: tuple[float, int], ax: Axes, *, is_network: bool) -> None:
    """Draw a figure at its place, with the words above it."""
    color, mark = (ACCENT, "o") if is_network else (FAINT, "D")
    ax.plot([where[0]], [where[1]], mark, color=color, markersize=6 if is_network else 5)
    write_above(ax, words, where, is_bold=is_network)


def _point_beyond(words: str, place: int, ax: Axes, *, is_left: bool) -> None:
    """Say a figure that lies beyond the axis, at the end where it would be."""
    ax.annotate(
        f"← {words}, far off" if is_left else f"{words}, far off →",
        (0.0 if is_left else 1.0, place),
        xycoords=("axes fraction", "data"),
        xytext=(4 if is_left else -4, 0),
        textcoords="offset points",
        ha="left" if is_left else "right",
        va="center",
        color=INK,
        fontsize=FONT,
    )


def _comparison_limits(score: Score, every: list[float], ax: Axes) -> None:
    if not every:
        return
    low, high = min(every), max(every)
    air = 0.15 * (high - low) or max(abs(high), 1.0) * 0.1
    ax.set_xlim(low - air, high + air)
    figured(ax.xaxis, is_share=score.metric in SHARES)
    draw_grid(ax, "x")

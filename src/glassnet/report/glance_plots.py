"""The drawing of the first screen: the network's figure beside simpler ways."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from glassnet.evaluate.values import Score
from glassnet.report.canvas import ACCENT, FAINT, FONT, INK, draw_grid, number_tick, share_tick
from glassnet.report.words import SHARES, figure, metric_name


def draw_comparison(score: Score, ax: Axes) -> None:
    """Draw the network's figure with its 95 % interval beside the linear model's and the baseline's."""
    rows = [("network", score.value), ("linear model", score.linear), ("baseline", score.baseline)]
    shown = [(name, value) for name, value in rows if np.isfinite(value)]
    if np.isfinite(score.low):
        ax.plot([score.low, score.high], [0, 0], color=ACCENT, lw=5, alpha=0.35, solid_capstyle="butt")
    for place, (name, value) in enumerate(shown):
        is_network = name == "network"
        color, mark = (ACCENT, "o") if is_network else (FAINT, "D")
        ax.plot([value], [place], mark, color=color, markersize=7 if is_network else 5)
        words = figure(score.metric, value)
        ax.annotate(
            words,
            (value, place),
            xytext=(0, 9),
            textcoords="offset points",
            ha="center",
            color=INK,
            fontsize=FONT,
            fontweight=700 if is_network else 400,
        )
    ax.set_yticks(range(len(shown)), [name for name, _ in shown])
    ax.set_ylim(len(shown) - 0.5, -0.8)
    ax.tick_params(axis="y", length=0, labelcolor=INK, labelsize=FONT)
    ax.spines["left"].set_visible(False)
    _comparison_limits(score, [value for _, value in shown], ax)
    better = "further right is better" if score.larger_is_better else "further left is better"
    ax.set_xlabel(f"{metric_name(score.metric)}, {better}")


def _comparison_limits(score: Score, values: list[float], ax: Axes) -> None:
    every = [value for value in (*values, score.low, score.high) if np.isfinite(value)]
    if not every:
        return
    low, high = min(every), max(every)
    air = 0.15 * (high - low) or max(abs(high), 1.0) * 0.1
    ax.set_xlim(low - air, high + air)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=5))
    ax.xaxis.set_major_formatter(FuncFormatter(share_tick if score.metric in SHARES else number_tick))
    draw_grid(ax, "x")

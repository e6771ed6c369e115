"""Drawings about columns: which matter, and how predictions go with them.

Shapes: G cells that a column is set to, P numbers of a prediction, N rows drawn one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from glassnet.evaluate.values import Importance
from glassnet.report.canvas import ACCENT, FAINT, INK, draw_grid, label, number_tick
from glassnet.report.words import told_apart

BARS: Final = 20


def draw_importance(importance: Sequence[Importance], ax: Axes, *, is_share: bool) -> None:
    """Draw how much worse the metric gets when a column is shuffled, with one deviation either way."""
    shown = importance[:BARS]
    place = np.arange(len(shown))
    ax.barh(place, [one.loss for one in shown], color=ACCENT, height=0.62)
    if any(one.repeats > 1 for one in shown):
        loss, spread = [one.loss for one in shown], [one.spread for one in shown]
        ax.errorbar(loss, place, xerr=spread, fmt="none", ecolor=INK, elinewidth=1.2)
    ax.axvline(0, color=FAINT, lw=0.8)
    ax.set_yticks(place, [label(name, 24) for name in told_apart([one.column for one in shown], 24)])
    ax.set_ylim(len(shown) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    ax.spines["left"].set_visible(False)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=5))
    formatter = FuncFormatter(lambda value, _: f"{100 * value:.3g}" if is_share else number_tick(value))
    ax.xaxis.set_major_formatter(formatter)
    ax.set_xlabel("worse by, percentage points" if is_share else "worse by")
    draw_grid(ax, "x")

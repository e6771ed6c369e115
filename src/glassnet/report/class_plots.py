"""Drawings about classes: what was taken for what, found against false alarms, promises kept.

Shapes: R rows, C classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from glassnet.prepare.values import Floats64
from glassnet.report.canvas import (
    ACCENT,
    FAINT,
    FONT,
    INK,
    SECOND,
    draw_legend,
    draw_share_axes,
    emptier,
    label,
    threshold_name,
)
from glassnet.report.curves import Bin, reliability, roc_curve
from glassnet.report.words import percent, plain

CELLS_NAMED: Final = 20  # classes up to which a confusion matrix carries figures


def draw_confusion(count_CC: Floats64, labels: Sequence[str], ax: Axes) -> None:
    """Draw how the rows of each true class were answered: shade by share of the row, figures in it.

    More than 20 classes are drawn without figures, and with every so many named.
    """
    classes = len(labels)
    total_C = np.maximum(count_CC.sum(axis=1, keepdims=True), 1e-30)
    share_CC = count_CC / total_C
    # Under figures shades stay light (dark, in the dark): ink on them keeps a contrast of 4.5 to 1.
    least, span = (0.06, 0.46) if classes <= CELLS_NAMED else (0.08, 0.92)
    for true, guess in zip(*np.nonzero(count_CC > 0), strict=True):
        share = float(share_CC[true, guess])
        color = ACCENT if true == guess else SECOND
        cell = Rectangle((guess - 0.5, true - 0.5), 1, 1, fc=color, alpha=least + span * share, lw=0)
        cell.set_in_layout(False)  # within the axes anyway: with 100 classes this saves seconds
        ax.add_patch(cell)
    if classes <= CELLS_NAMED:
        _name_cells(count_CC, share_CC, ax)
    ax.set_xlim(-0.5, classes - 0.5)
    ax.set_ylim(classes - 0.5, -0.5)
    every = 1 if classes <= CELLS_NAMED else -(-classes // CELLS_NAMED)
    ticks = list(range(0, classes, every))
    names = [label(labels[c], 14) for c in ticks]
    turned = sum(len(name) for name in names) > 44
    ax.set_xticks(ticks, names, rotation=90 if turned else 0)
    ax.set_yticks(ticks, names)
    ax.set_xlabel("the network's answer")
    ax.set_ylabel("truth")
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_aspect("auto" if classes <= 4 else "equal")


def _name_cells(count_CC: Floats64, share_CC: Floats64, ax: Axes) -> None:
    classes = count_CC.shape[0]
    roomy = classes <= 4
    size = FONT if classes <= 6 else FONT - 2 if classes <= 12 else FONT - 4
    for true in range(classes):
        for guess in range(classes):
            value = float(count_CC[true, guess])
            if value == 0 and not roomy:
                continue
            share = float(share_CC[true, guess])
            words = f"{plain(value)}\n{percent(share)}" if roomy else plain(value)
            ax.text(guess, true, words, ha="center", va="center", color=INK, fontsize=size)


def draw_roc(
    is_positive_R: NDArray[np.bool_],
    share_R: Floats64,
    weight_R: Floats64,
    ax: Axes,
    *,
    threshold: float = 0.5,
) -> None:
    """Draw the share found against the share of false alarms, with the place of the threshold."""
    curve = roc_curve(is_positive_R, share_R, weight_R)
    ax.plot([0, 1], [0, 1], ":", color=FAINT, lw=1.2, label="guessing")
    ax.plot(curve.alarm, curve.found, color=ACCENT, lw=1.8, label="network")
    alarm, found = curve.at(threshold)
    ax.plot([alarm], [found], "o", color=SECOND, markersize=6, label=threshold_name(threshold))
    draw_share_axes(ax)
    ax.set_xlabel("false alarms: share of the others")
    ax.set_ylabel("found: share of the class")
    draw_legend(ax, "lower right")


def draw_calibration(
    is_positive_R: NDArray[np.bool_], share_R: Floats64, weight_R: Floats64, ax: Axes
) -> None:
    """Draw how often the class was true against the probability given, in ten bins, with 95 % intervals."""
    bins = reliability(is_positive_R, share_R, weight_R)
    ax.plot([0, 1], [0, 1], ":", color=FAINT, lw=1.2, label="as promised")
    _draw_bins(bins, ax)
    draw_share_axes(ax)
    ax.set_xlabel("probability given")
    ax.set_ylabel("share that was true")
    draw_legend(ax, emptier(ax, ("upper left", "lower right")))


def _draw_bins(bins: Sequence[Bin], ax: Axes) -> None:
    given = [one.given for one in bins]
    true = [one.true for one in bins]
    below = [max(one.true - one.low, 0.0) for one in bins]
    above = [max(one.high - one.true, 0.0) for one in bins]
    ax.errorbar(
        given,
        true,
        yerr=[below, above],
        color=ACCENT,
        lw=1.5,
        marker="o",
        ms=4.5,
        elinewidth=1,
        label="network",
    )

"""Found against right: what share of the rows called so are of the class, for every share of it found.

Shapes: R rows.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from glassnet.prepare.values import Floats64
from glassnet.report import canvas
from glassnet.report.canvas import (
    ACCENT,
    FAINT,
    SECOND,
    draw_legend,
    draw_share_axes,
    emptier,
    threshold_name,
)
from glassnet.report.curves import roc_curve
from glassnet.report.pictures import Picture, picture
from glassnet.report.words import percent

STEPS: Final = 10  # shares found that the table lists, evenly from a tenth to all


def draw_precision_recall(
    is_positive_R: NDArray[np.bool_],
    share_R: Floats64,
    weight_R: Floats64,
    ax: Axes,
    *,
    threshold: float = 0.5,
) -> None:
    """Draw the share that is right of those called so against the share found, with the threshold."""
    curve = roc_curve(is_positive_R, share_R, weight_R)
    base = float(np.average(is_positive_R, weights=weight_R))
    ax.plot([0, 1], [base, base], ":", color=FAINT, lw=1.2, label="calling every row so")
    ax.plot(curve.found[1:], curve.right[1:], color=ACCENT, lw=1.8, label="network")
    place = curve.place(threshold)
    if place > 0:
        ax.plot(
            [curve.found[place]],
            [curve.right[place]],
            "o",
            color=SECOND,
            markersize=6,
            label=threshold_name(threshold),
        )
    draw_share_axes(ax)
    ax.set_xlabel("found: share of the class")
    ax.set_ylabel("right: share of those called so")
    corner = emptier(ax, ("lower left", "upper right"))
    is_low = corner == "lower left" and base < 0.5
    draw_legend(ax, corner, lift=base if is_low else 0.0)  # clear of the line across


def precision_picture(
    is_positive_R: NDArray[np.bool_],
    share_R: Floats64,
    weight_R: Floats64,
    name: str,
    threshold: float = 0.5,
) -> Picture:
    """Return the picture with what must be accepted to find more; both classes must be there."""
    axes = canvas.new_axes()
    draw_precision_recall(is_positive_R, share_R, weight_R, axes, threshold=threshold)
    curve = roc_curve(is_positive_R, share_R, weight_R)
    base = float(curve.right[-1])  # of all rows
    places = [int(np.argmax(curve.found >= step / STEPS - 1e-12)) for step in range(1, STEPS + 1)]
    rows = [
        (
            percent(step / STEPS, 0),
            percent(float(curve.right[place])),
            f"{float(curve.right[place]) / base:.2f} ×",
            percent(float(curve.called[place])),
            percent(min(float(curve.threshold[place]), 1.0)),
        )
        for step, place in enumerate(places, start=1)
    ]
    half, most = (float(curve.right[places[step - 1]]) for step in (5, 9))
    says = (
        f"To find half of the rows that are ‘{name}’, {percent(half, 0)} of those called so are right;"
        f" to find nine of ten, {percent(most, 0)}."
    )
    head = ("found, at least", "of these right", "lift over chance", "rows called so", "threshold")
    words = ("precision", "Found against right (precision and recall)", says)
    return picture(axes, words, head, rows, numbers=range(5))

"""Drawings about predicted numbers: against the truth, and what is left over.

Shapes: R rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from glassnet.prepare.values import Floats64
from glassnet.report.canvas import ACCENT, SECOND, draw_grid, figured, label, number_tick

POINTS_SHOWN: Final = 2000  # rows of a scatter plot
PARTS: Final = 10  # of the rows, by their truth
FEWEST: Final = 5  # rows of a part
Z95: Final = 1.959964


def thinned(count: int, most: int = POINTS_SHOWN) -> NDArray[np.int64]:
    """Return the places of at most `most` of `count` things, evenly spread, `(R,)`."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))


def draw_predicted_against_true(true_R: Floats64, predicted_R: Floats64, name: str, ax: Axes) -> None:
    """Draw each row's prediction against its truth; on the dotted line they are equal.

    More than 2,000 rows are drawn as hexagons, darker where more rows lie.
    """
    low, high = _range(np.concatenate([true_R, predicted_R]))
    ax.plot([low, high], [low, high], ":", color=SECOND, lw=1.4, label="prediction = truth", zorder=3)
    _cloud(true_R, predicted_R, (low, high, low, high), ax)
    ax.set_xlabel(f"true {label(name, 30)}")
    ax.set_ylabel("predicted")
    _numbers(ax)


def draw_residuals(true_R: Floats64, predicted_R: Floats64, name: str, ax: Axes) -> None:
    """Draw truth minus prediction against the prediction; a good network leaves no shape in it."""
    error_R = true_R - predicted_R
    left, right = _range(predicted_R)
    low, high = _range(error_R)
    ax.axhline(0, color=SECOND, ls=":", lw=1.4, label="no error", zorder=3)
    _cloud(predicted_R, error_R, (left, right, low, high), ax)
    ax.set_xlabel(f"predicted {label(name, 30)}")
    ax.set_ylabel("truth − prediction")
    _numbers(ax)


def _range(value_R: Floats64) -> tuple[float, float]:
    """Return the limits of an axis that shows all values, with a little air."""
    low, high = float(value_R.min()), float(value_R.max())
    air = 0.03 * (high - low) or max(abs(high), 1.0) * 0.05
    return low - air, high + air


def _cloud(x_R: Floats64, y_R: Floats64, extent: tuple[float, float, float, float], ax: Axes) -> None:
    if x_R.size <= POINTS_SHOWN:
        size, alpha = (7.0, 0.6) if x_R.size <= 400 else (4.5, 0.45)
        ax.plot(x_R, y_R, ".", color=ACCENT, alpha=alpha, markersize=size, mew=0)
    else:
        _hexagons(x_R, y_R, extent, ax)
    ax.set_xlim(extent[0], extent[1])
    ax.set_ylim(extent[2], extent[3])


def _hexagons(x_R: Floats64, y_R: Floats64, extent: tuple[float, float, float, float], ax: Axes) -> None:
    """Draw counts in hexagons as one colour in eight strengths, by the logarithm of the count."""
    hexagons = ax.hexbin(x_R, y_R, gridsize=(34, 20), extent=extent, mincnt=1, linewidths=0.2)
    count_H = np.asarray(hexagons.get_array(), dtype=np.float64)
    strength_H = np.log1p(count_H) / np.log1p(count_H.max())
    hexagons.set_array(None)
    hexagons.set_alpha(None)
    alpha_H = 0.12 + 0.88 * np.ceil(8 * strength_H) / 8
    hexagons.set_facecolor([(*_rgb(ACCENT), float(alpha)) for alpha in alpha_H])
    hexagons.set_edgecolor("none")


def _rgb(color: str) -> tuple[float, float, float]:
    red, green, blue = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _numbers(ax: Axes) -> None:
    for axis in (ax.xaxis, ax.yaxis):
        figured(axis)
    draw_grid(ax, "both")


# ---- by the size of the truth ----


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """The rows of one part of the truth, and how wrong they are."""

    low: float  # ends of the truth
    high: float
    rows: int
    error: float  # mean absolute error
    reach: float  # half of its 95 % interval
    bias: float  # mean of truth minus prediction


def parts_of(true_R: Floats64, predicted_R: Floats64) -> tuple[Part, ...]:
    """Return the rows in ten equal parts by their truth, smallest first; fewer where rows are few."""
    order = np.argsort(true_R, kind="stable")
    parts = max(1, min(PARTS, order.size // FEWEST))
    found = []
    for part in np.array_split(order, parts):
        error_n = true_R[part] - predicted_R[part]
        size_n = np.abs(error_n)
        found.append(
            Part(
                low=float(true_R[part[0]]),
                high=float(true_R[part[-1]]),
                rows=int(part.size),
                error=float(size_n.mean()),
                reach=Z95 * float(size_n.std() / np.sqrt(part.size)),
                bias=float(error_n.mean()),
            )
        )
    return tuple(found)


def draw_error_by_truth(parts: Sequence[Part], name: str, ax: Axes) -> None:
    """Draw the mean absolute error of each part of the truth, with its 95 % interval."""
    place = np.arange(len(parts))
    ax.bar(place, [one.error for one in parts], color=ACCENT, alpha=0.55, width=0.7)
    reach = [one.reach for one in parts]
    ax.errorbar(place, [one.error for one in parts], yerr=reach, fmt="none", ecolor=ACCENT, elinewidth=1.4)
    ax.plot(place, [abs(one.bias) for one in parts], "D", color=SECOND, ms=4.5)
    largest = max(abs(one.low) for one in parts)
    lows = [one.low for one in parts]
    # Three digits where they tell the parts apart, more where the truths are close.
    digits = next((d for d in (3, 4, 5) if len({f"{low:.{d}g}" for low in lows}) == len(set(lows))), 6)
    ax.set_xticks(place, [number_tick(float(f"{low:.{digits}g}"), largest, max(digits, 4)) for low in lows])
    if len(parts) > 6:
        ax.tick_params(axis="x", labelrotation=45)
    figured(ax.yaxis)
    ax.set_xlabel(f"true {label(name, 30)}, from")
    ax.set_ylabel("mean absolute error")
    draw_grid(ax)

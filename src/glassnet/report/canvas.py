"""The ground that drawings stand on: axes in the report's style, its colours, and figures on axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Final, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from glassnet.report.words import RAISED, short

INK: Final = "#1b2330"
FAINT: Final = "#5b6675"
LINE: Final = "#d9dee5"
ACCENT: Final = "#1f5fa8"
SECOND: Final = "#b4500f"

SIZE: Final = (4.6, 3.1)  # inches; half a wide page, a whole phone
FONT: Final = 9.0  # points
PAD: Final = 0.04  # inches around a drawing, as in matplotlib's constrained layout
LEGEND: Final = (0.4, 0.32)  # of the axes, which names of four lines take
STEPS: Final = (1, 2, 2.5, 5, 10)  # what the figures of an axis count in; matplotlib's own has 1.5, 4 and 8
UNITS: Final = ((1e12, 1e12, "T"), (1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k"))  # from which on


def new_axes(size: tuple[float, float] = SIZE) -> Axes:
    """Return axes of a new figure that belongs to no window and no global state, in the report's style."""
    figure = Figure(figsize=size, layout="constrained", facecolor="none")
    axes = figure.add_subplot()
    axes.set_facecolor("none")
    axes.tick_params(colors=FAINT, labelsize=FONT - 1, length=3, width=0.8)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(FAINT)
        spine.set_linewidth(0.8)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set_color(FAINT)
        label.set_fontsize(FONT)
    return axes


def fit_in(axes: Axes) -> None:
    """Give the axes the room that their names and figures leave, where they are alone in their figure.

    matplotlib's own layout measures twice, which was a third of a report's time (2026-11-22); the figures
    of our axes hardly depend on their length.
    """
    figure = axes.figure
    assert isinstance(figure, Figure), "a picture is a whole figure"
    if len(figure.axes) > 1 or figure.legends:
        return
    figure.set_layout_engine("none")
    axes.set_position((0.1, 0.1, 0.8, 0.8))
    renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]  # matplotlib types it not
    tight = axes.get_tightbbox(renderer)
    assert tight is not None, "axes have an extent"
    whole, bare = figure.bbox, axes.get_window_extent(renderer)
    pad = PAD * figure.dpi
    left, right = bare.x0 - tight.x0 + pad, tight.x1 - bare.x1 + pad
    below, above = bare.y0 - tight.y0 + pad, tight.y1 - bare.y1 + pad
    place = (left / whole.width, below / whole.height)
    size = (1 - (left + right) / whole.width, 1 - (below + above) / whole.height)
    axes.set_position((*place, *size))


def write_above(
    ax: Axes, words: str, place: tuple[float, float], *, is_bold: bool, gap: int = 9, size: float = FONT
) -> None:
    """Write words above a point, `gap` points away."""
    ax.annotate(
        words,
        place,
        xytext=(0, gap),
        textcoords="offset points",
        ha="center",
        color=INK,
        fontsize=size,
        fontweight=700 if is_bold else 400,
    )


def draw_grid(axes: Axes, which: Literal["x", "y", "both"] = "y") -> None:
    """Draw quiet lines across the axes, behind everything else."""
    axes.grid(visible=True, axis=which, color=LINE, lw=0.7)
    axes.set_axisbelow(True)


def figured(axis: Axis, most: int = 5, *, is_whole: bool = False, is_share: bool = False) -> None:
    """Put at most so many figures and one on an axis, in round steps and all in one unit: 4k beside 12k."""
    axis.set_major_locator(MaxNLocator(nbins=most, steps=list(STEPS), integer=is_whole))
    axis.set_major_formatter(FuncFormatter(share_tick if is_share else partial(_tick_of, axis)))


def _tick_of(axis: Axis, value: float, _: object) -> str:
    low, high = sorted(axis.get_view_interval())
    largest = max(abs(low), abs(high))
    finer = math.ceil(math.log10(largest / (high - low))) if 0 < high - low < largest else 0
    return number_tick(value, largest, 4 + max(finer - 1, 0))


def draw_share_axes(axes: Axes) -> None:
    """Make both axes shares from 0 to 1."""
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(share_tick))
    draw_grid(axes, "both")


Corner = Literal["upper left", "upper right", "lower right", "lower left"]


def emptier(axes: Axes, corners: Sequence[Corner]) -> Corner:
    """Return the corner in which the fewest points of the drawn lines lie; of equal ones the first."""
    axes.get_xlim()  # settles the limits, which the transform below is made of
    place_XY = np.concatenate([line.get_xydata() for line in axes.lines])
    x_X, y_X = axes.transAxes.inverted().transform(axes.transData.transform(place_XY)).T

    def crowd(corner: Corner) -> int:
        across = x_X > 1 - LEGEND[0] if corner.endswith("right") else x_X < LEGEND[0]
        along = y_X > 1 - LEGEND[1] if corner.startswith("upper") else y_X < LEGEND[1]
        return int((across & along).sum())

    return min(corners, key=crowd)


def draw_legend(axes: Axes, place: Corner, lift: float = 0.0) -> None:
    """Name what is drawn, in a corner, or `lift` of the height above it, without a frame."""
    legend = axes.legend(
        loc=place,
        bbox_to_anchor=(0, lift, 1, 1),
        frameon=False,
        fontsize=FONT - 0.5,
        labelcolor=INK,
        handlelength=1.8,
    )
    legend.set_in_layout(False)
    for handle in legend.legend_handles:
        if isinstance(handle, Line2D) and handle.get_marker() == ".":
            handle.set_markersize(6)


def label(name: object, limit: int) -> str:
    """Return a name for a picture: short, and with no dollar signs that would begin a formula."""
    return short(name, limit).replace("$", r"\$")


def share_tick(value: float, _: object) -> str:
    """Return a share in percent, as short as it can be, for an axis."""
    return f"{round(100 * value, 6):g} %".replace("-", "−")


def threshold_name(threshold: float) -> str:
    """Return what the place of a threshold is called in a picture: "threshold 50 %"."""
    return f"threshold {round(100 * threshold, 1):g} %"


def number_tick(value: float, largest: float = 0.0, digits: int = 4) -> str:
    """Return a number short enough for a picture, 250k for 250,000, in the unit of the `largest` near it."""
    for start, unit, sign in UNITS:
        if value and max(abs(value), largest) >= start:
            return f"{value / unit:.{digits}g}{sign}".replace("-", "−")
    first, _, power = f"{value:.{digits}g}".partition("e")
    if not power:
        return first.replace("-", "−")
    ten = f"10{str(int(power)).translate(RAISED)}"
    return ten if first == "1" else f"{first}·{ten}".replace("-", "−")

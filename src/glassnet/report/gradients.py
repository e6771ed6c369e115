"""The drawing of one layer's records: gradient, weights and update over the recorded steps, idle units below.

Shapes: N recorded steps, K members.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator
from numpy.typing import NDArray

from glassnet.errors import SettingsError, listed, near_miss
from glassnet.prepare.values import Floats64
from glassnet.report.canvas import ACCENT, FAINT, FONT, INK, LINE, SECOND, STEPS, draw_grid
from glassnet.report.words import RAISED
from glassnet.telemetry import Records

EPOCH_ENDS: Final = 160  # recorded steps drawn after the first epoch; a picture shows no more
ENLARGED: Final = 0.3  # of the width for the first epoch, where many of its steps are recorded
MANY: Final = 8  # recorded steps of the first epoch from which it is enlarged
STRIP: Final = 0.17  # of the height for idle units
LOWEST: Final = 0.035  # of the height: a name below stands on the axis' last figure
GAP: Final = 0.085  # of the height between two names beside the lines
CLIPPED: Final = 0.999  # of a gradient's length: what is less was clipped
SEEN: Final = 0.9  # of its length: what is more lies on the same line in a picture


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """How one quantity is drawn, and what it is called."""

    quantity: str
    name: str
    color: str
    dash: str
    width: float = 1.5


LOOKS: Final = (
    Look(quantity="weight", name="weights", color=FAINT, dash="-"),
    Look(quantity="gradient", name="gradient", color=ACCENT, dash="-"),
    Look(quantity="clipped", name="after clipping", color=INK, dash=":", width=1.4),
    Look(quantity="ratio", name="update / weights", color=SECOND, dash="--"),
)


def known(records: Records, quantity: str, layer: str) -> Floats64:
    """Return a quantity of a layer at every recorded step, `(N, K)`, NaN where it is not finite."""
    value_NK = records.values(quantity, layer).astype(np.float64)
    return np.where(np.isfinite(value_NK), value_NK, np.nan)


def mean_of(value_NK: Floats64) -> Floats64:
    """Return the mean over the members, `(N,)`; NaN where none is known."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Mean of empty slice", category=RuntimeWarning)
        mean_N: Floats64 = np.nanmean(value_NK, axis=1)
    return mean_N


def time_of(records: Records) -> Floats64:
    """Return when each step was taken, in epochs since the start, `(N,)`."""
    per_epoch = int(records.step_N.max(initial=1))  # the end of the first epoch is always recorded
    when_N: Floats64 = records.epoch_N - 1.0 + records.step_N / per_epoch
    return when_N


def clipped_share(records: Records, layer: str) -> float:
    """Return in which share of the recorded steps clipping shortened the layer's gradient."""
    return float(np.mean(known(records, "clipped", layer) < CLIPPED * known(records, "gradient", layer)))


def _is_seen_clipped(records: Records, layer: str) -> bool:
    """Return whether clipping shortened a gradient by so much that the picture can show it."""
    before_N, after_N = (mean_of(known(records, name, layer)) for name in ("gradient", "clipped"))
    return bool((after_N < SEEN * before_N).any())


def draw_gradients(records: Records, layer: str, ax: Axes) -> None:
    """Draw a layer's norms and its update over weight at every recorded step, on one logarithmic scale.

    Several members are drawn as their mean within the band from the lowest to the highest. Idle units stand
    in a strip below, where there are any. Raises SettingsError for a layer that is not there.
    """
    check_layer(records, layer)
    chosen_N = _chosen(records)
    when_N = time_of(records)[chosen_N]
    _scale(records, ax)
    idle_NK = known(records, "idle", layer)[chosen_N]
    has_strip = bool((idle_NK > 0).any())
    looks = [look for look in LOOKS if look.quantity != "clipped" or _is_seen_clipped(records, layer)]
    shown = [(look, known(records, look.quantity, layer)[chosen_N]) for look in looks]
    ends = [end for look, value_NK in shown for end in _draw_line(ax, when_N, value_NK, look)]
    _limits(ax, np.concatenate([value_NK.ravel() for _, value_NK in shown]), has_strip=has_strip)
    names = [(_height(ax, value), look.name, look.color) for value, look in ends]
    if has_strip:
        names.append((_draw_idle(ax, when_N, idle_NK), "idle units", FAINT))
    _name_lines(ax, names)


def check_layer(records: Records, layer: str) -> None:
    """Raise SettingsError where the records know no such layer."""
    if layer not in records.layers:
        raise SettingsError(
            f"no layer is called '{layer}'.{near_miss(layer, records.layers)}"
            f" Known: {listed(records.layers)}."
        )


def _chosen(records: Records) -> NDArray[np.intp]:
    """Return the places of the steps that are drawn: all of the first epoch, later ones thinned evenly."""
    first = np.flatnonzero(records.epoch_N == 1)
    later = np.flatnonzero(records.epoch_N > 1)
    thin = np.linspace(0, later.size - 1, min(later.size, EPOCH_ENDS)).round().astype(np.intp)
    return np.concatenate([first, later[np.unique(thin)]])


def _scale(records: Records, ax: Axes) -> None:
    """Set the axis of time; the first epoch is enlarged where much of it was recorded."""
    epochs = max(int(records.epoch_N.max(initial=1)), 1)
    start = float(time_of(records).min(initial=0.0))
    ax.set_xlabel("epoch")
    nice = [
        float(one) for one in MaxNLocator(nbins=5, steps=list(STEPS), integer=True).tick_values(0, epochs)
    ]
    if epochs > 2 and (records.epoch_N == 1).sum() >= MANY and ENLARGED * epochs > 1:
        inner = np.array([0.0, 1.0, float(epochs)])
        outer = np.array([0.0, ENLARGED, 1.0])
        ax.set_xscale(
            "function",
            functions=(lambda x: _stretch(x, inner, outer), lambda x: _stretch(x, outer, inner)),
        )
        ax.axvline(1, color=LINE, lw=1.0, zorder=0)
        ax.set_xlabel("epoch, the first one enlarged")
        nice = [0.0, 1.0, *(one for one in nice if one > 1 + 0.08 * epochs)]
        start = 0.0
    ax.xaxis.set_major_locator(FixedLocator([one for one in nice if 0 <= one <= epochs]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(epoch_tick))
    ax.set_xlim(min(start, 0.0 if epochs > 1 else start), epochs)


def epoch_tick(value: float, _: object = None) -> str:
    """Return an epoch as people read it, with thousands separators."""
    return f"{value:,.6g}" if value >= 1 else f"{value:g}"


def _stretch(x: Floats64, before: Floats64, after: Floats64) -> Floats64:
    """Return values moved from one set of three places to another, in straight lines, also beyond them."""
    x = np.asarray(x, dtype=np.float64)
    slope = np.diff(after) / np.diff(before)
    moved: Floats64 = np.where(
        x < before[1], after[1] + (x - before[1]) * slope[0], after[1] + (x - before[1]) * slope[1]
    )
    return moved


def _draw_line(ax: Axes, when_N: Floats64, value_NK: Floats64, look: Look) -> list[tuple[float, Look]]:
    """Draw one quantity and return where its line ends; nothing where it is never above 0."""
    shown_NK = np.where(value_NK > 0, value_NK, np.nan)  # a logarithmic scale has no 0
    mean_N = mean_of(shown_NK)
    seen_N = np.isfinite(mean_N)
    if not seen_N.any():
        return []
    mark = "o" if seen_N.sum() == 1 else ""
    ax.plot(
        when_N[seen_N],
        mean_N[seen_N],
        look.dash,
        color=look.color,
        lw=look.width,
        marker=mark,
        ms=4,
        label=look.name,
    )
    if value_NK.shape[1] > 1 and look.quantity != "clipped":
        low_N, high_N = np.nanmin(shown_NK[seen_N], axis=1), np.nanmax(shown_NK[seen_N], axis=1)
        ax.fill_between(when_N[seen_N], low_N, high_N, color=look.color, alpha=0.16, lw=0)
    return [(float(mean_N[seen_N][-1]), look)]


def _limits(ax: Axes, every: Floats64, *, has_strip: bool) -> None:
    """Set the logarithmic axis by all values that are drawn, with room below for the strip."""
    above = np.log10(every[every > 0])
    low, high = (float(above.min()) - 0.12, float(above.max()) + 0.12) if above.size else (-1.0, 0.0)
    high = max(high, low + 1.2)
    bottom = low - (STRIP + 0.1) / (0.9 - STRIP) * (high - low) if has_strip else low
    ax.set_yscale("log")
    ax.set_ylim(10**bottom, 10**high)
    powers = range(math.ceil(low), math.floor(high) + 1)
    every_so = max(1, -(-len(powers) // 7))
    ax.yaxis.set_major_locator(FixedLocator([10.0**power for power in powers if power % every_so == 0]))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FuncFormatter(decade_tick))
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    draw_grid(ax)


def decade_tick(value: float, _: object = None) -> str:
    """Return a power of ten as people read it: 0.001, 1,000, and 10⁻⁵ beyond."""
    power = round(np.log10(value))
    if -4 <= power <= 4:
        return f"{value:,.{max(-power, 0)}f}"
    return "10" + str(power).translate(RAISED)


def _height(ax: Axes, value: float) -> float:
    """Return how far up the axes a value stands, 0 to 1."""
    bottom, top = (float(np.log10(one)) for one in ax.get_ylim())
    return (float(np.log10(value)) - bottom) / (top - bottom)


def _draw_idle(ax: Axes, when_N: Floats64, idle_NK: Floats64) -> float:
    """Draw the share of idle units in a strip of its own; return the height of its end."""
    mean_N = mean_of(idle_NK)
    seen_N = np.isfinite(mean_N)
    across = ax.get_xaxis_transform()  # epochs along, shares of the height upward
    ax.fill_between(
        when_N[seen_N], 0, STRIP * mean_N[seen_N], color=FAINT, alpha=0.35, lw=0, transform=across
    )
    ax.plot(when_N[seen_N], STRIP * mean_N[seen_N], color=FAINT, lw=1.0, transform=across)
    ax.plot([0, 1], [STRIP, STRIP], color=LINE, lw=0.7, transform=ax.transAxes, zorder=0)
    for height, words in ((0.0, "0 %"), (STRIP, "100 %")):
        ax.annotate(
            words,
            (0, height),
            xycoords="axes fraction",
            xytext=(-4, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            color=FAINT,
            fontsize=FONT - 1,
        )
    return float(STRIP * mean_N[seen_N][-1])


def _name_lines(ax: Axes, names: list[tuple[float, str, str]]) -> None:
    """Write each line's name beside its end, moved apart where two would stand on each other."""
    ordered = sorted(names)
    places = [max(height, LOWEST) for height, _, _ in ordered]
    for place in range(1, len(places)):
        places[place] = max(places[place], places[place - 1] + GAP)
    over = max(places[-1] - 1.0, 0.0) if places else 0.0
    for height, (_, name, color) in zip(places, ordered, strict=True):
        ax.annotate(
            name,
            (1, height - over),
            xycoords="axes fraction",
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            color=INK if color == FAINT else color,
            fontsize=FONT - 0.5,
        )

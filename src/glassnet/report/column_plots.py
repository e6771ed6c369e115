"""Drawings about columns: which matter, and how predictions and errors go with them.

Shapes: G and H cells that columns are set to, P numbers of a prediction, N rows drawn one by one,
Q quantiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from glassnet.evaluate.insight import Dependence, LeftOver, Reason, Scale, Surface
from glassnet.evaluate.values import Importance
from glassnet.prepare.values import Floats64
from glassnet.report.canvas import (
    ACCENT,
    FAINT,
    FONT,
    INK,
    SECOND,
    draw_grid,
    draw_legend,
    emptier,
    figured,
    label,
    number_tick,
)
from glassnet.report.cells import cell, cell_names, is_levels
from glassnet.report.words import percent, told_apart
from glassnet.table.values import Kind

BARS: Final = 20
LOOKS: Final = ((ACCENT, "-"), (SECOND, "--"), (INK, ":"), (FAINT, "-."))  # of the first few outputs
LEGEND: Final = 0.1  # of the height, for the name of each of several outputs
RUG: Final = 0.09  # of the height: where the rows lie


def draw_importance(importance: Sequence[Importance], ax: Axes, *, is_share: bool) -> None:
    """Draw how much worse the metric gets when a column is shuffled, with one deviation either way."""
    shown = importance[:BARS]
    place = np.arange(len(shown))
    ax.barh(place, [one.loss for one in shown], color=ACCENT, height=0.62)
    if any(one.repeats > 1 for one in shown):
        loss, spread = [one.loss for one in shown], [one.spread for one in shown]
        ax.errorbar(loss, place, xerr=spread, fmt="none", ecolor=INK, elinewidth=1.2)
    _name_rows(ax, [one.column for one in shown])
    if is_share:
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number_tick(float(f"{100 * value:.3g}"))))
    ax.set_xlabel("worse by, percentage points" if is_share else "worse by")


def draw_reasons(reasons: Sequence[Reason], about: str, ax: Axes) -> None:
    """Draw how far each column moves single predictions, on average, in the order given."""
    shown = reasons[:BARS]
    ax.barh(np.arange(len(shown)), [one.size for one in shown], color=SECOND, height=0.62)
    _name_rows(ax, [one.column for one in shown])
    ax.set_xlabel(f"moves {about.partition(' above ')[0]} by, on average")


def _name_rows(ax: Axes, names: Sequence[str]) -> None:
    ax.axvline(0, color=FAINT, lw=0.8)
    ax.set_yticks(range(len(names)), [label(name, 24) for name in told_apart(list(names), 24)])
    ax.set_ylim(max(len(names), 3) - 0.4, -0.6)  # one bar alone would be a beam
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    ax.spines["left"].set_visible(False)
    figured(ax.xaxis)
    draw_grid(ax, "x")


# ---- how predictions go with a column ----


def value_limits(dependence: Sequence[Dependence]) -> tuple[float, float]:
    """Return limits that pictures of several columns share, so that what hardly matters looks flat."""
    means = np.concatenate([one.mean_GP.ravel() for one in dependence])
    # Single rows stand behind one mean, not behind several.
    drawn = [one.single_NG.ravel().astype(np.float64) for one in dependence if len(one.outputs) == 1]
    single = np.concatenate([means, *drawn])
    low, high = np.quantile(single, [0.02, 0.98])
    low, high = min(float(low), float(means.min())), max(float(high), float(means.max()))
    air = 0.05 * (high - low) or max(abs(high), 1.0) * 0.05
    return low - air, high + air


def draw_dependence(
    dependence: Dependence,
    names: Sequence[str],
    ax: Axes,
    *,
    is_share: bool,
    limits: tuple[float, float] | None = None,
) -> None:
    """Draw the mean prediction for each cell of a column, with single rows behind; `names` of the outputs.

    Numbers and dates are lines, levels bars with the range of the middle eight tenths of the rows.
    """
    low, high = limits or value_limits([dependence])
    what = names[0] if len(names) == 1 else "probability" if is_share else "prediction"
    if is_levels(dependence.scale):
        _draw_levels(dependence, names, ax)
        ax.set_xlim(min(low, 0.0) if low < 0 else 0.0, high)
        figured(ax.xaxis, is_share=is_share)
        ax.set_xlabel(label(what, 40))
        draw_grid(ax, "x")
    else:
        _draw_lines(dependence, names, ax)
        ax.set_ylim(low, high if len(names) == 1 else high + LEGEND * len(names) * (high - low))
        figured(ax.yaxis, 6, is_share=is_share)
        ax.set_xlabel(label(dependence.scale.column, 40))
        ax.set_ylabel(label(what, 32))
        draw_grid(ax)
    if len(names) > 1:
        draw_legend(
            ax,
            "lower right" if is_levels(dependence.scale) else emptier(ax, ("upper right", "upper left")),
        )


def _draw_lines(dependence: Dependence, names: Sequence[str], ax: Axes) -> None:
    scale = dependence.scale
    known_G = np.isfinite(scale.place_G)
    place_G = scale.place_G[known_G]
    single_NG = dependence.single_NG[: None if len(names) == 1 else 0, known_G].astype(np.float64)
    # One line with gaps instead of thirty: a third of the bytes.
    gap_N1 = np.full((len(single_NG), 1), np.nan)
    ax.plot(
        np.tile(np.append(place_G, np.nan), len(single_NG)),
        np.concatenate([single_NG, gap_N1], axis=1).ravel(),
        color=FAINT,
        alpha=0.32,
        lw=0.7,
        zorder=1,
    )
    for p, (name, (color, dash)) in enumerate(zip(names, LOOKS, strict=False)):
        ax.plot(place_G, dependence.mean_GP[known_G, p], dash, color=color, lw=2.2, label=label(name, 24))
    _draw_rug(scale, ax)
    _ticks(scale, ax)
    if known_G.all():
        return
    span = float(np.ptp(place_G)) or 1.0
    beside = float(place_G[-1]) + 0.09 * span
    for p, (color, _) in enumerate(LOOKS[: len(names)]):
        ax.plot([beside], [dependence.mean_GP[-1, p]], "D", color=color, markersize=5)
    ax.annotate(
        "missing",
        (beside, 0),
        xycoords=("data", "axes fraction"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        rotation=90,
        color=FAINT,
        fontsize=FONT - 1,
    )


def _draw_rug(scale: Scale, ax: Axes) -> None:
    """Draw where the rows lie: at each place a line as long as its share."""
    known_G = np.isfinite(scale.place_G)
    share_G = scale.share_G[known_G]
    if not share_G.max(initial=0.0) > 0:
        return
    place_3G = np.repeat(scale.place_G[known_G], 3)
    tall_G = RUG * np.sqrt(share_G / share_G.max())
    height_3G = np.stack([np.zeros_like(tall_G), tall_G, np.full_like(tall_G, np.nan)], axis=1).ravel()
    ax.plot(place_3G, height_3G, color=FAINT, lw=1.6, transform=ax.get_xaxis_transform(), zorder=0)


def _ticks(scale: Scale, ax: Axes) -> None:
    if scale.kind is Kind.DATE:
        ax.xaxis.set_major_locator(MaxNLocator(nbins=4))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda day, _: cell(day, Kind.DATE)))
        return
    known = scale.place_G[np.isfinite(scale.place_G)]
    is_whole = bool((known == np.round(known)).all())
    figured(ax.xaxis, is_whole=is_whole and bool(np.ptp(known) >= 2))


def _draw_levels(dependence: Dependence, names: Sequence[str], ax: Axes) -> None:
    order = level_order(dependence)
    place = np.arange(order.size)
    if len(names) == 1:
        ax.barh(place, dependence.mean_GP[order, 0], color=ACCENT, alpha=0.55, height=0.6)
        if dependence.single_NG.size:
            single_NG = dependence.single_NG[:, order].astype(np.float64)
            ax.hlines(place, *np.quantile(single_NG, [0.1, 0.9], axis=0), color=INK, lw=1.1)
    else:
        for p, (name, (color, _), mark) in enumerate(zip(names, LOOKS, "osD^", strict=False)):
            mean = dependence.mean_GP[order, p]
            ax.plot(mean, place, mark, color=color, markersize=5, label=label(name, 24))
    words = cell_names(dependence.scale)
    ax.set_yticks(place, [label(words[g], 22) for g in order])
    below = 0.0 if len(names) == 1 else 0.9 * len(names)  # room for the legend
    ax.set_ylim(order.size - 0.4 + below, -0.6)
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    ax.spines["left"].set_visible(False)


def level_order(dependence: Dependence) -> NDArray[np.int64]:
    """Return the places of the cells: levels by their mean prediction, the largest first."""
    if dependence.scale.kind is Kind.CATEGORY:
        return np.argsort(-dependence.mean_GP[:, 0], kind="stable")
    return np.arange(dependence.scale.place_G.size)


# ---- two columns together ----


def draw_surface(surface: Surface, ax: Axes, *, is_share: bool) -> None:
    """Draw the mean prediction for each pair of cells of two columns: shade by value, the value in it."""
    mean_GH = surface.mean_GH
    low, high = float(mean_GH.min()), float(mean_GH.max())
    digits = 0 if high - low > 0.03 else 1
    for g, h in np.ndindex(*mean_GH.shape):
        value = float(mean_GH[g, h])
        shade = 0.06 + 0.44 * (value - low) / ((high - low) or 1.0)
        patch = Rectangle((h - 0.5, g - 0.5), 1, 1, fc=ACCENT, alpha=shade, lw=0)
        patch.set_in_layout(False)
        ax.add_patch(patch)
        words = (
            percent(value, digits).replace("\u00a0", "") if is_share else number_tick(float(f"{value:.3g}"))
        )
        ax.text(h, g, words, ha="center", va="center", color=INK, fontsize=FONT - 1.5)
    first, second = surface.scales
    ax.set_xlim(-0.5, mean_GH.shape[1] - 0.5)
    ax.set_ylim(-0.5, mean_GH.shape[0] - 0.5)
    across = [label(name, 14) for name in cell_names(second)]
    turned = sum(len(name) for name in across) > 44
    ax.set_xticks(range(mean_GH.shape[1]), across, rotation=90 if turned else 0)
    ax.set_yticks(range(mean_GH.shape[0]), [label(name, 18) for name in cell_names(first)])
    ax.set_xlabel(label(second.column, 40))
    ax.set_ylabel(label(first.column, 32))
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)


# ---- what is left over ----


def draw_left_over(left: LeftOver, ax: Axes) -> None:
    """Draw truth minus prediction along a column: the median within the middle half and eight tenths."""
    if is_levels(left.scale):
        _left_over_levels(left, ax)
        return
    known_G = np.isfinite(left.scale.place_G) & (left.count_G > 0)
    place_G, error_GQ = left.scale.place_G[known_G], left.error_GQ[known_G]
    ax.axhline(0, color=SECOND, ls=":", lw=1.4, zorder=3)
    if place_G.size == 1:
        ax.errorbar(place_G, error_GQ[:, 2], yerr=_reach(error_GQ), color=ACCENT, fmt="o")
    else:
        ax.fill_between(place_G, error_GQ[:, 0], error_GQ[:, 4], color=ACCENT, alpha=0.16, lw=0)
        ax.fill_between(place_G, error_GQ[:, 1], error_GQ[:, 3], color=ACCENT, alpha=0.26, lw=0)
        ax.plot(place_G, error_GQ[:, 2], color=ACCENT, lw=1.8, marker="o", ms=3)
    _ticks(left.scale, ax)
    figured(ax.yaxis)
    ax.set_xlabel(label(left.scale.column, 40))
    ax.set_ylabel("truth − prediction")
    draw_grid(ax)


def _reach(error_GQ: Floats64) -> Floats64:
    return np.stack([error_GQ[:, 2] - error_GQ[:, 0], error_GQ[:, 4] - error_GQ[:, 2]])


def _left_over_levels(left: LeftOver, ax: Axes) -> None:
    names = cell_names(left.scale)
    seen = np.flatnonzero(left.count_G > 0)
    place = np.arange(seen.size)
    error_GQ = left.error_GQ[seen]
    ax.axvline(0, color=SECOND, ls=":", lw=1.4, zorder=3)
    ax.hlines(place, error_GQ[:, 0], error_GQ[:, 4], color=ACCENT, lw=1.2)
    ax.hlines(place, error_GQ[:, 1], error_GQ[:, 3], color=ACCENT, lw=5, alpha=0.4)
    ax.plot(error_GQ[:, 2], place, "o", color=ACCENT, ms=4.5)
    ax.set_yticks(place, [label(names[g], 22) for g in seen])
    ax.set_ylim(seen.size - 0.4, -0.6)
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    figured(ax.xaxis)
    ax.set_xlabel("truth − prediction")
    ax.spines["left"].set_visible(False)
    draw_grid(ax, "x")

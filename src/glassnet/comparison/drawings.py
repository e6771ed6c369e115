"""The pictures of a comparison: figures with intervals, distances from the best, curves over one another.

Shapes: E epochs, K members.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, Locator, LogLocator, MaxNLocator, NullFormatter

from glassnet.comparison.told import NAME, gap_between, signed
from glassnet.comparison.values import Measured, Run, ranked
from glassnet.prepare.values import Floats64
from glassnet.report.canvas import (
    ACCENT,
    FAINT,
    FONT,
    INK,
    SECOND,
    STEPS,
    draw_grid,
    figured,
    label,
    number_tick,
    write_above,
)
from glassnet.report.words import SHARES, figure, metric_name, short

DASHES: Final[tuple[Any, ...]] = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)), (0, (3, 1, 1, 1, 1, 1)))
# Twenty looks, so that colour never tells two runs apart alone until there are more than five.
LOOKS: Final = tuple(
    (color, DASHES[(d + c) % 5])
    for d, (c, color) in product(range(5), enumerate((ACCENT, SECOND, INK, FAINT)))
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """One run's line."""

    name: str
    x: Floats64
    y: Floats64


# ---- figures ----


def draw_scores(measured: Measured, runs: tuple[Run, ...], ax: Axes) -> None:
    """Draw every run's figure with its 95 % interval, the best above."""
    order = ranked(measured, runs)
    for place, (_, score) in enumerate(order):
        color = ACCENT if place == 0 else INK
        if math.isfinite(score.low):
            ax.plot([score.low, score.high], [place, place], color=color, lw=4, alpha=0.3)
        ax.plot([score.value], [place], "o", color=color, markersize=6)
        _write(ax, figure(measured.metric, score.value), (score.value, place), is_bold=place == 0)
    _name_places(ax, [run.name for run, _ in order])
    better = "further right is better" if measured.larger_is_better else "further left is better"
    ax.set_xlabel(f"{metric_name(measured.metric)}, {better}")
    _scale(ax, measured.metric)


def draw_gaps(measured: Measured, runs: tuple[Run, ...], ax: Axes) -> None:
    """Draw how far every run lies from the best one, with the 95 % interval of the difference."""
    order = ranked(measured, runs)
    best = order[0][0].name
    ax.axvline(0, color=FAINT, lw=1.2, ls=":")
    for place, (run, _) in enumerate(order[1:]):
        gap = gap_between(measured, run.name, best)
        if gap is None or not math.isfinite(gap.difference):
            continue
        is_noise = gap.verdict in ("noise", "equal", "unknown")
        color = FAINT if is_noise else SECOND
        if math.isfinite(gap.low):
            ax.plot([gap.low, gap.high], [place, place], color=color, lw=4, alpha=0.35)
        # Hollow: no more than noise. Shape says what colour says.
        ax.plot([gap.difference], [place], "o", color=color, mfc="none" if is_noise else color, markersize=6)
        said = signed(measured.metric, gap.difference)
        _write(
            ax,
            f"{said}{', noise' if gap.verdict == 'noise' else ''}",
            (gap.difference, place),
            is_bold=not is_noise,
        )
    _name_places(ax, [run.name for run, _ in order[1:]])
    points = ", percentage points" if measured.metric in SHARES else ""
    ax.set_xlabel(f"{metric_name(measured.metric)} beside {label(best, NAME)}{points}")
    scale = 100 if measured.metric in SHARES else 1
    figured(ax.xaxis)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number_tick(scale * value)))
    ax.margins(x=0.18)
    draw_grid(ax, "x")


def _write(ax: Axes, words: str, place: tuple[float, float], *, is_bold: bool) -> None:
    write_above(ax, words, place, is_bold=is_bold, gap=7, size=FONT - 0.5)


def _name_places(ax: Axes, names: list[str]) -> None:
    ax.set_yticks(range(len(names)), [label(name, NAME) for name in names])
    ax.set_ylim(len(names) - 0.5, -0.8)
    ax.tick_params(axis="y", length=0, labelcolor=INK, labelsize=FONT)
    ax.spines["left"].set_visible(False)


def _scale(ax: Axes, metric: str) -> None:
    ax.margins(x=0.15)
    figured(ax.xaxis, is_share=metric in SHARES)
    draw_grid(ax, "x")


# ---- curves ----


def loss_curves(
    runs: tuple[Run, ...], which: str, *, by: str = "epoch", relative: bool = False
) -> list[Curve]:
    """Return each run's mean loss over its members, by epoch or seconds; `which`: training or validation.

    Runs without such losses are left out. `relative` divides each by the size of its first.
    """
    found = []
    for run in runs:
        history = run.fitted.trained.history
        loss_EK = history.training_loss_EK if which == "training" else history.validation_loss_EK
        y = mean_of(loss_EK)
        epoch_E = np.arange(1, history.epochs + 1).astype(np.float64)
        x: Floats64 = history.seconds_E if by == "seconds" else epoch_E
        known = np.isfinite(y)
        if not known.any():
            continue
        x, y = x[known], y[known]
        if relative and y[0] != 0:
            y = y / abs(y[0])
        found.append(Curve(name=run.name, x=x, y=y))
    return found


def metric_curves(runs: tuple[Run, ...]) -> list[Curve]:
    """Return each run's metric on validation rows by epoch; runs without one are left out."""
    found = []
    for run in runs:
        metric_E = run.fitted.trained.history.metric_E
        known = np.isfinite(metric_E)
        if known.any():
            found.append(
                Curve(name=run.name, x=(np.flatnonzero(known) + 1).astype(np.float64), y=metric_E[known])
            )
    return found


def mean_of(loss_EK: Floats64) -> Floats64:
    """Return each epoch's mean over the members that have one, `(E,)`; NaN where none has."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Mean of empty slice", category=RuntimeWarning)
        mean_E: Floats64 = np.nanmean(np.where(np.isfinite(loss_EK), loss_EK, np.nan), axis=1)
    return mean_E


def draw_curves(curves: list[Curve], names: list[str], ax: Axes, *, log: bool = False) -> None:
    """Draw the curves over one another; a run has the same colour and dashes in every picture.

    `names` are those of all runs, in their order.
    """
    for curve in curves:
        color, dash = LOOKS[names.index(curve.name) % len(LOOKS)]
        mark = "o" if curve.x.size == 1 else ""
        ax.plot(curve.x, curve.y, color=color, ls=dash, lw=1.7, marker=mark, label=label(curve.name, NAME))
    every: Floats64 = np.concatenate([curve.y for curve in curves])
    if log:
        ax.set_yscale("log")
        ax.yaxis.set_major_locator(_log_places(float(every.max() / every.min())))
        ax.yaxis.set_minor_formatter(NullFormatter())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number_tick(value)))
    draw_grid(ax)
    whole = ax.figure
    assert isinstance(whole, Figure), "a picture is a whole figure"
    columns = 1 if max(len(short(name, NAME)) for name in names) > 18 else 2
    whole.legend(
        loc="outside lower left",
        ncols=columns,
        frameon=False,
        fontsize=FONT - 0.5,
        labelcolor=INK,
        handlelength=3.2,
    )


def _log_places(ratio: float) -> Locator:
    """Return where a logarithmic axis has figures: powers of ten alone would often be one or none."""
    if ratio < 8:
        return MaxNLocator(nbins=6, steps=list(STEPS))
    return LogLocator(subs=(1.0, 2.0, 5.0) if ratio < 2e3 else (1.0,))

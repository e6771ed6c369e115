"""The drawings, each on the matplotlib axes it is given: the report's pictures and those of `Model.plot_...`.

Colours are those of the page's light scheme; `pictures` turns them into the page's variables.

Shapes: E epochs, K members, S steps, R rows, C classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter
from numpy.typing import NDArray

from glassnet.evaluate.values import Importance, Score
from glassnet.prepare.values import Floats64
from glassnet.report.canvas import (
    ACCENT,
    FAINT,
    FONT,
    INK,
    SECOND,
    draw_grid,
    draw_legend,
    label,
    number_tick,
    share_tick,
)
from glassnet.report.canvas import new_axes as new_axes
from glassnet.report.curves import Bin, reliability, roc_curve
from glassnet.report.gradients import check_layer as check_layer
from glassnet.report.gradients import draw_gradients as draw_gradients
from glassnet.report.words import SHARES, figure, metric_name, percent, plain, told_apart
from glassnet.train import History, Trained

STEPS_SHOWN: Final = 1200  # points of single batches
POINTS_SHOWN: Final = 2000  # rows of a scatter plot
CELLS_NAMED: Final = 20  # classes up to which a confusion matrix carries figures
BARS: Final = 20


# ---- at a glance ----


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


# ---- training ----


def draw_loss(trained: Trained, ax: Axes, *, log: bool = False) -> None:
    """Draw the loss of each epoch, training and validation, with every batch's loss faint behind it.

    Several members are drawn as their mean within the band from the lowest to the highest.
    """
    history = trained.history
    _draw_steps(history, ax)
    epoch_E = np.arange(1, history.epochs + 1)
    _draw_band(ax, epoch_E, history.training_loss_EK, (ACCENT, "-"), "training")
    shown = history.training_loss_EK
    if np.isfinite(history.validation_loss_EK).any():
        _draw_band(ax, epoch_E, history.validation_loss_EK, (SECOND, "--"), "validation")
        _mark_best(trained, ax)
        shown = np.concatenate([shown, history.validation_loss_EK])
    _loss_limits(history, shown, ax, log=log)
    ax.set_xlabel("epoch")
    ax.set_ylabel("loss, logarithmic" if log else "loss")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=7))
    draw_grid(ax)
    # A falling loss leaves the upper right free; on a logarithmic scale the lower left.
    draw_legend(ax, "lower left" if log else "upper right")


def _draw_steps(history: History, ax: Axes) -> None:
    """Draw the steps' losses as faint dots, thinned evenly, each at its place within its epoch."""
    steps = history.step_loss_SK.shape[0]
    if steps <= history.epochs:  # one step an epoch: the line itself shows them all
        return
    every = max(1, -(-steps // STEPS_SHOWN))
    place_S = np.arange(0, steps, every)
    epoch_S = (place_S * history.step_stride + 1) / history.steps_per_epoch
    loss_S = np.nanmean(
        np.where(np.isfinite(history.step_loss_SK), history.step_loss_SK, np.nan)[place_S], axis=1
    )
    ax.plot(
        epoch_S + 0.5,
        loss_S,
        ".",
        color=FAINT,
        alpha=0.5,
        markersize=3.2,
        mew=0,
        label="single batches",
        zorder=1,
    )


def _draw_band(
    ax: Axes, epoch_E: NDArray[np.int64], loss_EK: Floats64, look: tuple[str, str], name: str
) -> None:
    known_EK = np.where(np.isfinite(loss_EK), loss_EK, np.nan)
    seen_E = np.isfinite(known_EK).any(axis=1)
    if not seen_E.any():
        return
    epoch_E, known_EK = epoch_E[seen_E], known_EK[seen_E]
    marker = "o" if epoch_E.size == 1 else ""
    ax.plot(epoch_E, np.nanmean(known_EK, axis=1), look[1], color=look[0], lw=1.8, marker=marker, label=name)
    if known_EK.shape[1] > 1:
        low_E, high_E = np.nanmin(known_EK, axis=1), np.nanmax(known_EK, axis=1)
        ax.fill_between(epoch_E, low_E, high_E, color=look[0], alpha=0.18, lw=0)


def _mark_best(trained: Trained, ax: Axes) -> None:
    """Mark each member's best epoch with a ring on its validation loss."""
    loss_EK = trained.history.validation_loss_EK
    best = [(epoch, loss_EK[epoch - 1, k]) for k, epoch in enumerate(trained.best_epoch_K) if epoch > 0]
    if best:
        x, y = zip(*best, strict=True)
        name = "best epoch" if len(best) == 1 else "best epochs"
        ax.plot(x, y, "o", color=SECOND, mfc="none", mec=SECOND, mew=1.6, markersize=7, label=name, zorder=4)


def _loss_limits(history: History, shown: Floats64, ax: Axes, *, log: bool) -> None:
    """Set the limits by the lines and by the bulk of the single batches: one wild batch hides no curve."""
    steps = history.step_loss_SK[np.isfinite(history.step_loss_SK)]
    bulk = np.quantile(steps, [0.01, 0.99]) if steps.size > history.epochs else np.zeros(0)
    every = np.concatenate([shown[np.isfinite(shown)], bulk])
    if not every.size:
        return
    low, high = float(every.min()), float(every.max())
    if log and low > 0:
        ax.set_yscale("log")
        # Within some three decades each has its 1, 2 and 5; beyond, figures would run into each other.
        marks = (1.0, 2.0, 5.0) if high / low < 2e3 else (1.0,)
        ax.yaxis.set_major_locator(LogLocator(subs=marks if high / low > 8 else tuple(range(1, 10))))
        ax.yaxis.set_major_formatter(FuncFormatter(number_tick))
        ax.yaxis.set_minor_formatter(NullFormatter())
        ax.set_ylim(low / 1.1, high * 1.1)
    else:
        air = 0.06 * (high - low) or max(abs(high), 1.0) * 0.05
        ax.set_ylim(low - air, high + air)


def draw_metric(history: History, name: str, ax: Axes, *, is_share: bool) -> None:
    """Draw the metric on validation rows, epoch by epoch."""
    ax.plot(np.arange(1, history.epochs + 1), history.metric_E, color=SECOND, lw=1.8, ls="--")
    ax.set_xlabel("epoch")
    ax.set_ylabel(f"{name}, validation")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=7))
    ax.yaxis.set_major_formatter(FuncFormatter(share_tick if is_share else number_tick))
    draw_grid(ax)


# ---- classes ----


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


def draw_roc(is_positive_R: NDArray[np.bool_], share_R: Floats64, weight_R: Floats64, ax: Axes) -> None:
    """Draw the share found against the share of false alarms, with the place of threshold 0.5."""
    curve = roc_curve(is_positive_R, share_R, weight_R)
    ax.plot([0, 1], [0, 1], ":", color=FAINT, lw=1.2, label="guessing")
    ax.plot(curve.alarm, curve.found, color=ACCENT, lw=1.8, label="network")
    alarm, found = curve.at(0.5)
    ax.plot([alarm], [found], "o", color=SECOND, markersize=6, label="threshold 50 %")
    _shares(ax)
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
    _shares(ax)
    ax.set_xlabel("probability given")
    ax.set_ylabel("share that was true")
    draw_legend(ax, "upper left")


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


def _shares(ax: Axes) -> None:
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.02, 1.02)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(FuncFormatter(share_tick))
    draw_grid(ax, "both")


# ---- numbers ----


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
        size, alpha = (4.5, 0.6) if x_R.size <= 300 else (3.2, 0.4)
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
        axis.set_major_locator(MaxNLocator(nbins=5))
        axis.set_major_formatter(FuncFormatter(number_tick))
    draw_grid(ax, "both")


# ---- columns ----


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

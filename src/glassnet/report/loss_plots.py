"""Drawings about training: losses, the metric on validation rows, the learning rate, the speed.

Shapes: E epochs, K members, S steps.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from numpy.typing import NDArray

from glassnet.prepare.values import Floats64
from glassnet.report.canvas import (
    ACCENT,
    FAINT,
    SECOND,
    draw_grid,
    draw_legend,
    emptier,
    figured,
    number_tick,
)
from glassnet.schedule import rate_factor
from glassnet.settings import Training
from glassnet.train import History, Trained

STEPS_SHOWN: Final = 1200  # points of single batches
RATES_SHOWN: Final = 240  # steps whose learning rate is drawn
WINDOWS: Final = 60  # pieces of the run whose speed is drawn
SHORTEST: Final = 40  # a piece takes this part of the time at least


def draw_loss(trained: Trained, ax: Axes, *, log: bool = False) -> None:
    """Draw the loss of each epoch, training and validation, with every batch's loss faint behind it.

    Several members are drawn as their mean within the band from the lowest to the highest.
    """
    history = trained.history
    _draw_steps(history, ax)
    epoch_E = np.arange(1, history.epochs + 1)
    _draw_band(ax, epoch_E, history.training_loss_EK, (ACCENT, "-"), "training")
    shown = history.training_loss_EK
    if history.has_validation:
        _draw_band(ax, epoch_E, history.validation_loss_EK, (SECOND, "--"), "validation")
        _mark_best(trained, ax)
        shown = np.concatenate([shown, history.validation_loss_EK])
    _loss_limits(history, shown, ax, log=log)
    ax.set_xlabel("epoch")
    ax.set_ylabel("loss, logarithmic" if log else "loss")
    figured(ax.xaxis, 7, is_whole=True)
    draw_grid(ax)
    # A falling loss leaves the upper right free; on a logarithmic scale mostly the lower left.
    draw_legend(ax, emptier(ax, ("lower left", "upper right") if log else ("upper right", "lower left")))


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
    """Mark each member's best epoch with a ring on its validation loss; one that all share, on the mean."""
    loss_EK = trained.history.validation_loss_EK
    best = [(epoch, loss_EK[epoch - 1, k]) for k, epoch in enumerate(trained.best_epoch_K) if epoch > 0]
    if best:
        x, y = zip(*best, strict=True)
        if len(set(x)) == 1:
            best = [(x[0], float(np.mean(y)))]
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
        close = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0) if high / low > 3 else tuple(range(1, 10))
        ax.yaxis.set_major_locator(LogLocator(subs=marks if high / low > 8 else close))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number_tick(value)))
        ax.yaxis.set_minor_formatter(NullFormatter())
        ax.set_ylim(low / 1.1, high * 1.1)
    else:
        air = 0.06 * (high - low) or max(abs(high), 1.0) * 0.05
        ax.set_ylim(low - air, high + air)


def draw_metric(history: History, name: str, ax: Axes, *, is_share: bool, kept: int = 0) -> None:
    """Draw the metric on validation rows, epoch by epoch, with a ring at the epoch kept, if it is one."""
    ax.plot(np.arange(1, history.epochs + 1), history.metric_E, color=SECOND, lw=1.8, ls="--")
    if kept:
        ax.plot([kept], [history.metric_E[kept - 1]], "o", mfc="none", mec=SECOND, mew=1.6, ms=7, zorder=4)
    ax.set_xlabel("epoch")
    ax.set_ylabel(f"{name}, validation")
    figured(ax.xaxis, 7, is_whole=True)
    figured(ax.yaxis, is_share=is_share)
    draw_grid(ax)


def _along_epochs(ax: Axes, what: str) -> None:
    """Name the axes of a number along the epochs."""
    ax.set_xlabel("epoch")
    ax.set_ylabel(what)
    figured(ax.xaxis, 7, is_whole=True)
    figured(ax.yaxis)
    draw_grid(ax)


def rates_of(history: History, training: Training) -> tuple[Floats64, Floats64]:
    """Return epochs and the learning rate then, `(R,)` each, over the steps that were taken."""
    steps = history.epochs * history.steps_per_epoch
    whole = training.epochs * history.steps_per_epoch
    step_R = np.unique(np.linspace(0, steps - 1, min(steps, RATES_SHOWN)).round().astype(np.int64))
    factors = [rate_factor(training.schedule, training.warmup, int(step), whole) for step in step_R]
    return (step_R + 1) / history.steps_per_epoch, training.learning_rate * np.array(factors)


def draw_learning_rate(history: History, training: Training, ax: Axes) -> None:
    """Draw the learning rate of each step along the epochs."""
    epoch_R, rate_R = rates_of(history, training)
    ax.plot(epoch_R, rate_R, color=ACCENT, lw=1.8)
    ax.set_ylim(0, 1.08 * float(rate_R.max()))
    _along_epochs(ax, "learning rate")


def speeds_of(trained: Trained) -> tuple[Floats64, Floats64, Floats64]:
    """Return epochs, the seconds until then and the rows per second since the last, `(R,)` each.

    A piece takes a fortieth of the time at least: the clock is looked at too seldom to time shorter ones.
    """
    seconds_E = trained.history.seconds_E
    epochs = seconds_E.size
    chosen = np.unique(np.linspace(1, epochs, min(epochs, WINDOWS)).round().astype(np.int64))
    seconds_R = seconds_E[chosen - 1]
    ends = _ends(seconds_R)
    chosen, seconds_R = chosen[ends], seconds_R[ends]
    took_R, many_R = np.diff(seconds_R, prepend=0.0), np.diff(chosen, prepend=0)
    rows = trained.rows_per_second * trained.seconds / max(epochs, 1)  # of an epoch, all members
    return chosen.astype(np.float64), seconds_R, rows * many_R / np.maximum(took_R, 1e-9)


def _ends(seconds_R: Floats64) -> list[int]:
    """Return where pieces end that are long enough to be timed; a short rest joins the last one."""
    least = float(seconds_R[-1]) / SHORTEST
    ends, since = [], 0.0
    for place, now in enumerate(seconds_R.tolist()):
        if now - since >= least > 0:
            ends.append(place)
            since = now
    return [*ends[:-1], seconds_R.size - 1] if ends else [seconds_R.size - 1]


def draw_speed(trained: Trained, ax: Axes) -> None:
    """Draw rows per second along the epochs: how steadily the machine worked."""
    epoch_R, _, speed_R = speeds_of(trained)
    epoch_R, speed_R = np.append(0.0, epoch_R), np.append(speed_R[0], speed_R)  # the first from its start
    ax.plot(
        epoch_R, speed_R, color=ACCENT, lw=1.8, drawstyle="steps-pre", marker="o" if epoch_R.size < 4 else ""
    )
    ax.axhline(trained.rows_per_second, color=FAINT, ls=":", lw=1.2)
    ax.set_ylim(0, 1.1 * float(speed_R.max()))
    _along_epochs(ax, "rows per second")

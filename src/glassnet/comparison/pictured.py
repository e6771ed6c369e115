"""The pictures of a comparison with the words and tables that say the same."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes

from glassnet.comparison.drawings import (
    Curve,
    draw_curves,
    draw_gaps,
    draw_scores,
    loss_curves,
    metric_curves,
)
from glassnet.comparison.told import NAME, are_losses_alike, biggest_gap, gap_said
from glassnet.comparison.values import Measured, Run, ranked
from glassnet.report import canvas
from glassnet.report.canvas import figured
from glassnet.report.pictures import Picture, picture
from glassnet.report.plots import thinned
from glassnet.report.words import SHARES, count, figure, metric_name, number, several, short

ROWS_SHOWN: Final = 40  # epochs listed in a table; more are thinned


def _axes_for(lines: int) -> Axes:
    return canvas.new_axes((4.6, 0.9 + 0.36 * max(lines, 2)))


def scores_picture(measured: Measured, runs: tuple[Run, ...]) -> Picture:
    """Return the runs' figures of a metric with their intervals."""
    order = ranked(measured, runs)
    axes = _axes_for(len(order))
    draw_scores(measured, runs, axes)
    name = metric_name(measured.metric)
    rows = [
        (run.name, *(figure(measured.metric, one) for one in (score.value, score.low, score.high)))
        for run, score in order
    ]
    says = f"Each run's {name} with its 95 % interval, the best above."
    words = ("scores", f"{name[0].upper()}{name[1:]}", says)
    return picture(axes, words, ("run", name, "from", "to"), rows, numbers=(1, 2, 3))


def gaps_picture(measured: Measured, runs: tuple[Run, ...]) -> Picture:
    """Return how far each run lies from the best one."""
    order = ranked(measured, runs)
    best = order[0][0].name
    axes = _axes_for(len(order) - 1)
    draw_gaps(measured, runs, axes)
    rows = [(run.name, *gap_said(measured, run.name, best)) for run, _ in order[1:]]
    head = ("run", f"beside {short(best, NAME)}", "95 % interval", "p", "verdict")
    words = ("gaps", "Distance from the best", biggest_gap(measured, runs))
    return picture(axes, words, head, rows, numbers=(1, 2, 3))


# ---- how they learned ----


def learning_pictures(runs: tuple[Run, ...]) -> list[Picture]:
    """Return the curves of all runs over one another: losses by epoch and by time, and the metric."""
    found = []
    for which in ("validation", "training"):
        shown = tuple(run for run in runs if loss_curves((run,), which))
        if not shown:
            continue
        relative = not are_losses_alike(shown)
        curves = loss_curves(runs, which, relative=relative)
        found.append(_curves(curves, runs, (which, "epoch", "linear"), relative=relative))
        if min(float(curve.y.min()) for curve in curves) > 0:
            found.append(_curves(curves, runs, (which, "epoch", "log"), relative=relative))
        timed = loss_curves(runs, which, by="seconds", relative=relative)
        found.append(_curves(timed, runs, (which, "seconds", "linear"), relative=relative))
    asked = {_watched(run) for run in runs}
    if len(asked) == 1 and metric_curves(runs):
        found.append(_metric(runs, asked.pop()))
    return found


def _watched(run: Run) -> str:
    """Return the metric that a run was watched by."""
    scores = run.fitted.evaluation.scores
    return scores[0].metric if scores else ""


def _curves(
    curves: list[Curve], runs: tuple[Run, ...], what: tuple[str, str, str], *, relative: bool
) -> Picture:
    which, by, scale = what
    axes = canvas.new_axes((4.6, 3.0 + 0.1 * len(curves)))
    draw_curves(curves, [run.name for run in runs], axes, log=scale == "log")
    unit = " as a share of the first epoch's" if relative else ""
    axes.set_xlabel(by)
    figured(axes.xaxis, 7, is_whole=by == "epoch")
    axes.set_ylabel(
        f"{which} loss{' / first' if relative else ''}{', logarithmic' if scale == 'log' else ''}"
    )
    last = min(curves, key=lambda curve: float(curve.y.min()))
    says = (
        f"Mean loss of the {which} rows{unit}, by {'epoch' if by == 'epoch' else 'seconds since the start'}."
        f" The lowest is {number(float(last.y.min()))} of ‘{short(last.name, NAME)}’, after"
        f" {_after(last, by)}."
    )
    left = [run.name for run in runs if run.name not in [curve.name for curve in curves]]
    says += f" Without {which} rows: {', '.join(left)}." if left else ""
    if scale == "log":
        says = "The same losses, where late and small progress can be seen."
    title = f"{which.capitalize()} loss" + (
        " against time"
        if by == "seconds"
        else " on a logarithmic scale"
        if scale == "log"
        else ", epoch by epoch"
    )
    return _curve_picture(axes, (f"{which}-{by}-{scale}", title, says), curves, by)


def _after(curve: Curve, by: str) -> str:
    x = float(curve.x[int(np.argmin(curve.y))])
    return f"{x:.1f} s" if by == "seconds" else several(round(x), "epoch")


def _curve_picture(axes: Axes, words: tuple[str, str, str], curves: list[Curve], by: str) -> Picture:
    """Return the picture with its table: one row per epoch and a column per run, or each run's own times."""
    if by == "seconds":
        head: tuple[str, ...] = ("run", "seconds", "loss")
        rows = [
            (curve.name, number(float(curve.x[e]), 3), number(float(curve.y[e]), 5))
            for curve in curves
            for e in thinned(curve.x.size, max(ROWS_SHOWN // len(curves), 5))
        ]
        return picture(axes, words, head, rows, numbers=(1, 2))
    longest = int(max(curve.x[-1] for curve in curves))
    by_epoch = [dict(zip(curve.x.astype(int).tolist(), curve.y.tolist(), strict=True)) for curve in curves]
    rows_by_epoch = [
        (count(int(e) + 1), *(number(known.get(int(e) + 1, float("nan")), 5) for known in by_epoch))
        for e in thinned(longest, ROWS_SHOWN)
    ]
    head = ("epoch", *(short(curve.name, NAME) for curve in curves))
    return picture(axes, words, head, rows_by_epoch, numbers=range(1, len(head)))


def _metric(runs: tuple[Run, ...], metric: str) -> Picture:
    curves = metric_curves(runs)
    axes = canvas.new_axes((4.6, 3.0 + 0.1 * len(curves)))
    draw_curves(curves, [run.name for run in runs], axes)
    name = metric_name(metric)
    axes.set_xlabel("epoch")
    figured(axes.xaxis, 7, is_whole=True)
    figured(axes.yaxis, is_share=metric in SHARES)
    axes.set_ylabel(f"{name}, validation")
    words = ("metric", f"{name[0].upper()}{name[1:]}, epoch by epoch", f"The {name} of the validation rows.")
    return _curve_picture(axes, words, curves, "epoch")

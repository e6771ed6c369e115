"""The part about training: how the loss fell, which epoch was kept, why it stopped.

Shapes: E epochs, K members.
"""

from __future__ import annotations

import math
import re
from typing import Final

import numpy as np

from glassnet.metric import METRICS, choose_metrics
from glassnet.pipeline import Fitted
from glassnet.prepare.values import Floats64
from glassnet.report import canvas, plots, words
from glassnet.report.loss_plots import rates_of, speeds_of
from glassnet.report.markup import Child, Html, facts, paragraph, section
from glassnet.report.pictures import Picture, figure, grid, picture
from glassnet.report.words import (
    SHARES,
    brief,
    count,
    metric_name,
    number,
    percent,
    rounded,
    seconds,
    series,
    several,
)
from glassnet.settings import Recipe
from glassnet.train import Trained

TIMED: Final = 1.0  # seconds of training from which on a picture of its speed says something
LONG_COUNT: Final = re.compile(r"\b\d{4,}\b")  # written with separators elsewhere on the page
ROWS_SHOWN: Final = 40  # epochs listed in a table; more are thinned


def training(fitted: Fitted) -> Html:
    """Return the part about training."""
    trained = fitted.trained
    if not trained.history.epochs:
        return section("training", "Training", paragraph(f"No epoch was finished: {why_stopped(trained)}."))
    pictures = [figure(one) for one in _pictures(fitted)]
    return section("training", "Training", paragraph(story(fitted)), grid([*pictures, _facts(fitted)]))


def story(fitted: Fitted) -> str:
    """Return in words how the loss went, where it ended and what chose the epoch."""
    trained = fitted.trained
    history = trained.history
    first, last = (float(np.nanmean(history.training_loss_EK[e])) for e in (0, -1))
    went = f"the training loss went from {brief(first)} to {brief(last)}"
    said = f"In {several(history.epochs, 'epoch')} {went}. Training ended because {why_stopped(trained)}."
    if not trained.history.has_validation:
        return f"{said} There are no validation rows to choose an epoch by, so the last one is kept."
    best = kept_epochs(trained)
    which = f"epoch {best[0]}" if len(best) == 1 else f"epochs {best[0]} to {best[-1]}, one for each member,"
    return f"{said} The network of {which} is kept: there {chosen_by(fitted.recipe)}.{_team(fitted.recipe)}"


def why_stopped(trained: Trained) -> str:
    """Return why training ended, as it stands behind "because"."""
    stopped = LONG_COUNT.sub(lambda found: count(int(found.group())), trained.stopped)
    return f"{'there was ' if stopped.startswith('no improvement') else ''}{stopped}"


def chosen_by(recipe: Recipe) -> str:
    """Return what was best on the validation rows in the epoch that is kept."""
    if recipe.training.metric != "auto":
        return f"the {metric_name(words.named(recipe.training.metric))} on validation rows was best"
    if recipe.training.epoch_by == "refined":
        return "the loss of the members' mean answer, once calibrated, was lowest on validation rows"
    if recipe.architecture.sharing != "none":
        return "the loss of the members' mean answer was lowest on validation rows"
    return "the validation loss was lowest"


def _team(recipe: Recipe) -> str:
    """Return what it means that members share layers; nothing where each is a network of its own."""
    members = recipe.architecture.members
    if recipe.architecture.sharing == "none" or members == 1:
        return ""
    teams = f", in {count(recipe.folds)} teams that hold out one fold each" if recipe.folds else ""
    return (
        f" Its {count(members)} members learn together and share their layers{teams}: each looks at the"
        " columns on scales of its own and has its own last layer, and the answer is the mean of all."
    )


def _facts(fitted: Fitted) -> Html:
    trained = fitted.trained
    training = fitted.recipe.training
    pairs: list[tuple[Child, Child]] = [
        ("time", seconds(trained.seconds)),
        ("rows per second", rounded(trained.rows_per_second)),
        ("members side by side", _members(fitted.recipe, len(trained.best_epoch_K))),
        ("learning rate", f"{training.learning_rate:g}, {training.schedule}"),
        ("rows in a batch", count(training.batch_size) if training.batch_size else "all"),
        ("steps in an epoch", count(trained.history.steps_per_epoch)),
        ("engine", fitted.facts.engine),
    ]
    if trained.failed:
        pairs.append(("left out or cut short", series([f"member {k + 1}" for k in trained.failed])))
    return facts(pairs)


def _members(recipe: Recipe, members: int) -> str:
    is_team = members > 1 and recipe.architecture.sharing != "none"
    return f"{count(members)}, sharing layers" if is_team else count(members)


def _pictures(fitted: Fitted) -> list[Picture]:
    trained = fitted.trained
    found = [_loss(trained, log=False)]
    loss = trained.history.training_loss_EK
    finite = loss[np.isfinite(loss)]
    if finite.size and finite.min() > 0 and trained.history.epochs > 2:
        found.append(_loss(trained, log=True))
    if np.isfinite(trained.history.metric_E).sum() > 1:
        found.append(_metric(fitted))
    training = fitted.recipe.training
    if trained.history.epochs > 1 and (training.schedule != "constant" or training.warmup > 0):
        found.append(_rate(fitted))
    if (
        trained.seconds >= TIMED
        and trained.history.epochs > 2
        and np.isfinite(trained.history.seconds_E).all()
    ):
        found.append(_speed(trained))
    return found


def _rate(fitted: Fitted) -> Picture:
    history, training = fitted.trained.history, fitted.recipe.training
    axes = canvas.new_axes()
    plots.draw_learning_rate(history, training, axes)
    epoch_R, rate_R = rates_of(history, training)
    top = int(np.argmax(rate_R))
    says = (
        f"Schedule {training.schedule}{_warmed(training.warmup)}: highest {brief(float(rate_R[top]), 3)} in"
        f" epoch {math.ceil(epoch_R[top])}, {_last(float(rate_R[-1]), float(rate_R[top]))} at the end."
    )
    rows = [
        (number(float(epoch_R[r]), 3), number(float(rate_R[r]), 4))
        for r in plots.thinned(epoch_R.size, ROWS_SHOWN)
    ]
    return picture(axes, ("rate", "Learning rate", says), ("epoch", "learning rate"), rows, numbers=(0, 1))


def _last(rate: float, highest: float) -> str:
    return "next to 0" if rate < 0.01 * highest else brief(rate, 3)


def _warmed(warmup: float) -> str:
    return f" after a rise over the first {percent(warmup, 0)}" if warmup > 0 else ""


def _speed(trained: Trained) -> Picture:
    axes = canvas.new_axes()
    plots.draw_speed(trained, axes)
    epoch_R, seconds_R, speed_R = speeds_of(trained)
    looks = ", the looks at validation rows included" if trained.history.has_validation else ""
    says = (
        f"{rounded(trained.rows_per_second)} rows per second on the whole (dotted){looks};"
        f" {seconds(trained.seconds)} in all."
    )
    rows = [
        (count(round(epoch)), seconds(when), rounded(speed))
        for epoch, when, speed in zip(epoch_R.tolist(), seconds_R.tolist(), speed_R.tolist(), strict=True)
    ]
    head = ("until epoch", "after", "rows per second")
    return picture(axes, ("speed", "Time and speed", says), head, rows, numbers=(0, 1, 2))


def _loss(trained: Trained, *, log: bool) -> Picture:
    axes = canvas.new_axes()
    plots.draw_loss(trained, axes, log=log)
    title = "Loss on a logarithmic scale" if log else "Loss, epoch by epoch"
    says = "the same losses, where late and small progress can be seen" if log else _loss_says(trained)
    head, rows = _loss_rows(trained)
    said = ("loss-log" if log else "loss", title, f"{says[0].upper()}{says[1:]}.")
    return picture(axes, said, head, rows, numbers=range(1, len(head)))


def _loss_says(trained: Trained) -> str:
    history = trained.history
    parts = ["solid: training rows"]
    if trained.history.has_validation:
        rings = "a ring marks each member's" if len(kept_epochs(trained)) > 1 else "the ring marks the"
        parts.append(f"dashed: validation rows, {rings} best epoch")
    if history.step_loss_SK.shape[0] > history.epochs:
        parts.append("dots: single batches")
    if history.training_loss_EK.shape[1] > 1:
        parts.append("shaded: from the best to the worst member")
    return "; ".join(parts)


def kept_epochs(trained: Trained) -> list[int]:
    """Return the epochs that members were kept of, each once, in order."""
    return sorted({epoch for epoch in trained.best_epoch_K if epoch})


def _loss_rows(trained: Trained) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return the head and rows of the table of losses, thinned evenly, best epochs among them."""
    history = trained.history
    best = {epoch - 1 for epoch in trained.best_epoch_K if epoch}
    chosen = sorted({int(e) for e in plots.thinned(history.epochs, ROWS_SHOWN)} | best)
    has_validation = trained.history.has_validation
    columns = [history.training_loss_EK] + ([history.validation_loss_EK] if has_validation else [])
    head = ["epoch", "training loss"] + (["validation loss"] if has_validation else []) + ["seconds"]
    rows = []
    for e in chosen:
        means = (number(_mean(loss_EK[e]), 5) for loss_EK in columns)
        mark = " (best)" if e in best and has_validation else ""
        rows.append((f"{e + 1}{mark}", *means, number(float(history.seconds_E[e]), 3)))
    return tuple(head), rows


def _mean(loss_K: Floats64) -> float:
    known = loss_K[np.isfinite(loss_K)]
    return float(known.mean()) if known.size else float("nan")


def _metric(fitted: Fitted) -> Picture:
    history = fitted.trained.history
    metric = choose_metrics(fitted.recipe.training.metric, fitted.schema.task)[0].name
    axes = canvas.new_axes()
    kept = kept_epochs(fitted.trained)
    only = kept[0] if len(kept) == 1 else 0
    plots.draw_metric(history, metric_name(metric), axes, is_share=metric in SHARES, kept=only)
    larger = METRICS[metric].larger_is_better if metric in METRICS else True
    best = int(np.nanargmax(history.metric_E if larger else -history.metric_E))
    value = words.figure(metric, float(history.metric_E[best]))
    says = f"On validation rows it was best in epoch {best + 1}, with {value}"
    if only and only != best + 1:
        says += f"; the ring marks epoch {only}, which the loss chose:"
        says += f" {words.figure(metric, float(history.metric_E[only - 1]))}"
    elif only:
        says += ", which is the one kept (the ring)"
    says += "."
    rows = [
        (count(int(e) + 1), words.figure(metric, float(history.metric_E[e])))
        for e in plots.thinned(history.epochs, ROWS_SHOWN)
    ]
    name = metric_name(metric)
    said = ("metric", f"{name[0].upper()}{name[1:]}, epoch by epoch", says)
    return picture(axes, said, ("epoch", name), rows, numbers=(1,))

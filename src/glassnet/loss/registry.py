"""Losses by name, with what each expects of the target and how its outputs become predictions.

Shapes: K members, B rows, T outputs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from torch import Tensor

from glassnet.errors import SettingsError, pick
from glassnet.loss.absolute import absolute
from glassnet.loss.cross_entropy import binary_cross_entropy, cross_entropy
from glassnet.loss.huber import huber
from glassnet.loss.poisson import poisson
from glassnet.loss.quantile import quantile
from glassnet.loss.squared import squared
from glassnet.settings import Training
from glassnet.table.values import Task

RowLoss = Callable[[Tensor, Tensor], Tensor]  # (K, B, T), (K, B, T) -> (K, B)
NUMBERS: Final = frozenset({Task.REGRESSION})
EVERY: Final = frozenset(Task)


@dataclass(frozen=True, kw_only=True, slots=True)
class Loss:
    """One loss, ready to be called."""

    name: str
    rows: RowLoss
    link: str  # how outputs become predictions: identity, sigmoid, softmax, clip (to [0, 1]), exp
    by_class: bool = False  # the target is one class number, not one number per output
    scales_target: bool = True  # a regression target is standardised first


@dataclass(frozen=True, kw_only=True, slots=True)
class LossKind:
    """What a name in LOSSES stands for."""

    make: Callable[[Training], RowLoss]
    tasks: frozenset[Task]
    link: str = "identity"
    by_class: bool = False
    scales_target: bool = True


LOSSES: Final[dict[str, LossKind]] = {
    "squared": LossKind(make=lambda _: squared, tasks=EVERY),
    "absolute": LossKind(make=lambda _: absolute, tasks=NUMBERS),
    "huber": LossKind(make=lambda _: huber, tasks=NUMBERS),
    "quantile": LossKind(make=lambda t: partial(quantile, level=t.quantile), tasks=NUMBERS),
    "poisson": LossKind(make=lambda _: poisson, tasks=NUMBERS, link="exp", scales_target=False),
    "binary_cross_entropy": LossKind(
        make=lambda t: partial(binary_cross_entropy, smoothing=t.label_smoothing),
        tasks=frozenset({Task.BINARY, Task.MULTILABEL}),
        link="sigmoid",
    ),
    "cross_entropy": LossKind(
        make=lambda t: partial(cross_entropy, smoothing=t.label_smoothing),
        tasks=frozenset({Task.MULTICLASS, Task.BINARY}),
        link="softmax",
        by_class=True,
    ),
}


def make_loss(training: Training, task: Task) -> Loss:
    """Return the loss that `training` names, for this task.

    An own loss is any function of (predicted, target), both `(K, B, T)`, that returns `(K, B)`.
    Raises SettingsError where the loss does not fit the task.
    """
    if not isinstance(training.loss, str):
        name = getattr(training.loss, "__name__", type(training.loss).__name__)
        return Loss(name=name, rows=_checked(training.loss, name), link=_plain_link(task))
    kind = pick(LOSSES, training.loss, "loss")
    if task not in kind.tasks:
        fitting = ", ".join(name for name, other in LOSSES.items() if task in other.tasks)
        raise SettingsError(f"loss '{training.loss}' does not fit a {task} target. Those that do: {fitting}.")
    return Loss(
        name=training.loss,
        rows=kind.make(training),
        link=_plain_link(task) if kind.link == "identity" else kind.link,
        by_class=kind.by_class,
        scales_target=kind.scales_target,
    )


def _plain_link(task: Task) -> str:
    return "identity" if task is Task.REGRESSION else "clip"


def _checked(own: Callable[..., Tensor], name: str) -> RowLoss:
    """Return the user's loss with its shape checked, since a mean over rows would mix members silently."""
    if not callable(own):
        raise SettingsError(f"loss must be a name or a function of (predicted, target), but it is {own!r}.")

    def rows(predicted_KBT: Tensor, target_KBT: Tensor) -> Tensor:
        loss_KB = own(predicted_KBT, target_KBT)
        if not isinstance(loss_KB, Tensor):
            raise SettingsError(
                f"your loss {name} must give a tensor, one number per row, not {loss_KB!r:.60}."
            )
        if loss_KB.shape != predicted_KBT.shape[:2]:
            raise SettingsError(
                f"your loss {name} gave shape {tuple(loss_KB.shape)} for predictions of shape"
                f" {tuple(predicted_KBT.shape)}; it must give one number per member and row,"
                f" {tuple(predicted_KBT.shape[:2])}. Average over the last axis only: .mean(dim=-1)."
            )
        return loss_KB

    return rows


def output_count(loss: Loss, task: Task, classes: int, targets: int) -> int:
    """Return T: one output per target, or per class where there are more than two (or softmax is asked)."""
    if task is Task.MULTICLASS or (task is Task.BINARY and loss.by_class):
        return classes
    return 1 if task is Task.BINARY else targets

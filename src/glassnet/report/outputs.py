"""The numbers of a prediction in words: whose probability, or which number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from glassnet.evaluate.insight import Dependence
from glassnet.pipeline import Fitted
from glassnet.report.words import number, percent, short
from glassnet.table.values import Task


def output_names(fitted: Fitted, outputs: Sequence[int]) -> list[str]:
    """Return what the numbers of a prediction are: "probability of ‘>50K’", or the target's name."""
    targets, task = fitted.schema.targets, fitted.schema.task
    if task is Task.REGRESSION:
        return [short(targets[one].name, 40) for one in outputs]
    if task is Task.MULTILABEL:
        return [f"probability of ‘{short(targets[one].name, 30)}’" for one in outputs]
    return [f"probability of ‘{short(targets[0].labels[one], 30)}’" for one in outputs]


def drawn_names(fitted: Fitted, outputs: Sequence[int]) -> list[str]:
    """Return what a picture calls the numbers of a prediction: in full where there is one, else short."""
    names = output_names(fitted, outputs)
    return names if len(names) == 1 else [one.removeprefix("probability of ") for one in names]


def drawn_outputs(fitted: Fitted, one: Dependence) -> Dependence:
    """Return what a picture can show: of several numbers, which have units of their own, the first."""
    if fitted.schema.task is not Task.REGRESSION or len(one.outputs) == 1:
        return one
    return replace(one, outputs=one.outputs[:1], mean_GP=one.mean_GP[:, :1])


def output_value(fitted: Fitted, value: float) -> str:
    """Return one number of a prediction in words: a probability in percent."""
    return number(value, 4) if fitted.schema.task is Task.REGRESSION else percent(value)


def are_shares(fitted: Fitted) -> bool:
    """Return whether predictions are probabilities."""
    return fitted.schema.task is not Task.REGRESSION

"""Which number of a prediction is taken apart: a class's log-odds, a logit, or a number in its unit.

Shapes: T outputs, R rows, P numbers of a prediction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from glassnet.errors import SettingsError, listed, near_miss
from glassnet.metric import at_threshold
from glassnet.pipeline import Fitted
from glassnet.prepare.target import bent, learned_of
from glassnet.prepare.values import Floats64
from glassnet.table.values import Task
from glassnet.why.words import short

EDGE: Final = 1e-12  # probabilities are kept this far from 0 and 1 before a logarithm


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """Which number is taken apart: a weighted sum of the outputs."""

    weight_T: Floats64
    about: str
    output: int  # the output, class or target asked for
    shift: float = 0.0  # added to the weighted sum
    is_logit_of_sigmoid: bool = False  # the network ends in a sigmoid, and the sum before it is meant


def ask(fitted: Fitted, predicted_P: Floats64, label: str, target: str) -> Asked:
    """Return the number asked for: by default of the predicted class, or of the first target.

    Raises SettingsError for a class or target that the model has not.
    """
    schema, outputs = fitted.schema, fitted.outputs
    if schema.task in (Task.REGRESSION, Task.MULTILABEL):
        if label:
            raise SettingsError(f"a {schema.task} has no class to ask for; leave --class out.")
        return _asked_target(fitted, target)
    labels = [str(one) for one in schema.targets[0].labels]
    if label and label not in labels:
        raise SettingsError(
            f"target '{schema.targets[0].name}' has no class '{label}'.{near_miss(label, labels)}"
            f" Its classes are: {listed(labels)}."
        )
    chosen = (
        labels.index(label)
        if label
        else int(at_threshold(predicted_P[None], fitted.threshold.value)[0].argmax())
    )
    what = f"{schema.targets[0].name} = {labels[chosen]}"
    if outputs == 1:
        weight_T = np.array([1.0 if chosen == 1 else -1.0])
        # A score is near 1 for one class and near 0 for the other; log-odds only change their sign.
        is_turned = chosen == 0 and kind(fitted) == "score"
        return Asked(
            weight_T=weight_T,
            about=f"{kind(fitted)} of {what}",
            output=chosen,
            shift=1.0 if is_turned else 0.0,
            is_logit_of_sigmoid=_ends_in_sigmoid(fitted),
        )
    weight_T = np.eye(outputs)[chosen] - 1.0 / outputs
    about = f"{kind(fitted)} of {what} above the mean of all {outputs} classes'"
    return Asked(weight_T=weight_T, about=about, output=chosen, is_logit_of_sigmoid=_ends_in_sigmoid(fitted))


def _answer(fitted: Fitted, predicted_P: Floats64) -> int:
    """Return the place of the class that is predicted."""
    return int(at_threshold(predicted_P[None], fitted.threshold.value)[0].argmax())


def _asked_target(fitted: Fitted, target: str) -> Asked:
    names = [one.name for one in fitted.schema.targets]
    if target and target not in names:
        raise SettingsError(
            f"the model has no target '{target}'.{near_miss(target, names)} It has: {listed(names)}."
        )
    chosen = names.index(target) if target else 0
    is_number = fitted.schema.task is Task.REGRESSION
    about = names[chosen] if is_number else f"{kind(fitted)} of {names[chosen]}"
    return Asked(
        weight_T=np.eye(fitted.outputs)[chosen],
        about=_logarithm(fitted, about, chosen) if is_number else about,
        output=chosen,
        is_logit_of_sigmoid=not is_number and _ends_in_sigmoid(fitted),
    )


def _logarithm(fitted: Fitted, about: str, chosen: int) -> str:
    """Return what is taken apart of a number: itself, or the logarithm that the network learned."""
    if fitted.link == "exp":
        return f"logarithm of {about}"
    target = fitted.preparation.target
    says = f", before its level of {target.level_T[chosen]:.3g}," if target.level_T.size else ""
    return learned_of(about, target, chosen) + says


def _ends_in_sigmoid(fitted: Fitted) -> bool:
    return fitted.recipe.architecture.output == "sigmoid"


def kind(fitted: Fitted) -> str:
    """Return what a class's output is called."""
    if _ends_in_sigmoid(fitted) or fitted.link == "sigmoid":
        return "log-odds"
    return "logit" if fitted.link == "softmax" else "score"


def prediction(fitted: Fitted, predicted_P: Floats64, asked: Asked) -> str:
    """Return the prediction in words."""
    schema = fitted.schema
    if schema.task is Task.REGRESSION:
        return f"{schema.targets[asked.output].name} = {short(float(predicted_P[asked.output]))}"
    if schema.task is Task.MULTILABEL:
        target, probability = schema.targets[asked.output], float(predicted_P[asked.output])
        label = target.labels[int(probability >= 0.5)]
        return f"{target.name} = {label}, probability {max(probability, 1 - probability):.2f}"
    best = _answer(fitted, predicted_P)
    return f"{schema.targets[0].name} = {schema.targets[0].labels[best]}, probability {predicted_P[best]:.2f}"


def unit(fitted: Fitted, asked: Asked, fold: int) -> tuple[float, float]:
    """Return scale and shift from an output to the table's unit: those of a standardised target."""
    if fitted.schema.task is not Task.REGRESSION or not fitted.scales_target:
        return 1.0, asked.shift
    target = fitted.preparation.target
    return float(target.scale_FT[fold, asked.output]), float(target.location_FT[fold, asked.output])


def spread(fitted: Fitted, asked: Asked) -> float:
    """Return the deviation of the number asked for over the rows the run was evaluated on; 0 without any."""
    value_RP = fitted.evaluation.prediction_RP
    if not len(value_RP):
        return 0.0
    if fitted.schema.task is Task.REGRESSION:
        value_R = value_RP[:, asked.output]
        target = fitted.preparation.target
        if fitted.link == "exp":
            value_R = np.log(np.maximum(value_R, EDGE))
        return float(bent(value_R[:, None], target.unit_T[asked.output : asked.output + 1]).std())
    held_RP = np.clip(value_RP, 1e-6, 1 - 1e-6)
    if kind(fitted) == "score":
        return float(value_RP[:, asked.output].std())
    if fitted.schema.task is Task.MULTICLASS:
        log_RP = np.log(held_RP)
        return float((log_RP[:, asked.output] - log_RP.mean(axis=1)).std())
    held_R = held_RP[:, asked.output]
    return float(np.log(held_R / (1 - held_R)).std())

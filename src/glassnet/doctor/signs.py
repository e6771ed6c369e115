"""From a finished run to the signs that findings are made from."""

from __future__ import annotations

import math

import numpy as np

from glassnet.doctor.broadcast import probe_loss
from glassnet.doctor.values import Floats64, Signs
from glassnet.network.mlp import MLP
from glassnet.pipeline import Fitted
from glassnet.prepare.values import Preparation
from glassnet.table.values import Task


def signs_of(fitted: Fitted) -> Signs:
    """Return the signs of a finished run."""
    trained, recipe = fitted.trained, fitted.recipe
    history, training, members = trained.history, recipe.training, trained.members
    is_own = not isinstance(trained.network, MLP)
    return Signs(
        fitted=fitted,
        records=history.records,
        members=members,
        training_loss_E=mean_over(history.training_loss_EK[:, list(members)]),
        first_loss=_first_loss(fitted),
        steps=history.epochs * history.steps_per_epoch,
        optimizer=training.optimizer if isinstance(training.optimizer, str) else training.optimizer.__name__,
        learning_rate=training.learning_rate,
        activation="" if is_own else recipe.architecture.activation,
        starts_at_zero=recipe.architecture.initial == "zero",
        reaches=_reaches(fitted.preparation),
        broadcast=probe_loss(training, fitted.schema.task, recipe.architecture.members, fitted.outputs),
    )


def mean_over(value_EK: Floats64) -> Floats64:
    """Return the mean of each row's finite values, `(E,)`; NaN where there is none."""
    is_finite_EK = np.isfinite(value_EK)
    count_E = is_finite_EK.sum(axis=1)
    total_E = np.where(is_finite_EK, value_EK, 0.0).sum(axis=1)
    return np.where(count_E > 0, total_E / np.maximum(count_E, 1), np.nan)


def _first_loss(fitted: Fitted) -> float:
    """Return the loss of the untrained network, as far as the first batch tells.

    A batch of a heavy-tailed target may lie far below the mean of all rows. Of a standardised target that
    mean is about 1, and no network is worse for being no better than it.
    """
    loss_SK = fitted.trained.history.step_loss_SK[:, list(fitted.trained.members)]
    if not loss_SK.shape[0]:
        return math.nan
    first = float(loss_SK[0].mean())
    is_scaled = fitted.schema.task is Task.REGRESSION and fitted.scales_target
    return max(first, 1.0) if is_scaled else first


def _reaches(preparation: Preparation) -> tuple[tuple[str, float], ...]:
    """Return the number columns that reach the network unscaled, the farthest from 0 first."""
    if preparation.choices.numbers != "none" or not preparation.encoding.numbers:
        return ()
    scales = preparation.scales
    reach_N = np.maximum(np.abs(scales.low_FN), np.abs(scales.high_FN)).max(axis=0)
    pairs = zip(preparation.encoding.numbers, reach_N, strict=True)
    return tuple(sorted(((name, float(reach)) for name, reach in pairs), key=lambda pair: -pair[1]))

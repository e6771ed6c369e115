"""The code of each optimiser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from glassnet.optimizer import FIRST_MOMENT
from glassnet.script.values import Run, writer


def _numbers(run: Run, *names: str) -> str:
    """Return `name=value` for those settings that are not 0."""
    training = run.fitted.recipe.training
    values = {"momentum": training.momentum, "weight_decay": training.weight_decay}
    return "".join(f", {name}={values[name]}" for name in names if values[name])


def _sgd(run: Run) -> str:
    rate = run.fitted.recipe.training.learning_rate
    return f"torch.optim.SGD(network.parameters(), lr={rate}{_numbers(run, 'momentum', 'weight_decay')})"


def _adam(run: Run) -> str:
    rate = run.fitted.recipe.training.learning_rate
    given = f"lr={rate}{_betas(run)}{_numbers(run, 'weight_decay')}, fused=True"
    return f"torch.optim.Adam(network.parameters(), {given})"


def _betas(run: Run) -> str:
    """Return Adam's betas where the second is not torch's own."""
    second = run.fitted.recipe.training.second_moment
    return "" if second == 0.999 else f", betas=({FIRST_MOMENT}, {second})"


def _adamw(run: Run) -> str:
    training = run.fitted.recipe.training
    if not training.weight_decay:
        given = f"lr={training.learning_rate}{_betas(run)}, weight_decay=0.0, fused=True"
        return f"torch.optim.AdamW(network.parameters(), {given})"
    betas = _betas(run).replace(", betas", ",\n    betas")
    others = "!= 2" if run.is_team else "< 2"  # a team's scales have three dimensions
    return (
        "torch.optim.AdamW(\n"
        "    [  # only matrices are pulled towards 0\n"
        '        {"params": [p for p in network.parameters() if p.ndim == 2],'
        f' "weight_decay": {training.weight_decay}}},\n'
        f'        {{"params": [p for p in network.parameters() if p.ndim {others}], "weight_decay": 0.0}},\n'
        "    ],\n"
        f"    lr={training.learning_rate}{betas},\n"
        "    fused=True,\n"
        ")"
    )


OPTIMIZER_WRITERS: Final[dict[str, Callable[[Run], str]]] = {"sgd": _sgd, "adam": _adam, "adamw": _adamw}
REFUSED_OPTIMIZERS: Final[dict[str, str]] = {}


def optimizer_code(run: Run) -> str:
    """Return the call that makes the optimiser of `network`. Raises SettingsError for a user's own class."""
    name = run.fitted.recipe.training.optimizer
    return writer(OPTIMIZER_WRITERS, REFUSED_OPTIMIZERS, name, "optimiser")(run)

"""Optimisers by name, or any class of `torch.optim`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any, Final

import torch
from torch import nn

from glassnet.errors import SettingsError, pick
from glassnet.settings import Training


def _sgd(parameters: Iterable[nn.Parameter], training: Training) -> torch.optim.Optimizer:
    return torch.optim.SGD(
        parameters, lr=training.learning_rate, momentum=training.momentum, weight_decay=training.weight_decay
    )


def _adam(parameters: Iterable[nn.Parameter], training: Training) -> torch.optim.Optimizer:
    return torch.optim.Adam(
        parameters, lr=training.learning_rate, weight_decay=training.weight_decay, fused=True
    )


def _adamw(parameters: Iterable[nn.Parameter], training: Training) -> torch.optim.Optimizer:
    """AdamW that decays matrices only: biases and gains are no larger for fitting well."""
    every = list(parameters)
    # A member's bias is (K, O): its own shape has one dimension fewer than the parameter's.
    groups = [
        {"params": [p for p in every if p.ndim > 2], "weight_decay": training.weight_decay},
        {"params": [p for p in every if p.ndim <= 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW([g for g in groups if g["params"]], lr=training.learning_rate, fused=True)


OPTIMIZERS: Final[dict[str, Callable[[Iterable[nn.Parameter], Training], torch.optim.Optimizer]]] = {
    "sgd": _sgd,
    "adam": _adam,
    "adamw": _adamw,
}


def make_optimizer(network: nn.Module, training: Training) -> torch.optim.Optimizer:
    """Return the optimiser over all of the network's parameters.

    An own class gets `(parameters, lr=...)`, and momentum and weight decay if it knows them.
    """
    own = training.optimizer
    if isinstance(own, str):
        return pick(OPTIMIZERS, own, "optimiser")(network.parameters(), training)
    if not (isinstance(own, type) and issubclass(own, torch.optim.Optimizer)):
        raise SettingsError(
            f"optimizer must be one of {', '.join(sorted(OPTIMIZERS))} or a class of torch.optim,"
            f" but it is {own!r}."
        )
    known = inspect.signature(own).parameters
    wanted = {"momentum": training.momentum, "weight_decay": training.weight_decay}
    given: dict[str, Any] = {name: value for name, value in wanted.items() if value and name in known}
    if unknown := [name for name, value in wanted.items() if value and name not in known]:
        raise SettingsError(f"{own.__name__} knows no {unknown[0]}; leave it at 0.")
    make: Callable[..., torch.optim.Optimizer] = own
    return make(network.parameters(), lr=training.learning_rate, **given)

"""Optimisers by name, or any class of `torch.optim`.

Shapes: K members.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import torch
from torch import nn

from glassnet.errors import SettingsError, pick
from glassnet.settings import PARTS, Training

FIRST_MOMENT: Final = 0.9  # torch's default for what Adam's mean of gradients keeps of itself in a step


RATE_FACTOR: Final = "rate_factor"  # of a group's learning rate; torch keeps it among the group's settings
# What an optimiser's decay leaves alone where no factor is told: biases are no larger for fitting well.
UNDECAYED: Final[dict[str, tuple[str, ...]]] = {"adamw": ("biases", "scales")}


class Optimizer(Protocol):
    """What the engine asks of an optimiser."""

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The groups of parameters with their settings; `lr` is set before each step."""

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients."""

    def step(self) -> object:
        """Take a step along the gradients."""


class HasParts(Protocol):
    """A network that knows which of its parameters are of which part."""

    def parts(self) -> dict[str, list[nn.Parameter]]:
        """Return the parameters by `settings.PARTS`."""


def factors_of(training: Training) -> dict[str, tuple[float, float]]:
    """Return what each part's learning rate and its decay are multiplied with."""
    rates, decays = dict(training.rate_factors), dict(training.decay_factors)
    name = training.optimizer
    undecayed = UNDECAYED.get(name, ()) if isinstance(name, str) else ()
    return {
        part: (rates.get(part, 1.0), decays.get(part, 0.0 if part in undecayed else 1.0)) for part in PARTS
    }


def _by_part(network: nn.Module, training: Training) -> list[dict[str, Any]]:
    """Return a group for each part of the network, with a decay and a factor of the rate of its own."""
    assert hasattr(network, "parts"), "the recipe refuses factors for a user's own module"
    holder: HasParts = network  # type: ignore[assignment]
    parts = holder.parts()
    return [
        {"params": parts[part], "weight_decay": training.weight_decay * decay, RATE_FACTOR: rate}
        for part, (rate, decay) in factors_of(training).items()
        if part in parts
    ]


def _groups(network: nn.Module, training: Training) -> list[dict[str, Any]]:
    """Return the groups of parameters that an optimiser trains alike."""
    if training.rate_factors or training.decay_factors:
        return _by_part(network, training)
    every = list(network.parameters())
    if training.optimizer not in UNDECAYED:
        return [{"params": every, "weight_decay": training.weight_decay}]
    # A member's bias is (K, O): its own shape has one dimension fewer than the parameter's.
    axes = 1 if _has_members(network) else 0
    groups = [
        {"params": [p for p in every if p.ndim > 1 + axes], "weight_decay": training.weight_decay},
        {"params": [p for p in every if p.ndim <= 1 + axes], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def _sgd(network: nn.Module, training: Training) -> Optimizer:
    return torch.optim.SGD(
        _groups(network, training),
        lr=training.learning_rate,
        momentum=training.momentum,
    )


def _adam(network: nn.Module, training: Training) -> Optimizer:
    return torch.optim.Adam(
        _groups(network, training),
        lr=training.learning_rate,
        betas=(FIRST_MOMENT, training.second_moment),
        fused=True,
    )


def _adamw(network: nn.Module, training: Training) -> Optimizer:
    """AdamW that decays matrices only: biases and gains are no larger for fitting well."""
    return torch.optim.AdamW(
        _groups(network, training),
        lr=training.learning_rate,
        betas=(FIRST_MOMENT, training.second_moment),
        fused=True,
    )


OPTIMIZERS: Final[dict[str, Callable[[nn.Module, Training], Optimizer]]] = {
    "sgd": _sgd,
    "adam": _adam,
    "adamw": _adamw,
}


def _has_members(network: nn.Module) -> bool:
    """Return whether the parameters have a leading axis of members; those of a user's own module have not."""
    return bool(getattr(network, "has_member_axis", True))


class MemberOptimizers:
    """A user's optimiser for each member by itself: what it takes over a whole tensor stays in one member."""

    def __init__(
        self, network: nn.Module, make: Callable[[Sequence[nn.Parameter]], torch.optim.Optimizer]
    ) -> None:
        self.parameters = [p for p in network.parameters() if p.requires_grad]
        members = self.parameters[0].shape[0]
        # Parameters of their own over the same numbers, so that a step changes the network's.
        self.views = [[nn.Parameter(p.data[member]) for p in self.parameters] for member in range(members)]
        self.optimizers = [make(views) for views in self.views]

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The groups of all members."""
        return [group for optimizer in self.optimizers for group in optimizer.param_groups]

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of the network."""
        for parameter in self.parameters:
            parameter.grad = None if set_to_none else torch.zeros_like(parameter)

    def step(self) -> None:
        """Take each member's step along its part of the gradients."""
        for member, (views, optimizer) in enumerate(zip(self.views, self.optimizers, strict=True)):
            for parameter, view in zip(self.parameters, views, strict=True):
                view.grad = None if parameter.grad is None else parameter.grad[member]
            optimizer.step()


def make_optimizer(network: nn.Module, training: Training) -> Optimizer:
    """Return the optimiser over all of the network's parameters.

    An own class gets `(parameters, lr=...)` of one member at a time, and momentum and weight decay if it
    knows them. Raises SettingsError for one that cannot train this network.
    """
    own = training.optimizer
    if isinstance(own, str):
        return pick(OPTIMIZERS, own, "optimiser")(network, training)
    if not (isinstance(own, type) and issubclass(own, torch.optim.Optimizer)):
        raise SettingsError(
            f"optimizer must be one of {', '.join(sorted(OPTIMIZERS))} or a class of torch.optim,"
            f" but it is {own!r}."
        )
    _check_steps(own)
    known = inspect.signature(own).parameters
    wanted = {"momentum": training.momentum, "weight_decay": training.weight_decay}
    given: dict[str, Any] = {name: value for name, value in wanted.items() if value and name in known}
    if unknown := [name for name, value in wanted.items() if value and name not in known]:
        raise SettingsError(f"{own.__name__} knows no {unknown[0]}; leave it at 0.")
    make: Callable[..., torch.optim.Optimizer] = own
    try:
        if not _has_members(network):
            return make(network.parameters(), lr=training.learning_rate, **given)
        return MemberOptimizers(network, lambda views: make(views, lr=training.learning_rate, **given))
    except ValueError as error:
        raise SettingsError(f"{own.__name__} cannot train this network: {error}") from error


def _check_steps(own: type[torch.optim.Optimizer]) -> None:
    """Raise SettingsError for an optimiser whose step asks for more than gradients."""
    closure = inspect.signature(own.step).parameters.get("closure")
    if closure is not None and closure.default is inspect.Parameter.empty:
        raise SettingsError(
            f"{own.__name__} computes the loss several times a step; choose one that does not."
        )
    if own is torch.optim.SparseAdam:
        raise SettingsError("SparseAdam takes sparse gradients alone, and a table's are dense; choose Adam.")

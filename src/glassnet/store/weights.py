"""A network's weights as a model file holds them, and back: what the members of a team share is there once.

Shapes: K members, F teams, of which member k belongs to team `k % F`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from glassnet.errors import ModelFileError
from glassnet.network.team import SCALED, Team, TeamWeights

Arrays = Mapping[str, NDArray[Any]]


def once(weights: Mapping[str, Tensor], team: TeamWeights | None) -> dict[str, NDArray[Any]]:
    """Return the weights by name: without what a team's factors tell, and of its copies one, `(F, ...)`.

    Only what comes back to the last bit is left out: members of other epochs than their team keep all.
    """
    every = {name: np.ascontiguousarray(tensor.detach().numpy()) for name, tensor in weights.items()}
    if team is None:
        return every
    if _is_same(team.effective(), every[SCALED]):
        del every[SCALED]
    teams = len(team.first_FOI)
    return {name: value[:teams] if _repeats(name, value, teams) else value for name, value in every.items()}


def whole(
    stored: Arrays, shapes: Mapping[str, tuple[int, ...]], team: TeamWeights | None
) -> dict[str, Tensor]:
    """Return every member's weights of `once`. Raises ModelFileError where they are not of these shapes."""
    every = dict(stored)
    if team is not None:
        _check_factors(team, shapes[SCALED])
        every = {name: _spread(name, value, shapes, len(team.first_FOI)) for name, value in every.items()}
        every.setdefault(SCALED, team.effective())
    if {name: value.shape for name, value in every.items()} != shapes:
        raise ModelFileError("the weights of the model file are not those of the network that it describes.")
    return tensors(every)


def tensors(arrays: Arrays) -> dict[str, Tensor]:
    """Return copies of arrays as tensors."""
    return {name: torch.from_numpy(value.copy()) for name, value in arrays.items()}


def _check_factors(team: TeamWeights, shape: tuple[int, ...]) -> None:
    """Raise ModelFileError unless their product has this shape: nothing of another size is ever made."""
    first, scale, group = team.first_FOI, team.scale_KG, team.group_I
    is_made = (scale.shape[:1] + first.shape[1:], group.shape) == (shape, shape[-1:])
    is_number = {first.dtype.kind, scale.dtype.kind} == {"f"} and group.dtype == np.int64
    is_known = group.size == 0 or 0 <= group.min() <= group.max() < scale.shape[-1]
    if not (is_made and is_number and is_known and scale.ndim == 2 and 1 <= len(first) <= len(scale)):
        raise ModelFileError(
            "what the model file says of members that share layers does not fit its network."
        )


def _spread(
    name: str, value: NDArray[Any], shapes: Mapping[str, tuple[int, ...]], teams: int
) -> NDArray[Any]:
    """Return a copy of its team's weights for each member, where the file holds them by team."""
    shape = shapes.get(name, ())
    if Team.is_own(name) or value.shape == shape or value.shape != (teams, *shape[1:]):
        return value
    return np.asarray(value[np.arange(shape[0]) % teams])


def _repeats(name: str, value: NDArray[Any], teams: int) -> bool:
    """Say whether the members of each team have the same bytes."""
    is_shared = not Team.is_own(name) and len(value) > teams
    return is_shared and _is_same(value[np.arange(len(value)) % teams], value)


def _is_same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()

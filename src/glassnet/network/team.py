"""Teams: members that share their layers, and differ in how they scale the columns and in their last layer.

A team is trained as one network with several views of the table. What it amounts to is a network of members
like any other, each with weights of its own (`Team.effective`): predictions, files and reports know no teams.
A member that shares nothing and yet scales its columns is a team of one.

Shapes: K members, F teams, G columns of the table, D dense inputs, E embedded categories, V an embedding's
size, I a layer's inputs, O its outputs.
Source: Y. Gorishniy et al., "TabM: Advancing Tabular Deep Learning with Parameter-Efficient Ensembling",
2024, arXiv 2410.24210 (there the variant "mini").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from glassnet import chance
from glassnet.network.mlp import MLP, InputShape
from glassnet.network.parts import by_part

OWN: Final = "last"  # the layer that every member has for itself
SCALED: Final = "hidden.0.weight"  # whose inputs every member scales for itself
SCALE_PLACE: Final = 1_000_000  # of the scales in the stream of initial weights, behind every layer


def input_groups(inputs: InputShape) -> tuple[int, ...]:
    """Return for each input of the first layer the column whose scale it shares, counted from 0."""
    groups = inputs.groups or tuple(range(inputs.dense))
    first = max(groups, default=-1) + 1
    return (*groups, *(first + e for e in range(len(inputs.embedded)) for _ in range(inputs.embedding)))


def first_scales(seed: int, members: int, columns: int) -> np.ndarray:
    """Return the scales each member starts with, normal with mean 0 and deviation 1, `(K, G)`."""
    purpose = chance.Purpose.WEIGHTS
    return np.stack(
        [chance.normal(seed, purpose, columns, member=k, epoch=SCALE_PLACE) for k in range(members)]
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TeamWeights:
    """What the members' first layers are products of, of which member k belongs to team `k % F`.

    All else that a team's members share is the same in each of them; from these weights training can go on.
    """

    first_FOI: NDArray[Any]  # the first layer that each team shares, before any scale
    scale_KG: NDArray[Any]  # each member's scales of the columns
    group_I: NDArray[np.int64]  # the column whose scale an input takes

    def shared(self) -> NDArray[Any]:
        """Return each member's copy of the layer that its team shares, `(K, O, I)`."""
        return np.asarray(self.first_FOI[np.arange(len(self.scale_KG)) % len(self.first_FOI)])

    def effective(self) -> NDArray[Any]:
        """Return the members' own first layers, `(K, O, I)`: the bytes that every engine computes with."""
        return np.asarray(self.shared() * self.scale_KG[:, None, self.group_I])


def unscaled(network: MLP, inputs: InputShape) -> TeamWeights:
    """Return what the first layers of members that share nothing are products of while every scale is 1."""
    first_KOI = network.hidden[0].weight
    assert isinstance(first_KOI, Tensor)
    group_I = np.array(input_groups(inputs), dtype=np.int64)
    first = first_KOI.detach().clone().numpy()
    scale_KG = np.ones((len(first), group_I.max() + 1), first.dtype)
    return TeamWeights(first_FOI=first, scale_KG=scale_KG, group_I=group_I)


def renewed(
    before: TeamWeights | None, now: TeamWeights | None, members: Sequence[int]
) -> TeamWeights | None:
    """Return the earlier weights with those of some members, and of their teams, as they are now."""
    if before is None or now is None or len(members) == len(now.scale_KG):
        return now
    first_FOI, scale_KG = before.first_FOI.copy(), before.scale_KG.copy()
    teams = sorted({member % len(first_FOI) for member in members})
    first_FOI[teams] = now.first_FOI[teams]
    scale_KG[list(members)] = now.scale_KG[list(members)]
    return TeamWeights(first_FOI=first_FOI, scale_KG=scale_KG, group_I=now.group_I)


class Team(nn.Module):
    """The parameters of F teams, of which member k belongs to team `k % F`.

    What is shared starts as the first F members of `network` have it, the scales at random; with a `start`,
    which tells the first layer's factors, both go on from there.
    """

    def __init__(
        self, network: MLP, teams: int, inputs: InputShape, seed: int, start: TeamWeights | None = None
    ) -> None:
        super().__init__()
        every = dict(network.named_parameters())
        self.names = tuple(every)
        members = every[f"{OWN}.weight"].shape[0]
        group_I = input_groups(inputs)
        self.group_I = torch.tensor(group_I)
        self.team_K = torch.arange(members) % teams
        self.tensors = nn.ParameterList(
            (tensor if self.is_own(name) else tensor[:teams]).detach().clone()
            for name, tensor in every.items()
        )
        drawn_KG = first_scales(seed, members, max(group_I) + 1) if start is None else start.scale_KG
        # Copies: of a run that was loaded the arrays are read only.
        self.scale_KG = nn.Parameter(torch.tensor(drawn_KG, dtype=self.tensors[0].dtype))
        if start is not None:
            self._first().data.copy_(torch.tensor(start.first_FOI))

    @staticmethod
    def is_own(name: str) -> bool:
        """Return whether each member has this parameter for itself."""
        return name.startswith(f"{OWN}.")

    def _first(self) -> nn.Parameter:
        """Return the first layer that each team shares, `(F, O, I)`."""
        first: nn.Parameter = self.tensors[self.names.index(SCALED)]
        return first

    def parts(self) -> dict[str, list[nn.Parameter]]:
        """Return the parameters by the part of the network that they are of, `settings.PARTS`."""
        return by_part(zip(self.names, self.tensors, strict=True)) | {"scales": [self.scale_KG]}

    def weights(self) -> TeamWeights:
        """Return a copy of what the first layers are products of now."""
        return TeamWeights(
            first_FOI=self._first().detach().clone().numpy(),
            scale_KG=self.scale_KG.detach().clone().numpy(),
            group_I=self.group_I.numpy(),
        )

    def effective(self) -> dict[str, Tensor]:
        """Return what every member's network amounts to, by the names of `MLP`, each `(K, ...)`."""
        weights = {
            name: tensor if self.is_own(name) else tensor[self.team_K]
            for name, tensor in zip(self.names, self.tensors, strict=True)
        }
        weights[SCALED] = weights[SCALED] * self.scale_KG[:, None, self.group_I]
        return weights

    @torch.no_grad()
    def clip(self, limit: float) -> Tensor:
        """Scale each team's gradients, with those of its members, to a norm of at most `limit`.

        Return the factor of each member, `(K,)`.
        """
        teams = int(self.team_K.max()) + 1
        square_F = torch.zeros(teams, dtype=self.scale_KG.dtype)
        gradients = self._gradients()
        for team_N, gradient in gradients:
            square_F.index_add_(0, team_N, gradient.flatten(1).square().sum(dim=1))
        factor_F = (limit / (square_F.sqrt() + 1e-6)).clamp(max=1.0)
        for team_N, gradient in gradients:
            gradient.mul_(factor_F[team_N].view(-1, *[1] * (gradient.ndim - 1)))
        return factor_F[self.team_K]

    def _gradients(self) -> list[tuple[Tensor, Tensor]]:
        """Return every gradient with the team of each of its rows."""
        return [
            (self.team_K if len(p) == len(self.team_K) else torch.arange(len(p)), p.grad)
            for p in self.parameters()
            if p.grad is not None
        ]


def load_effective(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Set the network's parameters to a team's effective weights."""
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.copy_(weights[name])

"""Teams: members that share their layers, and differ in how they scale the columns and in their last layer.

A team is trained as one network with several views of the table. What it amounts to is a network of members
like any other, each with weights of its own (`Team.effective`): predictions, files and reports know no teams.

Shapes: K members, F teams, G columns of the table, D dense inputs, E embedded categories, V an embedding's
size, I a layer's inputs.
Source: Y. Gorishniy et al., "TabM: Advancing Tabular Deep Learning with Parameter-Efficient Ensembling",
2024, arXiv 2410.24210 (there the variant "mini").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from glassnet import chance
from glassnet.network.mlp import MLP, InputShape

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


class Team(nn.Module):
    """The parameters of F teams, of which member k belongs to team `k % F`.

    What is shared starts as the first F members of `network` have it.
    """

    def __init__(self, network: MLP, teams: int, inputs: InputShape, seed: int) -> None:
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
        scale_KG = torch.from_numpy(first_scales(seed, members, max(group_I) + 1))
        self.scale_KG = nn.Parameter(scale_KG.to(self.tensors[0].dtype))

    @staticmethod
    def is_own(name: str) -> bool:
        """Return whether each member has this parameter for itself."""
        return name.startswith(f"{OWN}.")

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

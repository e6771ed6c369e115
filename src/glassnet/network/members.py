"""Layers of K members side by side: every parameter has a leading axis of members.

Shapes: K members, B rows in a batch, I and O a layer's inputs and outputs, E embedded categories,
V an embedding's size, S slots of all embedded categories.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import torch
from torch import Tensor, nn
from torch.nn import functional


class MemberLinear(nn.Module):
    """K linear layers, each with its own weights.

    **Shape**: input `(K, B, I)`, output `(K, B, O)`.

    Weights are kept as `nn.Linear` keeps them, `(O, I)`, behind the axis of members; their values are set
    by `network.build`, so making the layer touches no generator.

    >>> layer = MemberLinear(2, 3, 1)
    >>> layer(torch.zeros(2, 5, 3)).shape
    torch.Size([2, 5, 1])
    """

    def __init__(self, members: int, inputs: int, outputs: int, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(members, outputs, inputs, dtype=dtype))
        self.bias = nn.Parameter(torch.zeros(members, outputs, dtype=dtype))

    def forward(self, x_KBI: Tensor) -> Tensor:
        """Return each member's `x @ weight.T + bias`."""
        if self.weight.shape[0] == 1:
            # One member takes nn.Linear's own kernel: the plain program's numbers, bit for bit.
            return functional.linear(x_KBI.squeeze(0), self.weight.squeeze(0), self.bias.squeeze(0))[None]
        return torch.baddbmm(self.bias[:, None, :], x_KBI, self.weight.transpose(1, 2))

    def extra_repr(self) -> str:
        """Return the sizes, as `nn.Linear` prints them."""
        members, outputs, inputs = self.weight.shape
        return f"members={members}, in_features={inputs}, out_features={outputs}"


class MemberNorm(nn.Module):
    """Layer normalisation with each member's own gain and bias.

    **Shape**: input and output `(K, B, O)`.

    Source: J. L. Ba, J. R. Kiros, G. E. Hinton, "Layer Normalization", 2016, arXiv 1607.06450.
    """

    def __init__(self, members: int, width: int, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(members, width, dtype=dtype))
        self.bias = nn.Parameter(torch.zeros(members, width, dtype=dtype))

    def forward(self, x_KBO: Tensor) -> Tensor:
        """Return the rows with mean 0 and variance 1 over the width, then scaled and shifted."""
        normal_KBO = functional.layer_norm(x_KBO, x_KBO.shape[-1:])
        return normal_KBO * self.weight[:, None, :] + self.bias[:, None, :]


class MemberEmbedding(nn.Module):
    """One table of vectors per category and member.

    **Shape**: input slots `(K, B, E)`, output `(K, B, E * V)`.

    Slot 0 of each category stands for its rare and unseen levels.
    """

    def __init__(
        self, members: int, slots: Sequence[int], size: int, dtype: torch.dtype = torch.float32
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(members, sum(slots), size, dtype=dtype))
        # In Python: on the meta device, where weights are counted first, any sum imports sympy, a second.
        starts = [0, *accumulate(slots[:-1])]
        places = [[start + member * sum(slots) for start in starts] for member in range(members)]
        places_KE = torch.tensor(places, dtype=torch.int64)
        self.register_buffer("places_KE", places_KE, persistent=False)
        self.places_KE: Tensor

    def forward(self, slot_KBE: Tensor) -> Tensor:
        """Return the vectors of each row's slots, one after another."""
        place_KBE = slot_KBE + self.places_KE[:, None, :]
        vector_KBEV = functional.embedding(place_KBE, self.weight.flatten(0, 1))
        return vector_KBEV.flatten(2)

"""Networks of linear layers: a neuron (no hidden layer) and an MLP of any depth and width.

Shapes: K members, B rows in a batch, D dense inputs, E embedded categories, H a hidden width, T outputs.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from glassnet.errors import pick
from glassnet.network.activation import ACTIVATIONS
from glassnet.network.members import MemberEmbedding, MemberLinear, MemberNorm
from glassnet.network.parts import by_part
from glassnet.settings import Architecture


@dataclass(frozen=True, kw_only=True, slots=True)
class InputShape:
    """What the network is given."""

    dense: int  # dense inputs D
    embedded: tuple[int, ...] = ()  # slots of each embedded category
    embedding: int = 8  # numbers per embedded slot
    groups: tuple[int, ...] = ()  # the table's column behind each dense input, counted from 0


class MLP(nn.Module):
    """K members of `[Linear, (norm), activation, (dropout)] * depth, Linear, (sigmoid)`.

    **Shape**: dense inputs `(K, B, D)` and slots `(K, B, E)`; output `(K, B, T)`.

    Dropout masks come from outside, one `(K, B, H)` per hidden layer with entries 0 or 1 / (1 - dropout);
    without masks nothing is dropped. So the module draws no random numbers of its own.
    """

    def __init__(
        self, architecture: Architecture, inputs: InputShape, outputs: int, dtype: torch.dtype
    ) -> None:
        super().__init__()
        members = architecture.members
        self.dropout = architecture.dropout
        self.activation = pick(ACTIVATIONS, architecture.activation, "activation")
        self.is_sigmoid = architecture.output == "sigmoid"
        self.embedding = (
            MemberEmbedding(members, inputs.embedded, inputs.embedding, dtype) if inputs.embedded else None
        )
        widths = (inputs.dense + len(inputs.embedded) * inputs.embedding, *architecture.hidden)
        self.widths = tuple(architecture.hidden)
        self.hidden = nn.ModuleList(
            MemberLinear(members, before, after, dtype) for before, after in itertools.pairwise(widths)
        )
        self.norms = nn.ModuleList(
            MemberNorm(members, width, dtype) for width in widths[1:] if architecture.normalization == "layer"
        )
        self.last = MemberLinear(members, widths[-1], outputs, dtype)

    @property
    def dropped_widths(self) -> tuple[int, ...]:
        """The widths of the layers that want a dropout mask."""
        return self.widths if self.dropout > 0 else ()

    def parts(self) -> dict[str, list[nn.Parameter]]:
        """Return the parameters by the part of the network that they are of, `settings.PARTS`."""
        return by_part(self.named_parameters())

    def forward(
        self, dense_KBD: Tensor, slot_KBE: Tensor | None = None, masks: Sequence[Tensor] = ()
    ) -> Tensor:
        """Return the outputs of every member for every row."""
        return self.layer_outputs(dense_KBD, slot_KBE, masks)["last"]

    def layer_outputs(
        self, dense_KBD: Tensor, slot_KBE: Tensor | None = None, masks: Sequence[Tensor] = ()
    ) -> dict[str, Tensor]:
        """Return what each layer gives, after its activation, by the layer's name; "last" is the output."""
        x_KBH = dense_KBD
        if self.embedding is not None and slot_KBE is not None:
            x_KBH = torch.cat([dense_KBD, self.embedding(slot_KBE)], dim=-1)
        outputs: dict[str, Tensor] = {}
        for place, layer in enumerate(self.hidden):
            x_KBH = layer(x_KBH)
            if len(self.norms):
                x_KBH = self.norms[place](x_KBH)
            x_KBH = outputs[f"hidden.{place}"] = self.activation(x_KBH)
            if masks:
                x_KBH = x_KBH * masks[place]
        x_KBT: Tensor = self.last(x_KBH)
        outputs["last"] = torch.sigmoid(x_KBT) if self.is_sigmoid else x_KBT
        return outputs

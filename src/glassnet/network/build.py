"""Names to networks, and the weights they start from.

Shapes: K members, I and O a layer's inputs and outputs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, Protocol

import torch
from torch import Tensor, nn

from glassnet import chance
from glassnet.errors import SettingsError, pick
from glassnet.memory import require_memory
from glassnet.network.members import MemberEmbedding, MemberLinear
from glassnet.network.mlp import MLP, InputShape
from glassnet.network.own import own_module
from glassnet.settings import Architecture

COPIES: Final = 4  # of the weights while training: themselves, gradients, two moments
DTYPES: Final = {"float32": torch.float32, "float64": torch.float64}


class Network(Protocol):
    """What an engine may ask of a network, an `nn.Module` besides."""

    @property
    def dropped_widths(self) -> tuple[int, ...]:
        """The widths of the layers that want a dropout mask."""

    def __call__(
        self, dense_KBD: Tensor, slot_KBE: Tensor | None = None, masks: Sequence[Tensor] = ()
    ) -> Tensor:
        """Return `(K, B, T)` for dense inputs `(K, B, D)` and slots `(K, B, E)`."""


def _neuron(architecture: Architecture, inputs: InputShape, outputs: int, dtype: torch.dtype) -> nn.Module:
    return MLP(replace(architecture, hidden=()), inputs, outputs, dtype)


NETWORKS: Final[dict[str, Callable[[Architecture, InputShape, int, torch.dtype], nn.Module]]] = {
    "mlp": MLP,
    "neuron": _neuron,
}


def build_network(
    architecture: Architecture, inputs: InputShape, outputs: int, *, seed: int, precision: str
) -> nn.Module:
    """Return the network with its initial weights, a pure function of the seed.

    Raises SettingsError for an unknown name, and for an own module with several members or embeddings.
    """
    dtype = DTYPES[precision]
    if not isinstance(architecture.network, str):
        if architecture.members != 1:
            raise SettingsError("an own module trains one member at a time; leave members at 1.")
        assert not inputs.embedded, "preparation gives an own module dense inputs only"
        start = int(chance.raw(seed, chance.Purpose.MODULE, 1)[0] % (1 << 63))
        return own_module(architecture.network, inputs.dense, outputs, start, dtype)
    make = pick(NETWORKS, architecture.network, "network")
    with torch.device("meta"):
        count = sum(one.numel() for one in make(architecture, inputs, outputs, dtype).parameters())
    what = f"a network of {count:,} weights"
    require_memory(
        COPIES * dtype.itemsize * count,
        what,
        "Choose smaller --hidden layers or fewer --members.",
        SettingsError,
    )
    network = make(architecture, inputs, outputs, dtype)
    if architecture.initial == "uniform":
        draw_weights(network, seed)
    return network


@torch.no_grad()
def draw_weights(network: nn.Module, seed: int) -> None:
    """Set the initial weights: those of torch's own layers, drawn by `chance` for each member and layer.

    | layer | distribution |
    |---|---|
    | linear weights and biases | uniform in ±1 / sqrt(inputs), as `nn.Linear` |
    | embeddings | normal, deviation 1 / sqrt(size): one vector is about as long as one scaled number |
    """
    layers = [m for m in network.modules() if isinstance(m, MemberLinear | MemberEmbedding)]
    for place, layer in enumerate(layers):
        for member in range(layer.weight.shape[0]):
            if isinstance(layer, MemberLinear):
                _draw_linear(layer, seed, member, place)
            else:
                weight = layer.weight[member]
                drawn = chance.normal(
                    seed, chance.Purpose.WEIGHTS, weight.numel(), member=member, epoch=place
                )
                weight.copy_(torch.from_numpy(drawn).view(weight.shape) / math.sqrt(weight.shape[-1]))


def _draw_linear(layer: MemberLinear, seed: int, member: int, place: int) -> None:
    weight, bias = layer.weight[member], layer.bias[member]
    count = weight.numel() + bias.numel()
    drawn = torch.from_numpy(chance.uniform(seed, chance.Purpose.WEIGHTS, count, member=member, epoch=place))
    bound = 1.0 / math.sqrt(max(weight.shape[1], 1))
    spread = (2.0 * drawn - 1.0) * bound
    weight.copy_(spread[: weight.numel()].view(weight.shape))
    bias.copy_(spread[weight.numel() :])

"""How the eager engine records a step.

Shapes: K members, L layers, B rows in a batch, H a hidden width.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from glassnet.telemetry import SATURATED, Floats32

ENDS: Final[dict[str, tuple[float, ...]]] = {  # where a unit of this activation no longer moves
    "relu": (0.0,),
    "sigmoid": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
}


@torch.no_grad()
def norms(layers: Mapping[str, Sequence[Tensor | None]], members: int) -> Floats32:
    """Return the norm of each layer's tensors together, by member, `(K, L)`; 0 where there are none."""
    columns = []
    for tensors in layers.values():
        parts = [torch.linalg.vector_norm(t.reshape(members, -1), dim=1) for t in tensors if t is not None]
        columns.append(torch.linalg.vector_norm(torch.stack(parts), dim=0) if parts else torch.zeros(members))
    return torch.stack(columns, dim=1).float().numpy()


@torch.no_grad()
def non_finite(layers: Mapping[str, Sequence[nn.Parameter]], members: int) -> Floats32:
    """Return how many weights and gradients of each layer are not finite, `(K, L)`."""
    count_KL = np.zeros((members, len(layers)), dtype=np.float32)
    for place, parameters in enumerate(layers.values()):
        for parameter in parameters:
            for tensor in (parameter, parameter.grad):
                if tensor is not None:
                    bad_K = (~torch.isfinite(tensor.reshape(members, -1))).sum(dim=1)
                    count_KL[:, place] += bad_K.numpy()
    return count_KL


@torch.no_grad()
def idle(outputs: Mapping[str, Tensor], layers: Sequence[str], activation: str, members: int) -> Floats32:
    """Return the share of units of each hidden layer that stay at an end for every row, `(K, L)`.

    For a sigmoid output (the layer called "last" in `outputs`) it is the share of rows at an end.
    """
    share_KL = np.zeros((members, len(layers)), dtype=np.float32)
    for place, layer in enumerate(layers):
        if layer not in outputs:
            continue
        is_last = layer == "last"
        ends = ENDS["sigmoid"] if is_last else ENDS.get(activation, ())
        reach = 0.0 if ends == ENDS["relu"] and not is_last else SATURATED
        at_end_KBH = torch.zeros_like(outputs[layer], dtype=torch.bool)
        for end in ends:
            at_end_KBH |= (outputs[layer] - end).abs() <= reach
        idle_K = at_end_KBH.float().mean(dim=(1, 2)) if is_last else at_end_KBH.all(dim=1).float().mean(dim=1)
        share_KL[:, place] = idle_K.numpy()
    return share_KL

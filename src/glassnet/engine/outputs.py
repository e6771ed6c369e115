"""Outputs of networks whose weights stay as they are, by compiled code where it knows all of their parts.

They are those of the network's own forward pass but for rounding. What comes out for a row depends on the row
alone: not on its neighbours, nor on the number of threads.

Shapes: K members, R rows, T outputs.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from glassnet.engine.compiled import ACTIVATIONS, _fused
from glassnet.engine.inputs import FEWEST_BINS, Division, divide, rows_of
from glassnet.network.activation import ACTIVATIONS as FUNCTIONS
from glassnet.network.mlp import MLP
from glassnet.prepare.values import Encoded, Floats64, Preparation

NUMBERS: Final[dict[torch.dtype, type[np.floating]]] = {
    torch.float32: np.float32,
    torch.float64: np.float64,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class CompiledNetwork:
    """Some members of a network with the weights they had when this was made."""

    network: _fused.Network32
    division: Division
    number: type[np.floating]
    members: int
    outputs: int

    def of(self, encoded: Encoded, fold: int, threads: int) -> Floats64:
        """Return all outputs for the rows under one fold's preparation, `(K, R, T)`."""
        rows = rows_of(encoded, self.division, fold, self.number)
        if self.members > 1:  # they all look at the same rows
            rows.keep()
        output_KRT = np.empty((self.members, encoded.rows, self.outputs))
        self.network.outputs(rows, output_KRT, max(threads, 1))
        return output_KRT


def compiled_network(
    network: nn.Module, preparation: Preparation, members: Sequence[int]
) -> CompiledNetwork | None:
    """Return these members of the network in compiled form, or None where there is no such form."""
    if _fused is None or not isinstance(network, MLP) or len(network.norms):
        return None
    name = next((one for one in ACTIVATIONS if FUNCTIONS.get(one) is network.activation), None)
    number = NUMBERS.get(network.last.weight.dtype)
    if name is None or number is None or not members:
        return None
    every = len(members) == len(network.last.weight) and list(members) == list(range(len(members)))
    tensors = [_tensor(t.detach() if every else t.detach()[list(members)]) for t in network.parameters()]
    embedding = 0 if network.embedding is None else int(network.embedding.weight.shape[2])
    division = divide(preparation, embedding, FEWEST_BINS if network.widths else sys.maxsize)
    setup = _setup(network, preparation, division)
    setup.members, setup.embedding, setup.activation = len(members), embedding, ACTIVATIONS.index(name)
    make = _fused.Network32 if number is np.float32 else _fused.Network64
    return CompiledNetwork(
        network=make(setup, tensors),
        division=division,
        number=number,
        members=len(members),
        outputs=setup.outputs,
    )


def _setup(network: MLP, preparation: Preparation, division: Division) -> _fused.Setup:
    """Return the network's shape as plain numbers."""
    setup = _fused.Setup()
    setup.dense, setup.binned, setup.column = division.dense_inputs, division.bins_B, division.column
    setup.embedded, setup.hidden = preparation.embedded, network.widths
    setup.outputs, setup.is_sigmoid = int(network.last.weight.shape[1]), network.is_sigmoid
    return setup


def _tensor(tensor: Tensor) -> np.ndarray:
    """Return a parameter as `(K, rows, columns)`; a bias is one row."""
    array = tensor.contiguous().numpy()
    return array if array.ndim == 3 else array[:, None, :]

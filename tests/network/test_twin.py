"""A twin is what deepcopy and load_state_dict make, with nothing shared."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from glassnet.network.mlp import MLP, InputShape
from glassnet.network.twin import twin
from glassnet.settings import Architecture

INPUTS = InputShape(dense=3, embedded=(4, 2), embedding=2)


def mlp(**changes):
    return MLP(Architecture(hidden=(5, 4), members=2, **changes), INPUTS, 2, torch.float64)


def other_weights(network):
    draw = torch.Generator().manual_seed(0)
    return {
        name: torch.randn(tensor.shape, generator=draw, dtype=torch.float64).to(tensor.dtype)
        if tensor.is_floating_point()
        else tensor
        for name, tensor in network.state_dict().items()
    }


@pytest.mark.parametrize("normalization", ["none", "layer"])
def test_it_is_the_copy_with_the_weights_loaded(normalization):
    network = mlp(normalization=normalization).eval()
    tensors = other_weights(network)
    expected = copy.deepcopy(network)
    expected.load_state_dict(tensors)
    made = twin(network, tensors)
    assert str(made) == str(expected)
    assert made.training == expected.training
    assert list(made.state_dict()) == list(expected.state_dict())
    for name, tensor in expected.state_dict().items():
        assert torch.equal(made.state_dict()[name], tensor)
    rows = torch.randn(2, 6, 3, dtype=torch.float64), torch.zeros(2, 6, 2, dtype=torch.int64)
    assert torch.equal(made(*rows), expected(*rows))


def test_nothing_is_shared_with_the_first():
    network = mlp()
    before = copy.deepcopy(network.state_dict())
    made = twin(network, other_weights(network))
    calls = []
    made.last.register_forward_hook(lambda *_: calls.append(1))
    made.last.extra = nn.Linear(1, 1)
    with torch.no_grad():
        for tensor in made.state_dict().values():
            tensor.zero_()
    network(torch.zeros(2, 1, 3, dtype=torch.float64), torch.zeros(2, 1, 2, dtype=torch.int64))
    assert not calls
    assert not hasattr(network.last, "extra")
    assert all(torch.equal(network.state_dict()[name], tensor) for name, tensor in before.items())
    copy.deepcopy(made)


def test_frozen_parameters_stay_frozen_and_types_stay():
    network = mlp()
    network.last.bias.requires_grad_(False)
    made = twin(network, {name: t.float() for name, t in network.state_dict().items()})
    assert not made.last.bias.requires_grad
    assert made.last.weight.requires_grad
    assert made.last.weight.dtype == torch.float64


def test_a_network_of_ones_own_is_copied_whole():
    network = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    made = twin(network, {name: t + 1 for name, t in network.state_dict().items()})
    assert torch.equal(made[0].weight, network[0].weight + 1)


def test_a_missing_tensor_is_named():
    with pytest.raises(KeyError, match=r"last\.bias"):
        twin(mlp(), {name: t for name, t in mlp().state_dict().items() if name != "last.bias"})

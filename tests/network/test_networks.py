"""Layers against torch's own, gradients against differences, and weights that depend on the seed alone."""

import math

import pytest
import torch
from torch import nn

from glassnet.errors import SettingsError
from glassnet.network.activation import ACTIVATIONS
from glassnet.network.build import NETWORKS, build_network
from glassnet.network.members import MemberEmbedding, MemberLinear, MemberNorm
from glassnet.network.mlp import InputShape
from glassnet.settings import Architecture

INPUTS = InputShape(dense=3, embedded=(4, 2), embedding=2)


def fill(module: nn.Module, seed: int = 0) -> nn.Module:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype))
    return module


def inputs(
    members: int, rows: int = 6, dtype: torch.dtype = torch.float64
) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(9)
    dense = torch.randn(members, rows, 3, generator=generator, dtype=dtype)
    first = torch.randint(0, 4, (members, rows, 1), generator=generator)
    second = torch.randint(0, 2, (members, rows, 1), generator=generator)
    return dense, torch.cat([first, second], dim=-1)


@pytest.mark.parametrize("members", [1, 3])
def test_linear_layers_are_torchs(members):
    layer = fill(MemberLinear(members, 4, 2, torch.float64))
    x = torch.randn(members, 5, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    found = layer(x)
    for k in range(members):
        plain = nn.functional.linear(x[k], layer.weight[k], layer.bias[k])
        torch.testing.assert_close(found[k], plain, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("members", [1, 3])
def test_norms_are_torchs(members):
    layer = fill(MemberNorm(members, 6, torch.float64))
    x = torch.randn(members, 5, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    for k in range(members):
        plain = nn.functional.layer_norm(x[k], (6,), layer.weight[k], layer.bias[k])
        torch.testing.assert_close(layer(x)[k], plain, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("members", [1, 3])
def test_embeddings_are_torchs(members):
    layer = fill(MemberEmbedding(members, (4, 2), 3, torch.float64))
    _, slots = inputs(members)
    found = layer(slots)
    assert found.shape == (members, 6, 6)
    for k in range(members):
        first = nn.functional.embedding(slots[k, :, 0], layer.weight[k, :4])
        second = nn.functional.embedding(slots[k, :, 1], layer.weight[k, 4:])
        assert torch.equal(found[k], torch.cat([first, second], dim=-1))


SHAPES = {
    "plain": Architecture(hidden=(5, 4), activation="silu", members=2),
    "layer norm": Architecture(hidden=(5, 4), activation="gelu", normalization="layer", members=2),
    "sigmoid": Architecture(hidden=(5,), activation="tanh", output="sigmoid", members=2),
    "no hidden layer": Architecture(hidden=(), members=2),
    "neuron": Architecture(network="neuron", members=2),
    "one member": Architecture(hidden=(5,), activation="mish"),
    "dropout": Architecture(hidden=(5,), activation="elu", dropout=0.5, members=2),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_gradients_of_whole_networks_are_their_differences(shape):
    architecture = SHAPES[shape]
    network = build_network(architecture, INPUTS, 2, seed=3, precision="float64")
    dense, slots = inputs(architecture.members)
    names, values = zip(*network.named_parameters(), strict=True)
    masks = [
        2.0 * (torch.arange(6 * width).view(6, width) % 2).double().expand(architecture.members, -1, -1)
        for width in network.dropped_widths
    ]

    def run(dense: torch.Tensor, *parameters: torch.Tensor) -> torch.Tensor:
        state = dict(zip(names, parameters, strict=True))
        return torch.func.functional_call(network, state, (dense, slots, masks))

    dense.requires_grad_()
    assert torch.autograd.gradcheck(run, (dense, *values), eps=1e-6, atol=1e-6)


@pytest.mark.parametrize("shape", [name for name, one in SHAPES.items() if one.members == 2])
def test_members_stay_apart(shape):
    network = build_network(SHAPES[shape], INPUTS, 2, seed=3, precision="float64")
    dense, slots = inputs(2)
    network(dense, slots)[1].sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.shape[0] == 2
        assert not parameter.grad[0].any(), name
        assert torch.isfinite(parameter.grad[1]).all()
    assert network.last.weight.grad[1].any()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations_are_torchs_modules(activation):
    modules = {
        "relu": nn.ReLU(),
        "silu": nn.SiLU(),
        "gelu": nn.GELU(),
        "mish": nn.Mish(),
        "selu": nn.SELU(),
        "elu": nn.ELU(),
        "leaky_relu": nn.LeakyReLU(),
        "tanh": nn.Tanh(),
        "sigmoid": nn.Sigmoid(),
    }
    x = torch.linspace(-5, 5, 41)
    torch.testing.assert_close(ACTIVATIONS[activation](x), modules[activation](x), rtol=1e-6, atol=1e-7)


def test_a_network_is_the_plain_sequence():
    architecture = Architecture(hidden=(5, 4), activation="relu", normalization="layer", output="sigmoid")
    network = build_network(architecture, InputShape(dense=3), 2, seed=3, precision="float64")
    plain = nn.Sequential(
        nn.Linear(3, 5), nn.LayerNorm(5), nn.ReLU(), nn.Linear(5, 4), nn.LayerNorm(4), nn.ReLU(),
        nn.Linear(4, 2), nn.Sigmoid(),
    ).double()  # fmt: skip
    names = ["0", "3", "6"]
    layers = [*network.hidden, network.last]
    with torch.no_grad():
        for name, layer in zip(names, layers, strict=True):
            plain.get_submodule(name).weight.copy_(layer.weight[0])
            plain.get_submodule(name).bias.copy_(layer.bias[0])
    dense, _ = inputs(1)
    torch.testing.assert_close(network(dense)[0], plain(dense[0]), rtol=1e-12, atol=1e-12)


# ---- initial weights ----


def test_initial_weights_depend_on_the_seed_alone():
    architecture = Architecture(hidden=(50, 40), members=3)
    one = build_network(architecture, INPUTS, 2, seed=3, precision="float64").state_dict()
    torch.rand(7)
    again = build_network(architecture, INPUTS, 2, seed=3, precision="float64").state_dict()
    other = build_network(architecture, INPUTS, 2, seed=4, precision="float64").state_dict()
    for name in one:
        assert torch.equal(one[name], again[name])
        assert not torch.equal(one[name], other[name])
        assert not torch.equal(one[name][0], one[name][1])


def test_a_member_does_not_depend_on_how_many_there_are():
    few = build_network(Architecture(hidden=(5,), members=2), INPUTS, 2, seed=3, precision="float32")
    many = build_network(Architecture(hidden=(5,), members=6), INPUTS, 2, seed=3, precision="float32")
    for name, tensor in few.state_dict().items():
        assert torch.equal(tensor, many.state_dict()[name][:2])


def test_initial_weights_have_torchs_distribution():
    architecture = Architecture(hidden=(400,), members=1)
    inputs = InputShape(dense=100, embedded=(500,), embedding=16)
    network = build_network(architecture, inputs, 1, seed=0, precision="float32")
    weight, bias = network.hidden[0].weight, network.hidden[0].bias
    bound = 1 / math.sqrt(116)
    assert float(weight.detach().abs().max()) <= bound
    assert float(bias.detach().abs().max()) <= bound
    # The deviation of a uniform number in +-bound; 46,400 of them.
    assert float(weight.detach().std()) == pytest.approx(bound / math.sqrt(3), rel=0.02)
    assert float(network.embedding.weight.detach().std()) == pytest.approx(1 / math.sqrt(16), rel=0.05)


def test_zero_is_zero():
    network = build_network(
        Architecture(network="neuron", initial="zero"), InputShape(dense=3), 1, seed=0, precision="float32"
    )
    assert not any(parameter.any() for parameter in network.parameters())


# ---- what a user brings ----


class Own(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.layer = nn.Linear(inputs, outputs)

    def forward(self, x):
        return self.layer(x)


class Flat(Own):
    def forward(self, x):
        return self.layer(x)[:, 0]


class Wrong(Own):
    def forward(self, x):
        return self.layer(x).T


def test_an_own_class_is_built_from_the_seed():
    architecture = Architecture(network=Own)
    state = torch.get_rng_state()
    one = build_network(architecture, InputShape(dense=3), 2, seed=1, precision="float64")
    again = build_network(architecture, InputShape(dense=3), 2, seed=1, precision="float64")
    other = build_network(architecture, InputShape(dense=3), 2, seed=2, precision="float64")
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(one.module.layer.weight, again.module.layer.weight)
    assert not torch.equal(one.module.layer.weight, other.module.layer.weight)
    assert one.module.layer.weight.dtype == torch.float64
    assert one(torch.zeros(1, 4, 3, dtype=torch.float64)).shape == (1, 4, 2)


def test_an_own_module_may_leave_out_the_axis_of_one_output():
    network = build_network(Architecture(network=Flat), InputShape(dense=3), 1, seed=1, precision="float32")
    assert network(torch.zeros(1, 4, 3)).shape == (1, 4, 1)


def test_an_own_module_of_another_shape_is_named():
    network = build_network(Architecture(network=Wrong), InputShape(dense=3), 2, seed=1, precision="float32")
    with pytest.raises(SettingsError, match=r"your module Wrong gave shape \(2, 4\) .* needs \(4, 2\)"):
        network(torch.zeros(1, 4, 3))


def test_what_is_no_module_is_refused():
    with pytest.raises(SettingsError, match=r"network must be a name, an nn\.Module class"):
        build_network(Architecture(network=len), InputShape(dense=3), 2, seed=1, precision="float32")
    with pytest.raises(SettingsError, match="leave members at 1"):
        build_network(
            Architecture(network=Own, members=2), InputShape(dense=3), 2, seed=1, precision="float32"
        )
    with pytest.raises(SettingsError, match=r"no network is called 'mpl'\. Did you mean 'mlp'\?"):
        build_network(Architecture(network="mpl"), InputShape(dense=3), 2, seed=1, precision="float32")
    assert set(NETWORKS) >= {"mlp", "neuron"}

"""Optimisers by name are torch's own, and any of torch's classes runs or says what it cannot."""

import warnings
from dataclasses import replace

import pytest
import torch
from torch import nn

from glassnet.engine.eager import EagerEngine
from glassnet.errors import SettingsError
from glassnet.network.build import build_network
from glassnet.network.mlp import InputShape
from glassnet.optimizer import OPTIMIZERS, make_optimizer
from glassnet.pipeline import Sources, draft_run
from glassnet.settings import Architecture, Settings, Training
from glassnet.train import train


class Own(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.layer = nn.Linear(inputs, outputs)

    def forward(self, x):
        return self.layer(x)


def network_of(members: int = 2) -> nn.Module:
    return build_network(
        Architecture(hidden=(4,), normalization="layer", members=members),
        InputShape(dense=3),
        1,
        seed=0,
        precision="float64",
    )


REFERENCES = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01),
    "adam": lambda p: torch.optim.Adam(p, lr=0.1, weight_decay=0.01),
    "adamw": lambda p: torch.optim.AdamW(
        [
            {"params": [one for one in p if one.ndim > 2]},
            {"params": [one for one in p if one.ndim <= 2], "weight_decay": 0.0},
        ],
        lr=0.1,
        weight_decay=0.01,
    ),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_named_optimiser_is_torchs(name):
    one, other = network_of(), network_of()
    training = Training(optimizer=name, learning_rate=0.1, momentum=0.9, weight_decay=0.01)
    ours = make_optimizer(one, training)
    plain = REFERENCES[name](list(other.parameters()))
    x = torch.randn(2, 5, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for _ in range(5):
        for network, optimizer in ((one, ours), (other, plain)):
            optimizer.zero_grad()
            network(x).square().sum().backward()
            optimizer.step()
    for left, right in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(left, right, rtol=1e-9, atol=1e-12)


def test_adamw_decays_matrices_and_nothing_else():
    network = network_of()
    optimizer = make_optimizer(network, Training(optimizer="adamw", weight_decay=0.5))
    decayed = {id(p): group["weight_decay"] for group in optimizer.param_groups for p in group["params"]}
    for name, parameter in network.named_parameters():
        is_matrix = name.startswith(("hidden", "last")) and name.endswith("weight")
        assert decayed[id(parameter)] == (0.5 if is_matrix else 0.0), name


def test_adamw_decays_an_own_modules_matrices_too():
    network = build_network(Architecture(network=Own), InputShape(dense=3), 1, seed=0, precision="float32")
    optimizer = make_optimizer(network, Training(optimizer="adamw", weight_decay=0.5))
    decayed = {id(p): group["weight_decay"] for group in optimizer.param_groups for p in group["params"]}
    assert decayed[id(network.module.layer.weight)] == 0.5
    assert decayed[id(network.module.layer.bias)] == 0.0


CLASSES = [
    one
    for one in vars(torch.optim).values()
    if isinstance(one, type) and issubclass(one, torch.optim.Optimizer) and one is not torch.optim.Optimizer
]


@pytest.mark.parametrize("own", CLASSES, ids=lambda one: one.__name__)
def test_every_class_of_torch_runs_or_says_why_not(own):
    settings = Settings(
        example="moons",
        example_rows=60,
        optimizer=own,
        epochs=2,
        hidden=(4,),
        learning_rate=0.01,
        weight_decay=0.0,
    )
    plan = draft_run(Sources(), settings).plan
    if own.__name__ in ("LBFGS", "SparseAdam", "Muon"):
        with pytest.raises(SettingsError, match=own.__name__):
            EagerEngine(plan)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what torch says of its own classes
        assert train(plan, EagerEngine(plan)).history.epochs == 2


def test_an_own_optimiser_takes_the_plain_programs_steps():
    network, plain = (
        network_of(1),
        nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.ReLU(), nn.Linear(4, 1)),
    )
    plain = plain.double()
    names = {"hidden.0": "0", "norms.0": "1", "last": "3"}
    with torch.no_grad():
        for ours, theirs in names.items():
            for part in ("weight", "bias"):
                value = network.get_parameter(f"{ours}.{part}")[0]
                plain.get_parameter(f"{theirs}.{part}").copy_(value)
    x = torch.randn(5, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    one = make_optimizer(network, Training(optimizer=torch.optim.Adafactor, learning_rate=0.1))
    other = torch.optim.Adafactor(plain.parameters(), lr=0.1)
    for _ in range(4):
        for optimizer, loss in ((one, network(x[None]).square().sum()), (other, plain(x).square().sum())):
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    for ours, theirs in names.items():
        for part in ("weight", "bias"):
            found, wanted = (
                network.get_parameter(f"{ours}.{part}")[0],
                plain.get_parameter(f"{theirs}.{part}"),
            )
            torch.testing.assert_close(found, wanted, rtol=1e-9, atol=1e-12)


def test_known_choices_are_passed_on_and_unknown_ones_refused():
    network = network_of()
    training = Training(optimizer=torch.optim.RMSprop, learning_rate=0.5, momentum=0.25, weight_decay=0.125)
    group = make_optimizer(network, training).param_groups[0]
    assert (group["lr"], group["momentum"], group["weight_decay"]) == (0.5, 0.25, 0.125)
    with pytest.raises(SettingsError, match="Adagrad knows no momentum; leave it at 0"):
        make_optimizer(network, replace(training, optimizer=torch.optim.Adagrad))
    with pytest.raises(SettingsError, match=r"or a class of torch\.optim"):
        make_optimizer(network, Training(optimizer=nn.Linear))
    with pytest.raises(SettingsError, match="no optimiser is called 'adamm'"):
        make_optimizer(network, Training(optimizer="adamm"))


@pytest.mark.parametrize(
    "own", [torch.optim.RMSprop, torch.optim.Adafactor, torch.optim.Rprop], ids=lambda o: o.__name__
)
def test_an_own_optimiser_keeps_members_apart(own):
    settings = Settings(
        example="moons", example_rows=60, optimizer=own, epochs=3, hidden=(4,), learning_rate=0.01, members=2,
        weight_decay=0.0, precision="float64", validation_share=0.0,
    )  # fmt: skip
    plan = draft_run(Sources(), settings).plan
    first = train(plan, EagerEngine(plan)).network.state_dict()
    with torch.no_grad():
        for parameter in plan.network.parameters():
            parameter[1] *= 3.0
    second = train(plan, EagerEngine(plan)).network.state_dict()
    for name, tensor in first.items():
        torch.testing.assert_close(tensor[0], second[name][0], rtol=1e-12, atol=1e-12)
        assert not torch.equal(tensor[1], second[name][1])

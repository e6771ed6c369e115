"""A user's own loop: its numbers stay what they are, its mistakes are named, its hooks go away."""

from __future__ import annotations

import itertools
import math

import polars as pl
import pytest
import torch
from torch import nn
from torch.overrides import _get_current_function_mode_stack

from glassnet.errors import SettingsError
from glassnet.own_loop import watch


def network(activation=nn.ReLU, depth=2):
    torch.manual_seed(0)
    widths = [6] + [16] * depth
    layers = [part for a, b in itertools.pairwise(widths) for part in (nn.Linear(a, b), activation())]
    return nn.Sequential(*layers, nn.Linear(16, 1))


def data(scale=1.0):
    draw = torch.Generator().manual_seed(1)
    x = torch.randn(256, 6, generator=draw)
    return x * scale, 2 * x[:, 0] + x[:, 1]


def plain_loss(output, y):
    return (output.squeeze(-1) - y).square().mean()


def run(module, *, optimizer=torch.optim.Adam, rate=1e-2, steps=200, clear="before", loss=plain_loss, **more):
    """Train; return the watched loop and the module, or with watched=False None and the module."""
    x, y = data(more.get("scale", 1.0))
    moving = optimizer(module.parameters(), lr=rate)
    watched = watch(module, moving) if more.get("watched", True) else None
    draw = torch.Generator().manual_seed(2)
    for _ in range(steps):
        if clear == "before":
            moving.zero_grad(set_to_none=more.get("to_none", True))
        for _ in range(more.get("parts", 1)):
            batch = torch.randint(0, 256, (32,), generator=draw)
            loss(module(x[batch]), y[batch]).backward()
        if more.get("clip"):
            nn.utils.clip_grad_norm_(module.parameters(), more["clip"])
        if clear == "between":
            moving.zero_grad()
        moving.step()
        if clear == "none":
            for parameter in module.parameters():
                parameter.grad = None
    return watched, module


def found(watched):
    return {finding.name: finding for finding in watched.findings}


@pytest.mark.parametrize(
    "optimizer", [torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW, torch.optim.RMSprop]
)
def test_watching_changes_no_number(optimizer):
    watched, one = run(network(), optimizer=optimizer)
    _, other = run(network(), optimizer=optimizer, watched=False)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
    assert watched._records


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"optimizer": torch.optim.SGD, "rate": 0.05},
        {"clear": "none"},
        {"to_none": False},
        {"parts": 3},
        {"parts": 3, "to_none": False},
        {"clip": 5.0},
    ],
)
@pytest.mark.parametrize("activation", [nn.ReLU, nn.Tanh, nn.GELU])
def test_good_loops_have_no_finding(more, activation):
    assert found(run(network(activation), **more)[0]) == {}


@pytest.mark.parametrize("optimizer", [torch.optim.SGD, torch.optim.Adam])
def test_forgotten_zero_grad(optimizer):
    watched, _ = run(network(), clear="never", optimizer=optimizer, rate=1e-3)
    assert "zero_grad()" in found(watched)["gradients never cleared"].remedy


def test_zero_grad_between_backward_and_step():
    assert "not between" in found(run(network(), clear="between")[0])["steps without a gradient"].remedy


def test_a_detached_loss_has_no_gradient():
    module = network()
    for parameter in module[:4].parameters():
        parameter.requires_grad_(False)
    watched, _ = run(module)
    assert "steps without a gradient" not in found(watched)  # the last layer moves
    module = network()
    moving = torch.optim.Adam(module.parameters())
    watched = watch(module, moving)
    for _ in range(5):
        moving.step()
    assert "detach()" in found(watched)["steps without a gradient"].remedy


@pytest.mark.filterwarnings("ignore:Using a target size")
@pytest.mark.parametrize("loss", [lambda o, y: (o - y).square().mean(), nn.MSELoss(), nn.L1Loss()])
def test_a_prediction_with_a_column_too_many(loss):
    watched, _ = run(network(), loss=loss)
    assert "(32, 1) and (32,)" in found(watched)["loss of (N,) against (N, 1)"].evidence


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("learning rate too high", {"rate": 10.0}),
        ("learning rate too high", {"rate": 5.0, "optimizer": torch.optim.SGD}),
        ("learning rate too low", {"rate": 1e-7}),
        ("learning rate too low", {"rate": 1e-6, "optimizer": torch.optim.SGD}),
        ("unscaled inputs", {"scale": 1e5}),
        ("clipping on every step", {"clip": 1e-3, "optimizer": torch.optim.SGD}),
    ],
)
def test_faults_of_a_loop(name, more):
    assert name in found(run(network(), **more)[0])


def test_vanishing_gradients():
    assert "vanishing gradients" in found(run(network(nn.Sigmoid, depth=8))[0])


def test_exploding_gradients():
    module = network(depth=6)
    for parameter in module.parameters():
        if parameter.ndim == 2:
            nn.init.normal_(parameter, std=3.0)
    assert "exploding gradients" in found(run(module, rate=1e-4)[0])


def test_dead_relus_by_a_huge_negative_bias():
    module = network()
    nn.init.constant_(module[2].bias, -100.0)
    finding = found(run(module)[0])["dead ReLUs"]
    assert "100% of the units of layer '2'" in finding.evidence
    assert "step 1" in finding.evidence


def test_history_has_the_columns_of_a_model():
    watched, _ = run(network(), steps=150)
    history = watched.history
    assert history.columns == ["epoch", "step", "member", "layer", "quantity", "value"]
    assert history["epoch"].null_count() == history.height
    assert history["step"].max() >= 100
    loss = history.filter(pl.col("quantity") == "training_loss")
    assert loss["layer"].null_count() == loss.height == len(watched._records)
    ratio = history.filter((pl.col("quantity") == "ratio") & (pl.col("layer") == "0"))
    assert ratio["value"].is_between(1e-6, 0.2).all()


def test_the_norms_are_those_of_the_step():
    module = network()
    moving = torch.optim.SGD(module.parameters(), lr=0.1)
    watched = watch(module, moving)
    x, y = data()
    plain_loss(module(x), y).backward()
    whole = nn.utils.clip_grad_norm_(module.parameters(), 0.5).item()
    gradient = torch.cat([p.grad.flatten() for p in module[0].parameters()]).norm().item()
    moving.step()
    value = {
        (layer, quantity): value
        for layer, quantity, value in watched.history.select("layer", "quantity", "value").iter_rows()
    }
    before = math.sqrt(sum(value[layer, "gradient"] ** 2 for layer in ("0", "2", "4")))
    assert before == pytest.approx(whole, rel=1e-5)  # float32
    assert value["0", "clipped"] == pytest.approx(gradient, rel=1e-5)
    assert value["0", "update"] == pytest.approx(0.1 * gradient, rel=1e-4)


def test_closing_leaves_nothing_behind():
    module = network()
    x, y = data()
    moving = torch.optim.Adam(module.parameters())
    with watch(module, moving) as watched:
        plain_loss(module(x), y)  # an abandoned step
    assert _get_current_function_mode_stack() == []
    assert not moving._optimizer_step_pre_hooks
    assert not moving._optimizer_step_post_hooks
    for part in module.modules():
        assert not part._forward_hooks
        assert not part._forward_pre_hooks
    assert all(not p._backward_hooks and not p._post_accumulate_grad_hooks for p in module.parameters())
    watched.close()
    assert watched.history.height == 0
    assert watched.findings == ()


def test_a_closure_is_watched_too():
    module, (x, y) = network(), data()
    moving = torch.optim.LBFGS(module.parameters(), max_iter=5)
    watched = watch(module, moving)

    def closure():
        moving.zero_grad()
        loss = plain_loss(module(x), y)
        loss.backward()
        return loss

    for _ in range(5):
        moving.step(closure)
    assert "gradients never cleared" not in found(watched)
    assert watched.history.filter(pl.col("quantity") == "update")["value"].max() > 0
    assert _get_current_function_mode_stack() == []


def test_two_losses_in_turn_as_in_a_gan_are_no_forgotten_zero_grad():
    judge, maker = network(), nn.Linear(6, 6)
    x, y = data()
    judging, making = torch.optim.Adam(judge.parameters()), torch.optim.Adam(maker.parameters())
    watched = watch(judge, judging)
    for _ in range(30):
        judging.zero_grad()
        plain_loss(judge(x), y).backward()
        judging.step()
        making.zero_grad()
        judge(maker(x)).mean().backward()  # adds to the judge's gradients, which are cleared later
        making.step()
    assert "gradients never cleared" not in found(watched)


def test_an_optimiser_of_another_module_is_refused():
    with pytest.raises(SettingsError, match="moves none of the 6 parameters of Sequential"):
        watch(network(), torch.optim.Adam(nn.Linear(2, 2).parameters()))
    lazy = nn.LazyLinear(3)
    with pytest.raises(SettingsError, match="run one batch through"):
        watch(lazy, torch.optim.Adam(lazy.parameters()))


def test_long_loops_are_thinned():
    module = nn.Linear(2, 1)
    moving = torch.optim.SGD(module.parameters(), lr=0.0)
    watched = watch(module, moving)
    for _ in range(20_000):
        moving.step()
    assert 10 <= len(watched._records) <= 320
    assert watched._records[-1].epoch >= 189  # at least every thousandth step is recorded


def test_evaluation_between_steps_is_not_taken_for_training():
    module, (x, y) = network(), data(scale=1.0)
    moving = torch.optim.Adam(module.parameters())
    watched = watch(module, moving)
    for _ in range(10):
        module.eval()
        (module(x) - y).square().mean()  # no training: broadcasting here hurts no gradient
        module.train()
        moving.zero_grad()
        plain_loss(module(x), y).backward()
        moving.step()
    assert found(watched) == {}

"""Every fault, planted in a real run, is named by the doctor, with its numbers."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from torch import nn

from glassnet.doctor.findings import EXPLAINS, FINDINGS, diagnose
from glassnet.model import fit


@pytest.mark.parametrize(
    "settings",
    [
        {"learning_rate": 30.0},
        {"learning_rate": 30.0, "clip": 0.0},
        {"learning_rate": 30.0, "optimizer": "sgd"},
        {"learning_rate": 1.0},
        {"recipe": "sequential", "learning_rate": 300.0, "epochs": 200},
    ],
)
def test_learning_rate_too_high(seen, learnable, settings):
    found = seen(learnable(), **settings)
    assert next(iter(found)) == "learning rate too high"
    assert f"{settings['learning_rate']:g}" in found["learning rate too high"].evidence


@pytest.mark.parametrize(
    "settings",
    [
        {"learning_rate": 1e-7},
        {"learning_rate": 1e-5},
        {"learning_rate": 1e-5, "optimizer": "sgd"},
        {"learning_rate": 1e-7, "recipe": "neuron"},
    ],
)
def test_learning_rate_too_low(seen, learnable, settings):
    assert "learning rate too low" in seen(learnable(), **settings)


def test_vanishing_gradients(seen, learnable):
    found = seen(learnable(), hidden=(32,) * 8, activation="sigmoid", dropout=0.0)
    assert "hidden.0" in found["vanishing gradients"].evidence
    assert "--activation relu" in found["vanishing gradients"].remedy
    assert "learning rate too low" not in found


class Wild(nn.Module):
    """Weights so large that every layer multiplies the gradient."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        widths = [inputs, 32, 32, 32, 32, 32]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in itertools.pairwise(widths))
        self.last = nn.Linear(32, outputs)
        for layer in self.layers:
            nn.init.normal_(layer.weight, std=3.0)

    def forward(self, x):
        for layer in self.layers:
            x = torch.relu(layer(x))
        return self.last(x)


def test_exploding_gradients(seen, learnable):
    found = seen(learnable(), network=Wild, learning_rate=1e-4)
    assert "norm is" in found["exploding gradients"].evidence


def test_dead_relus_by_a_huge_rate(seen, learnable):
    assert "dead ReLUs" in seen(learnable(), learning_rate=30.0)


def test_saturated_units(seen, learnable):
    found = seen(learnable(), activation="tanh", learning_rate=1.0)
    assert "sit at an end of tanh" in found["saturated units"].evidence


def test_saturated_sigmoid_with_squared_error(seen, learnable):
    table = learnable() | {"big": np.random.default_rng(1).normal(size=400) * 3e6}
    found = seen(table, recipe="sequential", epochs=200)
    assert "wrong end" in found["saturated sigmoid with squared error"].evidence
    assert "learning rate too low" not in found


@pytest.mark.parametrize(("optimizer", "severity"), [("adamw", "hint"), ("sgd", "warning")])
def test_clipping_on_every_step(seen, learnable, optimizer, severity):
    found = seen(learnable(), clip=1e-3, optimizer=optimizer)
    assert found["clipping on every step"].severity == severity
    assert "learning rate too low" not in found


def test_clipping_never_acts_is_a_hint_where_it_was_asked_for(seen, learnable):
    assert seen(learnable(), clip=1e6)["clipping never acts"].severity == "hint"


def test_no_better_than_the_baseline(seen, learnable):
    table = learnable()
    table["y"] = np.random.default_rng(3).permutation(table["y"])
    found = seen(table)
    assert list(found) == ["no better than the baseline"]
    assert "without looking at any column" in found["no better than the baseline"].evidence


def test_no_better_than_the_mean(seen, learnable):
    table = learnable() | {"y": np.random.default_rng(4).lognormal(size=400)}
    assert "no better than the baseline" in seen(table)


def test_few_test_rows_are_said_to_be_few(seen, learnable):
    table = {name: column[:30] for name, column in learnable().items()}
    table["y"] = np.random.default_rng(3).permutation(table["y"])
    (found,) = seen(table).values()
    assert (found.name, found.severity) == ("no better than the baseline", "hint")
    assert found.remedy == "6 test rows are too few to tell: --test-share 0 --folds 5 asks every row in turn."


def noisy(rows):
    """Return two columns that tell something, and forty that tell nothing."""
    draw = np.random.default_rng(5)
    x = draw.normal(size=(rows, 42))
    yes = x[:, 0] + x[:, 1] + draw.normal(size=rows) > 0
    return {f"x{place}": x[:, place] for place in range(42)} | {"y": np.where(yes, "yes", "no")}


def test_overfitting_is_a_hint_where_the_best_epoch_is_kept(seen):
    wide = {"hidden": (256, 256), "dropout": 0.0, "weight_decay": 0.0, "patience": 0, "epochs": 60}
    found = seen(noisy(400), **wide)
    assert found["overfitting"].severity == "hint"
    assert "was kept" in found["overfitting"].evidence


def test_overfitting_is_a_warning_where_the_last_epoch_is_kept(seen):
    wide = {"hidden": (256, 256), "dropout": 0.0, "validation_share": 0.0, "epochs": 60}
    assert seen(noisy(250), **wide)["overfitting"].severity == "warning"


def test_validation_too_small(seen, learnable):
    assert "Only 3 rows" in seen(learnable(60), validation_share=0.05)["validation too small"].evidence
    assert "validation too small" not in seen(learnable(60), folds=3, members=3)


@pytest.mark.parametrize("task", ["classes", "numbers"])
def test_target_leak(seen, learnable, task):
    table, draw = learnable(), np.random.default_rng(6)
    if task == "classes":
        table["paid out"] = (table["y"] == "yes") + 0.01 * draw.normal(size=400)
    else:
        table["y"] = table["x0"] + table["x1"] ** 2 + draw.normal(size=400)
        table["paid out"] = 1.19 * table["y"] + 0.01 * draw.normal(size=400)
    found = seen(table, epochs=100)
    assert "Column 'paid out'" in found["target leak suspected"].evidence
    assert "--drop 'paid out'" in found["target leak suspected"].remedy


@pytest.mark.parametrize("clip", [0.0, 1.0])
def test_unscaled_inputs_explain_what_they_bring(seen, learnable, clip):
    table = learnable() | {"big": np.random.default_rng(7).normal(size=400) * 3e6}
    found = seen(table, numbers="none", clip=clip)
    assert "big (" in found["unscaled inputs"].evidence
    assert not set(found) & set(EXPLAINS["unscaled inputs"])


def squeezed(predicted_KBT, target_KBT):
    """Return a loss with the classic mistake: one row's prediction against every row's target."""
    return (predicted_KBT.squeeze(-1) - target_KBT).square().mean(dim=-1)


def pairwise(predicted_KBT, target_KBT):
    """Return a loss that compares rows on purpose."""
    predicted_KB, target_KB = predicted_KBT[..., 0], target_KBT[..., 0]
    apart_KBB = predicted_KB[:, :, None] - predicted_KB[:, None, :]
    wanted_KBB = target_KB[:, :, None] - target_KB[:, None, :]
    return (apart_KBB - wanted_KBB).square().mean(dim=-1)


@pytest.mark.parametrize(("loss", "is_named"), [(squeezed, True), (pairwise, False)])
def test_a_loss_that_stretches_rows_against_rows(seen, learnable, loss, is_named):
    table = learnable() | {"y": np.random.default_rng(8).normal(size=400)}
    found = seen(table, loss=loss, epochs=2)
    assert ("loss of (N,) against (N, 1)" in found) is is_named
    if is_named:
        assert "(1, 7, 7)" in found["loss of (N,) against (N, 1)"].evidence


def test_findings_bear_their_own_names(learnable):
    fitted = fit(
        learnable() | {"big": np.arange(400.0) * 1e5}, "y", numbers="none", clip=1e9, validation_share=0.02
    ).fitted
    assert {finding.name for finding in diagnose(fitted)} <= set(FINDINGS)
    assert {other for others in EXPLAINS.values() for other in others} | set(EXPLAINS) <= set(FINDINGS)


def test_warnings_come_first_and_short_says_how_many_are_left_out(seen, learnable):
    from glassnet.doctor.findings import short

    table = learnable(60) | {"big": np.random.default_rng(9).normal(size=60) * 3e6}
    found = tuple(seen(table, recipe="sequential", validation_share=0.05, clip=1e9, epochs=100).values())
    severities = [finding.severity for finding in found]
    assert severities == sorted(severities, key=lambda one: one != "warning")
    assert len(found) >= 4
    lines = short(found)
    assert len(lines) == 3
    assert lines[0].startswith("unscaled inputs: ")
    assert lines[2] == f"{len(found) - 2} more findings: glassnet doctor MODEL"
    assert short(found[:1]) == (f"{found[0].name}: {found[0].evidence} {found[0].remedy}",)
    assert short(()) == ()

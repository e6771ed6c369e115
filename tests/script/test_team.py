"""Scripts of teams, whose members share layers: a shared step, own scales, a joint choice of the epoch.

A script scales the inputs where the run scales the first layer's weights: float32 rounds that otherwise, by
about 1e-7 a step.
"""

import re

import numpy as np
import pytest

from glassnet.errors import SettingsError
from glassnet.model import fit
from glassnet.script.verify import must_be_exact
from glassnet.script.write import write_script

CLOSE = 1e-5  # a hundred roundings of float32
TEAM = {
    "sharing": "layers",
    "members": 3,
    "hidden": (8, 6),
    "epochs": 4,
    "batch_size": 32,
    "validation_share": 0.2,
    "precision": "float32",
    "learning_rate": 0.01,
    "average": 0.0,
    "drop": "household",
}
PLAIN = {"engine": "eager", "threads": 1}


def largest(found):
    assert found.epochs[0] == found.epochs[1]
    return max(found.training_loss, found.validation_loss, found.predicted)


@pytest.mark.parametrize(
    "target", ["rich", "size", "income", ("income", "paid"), ("rich", "member")], ids=str
)
def test_every_kind_of_target(differences, mixed, target):
    assert largest(differences(mixed, target=target, **TEAM)) < CLOSE


@pytest.mark.parametrize(
    "changes",
    [
        {"average": 0.9, "second_moment": 0.95, "bins": 4, "dropout": 0.2, "clip": 0.5},
        {"one_hot": 0, "embedding": 3, "weight_decay": 5.0, "normalization": "layer", "clip": 0.5},
        {"optimizer": "sgd", "momentum": 0.9, "weight_decay": 0.1, "learning_rate": 0.1},
        {"optimizer": "adam", "schedule": "constant", "warmup": 0.0, "dropout": 0.2},
        {"class_weight": "balanced", "activation": "silu"},
        {"loss": "cross_entropy", "class_weight": "balanced", "label_smoothing": 0.1},
        {"loss": "squared", "output": "sigmoid", "positive": "poor"},
        {"batch_size": 0, "validation_share": 0.0, "average": 0.9, "dropout": 0.2},
        {"batch_size": 0, "precision": "float64"},
        {"validation_share": 0.0, "test_share": 0.0, "average": 0.9},
        {"test_share": 0.0, "bins": 4},
        {"members": 1, "average": 0.9},
    ],
    ids=lambda changes: " ".join(changes),
)
def test_every_choice(differences, mixed, changes):
    assert largest(differences(mixed, target="rich", **(TEAM | changes))) < CLOSE


def test_the_epoch_that_the_members_choose_together(differences, mixed):
    fast = {"learning_rate": 0.05, "epochs": 30, "patience": 3}
    assert largest(differences(mixed, target="rich", **(TEAM | fast))) < CLOSE


@pytest.mark.parametrize("bins", [0, 4])
def test_the_columns_of_an_array(differences, bins):
    team = {key: value for key, value in TEAM.items() if key != "drop"}
    assert largest(differences(example="moons", bins=bins, example_rows=200, **team)) < CLOSE


def test_the_loss_over_all_rows_after_each_epoch(differences):
    team = {key: value for key, value in TEAM.items() if key not in ("drop", "validation_share")}
    settings = {"recipe": "neuron", "network": "mlp", "example_rows": 200, "average": 0.9}
    assert largest(differences(example="classification", **(team | settings))) < CLOSE


def test_a_temperature(differences):
    team = {key: value for key, value in TEAM.items() if key != "drop"}
    held_back = {"label_smoothing": 0.7, "epochs": 10, "validation_share": 0.4, "example_rows": 600}
    settings = team | held_back
    model = fit(example="moons", **settings, **PLAIN)
    assert "a temperature, fitted on held-out rows" in write_script(model.fitted)
    assert largest(differences(example="moons", **settings)) < CLOSE


def test_the_script_shares_as_the_run_did(mixed, run_text):
    fitted = fit(mixed, target="rich", **(TEAM | {"bins": 4, "average": 0.9}), **PLAIN).fitted
    names = run_text(write_script(fitted))
    team, weights = names["network"], fitted.trained.network.state_dict()
    scale_KI = team.scale[:, 0, names["column_of"]]
    effective = team.hidden[0].weight * scale_KI[:, None]
    assert np.abs((effective - weights["hidden.0.weight"]).detach().numpy()).max() < CLOSE
    for member, last in enumerate(team.last):
        assert np.abs((last.weight - weights["last.weight"][member]).detach().numpy()).max() < CLOSE


def test_what_is_not_needed_is_not_written(mixed):
    few = fit(mixed, target="rich", columns=("age", "paid", "income"), **(TEAM | {"drop": ()}), **PLAIN)
    marked = write_script(few.fitted)
    # `age` has missing cells, whose mark shares its scale.
    assert "column_of" in marked
    none = fit(mixed, target="rich", columns=("paid", "income"), bins=0, **(TEAM | {"drop": ()}), **PLAIN)
    written = write_script(none.fitted)
    assert "column_of" not in written
    assert "x * self.scale)" in written
    assert not re.search(r"AveragedModel|Dropout", written)


def test_a_team_of_one_is_not_promised_to_the_last_digit(mixed):
    assert not must_be_exact(fit(mixed, target="rich", **(TEAM | {"members": 1}), **PLAIN).fitted)


@pytest.mark.parametrize(("members", "why"), [(3, "it has 3 members"), (1, "its members share layers")])
def test_a_team_is_not_written_from_scratch(mixed, members, why):
    model = fit(mixed, target="rich", **(TEAM | {"members": members, "optimizer": "sgd"}), **PLAIN)
    with pytest.raises(SettingsError, match=why):
        write_script(model.fitted, "scratch")


SCALED = {
    "members": 1,
    "input_scaling": "learned",
    "hidden": (8, 6),
    "epochs": 4,
    "batch_size": 32,
    "precision": "float64",
    "learning_rate": 0.05,
    "drop": "household",
}


@pytest.mark.parametrize(
    "changes",
    [
        {"validation_share": 0.2, "bins": 4, "one_hot": 0, "embedding": 3, "clip": 0.1},
        {"members": 3, "folds": 3, "dropout": 0.2, "average": 0.9, "weight_decay": 0.5},
        {"optimizer": "sgd", "normalization": "layer", "clip": 0.5, "validation_share": 0.0},
        {"optimizer": "adam", "batch_size": 0, "columns": ("age", "paid"), "bins": 0, "drop": ()},
    ],
    ids=lambda changes: " ".join(changes),
)
def test_networks_of_their_own_that_scale_their_columns(differences, mixed, changes):
    # Losses are kept in float32; the rest agrees to 1e-12.
    assert largest(differences(mixed, target="rich", **(SCALED | changes))) < 1e-6


def test_what_scales_its_columns_is_not_promised_to_the_last_digit_nor_written_from_scratch(mixed):
    changes = {"optimizer": "sgd", "one_hot": 99, "validation_share": 0.2}
    model = fit(mixed, target="rich", **(SCALED | changes), **PLAIN)
    assert not must_be_exact(model.fitted)
    with pytest.raises(SettingsError, match="it scales its columns by learned factors"):
        write_script(model.fitted, "scratch")


FACTORS = {
    "rate_factors": {"scales": 6, "biases": 0.1, "last": 0.5},
    "decay_factors": {"first": 0, "biases": 1, "scales": 0.5},
    "weight_decay": 0.3,
}


@pytest.mark.parametrize(
    "changes",
    [
        SCALED | {"validation_share": 0.2, "one_hot": 0, "embedding": 3, "normalization": "layer"},
        SCALED | {"members": 2, "folds": 2, "sharing": "none", "optimizer": "adam", "weight_decay": 0.01},
        SCALED | {"optimizer": "sgd", "momentum": 0.9, "validation_share": 0.2, "weight_decay": 0.01},
        TEAM | {"precision": "float64", "one_hot": 0, "embedding": 3, "average": 0.9},
        TEAM | {"precision": "float64", "members": 4, "folds": 2, "validation_share": "auto", "hidden": (9,)},
    ],
    ids=str,
)
def test_parts_that_learn_at_rates_of_their_own(differences, mixed, changes):
    assert largest(differences(mixed, target="rich", **(FACTORS | changes))) < 1e-6


def test_rates_of_a_neuron(differences, mixed):
    factors = {
        "rate_factors": {"biases": 3, "last": 0.5},
        "decay_factors": {"biases": 1},
        "weight_decay": 0.1,
    }
    settings = {"network": "neuron", "columns": ("age", "paid"), "precision": "float64", "epochs": 5}
    assert largest(differences(mixed, target="rich", validation_share=0.2, **settings, **factors)) < 1e-6


def test_factors_of_rates_are_not_promised_to_the_last_digit_nor_written_from_scratch(mixed):
    settings = {"hidden": (8,), "members": 1, "columns": ("age", "paid"), "optimizer": "sgd", "epochs": 2}
    model = fit(mixed, target="rich", rate_factors={"last": 2.0}, **settings, **PLAIN)
    assert not must_be_exact(model.fitted)
    with pytest.raises(SettingsError, match="its parts learn at rates or decays of their own"):
        write_script(model.fitted, "scratch")

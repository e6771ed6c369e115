"""A script comes to the run's numbers: not nearly, but to the last digit."""

import itertools

import numpy as np
import polars as pl
import pytest

from glassnet.model import fit
from glassnet.script.verify import verify
from glassnet.script.write import write_script

SMALL = {"hidden": (8,), "epochs": 2, "sharing": "none"}  # test_team.py has those that share


@pytest.mark.parametrize("style", ["modules", "scratch"])
@pytest.mark.parametrize(
    ("example", "recipe"),
    [("classification", "neuron"), ("random", "sequential")],
    ids=["neuron", "sequential"],
)
def test_the_tutorials(differences, example, recipe, style):
    assert differences(example=example, recipe=recipe, epochs=8, style=style).is_exact


@pytest.mark.parametrize(
    ("target", "loss"),
    [
        *itertools.product(["income"], ["squared", "absolute", "huber", "quantile", "poisson"]),
        *itertools.product(["rich"], ["binary_cross_entropy", "cross_entropy", "squared"]),
        *itertools.product(["size"], ["cross_entropy", "squared"]),
    ],
)
def test_every_loss_on_a_table_with_every_kind_of_column(differences, mixed, target, loss):
    scale = {"learning_rate": 1e-5, "clip": 1.0} if loss == "poisson" else {}
    assert differences(mixed, target=target, loss=loss, drop="household", **SMALL, **scale).is_exact


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": "sgd", "momentum": 0.9, "weight_decay": 0.01},
        {"optimizer": "adam", "schedule": "one_cycle", "warmup": 0.0},
        {"schedule": "step", "activation": "silu"},
        {"normalization": "layer", "activation": "gelu", "dropout": 0.3},
        {"numbers": "standard", "bins": 4, "precision": "float64"},
        {"numbers": "none", "learning_rate": 1e-4},
        {"bins": 6, "one_hot": 20, "rare": 12},
        {"one_hot": 0, "embedding": 3},
        {"label_smoothing": 0.1, "batch_size": 0},
        {"class_weight": "balanced", "patience": 1, "epochs": 20},
        {"validation_share": 0.0, "clip": 0.0},
        {"average": 0.9, "second_moment": 0.95, "dropout": 0.2},
        {"average": 0.9, "validation_share": 0.0, "dropout": 0.2},
        {"average": 0.5, "precision": "float64", "patience": 1, "epochs": 12},
        {"test_share": 0.0, "seed": 12},
        {"test_share": 0.0, "validation_share": 0.0},
        {"positive": "poor", "output": "sigmoid", "loss": "squared"},
    ],
    ids=lambda changes: " ".join(changes),
)
def test_every_choice(differences, mixed, changes):
    assert differences(mixed, target="rich", drop="household", **(SMALL | changes)).is_exact


def test_levels_of_few_rows_each(differences, tmp_path):
    draw = np.random.default_rng(3)
    names = np.where(np.arange(240) < 60, "anna", [f"n{place // 3}" for place in range(240)])
    table = pl.DataFrame({"name": names, "age": draw.normal(size=240), "paid": draw.normal(size=240)})
    table.write_csv(tmp_path / "names.csv")
    given = {"table": tmp_path / "names.csv", "target": "paid", "target_means": "off", "one_hot": 0}
    model = fit(engine="eager", threads=1, **given, **SMALL)
    assert list(model.fitted.preparation.slots.slots_C) == [2]  # anna, and all others
    assert "(20 if count.mean() < 5 else 3)" in write_script(model.fitted)
    assert differences(**given, **SMALL).is_exact


def test_averaged_weights_are_looked_at_after_each_epoch(differences):
    assert differences(example="classification", recipe="neuron", epochs=5, average=0.95).is_exact


@pytest.mark.parametrize("validation_share", [0.0, 0.2])
def test_members_average_each_its_own_weights(differences, mixed, validation_share):
    settings = {"members": 2, "dropout": 0.1, "average": 0.9, "validation_share": validation_share}
    found = differences(mixed, target="income", drop="household", **SMALL, **settings)
    assert max(found.training_loss, found.validation_loss, found.predicted) < 1e-5


@pytest.mark.parametrize(("loss", "members"), [("binary_cross_entropy", 1), ("cross_entropy", 2)])
def test_a_temperature(differences, loss, members):
    # Spread labels leave a network too unsure, which a temperature undoes.
    held_back = {"label_smoothing": 0.7, "epochs": 10, "validation_share": 0.4, "example_rows": 600}
    settings = SMALL | held_back | {"loss": loss, "members": members, "example": "moons"}
    model = fit(engine="eager", threads=1, **settings)
    assert "a temperature, fitted on held-out rows" in write_script(model.fitted)
    found = differences(**settings)
    # Members side by side are multiplied in another order than one by one.
    assert found.is_exact or (members > 1 and found.predicted < 1e-6)


@pytest.mark.parametrize("split", [{"time": "since"}, {"time": "paid"}, {"group": "household"}], ids=str)
def test_splits_by_time_and_group(differences, mixed, split):
    assert differences(mixed, target="income", **SMALL, **split).is_exact


def test_a_regression_of_two_numbers(differences, mixed):
    assert differences(mixed, target=["income", "paid"], drop="household", **SMALL).is_exact


@pytest.mark.parametrize("target", ["income", ["income", "paid"]], ids=str)
def test_predictions_within_the_targets_seen(mixed, differences, target):
    wild = SMALL | {"learning_rate": 0.5, "schedule": "constant", "drop": "household"}
    held = fit(mixed, target=target, bounds="seen", engine="eager", threads=1, **wild).fitted.evaluation
    free = fit(mixed, target=target, bounds="none", engine="eager", threads=1, **wild).fitted.evaluation
    assert not (held.prediction_RP == free.prediction_RP).all()
    assert differences(mixed, target=target, bounds="seen", **wild).is_exact


@pytest.mark.parametrize("target", ["income", ["income", "paid"]], ids=str)
@pytest.mark.parametrize("scale", ["soft_log", "log"])
def test_logarithms_of_targets(differences, mixed, target, scale):
    found = differences(mixed, target=target, target_scale=scale, drop="household", **SMALL)
    assert found.is_exact


def test_several_yes_or_no_targets(differences, mixed):
    assert differences(mixed, target=["rich", "member"], drop="household", **SMALL).is_exact


@pytest.mark.parametrize(
    "example", ["breast_cancer", "wine", "digits", "diabetes", "moons", "circles", "regression"]
)
def test_every_example(differences, example):
    assert differences(example=example, bins=0, **SMALL).is_exact


@pytest.mark.parametrize(
    "changes",
    [{"momentum": 0.5}, {"weight_decay": 0.1}, {"schedule": "cosine", "activation": "tanh"}],
    ids=str,
)
def test_sgd_written_out(differences, mixed, changes):
    plain = {"optimizer": "sgd", "one_hot": 20, "style": "scratch"} | SMALL
    assert differences(mixed, target="income", drop="household", **plain, **changes).is_exact


def test_members_differ_in_late_digits_only(differences, mixed):
    apart = {"members": 3, "validation_share": 0.2, "precision": "float32"}
    found = differences(mixed, target="income", drop="household", **apart, **SMALL)
    # Three networks in one batched product round otherwise than one after another: float32's 1e-7 a step.
    assert max(found.training_loss, found.validation_loss, found.predicted) < 1e-5


def test_a_fresh_process_comes_to_the_same_numbers(mixed):
    found = verify(fit(mixed, target="rich", engine="eager", threads=1, drop="household", **SMALL).fitted)
    assert found.is_exact
    assert "accuracy on 32 test rows" in found.printed
    assert str(found) == "All 2 epochs' losses and all predictions are the same, to the last digit."


def test_a_cell_beyond_all_others(differences, tmp_path):
    draw = np.random.default_rng(4)
    table = pl.DataFrame({"far": draw.normal(size=240), "near": draw.normal(size=240)})
    table = table.with_columns(paid=pl.col("near") + draw.normal(size=240))
    given = {"target": "paid", "numbers": "standard"} | SMALL
    tested = fit(table, engine="eager", threads=1, **given).fitted.evaluation.rows[0]
    far = pl.when(pl.int_range(pl.len()) == int(tested)).then(1e6).otherwise(pl.col("far"))
    table.with_columns(far=far).write_csv(tmp_path / "far.csv")
    model = fit(tmp_path / "far.csv", engine="eager", threads=1, **given)
    assert "x = np.clip(x, np.float32(2 * low - high)" in write_script(model.fitted)
    assert differences(tmp_path / "far.csv", **given).is_exact

"""Settings check themselves when made, and say what would be right."""

import math
from dataclasses import FrozenInstanceError, fields, replace

import numpy as np
import pytest
from torch import nn

from glassnet.errors import SettingsError
from glassnet.settings import CHECKS, SETTING_NAMES, Settings, change

WRONG = {
    "example_rows": (1, 0, 2.5, True, "many"),
    "example_features": (0, -1, 100_001),
    "example_noise": (-0.1, math.nan),
    "example_seed": (-1, 2**63),
    "header": ("maybe", "0", "4"),
    "quote": ("", "''"),
    "escape": ("", "ab"),
    "comment": ("", " "),
    "skip_lines": (-1, 1.5, True),
    "footer_lines": (-1, "two"),
    "decimal": (";", ""),
    "task": ("clustering",),
    "target": (3, None, (3,)),
    "columns": (None, 2.5),
    "drop": (None, (None,)),
    "keep": (True,),
    "kinds": ("age", 3, (("age", 3),), (("age",),), ("age", "number")),
    "class_weight": ((1, 2), (("yes", "two"),), 3),
    "validation_share": (-0.1, 1.0, math.nan, "half"),
    "test_share": (-0.1, 1.0, math.inf),
    "folds": (1, -2, 2.0, "few"),
    "hidden": ((0,), (8, -1), (1.5,), "wide", ("8",)),
    "dropout": (-0.1, 1.0, math.nan),
    "normalization": ("batch",),
    "output": ("softmax",),
    "members": (0, 1025, 1.0),
    "bounds": ("auto-range", 1.0),
    "target_scale": ("logarithm", True),
    "effort": ("all", 1.0),
    "sharing": ("weights", True),
    "input_scaling": ("random", 1.0),
    "numbers": ("minmax",),
    "one_hot": (-1, 0.5),
    "bins": (-1, 1025, 2.0),
    "embedding": (0, 1025),
    "rare": (-1, 0.5),
    "target_means": (True, "yes"),
    "label_smoothing": (-0.1, 1.0, "auto"),
    "quantile": (0.0, 1.0, -0.5, "auto"),
    "learning_rate": (0.0, -1e-3, math.nan, math.inf, "fast"),
    "rate_factors": (
        (("scale", 6.0),),
        (("last", -1.0),),
        (("last", math.inf),),
        (("last", 1), ("last", 2)),
        "fast",
    ),
    "decay_factors": ((("biases", "1"),), (("biases", True),), ("biases",), 2.0),
    "momentum": (-0.1, 1.0, "auto"),
    "second_moment": (-0.1, 1.0, "fast"),
    "average": (-0.1, 1.0, "fast"),
    "weight_decay": (-0.1, math.inf),
    "clip": (-1.0, math.nan),
    "warmup": (-0.1, 1.0),
    "epochs": (0, -1, 1.5, True, 10**30),
    "batch_size": (-1, 3.0, 10**30),
    "patience": (-1, 0.5, 10**30),
    "threshold": (0.0, 1.0, 1, "high"),
    "calibrate": ("yes", "temperature", 1.5),
    "time_limit": (0.0, -1.0, math.nan, "auto"),
    "precision": ("float16", "bfloat16"),
    "seed": (-1, 2**63, 1.0, "auto"),
    "threads": (-1, 4097, "auto"),
}
RIGHT = {
    "validation_share": (0.0, 0, 0.5),
    "hidden": ((), (1,), (512, 256, 128)),
    "batch_size": (0, 1),
    "learning_rate": (1, 1e-9),
    "time_limit": (0.1, math.inf),
    "seed": (0, 2**63 - 1),
    "folds": (0, 2, 20),
    "rate_factors": ((), (("scales", 6.0), ("biases", 0.0))),
    "quantile": (0.01, 0.99),
    "members": (1, 1024),
}


def test_every_checked_setting_is_tried():
    assert set(WRONG) == set(CHECKS)
    assert set(CHECKS) <= set(SETTING_NAMES)


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, values in WRONG.items() for v in values])
def test_wrong_values_are_refused_with_the_rule(name, value):
    with pytest.raises(SettingsError, match=rf"^{name} must be .*, but it is") as caught:
        Settings(**{name: value})
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, values in RIGHT.items() for v in values])
def test_right_values_are_kept(name, value):
    assert getattr(Settings(**{name: value}), name) == value


@pytest.mark.parametrize(
    "name", [field.name for field in fields(Settings) if field.default == "auto" and field.name in CHECKS]
)
def test_auto_is_right_where_it_is_the_default(name):
    assert getattr(Settings(**{name: "auto"}), name) == "auto"


def test_defaults_are_frozen():
    with pytest.raises(FrozenInstanceError):
        Settings().epochs = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("epoch", "epochs"),
        ("learning_rat", "learning_rate"),
        ("batchsize", "batch_size"),
        ("valdation_share", "validation_share"),
        ("Optimizer", "optimizer"),
    ],
)
def test_near_misses_are_named(given, meant):
    with pytest.raises(SettingsError, match=f"no setting is called '{given}'. Did you mean '{meant}'?"):
        change(Settings(), **{given: 1})


def test_numbers_of_numpy_are_weights_and_factors():
    changed = change(Settings(), class_weight={1: np.float32(2.0)}, rate_factors={"last": np.int64(3)})
    assert changed.class_weight == (("1", 2.0),)
    assert changed.rate_factors == (("last", 3),)


def test_a_far_miss_lists_all_names():
    with pytest.raises(
        SettingsError, match=r"no setting is called 'xyzzy'. Known: activation, .*, weight_decay"
    ):
        change(Settings(), xyzzy=1)


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("target", "y", ("y",)),
        ("target", ["y", "z"], ("y", "z")),
        ("drop", "id", ("id",)),
        ("hidden", 32, (32,)),
        ("hidden", [32, 16], (32, 16)),
        ("kinds", {"zip": "category"}, (("zip", "category"),)),
        ("class_weight", {1: 2.0, "b": 3}, (("1", 2.0), ("b", 3))),
        ("class_weight", [["a", 2.0]], (("a", 2.0),)),
        ("rate_factors", {"scales": 6.0, "biases": 0}, (("scales", 6.0), ("biases", 0))),
        ("epochs", np.int64(3), 3),
        ("hidden", np.int64(3), (3,)),
        ("hidden", [np.int64(4), np.int64(2)], (4, 2)),
        ("learning_rate", np.float64(0.5), 0.5),
        ("learning_rate", np.float32(0.5), 0.5),
    ],
)
def test_what_people_write_is_brought_into_form(name, given, kept):
    value = getattr(change(Settings(), **{name: given}), name)
    assert value == kept
    assert type(value) is type(kept)


def test_own_things_stand_where_names_do():
    settings = change(Settings(), network=nn.Linear, loss=nn.functional.mse_loss, metric=max)
    assert settings.network is nn.Linear


def test_a_column_is_used_or_dropped():
    with pytest.raises(SettingsError, match="column 'age' is both in columns and in drop"):
        Settings(columns=("age", "sex"), drop=("age",))


def test_shares_leave_something_to_train_on():
    with pytest.raises(SettingsError, match=r"together must be below 1, but they are 1\.1"):
        Settings(validation_share=0.5, test_share=0.6)
    assert replace(Settings(), validation_share=0.5, test_share=0.4).test_share == 0.4


@pytest.mark.parametrize("batch", [0, 32, "auto"])
def test_a_neuron_has_nothing_to_drop(batch):
    with pytest.raises(SettingsError, match="dropout needs a hidden layer"):
        Settings(network="neuron", dropout=0.5, batch_size=batch)
    assert Settings(network="neuron", dropout=0.0).dropout == 0.0

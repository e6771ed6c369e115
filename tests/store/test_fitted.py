"""A saved run comes back whole: every task, members, folds, and what a user brought."""

import os
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from torch import nn

from glassnet.errors import ModelFileError
from glassnet.model import Model, fit, load
from glassnet.settings import Settings

STORED = Path(__file__).parents[1] / "data" / "fitted-v1.glassnet"
SMALL = Settings(epochs=2, hidden=(6,), one_hot=6, embedding=3, threads=1, precision="float32")
TARGETS = ("score", "more", "rich", "level", "left", "right")
# The run behind the stored file; `write_stored_model` makes it again.
STORED_SETTINGS = replace(SMALL, hidden=(4,), embedding=2, members=2, epochs=3)


class Own(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.layer = nn.Linear(inputs, outputs)

    def forward(self, x):
        return self.layer(x)


def cubed(predicted, target):
    return (predicted - target).abs().pow(3).mean(dim=-1)


def closeness(truth, prediction):
    return -float(np.abs(truth - prediction).max())


CASES = {
    "numbers": ({}, ("score",)),
    "several numbers": ({}, ("score", "more")),
    "two classes": ({}, ("rich",)),
    "classes": ({"label_smoothing": 0.1}, ("level",)),
    "yes/no answers": ({"task": "multilabel"}, ("left", "right")),
    "members": ({"members": 3}, ("rich",)),
    "folds": ({"folds": 3}, ("score",)),
    "a team": ({"members": 3, "sharing": "layers"}, ("level",)),
    "teams": ({"members": 6, "folds": 3, "sharing": "layers", "bins": 9}, ("score",)),
    "scaled columns": ({"members": 2, "sharing": "none", "input_scaling": "learned"}, ("score",)),
    "factors": ({"rate_factors": (("last", 0.5),), "decay_factors": (("biases", 1),)}, ("rich",)),
    "neuron": ({"recipe": "neuron", "hidden": "auto"}, ("score",)),
    "layer norm": ({"normalization": "layer", "members": 2}, ("level",)),
    "float64": ({"precision": "float64"}, ("score",)),
    "no test rows": ({"test_share": 0.0, "validation_share": 0.0}, ("score",)),
    "poisson": ({"loss": "poisson"}, ("count",)),
    "own loss": ({"loss": cubed}, ("score",)),
    "own metric": ({"metric": closeness}, ("score",)),
    "own optimiser": ({"optimizer": torch.optim.RMSprop}, ("score",)),
    "own class": ({"network": Own, "hidden": "auto"}, ("rich",)),
    "weights": ({"weight": "income", "class_weight": (("yes", 2.0), ("no", 1.0))}, ("rich",)),
    "kept columns": ({"keep": ("city",)}, ("rich",)),
    "bins": ({"bins": 6}, ("score",)),
}


def table_of(mixed, targets: tuple[str, ...], rows: int = 120, seed: int = 3) -> pl.DataFrame:
    table = mixed(rows, seed).with_columns(count=pl.col("income").log().round())
    return table.drop([name for name in (*TARGETS, "count") if name not in targets])


def trained(mixed, case: str) -> tuple[Model, pl.DataFrame]:
    changes, targets = CASES[case]
    table = table_of(mixed, targets)
    return fit(table, targets, settings=replace(SMALL, **changes)), table


def flat(value: object, place: str = "fitted") -> dict[str, object]:
    """Return every plain value inside a run by the path of fields that leads to it."""
    if isinstance(value, nn.Module):
        return flat({name: tensor.numpy() for name, tensor in value.state_dict().items()}, place)
    if isinstance(value, np.ndarray):
        return {place: (value.dtype.str, value.shape, value.tobytes())}
    if is_dataclass(value) and not isinstance(value, type):
        value = {f.name: getattr(value, f.name) for f in fields(value)}
    if isinstance(value, tuple):
        value = {str(number): one for number, one in enumerate(value)}
    if isinstance(value, dict):
        return {k: v for name, one in value.items() for k, v in flat(one, f"{place}.{name}").items()}
    if isinstance(value, pl.DataFrame):
        return {}  # the test rows' kept columns stay with the run's own folder
    return {place: repr(str(value) if isinstance(value, str) else value)}


def differences(one: object, other: object) -> list[str]:
    """Return where two values differ, by the names of their fields."""
    left, right = flat(one), flat(other)
    return [name for name in left | right if left.get(name) != right.get(name)]


@pytest.mark.parametrize("case", CASES)
def test_a_run_comes_back_whole(mixed, tmp_path, case):
    model, table = trained(mixed, case)
    path = model.save(tmp_path / "m.glassnet")
    again = load(path, network=Own if case == "own class" else None)
    found = differences(model.fitted, again.fitted)
    own = {
        "own loss": ["fitted.settings.loss", "fitted.recipe.training.loss"],
        "own metric": ["fitted.settings.metric", "fitted.recipe.training.metric"],
        "own optimiser": ["fitted.settings.optimizer", "fitted.recipe.training.optimizer"],
        "own class": ["fitted.settings.network", "fitted.recipe.architecture.network"],
    }
    # A file holds no code: what a user brought comes back as its name.
    assert found == own.get(case, [])
    assert model.predict(table).tolist() == again.predict(table).tolist()
    if model.fitted.schema.targets[0].labels:
        assert model.predict_proba(table).tobytes() == again.predict_proba(table).tobytes()
    assert model.history.equals(again.history)
    assert repr(model) == repr(again)
    assert not again.network.training


@pytest.mark.parametrize("case", CASES)
def test_what_came_back_is_evaluated_alike(mixed, tmp_path, case):
    model, table = trained(mixed, case)
    again = load(model.save(tmp_path / "m.glassnet"), network=Own if case == "own class" else None)
    one, other = model.evaluate(table), again.evaluate(table)
    by_name = {score.metric: score for score in one.scores}
    assert other.scores
    for score in other.scores:
        assert differences(score, by_name[score.metric]) == []


@pytest.mark.parametrize("case", ["classes", "folds", "own class", "members"])
def test_saving_twice_gives_equal_bytes(mixed, tmp_path, case):
    model, _ = trained(mixed, case)
    first = model.save(tmp_path / "a.glassnet").read_bytes()
    assert model.save(tmp_path / "b.glassnet").read_bytes() == first
    if case != "own class":  # whose name alone comes back
        again = load(tmp_path / "a.glassnet")
        assert again.save(tmp_path / "c.glassnet").read_bytes() == first


def test_an_own_class_is_asked_for_by_name(mixed, tmp_path):
    model, table = trained(mixed, "own class")
    path = model.save(tmp_path / "m.glassnet")
    with pytest.raises(ModelFileError, match=r"your own module '.*test_fitted.Own'.* network=YourModule"):
        load(path)
    with pytest.raises(ModelFileError, match="does not hold a run of this version"):
        load(path, network=nn.Bilinear)
    assert load(path, network=Own).predict(table).tolist() == model.predict(table).tolist()


def test_an_own_instance_comes_back_into_an_instance(mixed, tmp_path):
    table = table_of(mixed, ("rich",)).select("age", "income", "rich").drop_nulls()
    torch.manual_seed(0)
    model = fit(table, "rich", network=Own(2, 1), bins=0, epochs=2, threads=1)
    path = model.save(tmp_path / "m.glassnet")
    again = load(path, network=Own(2, 1))
    assert again.predict_proba(table).tobytes() == model.predict_proba(table).tobytes()
    with pytest.raises(ModelFileError, match="your own module"):
        load(path)


def test_a_networks_generator_is_not_needed_to_load(mixed, tmp_path):
    model, _ = trained(mixed, "own class")
    path = model.save(tmp_path / "m.glassnet")
    state = torch.get_rng_state()
    load(path, network=Own)
    assert torch.equal(torch.get_rng_state(), state)


# ---- a stored run of format version 1 ----


def stored_table(mixed) -> pl.DataFrame:
    return table_of(mixed, ("level",), rows=90, seed=11)


def write_stored_model(mixed) -> None:
    """Write the stored run again: GLASSNET_REWRITE=1 python -m pytest tests/store -k stored."""
    model = fit(stored_table(mixed), "level", settings=STORED_SETTINGS)
    model.save(STORED)
    share = model.predict_proba(stored_table(mixed)[:5])
    STORED.with_suffix(".csv").write_text(
        "\n".join(",".join(f"{v:.9f}" for v in row) for row in share) + "\n"
    )


def test_a_stored_run_still_loads_and_predicts(mixed):
    if os.environ.get("GLASSNET_REWRITE"):
        write_stored_model(mixed)
    model = load(STORED)
    table = stored_table(mixed)
    assert model.fitted.schema.targets[0].labels == ("high", "low", "middle")
    assert model.fitted.trained.history.epochs == 3
    assert len(model.fitted.trained.members) == 2
    assert [column.name for column in model.fitted.schema.inputs] == [
        c for c in table.columns if c != "level"
    ]
    wanted = np.loadtxt(STORED.with_suffix(".csv"), delimiter=",")
    # Written with nine digits; another machine's products may differ in float32's last bits.
    np.testing.assert_allclose(model.predict_proba(table[:5]), wanted, atol=1e-6)
    assert STORED.stat().st_size < 100_000

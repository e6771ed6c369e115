"""Scripts of runs whose rows are held out in folds: a preparation and a team of each, one choice for all.

As in `test_team.py`, float32 rounds otherwise by about 1e-7 a step.
"""

import re

import numpy as np
import polars as pl
import pytest

from glassnet.chance import Purpose, order
from glassnet.errors import SettingsError
from glassnet.model import fit
from glassnet.script.verify import verify
from glassnet.script.write import write_script

CLOSE = 1e-5  # a hundred roundings of float32
FOLDS = {
    "folds": 3,
    "sharing": "layers",
    "members": 6,
    "hidden": (8, 6),
    "epochs": 3,
    "batch_size": 32,
    "learning_rate": 0.01,
    "precision": "float32",
}
PLAIN = {"engine": "eager", "threads": 1}


@pytest.fixture(scope="module")
def uneven(tmp_path_factory):
    """A table of 300 rows in which a number's bins and a category's rare levels differ from fold to fold."""
    generator = np.random.default_rng(5)
    rows = 300
    age = generator.integers(18, 80, rows)
    rooms = np.where(np.arange(rows) == 7, 9, generator.integers(1, 5, rows))
    colour = np.where(np.arange(rows) < 3, "grey", generator.choice(["blue", "green", "red"], rows))
    income = 20_000 + 300 * age + 900 * rooms + generator.normal(0, 500, rows)
    frame = pl.DataFrame(
        {
            "age": [None if place % 11 == 0 else float(one) for place, one in enumerate(age)],
            "rooms": rooms + 0.5,
            "colour": colour,
            "income": income.round(2),
            "rich": np.where(income > 36_000, "yes", "no"),
            "size": generator.choice(["large", "middle", "small"], rows),
        }
    )
    path = tmp_path_factory.mktemp("uneven") / "uneven.csv"
    frame.write_csv(path)
    return path


def largest(found):
    assert found.epochs[0] == found.epochs[1]
    return max(found.training_loss, found.validation_loss, found.predicted)


@pytest.mark.parametrize("target", ["rich", "size", "income"])
def test_the_folds_come_to_the_same_numbers(differences, uneven, target):
    assert largest(differences(uneven, target=target, **FOLDS)) < CLOSE


def test_a_fresh_process_comes_to_the_same_numbers(uneven):
    assert largest(verify(fit(uneven, target="income", **FOLDS, **PLAIN).fitted)) < CLOSE


def test_each_fold_has_the_inputs_of_all(uneven):
    written = write_script(fit(uneven, target="income", **FOLDS, **PLAIN).fitted)
    assert "more = max(len(edges_of(x, rows)) for rows, _ in folds) - len(edges)" in written
    assert "every_level(name)" in written
    # Not eight copies: what is learned and trained stands there once.
    assert len(re.findall("torch.optim.AdamW", written)) == 1


@pytest.mark.parametrize("target", [("income", "paid"), ("rich", "member")], ids=str)
def test_several_targets(differences, mixed, target):
    assert largest(differences(mixed, target=target, drop="household", **FOLDS)) < CLOSE


@pytest.mark.parametrize(
    "changes",
    [
        {"average": 0.0, "dropout": 0.2, "clip": 0.5},
        {"one_hot": 0, "embedding": 3, "bins": 4, "rare": 9, "average": 0.9},
        {"one_hot": 20, "rare": 9, "bins": 0, "target": "income", "numbers": "robust"},
        {"batch_size": 0, "dropout": 0.2, "test_share": 0.0, "precision": "float64"},
        # 17 divides the rows of a fold, and not those of another, which has one more.
        {"batch_size": 17, "dropout": 0.2},
        {"batch_size": 17, "class_weight": "balanced", "loss": "cross_entropy"},
        {"learning_rate": 0.05, "epochs": 30, "patience": 2},
    ],
    ids=lambda changes: " ".join(changes),
)
def test_every_choice(differences, mixed, changes):
    settings = {"target": "rich", "drop": "household"} | FOLDS | changes
    assert largest(differences(mixed, **settings)) < CLOSE


@pytest.mark.parametrize("bins", [0, 4])
def test_the_columns_of_an_array(differences, bins):
    assert largest(differences(example="moons", bins=bins, example_rows=200, **FOLDS)) < CLOSE


def test_the_loss_over_all_rows_after_each_epoch(differences):
    settings = FOLDS | {"recipe": "neuron", "network": "mlp", "example_rows": 200, "average": 0.9}
    assert largest(differences(example="classification", **settings)) < CLOSE


@pytest.mark.parametrize(
    "changes",
    [
        {"target": "income", "members": 5},
        {"target": "income", "members": 5, "test_share": 0.0},
        {"dropout": 0.2, "clip": 0.5, "average": 0.0},
        {"dropout": 0.2, "batch_size": 0, "test_share": 0.0, "class_weight": "balanced"},
    ],
    ids=lambda changes: " ".join(changes),
)
def test_members_that_share_nothing(differences, uneven, changes):
    settings = {"target": "rich"} | FOLDS | {"sharing": "none", "members": 3} | changes
    assert largest(differences(uneven, **settings)) < CLOSE


def test_members_that_share_nothing_need_a_row_of_their_fold_in_each_step(mixed):
    settings = FOLDS | {"sharing": "none", "members": 3, "batch_size": 17, "drop": "household"}
    with pytest.raises(SettingsError, match="has no row in the last step of an epoch"):
        write_script(fit(mixed, target="rich", **settings, **PLAIN).fitted)


def test_a_step_that_a_fold_has_no_row_for_is_taken_all_the_same(mixed):
    settings = FOLDS | {"target": "rich", "drop": "household", "batch_size": 17}
    assert "max(len(rows), 1)" in write_script(fit(mixed, **settings, **PLAIN).fitted)


def test_predictions_within_the_targets_that_a_fold_knows(differences, uneven):
    wild = FOLDS | {"learning_rate": 0.5, "schedule": "constant", "precision": "float64", "target": "income"}
    held = fit(uneven, bounds="seen", **wild, **PLAIN).fitted.evaluation.prediction_RP
    free = fit(uneven, bounds="none", **wild, **PLAIN).fitted.evaluation.prediction_RP
    assert not (held == free).all()
    assert largest(differences(uneven, bounds="seen", **wild)) < CLOSE


def test_logarithms_of_targets_in_folds(differences, uneven):
    settings = FOLDS | {"target": "income", "target_scale": "soft_log", "precision": "float64"}
    assert largest(differences(uneven, **settings)) < CLOSE


def test_a_number_that_a_fold_never_sees_is_refused(tmp_path):
    rows = 40
    held_out_together = order(0, Purpose.FOLDS, rows)[::20]
    seen = [n / 3 if n in held_out_together else None for n in range(rows)]
    path = tmp_path / "gappy.csv"
    pl.DataFrame({"a": range(rows), "b": seen, "y": [n % 7 / 2 for n in range(rows)]}).write_csv(path)
    settings = FOLDS | {"folds": 20, "members": 40, "test_share": 0.0, "epochs": 1, "target": "y"}
    with pytest.raises(SettingsError, match="a number is missing in all training rows of one of its folds"):
        write_script(fit(path, **settings, **PLAIN).fitted)

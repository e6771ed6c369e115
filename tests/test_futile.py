"""A setting that changes nothing is refused or told, whichever way it came; one that acts is neither."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from glassnet import GlassnetRegressor, fit
from glassnet.errors import SettingsError
from glassnet.futile import ACTS, RULES
from glassnet.model import Model
from glassnet.pipeline import Listener, Sources
from glassnet.pipeline import fit as run_pipeline
from glassnet.settings import SETTING_NAMES, Settings, change
from glassnet.table.futile import READ_FROM

QUICK = Settings(hidden=(4,), epochs=1, threads=1, target=("y",), test_share=0.0)
QUIET = Listener(evaluates=False)


def table(rows: int = 60) -> pl.DataFrame:
    generator = np.random.default_rng(0)
    x = generator.normal(size=rows)
    return pl.DataFrame(
        {
            "x": x,
            "few": generator.choice(["a", "b", "c"], rows),
            "y": 2 * x,
            "k": np.where(x > 0, "yes", "no"),
        }
    )


def notes(settings: Settings, frame: pl.DataFrame | None = None, **more: object) -> list[str]:
    frame = table() if frame is None else frame
    found = run_pipeline(Sources(table=frame, **more), settings, QUIET).notes
    return [one for one in found if "has no effect" in one]


def test_every_setting_has_a_rule_or_a_reason():
    ruled = {name for rule in RULES for name in rule.settings}
    assert ruled | set(ACTS) == set(SETTING_NAMES)
    assert not ruled & set(ACTS)
    assert set(READ_FROM) <= set(ACTS)


# What is given, and what the one sentence says. By the choices alone: refused where given in the call.
SURE = [
    ({"momentum": 0.9}, "momentum 0.9 has no effect: the optimizer is adamw; choose optimizer sgd"),
    ({"optimizer": "sgd", "second_moment": 0.9}, "second_moment 0.9 has no effect: the optimizer is sgd"),
    ({"label_smoothing": 0.1}, "the loss is squared, which knows no classes"),
    ({"weight_decay": 0.0, "decay_factors": (("biases", 1.0),)}, "has no effect: weight_decay is 0"),
    ({"quantile": 0.9}, "the loss is squared; choose loss quantile"),
    ({"hidden": (), "activation": "tanh"}, "activation 'tanh' has no effect: the network has no hidden"),
    ({"hidden": (), "dropout": 0.2}, "dropout 0.2 has no effect: the network has no hidden layers"),
    ({"hidden": (), "normalization": "layer"}, "normalization 'layer' has no effect"),
    ({"target": ("k",), "bounds": "seen"}, "it is for numbers, and the target is binary"),
    ({"folds": 2, "members": 2, "validation_share": 0.2}, "each row is held out in one of 2 folds"),
    ({"dates": "%d.%m.%Y"}, "no column's cells are all dates of this format"),
    ({"kinds": (("few", "number"),), "drop": ("few",)}, "'few' is no input (left out by --drop)"),
    ({"kinds": (("y", "text"),)}, "column 'y' is the target, and whether it has classes says task"),
    ({"kinds": (("y", "category"),), "task": "regression"}, "column 'y' is the target, and whether it has"),
    ({"target": ("k",), "kinds": (("k", "number"),), "task": "binary"}, "whether it has classes says task"),
    ({"delimiter": ";"}, "delimiter ';' has no effect: it is for text files, and the source is in memory"),
    ({"skip_lines": 2}, "it is for text files and workbooks"),
    ({"example_rows": 50}, "--rows 50 has no effect: it is for tables that are made, and no example"),
]
# By what the table holds: told.
UNSURE = [
    ({"embedding": 3}, "all categories have at most 8 levels"),
    (
        {"rate_factors": (("embeddings", 2.0),)},
        "has no effect: no category is embedded; leave embeddings out",
    ),
    ({"target_means": "on"}, "no category has more than 30 levels"),
    ({"patience": 5}, "no rows are held out to stop by"),
    ({"drop": ("x",), "bins": 4}, "bins 4 has no effect: the inputs have no numbers"),
    ({"drop": ("few",), "one_hot": 4}, "one_hot 4 has no effect: the inputs have no categories"),
    ({"drop": ("few",), "rare": 4}, "rare 4 has no effect"),
    ({"recipe": "neuron", "hidden": "auto", "effort": "fast"}, "effort 'fast' has no effect: all that it"),
]


@pytest.mark.parametrize(("given", "says"), SURE)
def test_what_surely_has_no_effect_is_refused_in_the_very_call(given, says):
    with pytest.raises(SettingsError) as caught:
        fit(table(), settings=QUICK, listener=QUIET, **given)
    assert says in str(caught.value)


@pytest.mark.parametrize(("given", "says"), [*SURE, *UNSURE])
def test_what_came_along_in_settings_is_told(given, says):
    (note,) = notes(change(QUICK, **given))
    assert says in note


@pytest.mark.parametrize(("given", "says"), UNSURE)
def test_what_the_table_decides_is_told_and_not_refused(given, says):
    assert isinstance(fit(table(), settings=QUICK, listener=QUIET, **given), Model)


def test_a_decimal_comma(tmp_path):
    assert "no column holds numbers with a decimal comma" in str(notes(change(QUICK, decimal=",")))
    path = tmp_path / "rows.csv"
    path.write_text("x;y\n" + "".join(f"{n},5;{n},25\n" for n in range(30)))
    assert notes(change(QUICK, decimal=",", delimiter=";"), path) == []


def test_rows_of_their_own_and_shares():
    more = {"validation": table(20), "test": table(20)}
    found = notes(change(QUICK, validation_share=0.2, test_share=0.2), **more)
    assert ["rows of their own were given" in one for one in found] == [True, True]


@pytest.mark.parametrize(
    "given",
    [
        {"optimizer": "sgd", "momentum": 0.9},
        {"target": ("k",), "label_smoothing": 0.1},
        {"loss": "quantile", "quantile": 0.9},
        {"one_hot": 2, "embedding": 3, "rare": 2},
        {"validation_share": 0.2, "patience": 3},
        {"effort": "fast"},
        {"bins": 4, "numbers": "robust"},
        {"hidden": (), "dropout": 0.0, "normalization": "none"},
        {"target": ("k",), "bounds": "none", "target_means": "off"},
        {"momentum": 0.0, "validation_share": 0.0, "patience": 0},
        {"kinds": (("few", "identifier"),)},
        {"momentum": 0, "label_smoothing": 0, "dropout": 0, "test_share": 0},
        {"target": ("k",), "kinds": (("k", "category"), ("few", "category"))},
    ],
)
def test_what_acts_or_asks_for_what_is_so_is_not_told(given):
    assert notes(change(QUICK, **given)) == []


def test_examples_say_which_sizes_they_take():
    wanted = replace(QUICK, target=())
    assert "example moons takes --rows, --noise, --data-seed only" in str(
        notes(replace(wanted, example="moons", example_features=5), "")
    )
    assert "example wine is a table as it is" in str(
        notes(replace(wanted, example="wine", example_rows=5), "")
    )
    assert (
        notes(replace(wanted, example="random", example_rows=50, example_features=3, example_seed=1), "")
        == []
    )


def test_an_estimator_tells_and_never_refuses():
    frame = table().select("x", "few", "y").to_pandas()
    estimator = GlassnetRegressor(epochs=1, hidden=(4,), momentum=0.9, quantile=0.2, bounds="seen")
    fitted = estimator.fit(frame[["x", "few"]], frame["y"]).model_.fitted
    assert sum("has no effect" in one for one in fitted.notes) == 2

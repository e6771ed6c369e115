"""Tables at the edges each train and give a sane result, or are refused in words that say what to do."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from glassnet.errors import GlassnetError, SettingsError, TrainingError
from glassnet.model import Model
from glassnet.pipeline import Listener, Sources, fit
from glassnet.settings import Settings

QUICK = Settings(hidden=(8,), epochs=2, threads=1, target=("y",), test_share=0.0)
QUIET = Listener(evaluates=False)  # what is tested is training and prediction


def trained(table: pl.DataFrame, settings: Settings, **sources: object) -> Model:
    return Model(fit(Sources(table=table, **sources), settings, QUIET))


def sane(model: Model, table: pl.DataFrame) -> np.ndarray:
    """Return the predictions, once they are finite, probabilities, and explained by decisions."""
    fitted = model.fitted
    assert len(fitted.trained.members) == len(fitted.trained.best_epoch_K)
    assert all(one.reason for one in fitted.decisions)
    if fitted.schema.task == "regression":
        value = model.predict(table)
        assert np.isfinite(value).all()
        return value
    share = model.predict_proba(table)
    assert (share >= 0).all()
    np.testing.assert_allclose(share.sum(axis=1), 1.0, atol=1e-9)
    return share


def numbers(rows: int, columns: int, seed: int = 0) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    return {f"x{n}": generator.normal(size=rows) for n in range(columns)}


@pytest.mark.parametrize("kind", ["numbers", "classes"])
def test_fifty_rows_at_defaults(kind):
    columns = numbers(50, 3)
    y = columns["x0"] + 0.1 * columns["x1"]
    table = pl.DataFrame(columns | {"y": y if kind == "numbers" else np.where(y > 0, "yes", "no")})
    model = trained(table, Settings(target=("y",), threads=1, test_share=0.0))
    predicted = sane(model, table)
    if kind == "numbers":
        assert np.corrcoef(predicted, y)[0, 1] > 0.8
    else:
        assert (model.predict(table) == table["y"].to_numpy()).mean() > 0.8


def test_two_thousand_columns():
    columns = numbers(150, 2000)
    table = pl.DataFrame(columns | {"y": columns["x7"] * 3})
    model = trained(table, QUICK)
    assert model.fitted.preparation.dense >= 2000
    assert np.abs(sane(model, table)).max() < 100


def test_one_column():
    columns = numbers(120, 1)
    table = pl.DataFrame(columns | {"y": columns["x0"]})
    sane(trained(table, QUICK), table)


def test_no_column_is_refused():
    with pytest.raises(GlassnetError, match="column"):
        trained(pl.DataFrame({"y": [0.0, 1.0] * 30}), QUICK)


def test_a_hundred_classes():
    generator = np.random.default_rng(1)
    label = generator.integers(0, 100, 1500)
    table = pl.DataFrame({"x": label + generator.normal(0, 0.1, 1500), "y": [f"c{n}" for n in label]})
    model = trained(table, QUICK)
    assert sane(model, table).shape == (1500, 100)
    assert model.fitted.calibration.temperature > 0.3


@pytest.mark.parametrize("folds", [0, 3])
def test_a_class_with_one_row(folds):
    columns = numbers(90, 2)
    labels = np.where(columns["x0"] > 0, "a", "b").astype(object)
    labels[40] = "lonely"
    table = pl.DataFrame(columns | {"y": labels.astype(str)})
    model = trained(table, replace(QUICK, folds=folds, validation_share=0.2))
    assert model.fitted.schema.targets[0].labels == ("a", "b", "lonely")
    sane(model, table)


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_a_target_of_zeros_but_for_a_thousandth(task):
    columns = numbers(3000, 2)
    y = np.zeros(3000)
    y[[7, 900, 2100]] = 1.0 if task == "binary" else 250.0
    table = pl.DataFrame(columns | {"y": y.astype(int) if task == "binary" else y})
    settings = replace(QUICK, task=task, threshold="auto" if task == "binary" else 0.5, epochs=20)
    predicted = sane(trained(table, settings), table)
    rare = predicted[:, 1] if task == "binary" else predicted / 250.0
    assert abs(rare.mean() - 0.001) < 0.1


def test_a_column_and_a_target_that_are_constant_in_a_fold():
    columns = numbers(120, 1)
    group = np.repeat(["a", "b", "c"], 40)
    only = np.where(group == "a", columns["x0"], 5.0)  # constant wherever fold a is held out
    table = pl.DataFrame(
        columns | {"only": only, "group": group, "y": np.where(group == "a", columns["x0"], 2.0)}
    )
    sane(trained(table, replace(QUICK, folds=2, group="group")), table)


def test_a_constant_target_is_refused():
    table = pl.DataFrame(numbers(60, 2) | {"y": np.full(60, 3.5)})
    with pytest.raises(GlassnetError, match=r"target 'y' is 3\.5 in every row; there is nothing to learn"):
        trained(table, replace(QUICK, task="regression"))


def test_a_column_of_fifty_thousand_levels():
    generator = np.random.default_rng(2)
    rows = 55_000
    level = np.concatenate([np.arange(50_000), generator.integers(0, 50_000, rows - 50_000)])
    table = pl.DataFrame({"code": [f"k{n}" for n in level], "x": generator.normal(size=rows)})
    table = table.with_columns(y=pl.col("x") * 2)
    settings = replace(QUICK, epochs=1, batch_size=4096, kinds=(("code", "category"),), target_means="on")
    model = trained(table, settings)
    assert len(model.fitted.preparation.encoding.levels[0]) > 40_000
    sane(model, table.head(100))  # nearly all levels were rare, so that an unseen one is not worth a warning


def test_all_columns_missing_in_validation():
    table = pl.DataFrame(numbers(200, 3) | {"c": ["u", "v"] * 100})
    table = table.with_columns(y=pl.col("x0") + 1.0)
    lost = table.head(60).with_columns(
        pl.lit(None, dtype=table[c].dtype).alias(c) for c in table.columns[:-1]
    )
    model = trained(table, QUICK, validation=lost)
    sane(model, table)
    assert model.fitted.row_counts[1] == 60
    assert model.predict_interval(table, 0.9).shape == (200, 2)


def test_a_column_missing_everywhere_is_left_out():
    table = pl.DataFrame(numbers(80, 2)).with_columns(gone=pl.lit(None, dtype=pl.Float64), y=pl.col("x0"))
    model = trained(table, QUICK)
    assert "gone" not in [column.name for column in model.fitted.schema.inputs]
    sane(model, table)


def test_more_folds_than_rows_are_refused():
    table = pl.DataFrame(numbers(6, 1)).with_columns(y=pl.col("x0"))
    with pytest.raises(SettingsError, match="8 folds need as many rows"):
        trained(table, replace(QUICK, folds=8))


def test_a_decay_that_throws_the_weights_away_is_named():
    table = pl.DataFrame(numbers(60, 2)).with_columns(y=pl.col("x0"))
    with pytest.raises(TrainingError, match=r"Try a smaller weight decay \(it is 1e\+30\)"):
        trained(table, replace(QUICK, weight_decay=1e30, epochs=5))

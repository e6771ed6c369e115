"""Weights are true weights: below 200 rows a weighted table and a repeated one give equal predictions."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.errors import GlassnetError
from glassnet.estimators import GlassnetClassifier, GlassnetRegressor
from glassnet.pipeline import Sources, fit
from glassnet.settings import Settings

ROWS = 40


def mixed(seed: int) -> pd.DataFrame:
    """Numbers with gaps, categories of few and of many levels, rare ones, dates."""
    generator = np.random.default_rng(seed)
    number = generator.normal(size=ROWS)
    number[generator.random(ROWS) < 0.2] = np.nan
    return pd.DataFrame(
        {
            "number": number,
            "count": generator.poisson(1.0, ROWS),
            "few": pd.Categorical(generator.choice(["a", "b", "c", None], ROWS)),
            "many": generator.choice([f"level {i}" for i in range(15)], ROWS),
            "when": pd.Timestamp("2026-01-01") + pd.to_timedelta(generator.integers(0, 400, ROWS), unit="D"),
        }
    )


def target(table: pd.DataFrame, task: str, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed + 1).normal(size=ROWS)
    score = table["number"].fillna(0.5).to_numpy() + 0.3 * table["count"].to_numpy() + 0.5 * noise
    if task == "number":
        return 10 * score + 3
    if task == "numbers":
        return np.stack([score, -2 * score + noise], axis=1)
    if task == "answers":
        return np.stack([score > 0, noise > 0], axis=1).astype(int)
    return np.digitize(score, [-0.3, 0.6] if task == "classes" else [0.2])


def estimator(task: str, **changes: object):
    kind = GlassnetRegressor if task.startswith("number") else GlassnetClassifier
    return kind(threads=1, **changes)


def predicted(model, table: pd.DataFrame) -> np.ndarray:
    return model.predict_proba(table) if hasattr(model, "predict_proba") else model.predict(table)


def both_ways(task: str, seed: int, **changes: object) -> tuple[np.ndarray, np.ndarray]:
    """Predictions after training on a weighted table in any order, and on the repeated one."""
    table = mixed(seed)
    y = target(table, task, seed)
    generator = np.random.default_rng(seed + 2)
    weights = generator.integers(0, 5, ROWS)
    weights[:6] = 1  # each class stays
    rows = np.repeat(np.arange(ROWS), weights)
    order = generator.permutation(ROWS)
    repeated = estimator(task, **changes).fit(table.iloc[rows], y[rows])
    weighted = estimator(task, **changes).fit(table.iloc[order], y[order], sample_weight=weights[order])
    return predicted(weighted, table), predicted(repeated, table)


@pytest.mark.filterwarnings("ignore::glassnet.errors.GlassnetWarning")
@pytest.mark.parametrize("task", ["classes", "two", "answers", "number", "numbers"])
@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_weights_are_repeats(task, seed):
    weighted, repeated = both_ways(task, seed)
    np.testing.assert_allclose(weighted, repeated, rtol=1e-5, atol=1e-5)


@pytest.mark.filterwarnings("ignore::glassnet.errors.GlassnetWarning")
@pytest.mark.parametrize(
    ("task", "changes"),
    [
        ("two", {"class_weight": "balanced"}),
        ("classes", {"class_weight": {0: 1.0, 1: 5.0}}),
        ("number", {"loss": "huber", "numbers": "standard"}),
        ("number", {"loss": "quantile", "quantile": 0.9}),
        ("two", {"members": 3, "label_smoothing": 0.1}),
        ("two", {"engine": "eager", "bins": 0, "one_hot": 2}),
        ("classes", {"hidden": (), "optimizer": "sgd", "learning_rate": 0.1}),
    ],
    ids=str,
)
def test_weights_are_repeats_with_other_settings(task, changes):
    weighted, repeated = both_ways(task, 7, **changes)
    np.testing.assert_allclose(weighted, repeated, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("rows", [150, 260])
def test_a_row_of_weight_0_is_as_good_as_absent_in_tables_of_any_size(rows):
    generator = np.random.default_rng(0)
    X = generator.normal(size=(rows, 3))
    y = (X[:, 0] > 0).astype(int)
    weights = np.where(generator.random(rows) < 0.3, 0.0, 1.0)
    X[weights == 0] = 1e30  # would be seen anywhere
    y[weights == 0] = 7
    counts = weights > 0
    weighted = GlassnetClassifier(threads=1, epochs=5).fit(X, y, sample_weight=weights)
    absent = GlassnetClassifier(threads=1, epochs=5).fit(X[counts], y[counts])
    assert weighted.classes_.tolist() == [0, 1]
    np.testing.assert_allclose(
        weighted.predict_proba(X[counts]), absent.predict_proba(X[counts]), rtol=1e-6, atol=1e-9
    )


def test_the_unit_of_weights_that_are_no_repeats_does_not_matter():
    generator = np.random.default_rng(0)
    X = generator.normal(size=(260, 3))
    y = (X[:, 0] > 0).astype(int)
    weights = generator.random(260) + 0.5
    model = GlassnetClassifier(threads=1, epochs=5)
    shares = [model.fit(X, y, sample_weight=weights * unit).predict_proba(X) for unit in (1.0, 1e-4, 1e7)]
    np.testing.assert_allclose(shares[1], shares[0], atol=1e-5)
    np.testing.assert_allclose(shares[2], shares[0], atol=1e-5)
    plain = GlassnetClassifier(threads=1, epochs=5).fit(X, y).model_.fitted.recipe
    assert model.model_.fitted.recipe.architecture == plain.architecture


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (np.ones(39), r"must have the same number of rows, but they have \[39, 40\]"),
        (np.zeros(40), "sample weights are zero in every row"),
        (np.ones((40, 1)), "sample_weight must be a 1d array"),
        (np.full(40, -1.0), "weights must be numbers of at least 0"),
        (np.full(40, np.nan), "sample_weight contains NaN"),
    ],
    ids=["short", "zero", "two axes", "negative", "missing"],
)
def test_wrong_weights_are_refused_in_words(weights, words):
    X = np.arange(80.0).reshape(40, 2)
    with pytest.raises(GlassnetError, match=words):
        GlassnetClassifier(epochs=1).fit(X, np.arange(40) % 2, sample_weight=weights)


@pytest.mark.parametrize(
    ("task", "changes"),
    [
        ("two", {"members": 1}),
        ("two", {"members": 1, "engine": "eager", "epochs": 2}),
        ("classes", {}),
        ("classes", {"class_weight": "balanced", "dropout": 0.2}),
        ("number", {"loss": "huber"}),
        ("numbers", {"members": 1, "batch_size": 20}),
    ],
    ids=str,
)
def test_rows_of_whole_weight_enter_batches_as_often_as_their_repeats(task, changes):
    table = pd.concat([mixed(seed) for seed in range(4)], ignore_index=True)
    y = np.concatenate([target(mixed(seed), task, seed) for seed in range(4)])
    weights = np.random.default_rng(1).integers(0, 5, len(table))
    assert weights.sum() > 200
    rows = np.repeat(np.arange(len(table)), weights)
    given = {"epochs": 5, "validation_share": 0.0} | changes
    repeated = estimator(task, **given).fit(table.iloc[rows], y[rows])
    weighted = estimator(task, **given).fit(table, y, sample_weight=weights)
    assert weighted.model_.fitted.trained.history.steps_per_epoch > 1
    steps = [one.model_.fitted.trained.history.steps_per_epoch for one in (weighted, repeated)]
    assert steps[0] == steps[1]
    np.testing.assert_allclose(predicted(weighted, table), predicted(repeated, table), rtol=1e-4, atol=1e-5)


def test_an_epoch_passes_over_a_row_as_often_as_it_weighs():
    X = np.random.default_rng(0).normal(size=(3000, 3))
    weights = np.random.default_rng(1).integers(1, 5, 3000)
    model = GlassnetRegressor(threads=1, members=1, folds=0, epochs=3).fit(X, X[:, 0], sample_weight=weights)
    fitted = model.model_.fitted
    assert fitted.row_counts[0] < 3000
    passed = fitted.trained.history.steps_per_epoch * fitted.recipe.training.batch_size
    assert 2.3 < passed / fitted.row_counts[0] < 2.7


def test_the_weights_of_rows_that_do_not_train_leave_repeats_alone():
    draw = np.random.default_rng(0)
    table = pd.DataFrame({"a": draw.normal(size=600), "weight": draw.integers(2, 6, 600).astype(float)})
    table["y"] = table["a"] * 2
    steps = []
    for shift in (0.0, 0.5):
        later = table[:100].assign(weight=table["weight"][:100] + shift)
        sources = Sources(table=table[100:], validation=later)
        settings = Settings(target=("y",), weight="weight", epochs=2, members=1, threads=1)
        steps.append(fit(sources, settings).trained.history.steps_per_epoch)
    assert steps[0] == steps[1]

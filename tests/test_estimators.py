"""scikit-learn's doors: what its tools do with estimators works, on tables as they are."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from glassnet.errors import GlassnetError, GlassnetWarning, SettingsError
from glassnet.estimators import GlassnetClassifier, GlassnetRegressor
from glassnet.settings import SETTING_NAMES

FAST = {"hidden": (16,), "epochs": 12, "learning_rate": 0.05, "threads": 1}


def numbers(rows: int = 120, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(rows, 3))
    return X, (X[:, 0] + 0.5 * X[:, 1] > 0).astype(int)


def test_parameters_come_back():
    model = GlassnetClassifier(hidden=(4,), learning_rate=0.5)
    assert model.get_params()["hidden"] == (4,)
    assert clone(model).get_params() == model.get_params()
    assert model.set_params(epochs=3).epochs == 3
    assert GlassnetRegressor().get_params() == GlassnetClassifier().get_params()
    with pytest.raises(ValueError, match="Invalid parameter 'epoch'"):
        model.set_params(epoch=3)


def test_every_parameter_is_a_setting_under_its_own_name():
    names = set(GlassnetClassifier().get_params())
    assert names - set(SETTING_NAMES) == {"random_state", "warm_start", "callbacks"}


def test_kinds_of_estimators():
    assert is_classifier(GlassnetClassifier())
    assert is_regressor(GlassnetRegressor())


def test_cloning_forgets_what_was_learned():
    model = GlassnetClassifier(**FAST).fit(*numbers())
    with pytest.raises(NotFittedError):
        clone(model).predict(numbers()[0])


@pytest.mark.parametrize(
    "labels", [[0, 1], ["no", "yes"], [False, True], [1.0, 2.0], [-1, 1], [10, 3]], ids=str
)
def test_labels_keep_their_type(labels):
    X, y = numbers()
    wanted = np.array(labels)[y]
    model = GlassnetClassifier(**FAST).fit(X, wanted)
    guess = model.predict(X)
    assert guess.dtype.kind == wanted.dtype.kind
    assert set(model.classes_) == set(labels)
    assert (guess == wanted).mean() > 0.85
    share = model.predict_proba(X)
    assert share.shape == (120, 2)
    np.testing.assert_array_equal(model.classes_[share.argmax(axis=1)], guess)
    np.testing.assert_allclose(np.exp(model.predict_log_proba(X)), share)
    right = (guess == wanted).mean()
    assert model.score(X, wanted) == model.score(X, wanted.astype(object)) == right


def test_several_classes():
    X, _ = numbers(200)
    y = np.select([X[:, 0] < -0.4, X[:, 0] < 0.4], ["low", "middle"], "high")
    model = GlassnetClassifier(**(FAST | {"epochs": 30})).fit(X, y)
    assert model.classes_.tolist() == ["high", "low", "middle"]
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1, atol=1e-12)
    assert model.score(X, y) > 0.8


def test_regression():
    X, _ = numbers(200)
    y = 5 * X[:, 0] + 100
    model = GlassnetRegressor(**(FAST | {"epochs": 40})).fit(X, y)
    assert model.predict(X).shape == (200,)
    assert model.score(X, y) > 0.8
    both = GlassnetRegressor(**FAST).fit(X, np.stack([y, -y], axis=1))
    assert both.predict(X).shape == (200, 2)


FRAMES = {
    "array": lambda X: X,
    "list": lambda X: X.tolist(),
    "pandas": lambda X: pd.DataFrame(X, columns=["a", "b", "c"]),
    "polars": lambda X: pl.DataFrame(X, schema=["a", "b", "c"], orient="row"),
    "dictionary": lambda X: {"a": X[:, 0], "b": X[:, 1], "c": X[:, 2]},
}


@pytest.mark.parametrize("kind", FRAMES)
def test_every_kind_of_table_gives_the_same(kind):
    X, y = numbers()
    wanted = GlassnetClassifier(**FAST).fit(X, y).predict_proba(X)
    table = FRAMES[kind](X)
    model = GlassnetClassifier(**FAST).fit(table, y)
    assert model.predict_proba(table).tobytes() == wanted.tobytes()
    assert model.n_features_in_ == 3
    if kind in ("pandas", "polars"):
        assert model.feature_names_in_.tolist() == ["a", "b", "c"]


@pytest.mark.parametrize("wrap", [list, np.array, pd.Series, pl.Series], ids=lambda one: one.__name__)
def test_every_kind_of_target_gives_the_same(wrap):
    X, y = numbers()
    wanted = GlassnetClassifier(**FAST).fit(X, y).predict(X)
    assert GlassnetClassifier(**FAST).fit(X, wrap(y.tolist())).predict(X).tolist() == wanted.tolist()


def test_missing_cells_categories_and_dates_go_in_as_they_are():
    X, y = numbers()
    X[::7, 0] = np.nan
    table = pd.DataFrame(X, columns=["a", "b", "c"])
    table["city"] = pd.Categorical(np.where(y == 1, "Bonn", "Celle"))
    table["since"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(120), unit="D")
    model = GlassnetClassifier(**(FAST | {"epochs": 25})).fit(table, y)
    assert model.score(table, y) > 0.9
    strange = table.head(3).assign(city=["never seen", None, "Bonn"], a=[np.inf, np.nan, -np.inf])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GlassnetWarning)  # a level never seen is told
        assert np.isfinite(model.predict_proba(strange)).all()


def test_pipelines_cross_validation_and_searches():
    X, y = numbers()
    pipe = make_pipeline(StandardScaler(), GlassnetClassifier(**FAST))
    assert pipe.fit(X, y).score(X, y) > 0.8
    scores = cross_val_score(GlassnetClassifier(**FAST), X, y, cv=3)
    assert scores.shape == (3,)
    assert scores.mean() > 0.7
    shares = cross_val_predict(GlassnetClassifier(**FAST), X, y, cv=3, method="predict_proba")
    assert shares.shape == (120, 2)
    grid = GridSearchCV(GlassnetClassifier(**FAST), {"hidden": [(2,), (8,)], "epochs": np.arange(2, 4)}, cv=2)
    assert set(grid.fit(X, y).best_params_) == {"hidden", "epochs"}
    drawn = RandomizedSearchCV(
        GlassnetRegressor(**FAST), {"learning_rate": np.logspace(-2, -1, 5)}, n_iter=2, cv=2, random_state=0
    )
    assert drawn.fit(X, y.astype(float)).best_score_ < 1


def test_sample_weights_weigh():
    generator = np.random.default_rng(1)
    X = generator.normal(size=(200, 2))
    y = generator.integers(0, 2, 200)  # nothing to learn but the share
    heavy = np.where(y == 1, 9.0, 1.0)
    even = GlassnetClassifier(**FAST).fit(X, y).predict_proba(X)[:, 1].mean()
    weighted = GlassnetClassifier(**FAST).fit(X, y, sample_weight=heavy).predict_proba(X)[:, 1].mean()
    assert even < 0.65
    assert weighted > 0.75
    # A column of equal weights changes no number but those of rounding.
    ones = GlassnetClassifier(**FAST).fit(X, y, sample_weight=np.ones(200)).predict_proba(X)
    np.testing.assert_allclose(ones, GlassnetClassifier(**FAST).fit(X, y).predict_proba(X), atol=1e-5)


@pytest.mark.parametrize("weights", ["balanced", {0: 1, 1: 9}, {0: 1.0, 1: 9.0}], ids=str)
@pytest.mark.parametrize("kind", [int, float, bool, str])
def test_class_weights_weigh(weights, kind):
    generator = np.random.default_rng(1)
    X = generator.normal(size=(200, 2))
    y = (generator.random(200) < 0.2).astype(int)
    labels = np.array([kind(one) for one in y])
    given = weights if weights == "balanced" else {kind(label): weight for label, weight in weights.items()}
    model = GlassnetClassifier(class_weight=given, **FAST).fit(X, labels)
    plain = GlassnetClassifier(**FAST).fit(X, labels)
    assert model.predict_proba(X)[:, 1].mean() > plain.predict_proba(X)[:, 1].mean() + 0.1


def test_class_weights_may_be_whole_numbers_for_labels_with_a_point():
    X, y = numbers()
    model = GlassnetClassifier(class_weight={0: 1, 1: 3}, **FAST).fit(X, y.astype(float))
    same = GlassnetClassifier(class_weight={0.0: 1, 1.0: 3}, **FAST).fit(X, y.astype(float))
    assert model.predict_proba(X).tobytes() == same.predict_proba(X).tobytes()


def test_the_seed_decides():
    X, y = numbers()
    first = GlassnetClassifier(random_state=1, **FAST).fit(X, y).predict_proba(X)
    again = GlassnetClassifier(random_state=1, **FAST).fit(X, y).predict_proba(X)
    other = GlassnetClassifier(random_state=2, **FAST).fit(X, y).predict_proba(X)
    assert first.tobytes() == again.tobytes() != other.tobytes()


def test_what_is_wrong_is_said():
    X, y = numbers()
    with pytest.raises(SettingsError, match=r"must have the same number of rows, but they have \[119, 120\]"):
        GlassnetClassifier(**FAST).fit(X, y[:-1])
    with pytest.raises(GlassnetError, match="y holds 1 class, 1, in every row that counts"):
        GlassnetClassifier(**FAST).fit(X, np.ones(120, dtype=int))
    with pytest.raises(SettingsError, match="epochs must be"):
        GlassnetClassifier(epochs=-1).fit(X, y)
    with pytest.raises(NotFittedError):
        GlassnetRegressor().predict(X)
    model = GlassnetClassifier(**FAST).fit(pd.DataFrame(X, columns=["a", "b", "c"]), y)
    with pytest.raises(ValueError, match="yet now missing:\n- c"):
        model.predict(pd.DataFrame(X[:, :2], columns=["a", "b"]))


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (["no", "yes"], lambda y: y),
        ([0, 1], lambda y: y),
        ([0, 1], lambda y: y.astype("int8")),
        ([0, 1], lambda y: y.astype(float)),
        ([0, 1], lambda y: y.astype(object)),
        ([False, True], lambda y: y),
        ([False, True], lambda y: y.astype(int)),
        (["no", "yes"], lambda y: np.where(y == "no", "a third", y)),
    ],
)
def test_the_score_is_scikit_learns_accuracy(labels, told):
    X = np.random.default_rng(0).normal(size=(61, 2))
    y = np.array(labels)[(X[:, 0] + 0.5 * X[:, 1] ** 2 > 0).astype(int)]
    model = GlassnetClassifier(epochs=3, hidden=(4,), members=1, threads=1).fit(X, y)
    truth = told(y)
    plain = truth.tolist() if truth.dtype == object else truth
    assert model.score(X, truth) == accuracy_score(plain, model.predict(X))
    weights = np.linspace(0.0, 1.0, 61)
    assert model.score(X, truth, weights) == accuracy_score(plain, model.predict(X), sample_weight=weights)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.score(X, truth[:-1])

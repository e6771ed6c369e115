"""`glassnet.cross_validate` against scikit-learn's function of that name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import make_classification
from sklearn.model_selection import KFold
from sklearn.model_selection import cross_validate as by_the_loop

import glassnet
from glassnet.errors import SettingsError, SourceError
from glassnet.estimators import GlassnetClassifier, GlassnetRegressor

X, Y = make_classification(160, 5, n_informative=3, n_redundant=1, random_state=1)
FAST = {"hidden": (8,), "bins": 0, "members": 1, "epochs": 3}


def test_scores_are_those_of_scikit_learns_loop():
    settings = [FAST, FAST | {"learning_rate": 0.05}, FAST | {"hidden": (4, 4), "random_state": 3}]
    scoring = ["accuracy", "roc_auc"]
    found = glassnet.cross_validate(X, Y, folds=4, settings=settings, scoring=scoring)
    for place, one in enumerate(settings):
        expected = by_the_loop(GlassnetClassifier(**one), X, Y, cv=4, scoring=scoring)
        for name in scoring:
            np.testing.assert_array_equal(found.scores_CF[name][place], expected[f"test_{name}"])
    assert found.fit_seconds_CF.shape == found.score_seconds_CF.shape == (3, 4)
    assert (found.fit_seconds_CF > 0).all()
    np.testing.assert_allclose(found.mean["roc_auc"], found.scores_CF["roc_auc"].mean(axis=1))
    np.testing.assert_allclose(found.deviation["roc_auc"], found.scores_CF["roc_auc"].std(axis=1))
    assert found.best == settings[int(found.mean["accuracy"].argmax())]
    assert found.failures == ()


def test_a_file_and_a_frame_name_their_target(tmp_path: Path):
    frame = pl.DataFrame(X, schema=[f"n{i}" for i in range(5)]).with_columns(
        city=pl.Series(np.where(X[:, 0] > 0, "Bonn", "Rom")), bought=pl.Series(np.where(Y, "yes", "no"))
    )
    frame.write_csv(path := tmp_path / "shop.csv")
    given = {"folds": KFold(2), "settings": [FAST], "scoring": "roc_auc"}
    by_path = glassnet.cross_validate(path, "bought", **given)
    by_frame = glassnet.cross_validate(frame, "bought", **given)
    inputs, bought = frame.drop("bought"), frame["bought"].to_numpy()
    model = GlassnetClassifier(**FAST)
    expected = by_the_loop(model, inputs, bought, cv=KFold(2), scoring="roc_auc")["test_score"]
    np.testing.assert_array_equal(by_path.scores_CF["score"], by_frame.scores_CF["score"])
    np.testing.assert_allclose(by_path.scores_CF["score"][0], expected, atol=1e-12)


@pytest.mark.parametrize("target", ["price", ("price", "weight")])
def test_numbers_are_predicted_by_a_regressor(target):
    frame = pl.DataFrame(X, schema=[f"n{i}" for i in range(5)]).with_columns(
        price=pl.col("n0") * 2.5 + 1, weight=pl.col("n1") - pl.col("n2")
    )
    found = glassnet.cross_validate(frame, target, folds=2, settings=[FAST])
    inputs = frame.select(pl.exclude("price", "weight") if len(target) == 2 else pl.exclude("price"))
    y = frame.select(target).to_numpy()
    expected = by_the_loop(GlassnetRegressor(**FAST), inputs, y if len(target) == 2 else y[:, 0], cv=2)
    np.testing.assert_array_equal(found.scores_CF["score"][0], expected["test_score"])


def test_values_of_a_target_choose_the_estimator_and_rows_may_weigh():
    weight, number = np.linspace(0.5, 2.0, len(Y)), Y + 0.25 * X[:, 0]
    found = glassnet.cross_validate(X, number, folds=2, settings=[FAST], sample_weight=weight)
    for place, (fit, left) in enumerate(KFold(2).split(X)):
        model = GlassnetRegressor(**FAST).fit(X[fit], number[fit], weight[fit])
        assert found.scores_CF["score"][0, place] == model.score(X[left], number[left], weight[left])


def test_what_is_wrong_is_told():
    with pytest.raises(SettingsError, match="settings is empty; give at least one"):
        glassnet.cross_validate(X, Y, settings=[])
    with pytest.raises(SettingsError, match="the folds are empty"):
        glassnet.cross_validate(X, Y, folds=[])
    with pytest.raises(ValueError, match="Invalid parameter 'lerning_rate'"):
        glassnet.cross_validate(X, Y, settings=[{"lerning_rate": 1.0}])
    with pytest.raises((SettingsError, SourceError), match="no column 'price'"):
        glassnet.cross_validate(pl.DataFrame({"x": [1.0, 2.0]}), "price")

"""Searches give scikit-learn's scores: those of its own loop over the same estimators, bit for bit."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array, dok_array
from sklearn.base import clone, is_classifier
from sklearn.datasets import make_classification, make_regression
from sklearn.exceptions import NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401  # scikit-learn's own condition
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer, mean_absolute_error
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    KFold,
    RandomizedSearchCV,
)
from torch import Tensor, nn

from glassnet.errors import GlassnetError, GlassnetWarning, SettingsError, SourceError
from glassnet.estimators import GlassnetClassifier, GlassnetRegressor
from glassnet.search import GlassnetSearchCV

X, Y = make_classification(240, 6, n_informative=4, random_state=0)
SMALL = GlassnetClassifier(hidden=(8,), bins=0, members=1, epochs=3, threads=1)
GRID = {"learning_rate": [0.001, 0.05], "random_state": [0, 7]}


def assert_same(found: dict, expected: dict) -> None:
    """All but the times is equal, exactly."""
    assert {name for name in expected if "time" not in name} == {name for name in found if "time" not in name}
    for name, values in expected.items():
        if "time" in name:
            assert np.shape(found[name]) == np.shape(values)
        elif name == "params":
            assert found[name] == values
        else:
            there = ~np.ma.getmaskarray(values)
            np.testing.assert_array_equal(~np.ma.getmaskarray(found[name]), there, err_msg=name)
            given, wanted = np.asarray(found[name])[there], np.asarray(values)[there]
            np.testing.assert_array_equal(given, wanted, err_msg=name)


def test_a_grid_has_the_scores_of_scikit_learns_loop():
    grid = GRID | {"weight_decay": [0.0, 0.1]}
    found = GlassnetSearchCV(SMALL, grid, n_iter="all", cv=3, return_train_score=True).fit(X, Y)
    expected = GridSearchCV(SMALL, grid, cv=3, return_train_score=True).fit(X, Y)
    assert_same(found.cv_results_, expected.cv_results_)
    assert found.best_params_ == expected.best_params_
    assert found.best_index_ == expected.best_index_
    assert found.best_score_ == expected.best_score_
    assert found.n_splits_ == 3
    np.testing.assert_array_equal(found.predict_proba(X), expected.predict_proba(X))
    np.testing.assert_array_equal(found.classes_, expected.classes_)
    assert found.score(X, Y) == expected.score(X, Y)
    assert found.refit_time_ > 0


def last_setting(results: dict) -> int:
    return len(results["params"]) - 1


def test_a_function_may_choose_the_setting(capsys):
    found = GlassnetSearchCV(SMALL, GRID, n_iter="all", cv=2, refit=last_setting, verbose=1).fit(X, Y)
    assert capsys.readouterr().out == "4 settings on 2 folds: 8 runs\n"
    expected = GridSearchCV(SMALL, GRID, cv=2, refit=last_setting).fit(X, Y)
    assert found.best_index_ == expected.best_index_ == 3
    assert found.best_params_ == expected.best_params_
    assert not hasattr(found, "best_score_")
    np.testing.assert_array_equal(found.predict_proba(X), expected.predict_proba(X))
    search = GlassnetSearchCV(SMALL, GRID, n_iter=1, cv=2, refit=lambda results: 1, random_state=0)
    with pytest.raises(
        SettingsError, match="refit must return a setting's place in cv_results_, 0 to 0, but"
    ):
        search.fit(X, Y)


def test_settings_of_other_shapes_run_side_by_side():
    grid = [
        {"hidden": [(4,), (8, 8)], "dropout": [0.0, 0.3]},
        {"batch_size": [16, 0], "bins": [4], "numbers": ["standard"]},
        {"members": [2, "auto"], "batch_size": [0], "epochs": [1]},
    ]
    found = GlassnetSearchCV(SMALL, grid, n_iter="all", cv=2, refit=False).fit(X, Y)
    assert_same(found.cv_results_, GridSearchCV(SMALL, grid, cv=2, refit=False).fit(X, Y).cv_results_)


def test_random_settings_are_those_that_scikit_learn_draws():
    spaces = {"learning_rate": np.geomspace(1e-4, 0.1, 20).tolist(), "random_state": list(range(5))}
    given = {"cv": KFold(2), "random_state": 3, "n_iter": 3, "refit": False}
    found = GlassnetSearchCV(SMALL, spaces, **given).fit(X, Y)
    assert_same(found.cv_results_, RandomizedSearchCV(SMALL, spaces, **given).fit(X, Y).cv_results_)


def test_halving_goes_as_scikit_learns_does():
    spaces = {"learning_rate": np.geomspace(1e-4, 0.1, 20).tolist()}
    given = {"cv": KFold(2), "random_state": 3, "factor": 2, "resource": "epochs", "max_resources": 4}
    given["return_train_score"] = True
    found = GlassnetSearchCV(SMALL, spaces, n_iter=5, **given).fit(X, Y)
    expected = HalvingRandomSearchCV(SMALL, spaces, n_candidates=5, min_resources=1, **given).fit(X, Y)
    assert_same(found.cv_results_, expected.cv_results_)
    assert found.best_params_ == expected.best_params_
    assert found.n_resources_ == expected.n_resources_ == [1, 2, 4]
    assert found.n_candidates_ == expected.n_candidates_
    assert found.n_iterations_ == expected.n_iterations_
    assert found.n_remaining_candidates_ == expected.n_remaining_candidates_


def test_halving_takes_the_estimators_own_epochs_as_the_most():
    found = GlassnetSearchCV(SMALL, GRID, n_iter="all", cv=KFold(2), factor=2, refit=False).fit(X, Y)
    given = {"cv": KFold(2), "factor": 2, "resource": "epochs", "refit": False}
    given["return_train_score"] = False
    expected = HalvingGridSearchCV(SMALL, GRID, min_resources=1, max_resources=3, **given).fit(X, Y)
    assert_same(found.cv_results_, expected.cv_results_)


def test_several_scores_groups_weights_and_frames():
    frame = pd.DataFrame(X[:, :3], columns=["a", "b", "c"]).assign(city=np.where(X[:, 3] > 0, "Bonn", "Rom"))
    frame.loc[::9, "a"] = np.nan
    labels = np.where(Y, "yes", "no")
    groups, weight = np.arange(len(Y)) % 4, np.linspace(0.5, 2.0, len(Y))
    given = {"cv": GroupKFold(2), "scoring": ["roc_auc", "neg_log_loss"], "refit": "roc_auc"}
    grid = {"learning_rate": [0.001, 0.05]}
    found = GlassnetSearchCV(SMALL, grid, n_iter="all", **given)
    found.fit(frame, labels, groups=groups, sample_weight=weight)
    expected = GridSearchCV(SMALL, grid, **given).fit(frame, labels, groups=groups, sample_weight=weight)
    assert_same(found.cv_results_, expected.cv_results_)
    assert found.multimetric_
    assert found.best_params_ == expected.best_params_
    assert list(found.feature_names_in_) == ["a", "b", "c", "city"]
    assert found.n_features_in_ == 4
    assert found.score(frame, labels) == expected.score(frame, labels)


def test_numbers_are_searched_with_a_scorer_of_ones_own():
    many, number = make_regression(120, 4, random_state=0, noise=3.0)
    model = GlassnetRegressor(hidden=(8,), bins=0, members=1, epochs=3)
    scorer = make_scorer(mean_absolute_error, greater_is_better=False)
    found = GlassnetSearchCV(model, GRID, n_iter="all", cv=2, scoring=scorer).fit(many, number)
    expected = GridSearchCV(model, GRID, cv=2, scoring=scorer).fit(many, number)
    assert_same(found.cv_results_, expected.cv_results_)
    np.testing.assert_array_equal(found.predict(many), expected.predict(many))
    assert not hasattr(found, "predict_proba")
    assert not is_classifier(found)


def test_what_the_engine_does_not_know_is_trained_all_the_same():
    model = clone(SMALL).set_params(normalization="layer", epochs=1)
    found = GlassnetSearchCV(model, GRID, n_iter="all", cv=2, refit=False).fit(X, Y)
    assert_same(found.cv_results_, GridSearchCV(model, GRID, cv=2, refit=False).fit(X, Y).cv_results_)


class Noisy(nn.Module):
    """An own module that draws numbers when it is made and at every step."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(inputs, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, outputs))

    def forward(self, x: Tensor) -> Tensor:
        outputs: Tensor = self.layers(x)
        return outputs


def test_own_modules_draw_the_numbers_that_they_draw_alone():
    model = GlassnetClassifier(network=Noisy, epochs=3)
    found = GlassnetSearchCV(model, GRID, n_iter="all", cv=2, refit=False, n_jobs=4).fit(X, Y)
    assert_same(found.cv_results_, GridSearchCV(model, GRID, cv=2, refit=False).fit(X, Y).cv_results_)


def test_the_number_of_threads_changes_nothing():
    one, two = (
        GlassnetSearchCV(SMALL, GRID, n_iter="all", cv=2, refit=False, n_jobs=n).fit(X, Y) for n in (1, 2)
    )
    assert_same(one.cv_results_, two.cv_results_)


def test_a_run_that_diverges_scores_what_it_is_told_to():
    grid = {"learning_rate": [0.01, 1e30], "optimizer": ["sgd"], "clip": [0.0], "epochs": [20]}
    search = GlassnetSearchCV(SMALL, grid, n_iter="all", cv=2)
    with pytest.warns(GlassnetWarning, match="2 of 4 runs have no network and score nan"):
        search.fit(X, Y)
    assert search.best_params_["learning_rate"] == 0.01
    assert search.cv_results_["rank_test_score"].tolist() == [1, 2]
    with pytest.raises(GlassnetError, match="training met numbers that are not finite"):
        search.set_params(error_score="raise").fit(X, Y)
    with pytest.raises(GlassnetError, match="training met numbers that are not finite"):
        search.set_params(error_score=0.0, param_distributions=grid | {"learning_rate": [1e30]}).fit(X, Y)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"estimator": LogisticRegression()}, "estimator is a LogisticRegression; for others take"),
        ({"n_iter": 0}, "n_iter must be a number of settings to try, or 'all', but it is 0"),
        ({"scoring": ["accuracy", "roc_auc"]}, "refit must name the one to choose by"),
        ({"factor": 1}, "factor must be above 1"),
        ({"factor": 2, "resource": "epoch"}, "resource must be a parameter of the estimator"),
        ({"factor": 2, "resource": "batch_size"}, "the estimator leaves batch_size open"),
        ({"factor": 2, "resource": "random_state"}, "'random_state' is the resource, so it cannot be"),
        ({"factor": 2, "min_resources": 9}, "min_resources must be between 1 and max_resources"),
    ],
)  # fmt: skip
def test_what_cannot_be_searched_is_told_in_words(changes, words):
    search = GlassnetSearchCV(SMALL, GRID, cv=2, n_iter=2).set_params(**changes)
    with pytest.raises(SettingsError, match=words):
        search.fit(X, Y)


def test_predicting_needs_a_fit_and_a_refit():
    search = GlassnetSearchCV(SMALL, GRID, cv=2, n_iter=1, refit=False)
    with pytest.raises(NotFittedError):
        search.predict(X)
    with pytest.raises(SettingsError, match="refit is False"):
        search.fit(X, Y).predict(X)


def test_what_is_no_table_is_told_as_the_estimator_tells_it():
    search = GlassnetSearchCV(SMALL, GRID, cv=2, n_iter="all")
    with pytest.raises(SourceError, match="X is a sparse matrix"):
        search.fit(csr_array(X), Y)
    with pytest.raises(SourceError, match="X is a sparse matrix"):
        search.fit(dok_array(X), Y)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        search.fit(X, Y[:-1])
    with pytest.raises(ValueError, match="requires y to be passed, but the target y is None"):
        search.fit(X, None)


def test_every_parameter_and_attribute_is_described():
    described = set(re.findall(r"^    ([\w, ]+) : ", GlassnetSearchCV.__doc__, flags=re.M))
    described = {name for names in described for name in names.split(", ")}
    given = {"cv": 2, "factor": 2, "min_resources": 1, "max_resources": 2}
    frame = pd.DataFrame({"a": X[:, 0], "b": X[:, 1]})
    fitted = GlassnetSearchCV(SMALL, {"learning_rate": [0.01, 0.1]}, n_iter="all", **given).fit(frame, Y)
    assert described == set(fitted.get_params(deep=False)) | {
        name for name in dir(fitted) if name.endswith("_") and not name.startswith("_")
    }

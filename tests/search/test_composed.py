"""A search as a part of other things: pipelines, nested cross-validation, copies, metadata routing."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.model_selection import GroupKFold, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from glassnet.estimators import GlassnetClassifier
from glassnet.search import GlassnetSearchCV

ROWS = 120
SMALL = GlassnetClassifier(hidden=(8,), bins=0, members=1, epochs=4, learning_rate=0.05, threads=1)
SEARCH = GlassnetSearchCV(SMALL, {"learning_rate": [0.001, 0.1]}, n_iter="all", cv=2)


def table() -> tuple[pd.DataFrame, np.ndarray]:
    generator = np.random.default_rng(0)
    X = pd.DataFrame({"a": generator.normal(size=ROWS), "city": generator.choice(["Bonn", "Ulm"], ROWS)})
    return X, np.where(X["a"] + (X["city"] == "Ulm") > 0.4, "yes", "no")


@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_in_a_pipeline_after_a_transformer_that_gives_frames(output):
    X, y = table()
    scaled = make_column_transformer(
        (StandardScaler(), ["a"]), remainder="passthrough", verbose_feature_names_out=False
    )
    model = make_pipeline(scaled.set_output(transform=output), clone(SEARCH)).fit(X, y)
    assert list(model[-1].feature_names_in_) == ["a", "city"]
    assert model.score(X, y) > 0.7


def test_nested_the_scores_do_not_depend_on_the_jobs():
    X, y = table()
    alone = cross_val_score(clone(SEARCH), X, y, cv=2)
    beside = cross_val_score(clone(SEARCH), X, y, cv=2, n_jobs=2)
    np.testing.assert_array_equal(beside, alone)


def test_calibrated():
    X, y = table()
    assert CalibratedClassifierCV(clone(SEARCH), cv=2).fit(X, y).predict_proba(X).shape == (ROWS, 2)


@pytest.mark.parametrize("way", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_copy_predicts_the_same(way):
    X, y = table()
    search = clone(SEARCH).fit(X, y)
    copied = way(search)
    assert copied.predict_proba(X).tobytes() == search.predict_proba(X).tobytes()
    assert copied.best_params_ == search.best_params_
    np.testing.assert_array_equal(
        copied.cv_results_["mean_test_score"], search.cv_results_["mean_test_score"]
    )


def test_weights_and_groups_are_routed_to_it():
    X, y = table()
    weights, groups = np.linspace(0.0, 2.0, ROWS), np.arange(ROWS) % 6
    with sklearn.config_context(enable_metadata_routing=True):
        asking = clone(SEARCH).set_params(cv=GroupKFold(2))
        asking.set_fit_request(sample_weight=True, groups=True)
        params = {"sample_weight": weights, "groups": groups}
        found = cross_validate(asking, X, y, params=params, cv=2, return_estimator=True, return_indices=True)
    fit = found["indices"]["train"][0]
    alone = clone(SEARCH).set_params(cv=GroupKFold(2))
    alone.fit(X.iloc[fit], y[fit], sample_weight=weights[fit], groups=groups[fit])
    routed = found["estimator"][0]
    assert routed.predict_proba(X).tobytes() == alone.predict_proba(X).tobytes()
    unweighted = clone(alone).fit(X.iloc[fit], y[fit], groups=groups[fit])
    assert routed.predict_proba(X).tobytes() != unweighted.predict_proba(X).tobytes()


def test_notebooks_show_it():
    X, y = table()
    shown = clone(SEARCH).fit(X, y)._repr_html_()
    assert "GlassnetSearchCV" in shown
    assert "GlassnetClassifier" in shown

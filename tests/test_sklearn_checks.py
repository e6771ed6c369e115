"""All of scikit-learn's checks: of the estimators at default settings, those that it does not yield by itself
too, and of `GlassnetSearchCV`, set up as it sets up its own searches.

`benchmarks/sklearn_checks.py` prints the same as a table, for any version of scikit-learn.
"""

import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from unittest import SkipTest

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_checks as checks
from sklearn.utils import get_tags
from sklearn.utils.validation import has_fit_parameter

from glassnet.estimators import GlassnetClassifier, GlassnetRegressor
from glassnet.search import GlassnetSearchCV

ESTIMATORS = (GlassnetClassifier(threads=1), GlassnetRegressor(threads=1))
# Of a search fewer epochs, for speed: of rows as few as a check has, they are enough.
SEARCHED = tuple(clone(one).set_params(epochs=40) for one in ESTIMATORS)
NEEDS_ENVIRONMENT = "SCIPY_ARRAY_API"  # has to be set before SciPy is imported
# Checks that scikit-learn runs on its own estimators only, or for other tags, and that apply to ours. Those
# of `set_output` and `get_feature_names_out` do not: they are of transformers.
MORE = {
    "check_class_weight_balanced_classifiers": "classifier",
    "check_classifier_multioutput": "classifier",
    "check_regressor_multioutput": "regressor",
    "check_dataframe_column_names_consistency": "both",
    "check_inplace_ensure_writeable": "both",
}


def uneven() -> dict[str, np.ndarray]:
    """Two classes that overlap, one of them seldom."""
    generator = np.random.default_rng(0)
    X = generator.normal(size=(300, 3))
    y = (X[:, 0] + generator.normal(size=300) > 1.5).astype(int)
    names = {"X_train": X[:150], "y_train": y[:150], "X_test": X[150:], "y_test": y[150:]}
    return names | {"weights": np.ones(2)}


MORE_DATA = {"check_class_weight_balanced_classifiers": uneven()}


def search_of(kind: type, estimator: object) -> object:
    space = {"learning_rate": [0.005, 0.01]}
    return kind(estimator, space, n_iter=2, cv=2, random_state=0, error_score="raise")


def name_of(check: Callable[[object], None]) -> str:
    inner = check.func if isinstance(check, partial) else check
    settings = check.keywords if isinstance(check, partial) else {}
    while isinstance(inner, partial):
        settings, inner = inner.keywords | settings, inner.func
    shown = [f"{key}={value}" for key, value in settings.items() if not isinstance(value, np.ndarray)]
    return " ".join([inner.__name__, *shown])


def yielded(estimator: object, kind: str) -> Iterator[object]:
    for one, check in checks.estimator_checks_generator(estimator, legacy=True):
        yield pytest.param(one, check, id=f"{kind}: {name_of(check)}")


def every_check() -> Iterator[object]:
    for estimator in ESTIMATORS:
        kind = type(estimator).__name__
        yield from yielded(estimator, kind)
        for name, whom in MORE.items():
            if whom in ("both", get_tags(estimator).estimator_type):
                check = partial(getattr(checks, name), kind, **MORE_DATA.get(name, {}))
                yield pytest.param(clone(estimator), check, id=f"{kind}: {name} (not yielded)")


def every_check_of_a_search() -> Iterator[object]:
    for estimator in SEARCHED:
        yield from yielded(search_of(GlassnetSearchCV, estimator), f"search of {type(estimator).__name__}")


@pytest.mark.parametrize(("estimator", "check"), [*every_check(), *every_check_of_a_search()])
def test_check(estimator, check):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what a check warns of is its own affair
        try:
            check(estimator)
        except SkipTest as why:
            if NEEDS_ENVIRONMENT not in str(why):
                raise
            pytest.skip(f"run by test_array_api_inputs in a process of its own: {why}")


def test_array_api_inputs():
    if not hasattr(checks, "check_array_api_input"):
        pytest.skip(f"scikit-learn {sklearn.__version__} has no such check")
    code = """
import warnings; warnings.simplefilter("ignore")
from sklearn.utils.estimator_checks import check_array_api_input
from glassnet import GlassnetClassifier, GlassnetRegressor, GlassnetSearchCV
models = GlassnetClassifier(threads=1), GlassnetRegressor(threads=1)
searches = [GlassnetSearchCV(one, {"learning_rate": [0.001, 0.01]}, n_iter=2, cv=2) for one in models]
for one in (*models, *searches):
    check_array_api_input("it", one, array_namespace="numpy", expect_only_array_outputs=False)
"""
    environment = os.environ | {NEEDS_ENVIRONMENT: "1"}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


def test_how_many_there_are(capsys):
    """Each check is a test of its own; this counts them, so that a version which yields fewer is seen."""
    found = list(every_check())
    with capsys.disabled():
        print(f"\n{len(found)} checks of scikit-learn {sklearn.__version__}", end=" ")
    assert len(found) >= 125


def test_what_is_declared():
    classifier, regressor = (get_tags(one) for one in ESTIMATORS)
    for tags in (classifier, regressor):
        assert tags.input_tags.allow_nan
        assert tags.input_tags.categorical
        assert tags.input_tags.string
        assert not tags.input_tags.sparse
        assert not tags.non_deterministic
        assert tags.target_tags.required
    assert classifier.classifier_tags.multi_class
    assert classifier.classifier_tags.multi_label
    assert not classifier.classifier_tags.poor_score
    assert (
        not classifier.target_tags.multi_output
    )  # several targets of several classes each: refused in words
    assert regressor.target_tags.multi_output
    assert not regressor.regressor_tags.poor_score
    assert all(has_fit_parameter(one, "sample_weight") for one in ESTIMATORS)


@pytest.mark.parametrize("estimator", SEARCHED, ids=lambda one: type(one).__name__)
def test_as_much_is_declared_as_of_scikit_learns_search(estimator):
    ours, theirs = (get_tags(search_of(kind, estimator)) for kind in (GlassnetSearchCV, RandomizedSearchCV))
    assert ours.estimator_type == theirs.estimator_type
    assert ours.classifier_tags == theirs.classifier_tags
    assert ours.regressor_tags == theirs.regressor_tags
    assert ours.target_tags == get_tags(estimator).target_tags
    assert ours.input_tags == get_tags(estimator).input_tags


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda one: type(one).__name__)
def test_metadata_is_routed(estimator):
    """Weights asked for arrive in a pipeline, in cross-validation and in a search."""
    generator = np.random.default_rng(0)
    X = generator.normal(size=(90, 3))
    y = (X[:, 0] > 0).astype(int)
    weights = np.where(y == 1, 5.0, 1.0)
    with sklearn.config_context(enable_metadata_routing=True):
        asking = clone(estimator).set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        pipe = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), asking)
        alone = clone(estimator).fit(StandardScaler().fit_transform(X), y, sample_weight=weights)
        routed = pipe.fit(X, y, sample_weight=weights)
        np.testing.assert_array_equal(routed.predict(X), alone.predict(StandardScaler().fit_transform(X)))
        scores = cross_validate(asking, X, y, cv=2, params={"sample_weight": weights})
        assert np.isfinite(scores["test_score"]).all()
        search = GridSearchCV(asking, {"epochs": [3, 6]}, cv=2).fit(X, y, sample_weight=weights)
        assert search.best_estimator_.model_.fitted.settings.weight


def test_scores_as_scikit_learns_own_do():
    """The doors are judged by the same functions, with weights."""
    generator = np.random.default_rng(0)
    X = generator.normal(size=(150, 3))
    y = (X[:, 0] > 0).astype(int)
    weights = generator.random(150)
    for model in (GlassnetClassifier(threads=1), LogisticRegression()):
        fitted = model.fit(X, y)
        right = fitted.predict(X) == y
        assert fitted.score(X, y, sample_weight=weights) == pytest.approx(np.average(right, weights=weights))

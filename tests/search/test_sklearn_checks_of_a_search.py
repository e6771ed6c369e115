"""All of scikit-learn's estimator checks on `GlassnetSearchCV`, set up as it sets up its own searches.

`benchmarks/sklearn_checks.py` prints the same as a table, beside `RandomizedSearchCV` over our estimators.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import partial
from unittest import SkipTest

import pytest
from sklearn.model_selection import RandomizedSearchCV
from sklearn.utils import estimator_checks as checks
from sklearn.utils import get_tags

from glassnet.estimators import GlassnetClassifier, GlassnetRegressor
from glassnet.search import GlassnetSearchCV

# Fewer epochs than by default, for speed: of rows as few as a check has, they are enough.
FEW = {"epochs": 40, "threads": 1}
SPACES = {"learning_rate": [0.005, 0.01]}
ESTIMATORS = (GlassnetClassifier(**FEW), GlassnetRegressor(**FEW))
NEEDS_ENVIRONMENT = "SCIPY_ARRAY_API"  # has to be set before SciPy is imported


def search_of(kind: type, estimator: object) -> object:
    return kind(estimator, SPACES, n_iter=2, cv=2, random_state=0, error_score="raise")


def every_check() -> Iterator[object]:
    for estimator in ESTIMATORS:
        search = search_of(GlassnetSearchCV, estimator)
        for one, check in checks.estimator_checks_generator(search, legacy=True):
            inner, settings = check, {}
            while isinstance(inner, partial):
                settings, inner = inner.keywords | settings, inner.func
            shown = " ".join([inner.__name__, *(f"{key}={value}" for key, value in settings.items())])
            yield pytest.param(one, check, id=f"{type(estimator).__name__}: {shown}")


@pytest.mark.parametrize(("search", "check"), list(every_check()))
def test_check(search, check):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what a check warns of is its own affair
        try:
            check(search)
        except SkipTest as why:
            if NEEDS_ENVIRONMENT not in str(why):
                raise
            pytest.skip(f"run by tests/test_sklearn_checks.py in a process of its own: {why}")


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda one: type(one).__name__)
def test_as_much_is_declared_as_of_scikit_learns_search(estimator):
    ours, theirs = (get_tags(search_of(kind, estimator)) for kind in (GlassnetSearchCV, RandomizedSearchCV))
    assert ours.estimator_type == theirs.estimator_type
    assert ours.classifier_tags == theirs.classifier_tags
    assert ours.regressor_tags == theirs.regressor_tags
    assert ours.target_tags == get_tags(estimator).target_tags
    assert ours.input_tags == get_tags(estimator).input_tags

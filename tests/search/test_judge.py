"""What a scorer asks for decides what a run has to learn; its numbers are those of scikit-learn's loop."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.metrics import accuracy_score, check_scoring, make_scorer
from sklearn.model_selection import GridSearchCV

from glassnet.estimators import GlassnetClassifier, GlassnetRegressor
from glassnet.search import GlassnetSearchCV
from glassnet.search.folds import make_folds
from glassnet.search.judge import UNKNOWN, judge_of
from glassnet.search.side_by_side import jobs_of, run_jobs

X, Y = make_classification(260, 5, n_informative=3, n_redundant=1, flip_y=0.2, random_state=1)
SMALL = GlassnetClassifier(hidden=(16,), bins=0, members=1, epochs=8, learning_rate=0.1, threads=1)


class Own(GlassnetClassifier):
    """An estimator whose score asks for more than labels."""

    def score(self, X, y, sample_weight=None):
        return float(self.predict_proba(X)[:, 1].mean())


def own(estimator, X, y):
    return float(estimator.predict_proba(X)[:, 1].mean())


@pytest.mark.parametrize(
    ("estimator", "scoring", "asked"),
    [
        (SMALL, None, {"predict"}),
        (GlassnetRegressor(), None, {"predict"}),
        (SMALL, "balanced_accuracy", {"predict"}),
        (SMALL, make_scorer(accuracy_score), {"predict"}),
        (SMALL, ["accuracy", "neg_log_loss"], {"predict", "predict_proba"}),
        (SMALL, "roc_auc", {"decision_function", "predict_proba"}),
        (SMALL, own, {UNKNOWN}),
        (Own(), None, {UNKNOWN}),
    ],
)
def test_what_a_scorer_asks_for(estimator, scoring, asked):
    judge = judge_of(check_scoring(estimator, scoring=scoring), estimator)
    assert judge.asked == asked
    assert judge.only_labels == (asked == {"predict"})


def temperatures(scoring, **changes):
    model = clone(SMALL).set_params(**changes)
    folds = make_folds(model, X, Y, 2, groups=None, weight=None)
    outcomes = run_jobs(jobs_of(model, [{}], folds), check_scoring(model, scoring=scoring), threads=1)
    for one in outcomes:
        assert "_known" not in vars(one.estimator)
    fitted = [one.estimator.model_.fitted for one in outcomes]
    is_explained = [len(one.preparation.baseline.dense_FD) > 0 for one in fitted]
    assert is_explained == [scoring != "accuracy"] * 2
    return [one.calibration.reason for one in fitted]


def test_reasons_and_probabilities_are_learned_where_they_are_asked_for_or_decide_the_label():
    assert temperatures("accuracy") == ["not calibrated"] * 2
    for scoring, changes in (
        ("neg_log_loss", {}),
        (own, {}),
        ("accuracy", {"members": 2}),
        ("accuracy", {"threshold": 0.4}),
    ):
        assert "not calibrated" not in temperatures(scoring, **changes)


@pytest.mark.parametrize("scoring", ["accuracy", "neg_log_loss", own])
@pytest.mark.parametrize("changes", [{}, {"threshold": "auto"}, {"members": 3, "sharing": "layers"}])
def test_scores_are_those_of_the_loop_whatever_is_left_out(scoring, changes):
    model = clone(SMALL).set_params(**changes)
    grid = {"random_state": [0, 1]}
    given = {"cv": 2, "refit": False, "scoring": scoring}
    found = GlassnetSearchCV(model, grid, n_iter="all", **given).fit(X, Y).cv_results_
    expected = GridSearchCV(model, grid, **given).fit(X, Y).cv_results_
    for fold in range(2):
        name = f"split{fold}_test_score"
        np.testing.assert_array_equal(found[name], expected[name])

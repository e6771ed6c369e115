"""What runs share, and how they end."""

from __future__ import annotations

import numpy as np
import pytest
from joblib import Parallel, delayed
from sklearn.datasets import make_classification

from glassnet.estimators import GlassnetClassifier
from glassnet.pipeline import Sources, draft_run
from glassnet.search.folds import make_folds
from glassnet.search.side_by_side import jobs_of, run_jobs, turns, usable_threads
from glassnet.settings import Settings, change
from glassnet.shared import Shared

X, Y = make_classification(160, 5, n_informative=3, n_redundant=1, random_state=1)
CUTS = [(np.arange(80), np.arange(80, 160)), (np.arange(80, 160), np.arange(80))]
FAST = GlassnetClassifier(hidden=(8,), bins=4, members=1, epochs=2)


def test_runs_that_differ_in_training_alone_share_preparation_inputs_and_initial_weights():
    shared, table = Shared(), {"x": [0.0, 1.0] * 20, "y": ["no", "yes"] * 20}
    base = Settings(target=("y",), hidden=(4,))
    one, rate, seed, bins = (
        draft_run(Sources(table=table), change(base, **changes), shared=shared).plan
        for changes in ({}, {"learning_rate": 0.5}, {"seed": 1}, {"numbers": "robust"})
    )
    assert rate.prepared is one.prepared
    assert rate.network is one.network
    assert rate.shared is one.shared
    assert rate.training.learning_rate == 0.5
    assert rate.prepared.rows is one.prepared.rows is bins.prepared.rows
    for other in (seed, bins):
        assert other.prepared is not one.prepared
        assert other.network is not one.network
        assert other.shared is not one.shared


def test_each_fold_is_begun_ahead_of_its_turn():
    assert turns([0, 1, 2] * 3, 1) == [0, 3, 6, 1, 4, 7, 2, 5, 8]
    assert turns([0, 1, 2] * 3, 2) == [0, 1, 3, 6, 2, 4, 7, 5, 8]
    assert turns([0, 1, 2] * 3, 9) == [0, 1, 2, 3, 6, 4, 7, 5, 8]
    for beside in range(1, 5):
        assert sorted(turns([3, 1, 1, 2, 3, 2, 1], beside)) == list(range(7))


def test_an_error_that_is_none_of_ours_ends_all_runs():
    folds = make_folds(FAST, X, Y, CUTS, groups=None, weight=None)

    def scorer(estimator, X, y):
        raise ZeroDivisionError("a scorer's own fault")

    with pytest.raises(ZeroDivisionError, match="a scorer's own fault"):
        run_jobs(jobs_of(FAST, [{}] * 4, folds), scorer, threads=2)


def test_outcomes_come_in_the_order_of_the_jobs_and_estimators_are_fitted():
    folds = make_folds(FAST, X.tolist(), Y.tolist(), CUTS, groups=None, weight=None)
    jobs = jobs_of(FAST, [{"epochs": 1}, {"epochs": 3}], folds)
    outcomes = run_jobs(jobs, lambda estimator, X, y: {"epochs": estimator.n_iter_}, threads=2)
    assert [one.test["epochs"] for one in outcomes] == [1, 1, 3, 3]
    assert all(one.estimator is job.estimator for one, job in zip(outcomes, jobs, strict=True))


def test_threads_are_as_many_as_asked_for(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert usable_threads(3) == 3
    assert usable_threads(None) == usable_threads(-1) >= 1
    inside = Parallel(n_jobs=2, backend="threading")(delayed(usable_threads)(None) for _ in range(2))
    assert inside == [1, 1]

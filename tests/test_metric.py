"""Metrics against scikit-learn's, with weights; a weight is the row so many times."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from glassnet.errors import SettingsError
from glassnet.metric import METRICS, SHOWN, choose_metrics, own_metric
from glassnet.table.values import Task


def draw(seed: int, rows: int, classes: int, ties: bool = False):
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, classes, rows).astype(float)
    truth[:classes] = np.arange(classes)  # every class occurs
    share = generator.dirichlet(np.ones(classes), rows)
    if ties:
        share = np.round(share, 1) + 0.01
        share /= share.sum(axis=1, keepdims=True)
    weight = generator.integers(1, 5, rows).astype(float)
    return truth, share, weight


def by_sklearn(name: str, truth, share, weight):
    guess, classes = share.argmax(axis=1), share.shape[1]
    present = np.unique(truth)
    if name == "accuracy":
        return sk.accuracy_score(truth, guess, sample_weight=weight)
    if name == "balanced_accuracy":
        return sk.recall_score(truth, guess, sample_weight=weight, average="macro", labels=present)
    if name == "f1":
        how = {"average": "binary"} if classes == 2 else {"average": "macro", "labels": present}
        return sk.f1_score(truth, guess, sample_weight=weight, zero_division=0.0, **how)
    if name == "log_loss":
        return sk.log_loss(truth, share, sample_weight=weight, labels=np.arange(classes))
    if name == "auc":
        each = [sk.roc_auc_score(truth == c, share[:, int(c)], sample_weight=weight) for c in present]
        return each[1] if classes == 2 else np.mean(each)
    target = np.eye(classes)[truth.astype(int)]
    return np.average(((share - target) ** 2).sum(axis=1) / 2, weights=weight)


@given(seed=st.integers(0, 9999), rows=st.integers(6, 60), classes=st.integers(2, 5), ties=st.booleans())
@hypothesis_settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("name", ["accuracy", "balanced_accuracy", "f1", "log_loss", "auc", "brier"])
def test_metrics_of_classes_are_sklearns(name, seed, rows, classes, ties):
    truth, share, weight = draw(seed, rows, classes, ties)
    found = METRICS[name].score(truth, share, weight)
    assert found == pytest.approx(by_sklearn(name, truth, share, weight), rel=1e-9, abs=1e-12)


@given(seed=st.integers(0, 9999), rows=st.integers(3, 60), targets=st.integers(1, 3))
@hypothesis_settings(max_examples=40, deadline=None)
def test_metrics_of_numbers_are_sklearns(seed, rows, targets):
    generator = np.random.default_rng(seed)
    truth, value = generator.normal(5, 3, (2, rows, targets))
    weight = generator.integers(1, 5, rows).astype(float)
    wanted = {
        "rmse": sk.root_mean_squared_error(truth, value, sample_weight=weight),
        "mae": sk.mean_absolute_error(truth, value, sample_weight=weight),
        "r2": sk.r2_score(truth, value, sample_weight=weight),
    }
    for name, one in wanted.items():
        assert METRICS[name].score(truth, value, weight) == pytest.approx(one, rel=1e-9, abs=1e-12)


def test_metrics_of_several_answers():
    truth = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    share = np.array([[0.9, 0.2], [0.6, 0.7], [0.8, 0.1]])
    weight = np.ones(3)
    assert METRICS["accuracy"].score(truth, share, weight) == pytest.approx(4 / 6)
    wanted = np.mean([sk.log_loss(truth[:, t], share[:, t]) for t in range(2)])
    assert METRICS["log_loss"].score(truth, share, weight) == pytest.approx(wanted, rel=1e-12)


@given(seed=st.integers(0, 9999))
@hypothesis_settings(max_examples=25, deadline=None)
@pytest.mark.parametrize("name", METRICS)
def test_a_weight_is_the_row_so_many_times(name, seed):
    metric = METRICS[name]
    truth, share, weight = draw(seed, 20, 3)
    if metric.tasks == frozenset({Task.REGRESSION}):
        truth, share = truth[:, None], share[:, :1]
    rows = np.repeat(np.arange(20), weight.astype(int))
    found = metric.score(truth, share, weight)
    assert found == pytest.approx(metric.score(truth[rows], share[rows], np.ones(rows.size)), rel=1e-9)
    assert found == pytest.approx(metric.score(truth, share, weight / 7), rel=1e-9)


def test_what_cannot_be_measured_is_not_a_number():
    share = np.array([[0.5, 0.5], [0.1, 0.9]])
    assert np.isnan(METRICS["auc"].score(np.ones(2), share, np.ones(2)))
    assert np.isnan(METRICS["r2"].score(np.ones((2, 1)), np.zeros((2, 1)), np.ones(2)))
    assert METRICS["f1"].score(np.zeros(2), np.array([[1.0, 0.0]] * 2), np.ones(2)) == 0


def test_a_certain_error_costs_much_but_not_infinitely_much():
    loss = METRICS["log_loss"].score(np.zeros(1), np.array([[0.0, 1.0]]), np.ones(1))
    assert 30 < loss < 40


@pytest.mark.parametrize("task", list(Task))
def test_the_usual_metrics_fit_their_task(task):
    for metric in choose_metrics("auto", task):
        assert task in metric.tasks
    assert [metric.name for metric in choose_metrics("auto", task)] == list(SHOWN[task])


def test_a_metric_asked_for_comes_first():
    names = [metric.name for metric in choose_metrics("log_loss", Task.BINARY)]
    assert names == ["log_loss", "accuracy", "auc"]


def test_metrics_that_do_not_fit_are_refused():
    with pytest.raises(
        SettingsError, match=r"metric 'rmse' does not fit a binary target\. Those that do: accuracy"
    ):
        choose_metrics("rmse", Task.BINARY)
    with pytest.raises(SettingsError, match="no metric is called 'acuracy'"):
        choose_metrics("acuracy", Task.BINARY)
    with pytest.raises(SettingsError, match="must be a name or a function"):
        choose_metrics(3, Task.BINARY)


def test_an_own_metric_gets_the_rows_that_count_once():
    seen = []

    def mine(truth, prediction):
        seen.append((truth.tolist(), prediction.tolist()))
        return len(truth)

    metric = own_metric(mine, Task.REGRESSION)
    assert metric.name == "mine"
    truth = np.arange(4.0)[:, None]
    # Weights may be shares or thousands of people: neither loses rows nor repeats them.
    for weight in ([0.3, 0.2, 0.0, 0.4], [1e9, 1e9, 0.0, 1e9], [1.0, 2.0, 0.0, 1.0]):
        assert metric.score(truth, -truth, np.array(weight)) == 3
    assert seen == [([[0.0], [1.0], [3.0]], [[0.0], [-1.0], [-3.0]])] * 3

"""A threshold is found for the metric asked for, and from then on it decides every answer."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.errors import SettingsError
from glassnet.metric import METRICS, at_threshold
from glassnet.model import fit, load
from glassnet.settings import Settings

SMALL = Settings(
    hidden=(8,), epochs=12, threads=1, seed=1, target=("y",), validation_share=0.4, batch_size=64
)


def rare(rows: int, seed: int) -> pl.DataFrame:
    """Some 10 % of yes, known only in part: at a half nearly everything is a no."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=rows)
    y = generator.random(rows) < 1 / (1 + np.exp(-(3.0 * x - 4.0)))
    return pl.DataFrame({"x": x, "z": generator.normal(size=rows), "y": np.where(y, "yes", "no")})


@pytest.fixture(scope="module")
def model():
    return fit(rare(2500, 1), settings=replace(SMALL, threshold="auto", metric="f1"))


def test_f1_of_a_rare_class_wants_a_low_threshold(model, tmp_path):
    threshold = model.fitted.threshold.value
    assert 0.1 < threshold < 0.45
    (decision,) = (one for one in model.fitted.decisions if one.name == "threshold")
    assert decision.reason.startswith("f1 from 0")
    new = rare(4000, 2)
    share, label = model.predict_proba(new), model.predict(new)
    assert (label == np.where(share[:, 1] >= threshold, "yes", "no")).all()
    truth, ones = (new["y"] == "yes").to_numpy().astype(float), np.ones(4000)
    f1 = METRICS["f1"].score
    assert f1(truth, at_threshold(share, threshold), ones) > f1(truth, share, ones) + 0.03
    scores = {one.metric: one.value for one in model.evaluate(new).scores}
    assert scores["f1"] == f1(truth, at_threshold(share, threshold), ones)
    assert scores["auc"] == METRICS["auc"].score(truth, share, ones)
    counts = model.evaluate(new).confusion_CC
    assert counts[:, 1].sum() == (label == "yes").sum()
    again = load(model.save(tmp_path / "m.glassnet"))
    assert (again.predict(new) == label).all()
    frame, _ = model.prediction_frame(new)
    assert frame["prediction"].to_list() == label.tolist()


def test_a_threshold_can_be_given():
    model = fit(rare(400, 3), settings=replace(SMALL, threshold=0.05, epochs=3))
    share, label = model.predict_proba(rare(300, 4)), model.predict(rare(300, 4))
    assert (label == np.where(share[:, 1] >= 0.05, "yes", "no")).all()
    assert [one.reason for one in model.fitted.decisions if one.name == "threshold"] == ["asked for"]


def test_the_likeliest_class_answers_unless_asked_otherwise():
    model = fit(rare(400, 3), settings=replace(SMALL, epochs=3))
    assert model.fitted.threshold.value == 0.5
    assert not [one for one in model.fitted.decisions if one.name == "threshold"]


def test_without_held_out_rows_a_half_stays_and_says_why():
    model = fit(rare(300, 3), settings=replace(SMALL, threshold="auto", validation_share=0.0, epochs=2))
    assert model.fitted.threshold.value == 0.5
    assert "0 held-out rows are too few" in model.fitted.threshold.reason


@pytest.mark.parametrize("threshold", ["auto", 0.3])
def test_only_two_classes_have_a_threshold(mixed, threshold):
    table = mixed(120, 3).drop("score", "more", "rich", "left", "right")
    with pytest.raises(SettingsError, match=f"threshold {threshold} needs a target of two classes"):
        fit(table, "level", settings=replace(SMALL, target=(), epochs=1, threshold=threshold))


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=30), st.floats(0.01, 0.99))
def test_bent_probabilities_keep_their_order_and_turn_at_the_threshold(shares, threshold):
    share_R = np.array(shares)
    bent = at_threshold(np.stack([1 - share_R, share_R], axis=1), threshold)
    order = np.argsort(share_R, kind="stable")
    assert (np.diff(bent[order, 1]) >= 0).all()
    if threshold != 0.5:
        np.testing.assert_array_equal(bent.argmax(axis=1) == 1, share_R >= threshold)
    np.testing.assert_allclose(bent.sum(axis=1), 1.0)


@pytest.mark.parametrize(
    ("metric", "folds"),
    [("auc", 0), ("accuracy", 3), ("balanced_accuracy", 0), ("f1", 0), ("log_loss", 3)],
)
def test_the_metric_asked_for_chooses_the_epoch(metric, folds):
    settings = replace(
        SMALL, metric=metric, folds=folds, members=max(folds, 2), learning_rate=0.05, epochs=20
    )
    trained = fit(rare(500, 5), settings=settings).fitted.trained
    metric_E = trained.history.metric_E
    (best,) = set(trained.best_epoch_K)  # all members together
    sign = 1 if METRICS[metric].larger_is_better else -1
    assert sign * metric_E[best - 1] == np.nanmax(sign * metric_E)
    assert fit(rare(500, 5), settings=settings).fitted.evaluation.scores[0].metric == metric


@pytest.mark.parametrize("metric", ["mae", "rmse"])
def test_errors_choose_the_epoch_of_their_least(metric):
    generator = np.random.default_rng(0)
    x = generator.normal(size=400)
    table = pl.DataFrame({"x": x, "y": x + generator.standard_t(2, 400)})
    settings = replace(SMALL, metric=metric, learning_rate=0.05, epochs=20)
    trained = fit(table, settings=settings).fitted.trained
    assert trained.best_epoch_K[0] == int(np.argmin(trained.history.metric_E)) + 1

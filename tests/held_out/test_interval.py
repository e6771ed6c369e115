"""Intervals hold the share of new rows that they promise, follow the errors, and are refused in words."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.errors import SettingsError
from glassnet.estimators import GlassnetRegressor
from glassnet.held_out.interval import _curve, _quantile, _target, sizes
from glassnet.model import fit, load
from glassnet.settings import Settings

SMALL = Settings(
    hidden=(16,), epochs=10, threads=1, seed=1, target=("y",), validation_share=0.3, batch_size=64
)


def fanned(rows: int, seed: int) -> pl.DataFrame:
    """Numbers whose noise grows with them."""
    generator = np.random.default_rng(seed)
    x = generator.uniform(0.0, 3.0, rows)
    noise = generator.normal(size=rows) * (0.1 + x)
    return pl.DataFrame({"x": x, "z": generator.normal(size=rows), "y": 5 * x + noise})


def shares(interval_R2, truth_R) -> float:
    return float(((interval_R2[:, 0] <= truth_R) & (truth_R <= interval_R2[:, 1])).mean())


@pytest.fixture(scope="module")
def model():
    return fit(fanned(3000, 1), settings=SMALL)


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.95])
def test_new_rows_lie_inside_as_often_as_promised(model, coverage):
    new = fanned(4000, 2)
    interval = model.predict_interval(new, coverage)
    assert interval.shape == (4000, 2)
    # 630 held-out rows: the promise is a mean over them, whose deviation is at most 0.02.
    assert shares(interval, new["y"].to_numpy()) == pytest.approx(coverage, abs=0.05)
    middle = interval.mean(axis=1)
    np.testing.assert_allclose(middle, model.predict(new), rtol=1e-9, atol=1e-9)


def test_intervals_are_wide_where_errors_are_large(model):
    assert model.fitted.intervals.curves[0].by == "prediction"
    new = fanned(4000, 3)
    interval, truth, x = model.predict_interval(new, 0.9), new["y"].to_numpy(), new["x"].to_numpy()
    for low, high in ((0.0, 1.0), (1.0, 2.0), (2.0, 3.0)):
        here = (x >= low) & (x < high)
        assert shares(interval[here], truth[here]) == pytest.approx(0.9, abs=0.06)
    width = interval[:, 1] - interval[:, 0]
    assert width[x > 2.5].mean() > 2 * width[x < 0.5].mean()


def test_the_evaluation_measures_what_is_promised(model):
    coverage = model.fitted.evaluation.coverage
    assert [one.asked for one in coverage] == [0.5, 0.8, 0.9, 0.95]
    rows = len(model.fitted.evaluation.truth)
    for one in coverage:
        assert one.target == "y"
        assert one.low <= one.found <= one.high
        assert one.low - 0.03 <= one.asked <= one.high + 0.03, (one, rows)
    assert [one.width for one in coverage] == sorted(one.width for one in coverage)
    (decision,) = (one for one in model.fitted.decisions if one.name == "intervals")
    assert decision.value == "conformal"
    assert "held-out rows; as wide as errors are at such predictions" in decision.reason


def test_folds_hold_out_every_row_and_more_members_keep_the_promise():
    table = fanned(1200, 5)
    model = fit(table, settings=replace(SMALL, folds=4, members=4, test_share=0.0))
    assert model.fitted.intervals.rows == 1200
    assert model.fitted.evaluation.coverage == ()  # on training rows it would flatter
    new = fanned(3000, 6)
    assert shares(model.predict_interval(new, 0.9), new["y"].to_numpy()) > 0.87


def test_several_targets_have_an_interval_each(mixed, tmp_path):
    table = mixed(600, 3).drop("rich", "level", "left", "right")
    model = fit(table, ("score", "more"), settings=replace(SMALL, target=()))
    interval = model.predict_interval(table, 0.8)
    assert interval.shape == (600, 2, 2)
    assert {one.target for one in model.fitted.evaluation.coverage} == {"score", "more"}
    frame, _ = model.prediction_frame(table, coverage=0.8)
    assert frame.columns[-4:] == ["lower_score", "upper_score", "lower_more", "upper_more"]
    np.testing.assert_array_equal(frame["upper_more"].to_numpy(), interval[:, 1, 1])
    again = load(model.save(tmp_path / "m.glassnet"))
    assert again.predict_interval(table, 0.8).tobytes() == interval.tobytes()


def test_the_spread_of_members_is_used_where_it_says_more():
    generator = np.random.default_rng(0)
    error = np.abs(generator.normal(size=1000))
    spread = generator.uniform(0.1, 5.0, 1000)
    curve, score = _target(error * spread, generator.normal(size=1000), spread, np.ones(1000), 0)
    assert curve.by == "spread"
    assert np.corrcoef(score, spread)[0, 1] < 0.1
    curve, score = _target(error, generator.normal(size=1000), spread, np.ones(1000), 0)
    assert curve.by == "none"
    np.testing.assert_array_equal(score, error)


@given(
    st.lists(st.floats(0.0, 100.0), min_size=1, max_size=60),
    st.floats(0.01, 0.99),
)
def test_the_quantile_is_the_finite_sample_one(scores, coverage):
    ordered = np.sort(scores)
    place = int(np.ceil((len(ordered) + 1) * coverage - 1e-9))
    expected = ordered[place - 1] if place <= len(ordered) else np.inf
    assert _quantile(ordered, np.ones(len(ordered)), coverage) == expected


def test_a_row_of_weight_two_counts_as_two():
    scores = np.array([1.0, 2.0, 3.0, 4.0])
    weights = np.array([1.0, 2.0, 1.0, 2.0])
    repeated = np.repeat(scores, weights.astype(int))
    for coverage in (0.1, 0.3, 0.5, 0.7, 0.8):
        assert _quantile(scores, weights, coverage) == _quantile(repeated, np.ones(6), coverage)


def test_a_curve_never_falls_to_nothing():
    error = np.concatenate([np.zeros(300), np.ones(300)])
    curve = _curve("prediction", np.arange(600.0), error, np.ones(600))
    assert sizes(curve, np.array([-1e9, 0.0, 599.0, 1e9])).min() == pytest.approx(0.05 * 0.5)


@pytest.mark.parametrize(
    ("changes", "coverage", "words"),
    [
        (
            {"validation_share": 0.0},
            0.9,
            "no intervals: no rows were held out in training.*validation_share above 0, or with folds",
        ),
        ({}, 0.0, "coverage must be a number between 0 and 1, such as 0.9, but it is 0.0"),
        ({}, 1.0, "coverage must be a number between 0 and 1"),
        ({}, 0.999, "coverage 0.999 needs at least 999 held-out rows, but there were"),
    ],
)
def test_what_cannot_be_promised_is_refused(changes, coverage, words):
    model = fit(fanned(300, 4), settings=replace(SMALL, epochs=1, **changes))
    with pytest.raises(SettingsError, match=words):
        model.predict_interval(fanned(5, 5), coverage)


def test_classes_have_no_interval(mixed):
    table = mixed(100, 3).drop("score", "more", "level", "left", "right")
    model = fit(table, "rich", settings=replace(SMALL, target=(), epochs=1))
    with pytest.raises(SettingsError, match="this model predicts classes: see predict_proba"):
        model.predict_interval(table)


def test_counts_are_never_below_zero():
    generator = np.random.default_rng(2)
    x = generator.uniform(0, 2, 800)
    table = pl.DataFrame({"x": x, "y": generator.poisson(np.exp(x - 1)).astype(float)})
    model = fit(table, settings=replace(SMALL, loss="poisson", task="regression"))
    assert model.predict_interval(table, 0.9).min() == 0.0


def test_the_estimator_has_intervals_too():
    table = fanned(400, 8)
    X, y = table.drop("y"), table["y"].to_numpy()
    estimator = GlassnetRegressor(epochs=3, hidden=(8,), validation_share=0.3, threads=1).fit(X, y)
    assert estimator.predict_interval(X, 0.8).shape == (400, 2)
    two = GlassnetRegressor(epochs=2, hidden=(8,), folds=3, threads=1).fit(X, np.column_stack([y, -y]))
    assert two.predict_interval(X).shape == (400, 2, 2)

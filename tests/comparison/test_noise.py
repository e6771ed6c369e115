"""The tests behind "more than noise": exact where that can be counted, and right as often as they promise."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.comparison.noise import (
    TERMS,
    holm,
    interval_of,
    normal_p,
    resampled,
    row_terms,
    sign_test,
    verdict_of,
)
from glassnet.comparison.values import Held
from glassnet.metric import METRICS

generator = np.random.default_rng(0)
WEIGHT = generator.uniform(0.5, 2.0, 60)
CLASS = generator.integers(0, 3, 60).astype(float)
SHARE = generator.dirichlet(np.ones(3), 60)
HELD = Held(truth=CLASS, prediction_RP=SHARE, weight_R=WEIGHT)
NUMBERS = Held(
    truth=generator.normal(size=(60, 1)), prediction_RP=generator.normal(size=(60, 1)), weight_R=WEIGHT
)
ANSWERS = Held(
    truth=generator.integers(0, 2, (60, 4)).astype(float),
    prediction_RP=generator.random((60, 4)),
    weight_R=WEIGHT,
)


@pytest.mark.parametrize("name", ["accuracy", "balanced_accuracy", "log_loss", "brier"])
def test_the_mean_of_the_terms_is_the_metric_of_classes(name):
    mean = np.average(row_terms(name, HELD), weights=WEIGHT)
    assert mean == pytest.approx(METRICS[name].score(CLASS, SHARE, WEIGHT), rel=1e-12)


@pytest.mark.parametrize("name", ["accuracy", "log_loss"])
def test_the_mean_of_the_terms_is_the_metric_of_several_answers(name):
    mean = np.average(row_terms(name, ANSWERS), weights=WEIGHT)
    score = METRICS[name].score(ANSWERS.truth, ANSWERS.prediction_RP, WEIGHT)
    assert mean == pytest.approx(score, rel=1e-12)


def test_the_terms_of_numbers_give_their_metrics():
    truth, prediction = NUMBERS.truth, NUMBERS.prediction_RP
    mean = {name: np.average(row_terms(name, NUMBERS), weights=WEIGHT) for name in ("mae", "rmse", "r2")}
    spread = np.average((truth[:, 0] - np.average(truth[:, 0], weights=WEIGHT)) ** 2, weights=WEIGHT)
    assert mean["mae"] == pytest.approx(METRICS["mae"].score(truth, prediction, WEIGHT))
    assert 1 - mean["r2"] == pytest.approx(METRICS["r2"].score(truth, prediction, WEIGHT))
    assert math.sqrt(mean["rmse"] * spread) == pytest.approx(METRICS["rmse"].score(truth, prediction, WEIGHT))


def test_what_is_no_mean_over_rows_has_no_terms():
    two = Held(truth=ANSWERS.truth, prediction_RP=ANSWERS.prediction_RP, weight_R=WEIGHT)
    assert row_terms("auc", HELD) is None
    assert row_terms("f1", HELD) is None
    assert row_terms("rmse", two) is None  # a mean of roots, of several targets
    assert row_terms("r2", two) is not None
    assert set(TERMS) | {"auc", "f1"} == set(METRICS)


def test_the_sign_test_agrees_with_all_patterns_counted():
    difference = generator.normal(0.3, 1.0, 10)
    weight = generator.uniform(0.5, 2.0, 10)
    part = difference * weight
    seen = abs(part.sum())
    every = [abs(np.dot(signs, part)) >= seen - 1e-12 for signs in itertools.product((-1, 1), repeat=10)]
    # Four standard errors of p, which is known to a fourteenth of itself.
    assert sign_test(difference, weight, 0) == pytest.approx(np.mean(every), rel=0.3)


def test_many_rows_agree_with_the_normal_distribution():
    difference = generator.normal(0.04, 1.0, 5000)
    z = difference.sum() / np.sqrt(np.square(difference).sum())
    # Drawing ends at 200 patterns as far or further: a fourteenth of p is one standard error.
    assert sign_test(difference, np.ones(5000), 0) == pytest.approx(math.erfc(abs(z) / math.sqrt(2)), rel=0.3)


def test_a_few_huge_rows_among_many_are_no_proof():
    difference = np.concatenate([np.full(4, 1000.0), np.tile([-1.0, 1.0], 10_000)])
    # Four signs alike are two patterns of sixteen; half of those lie further out by what small rows add.
    assert sign_test(difference, np.ones(20_004), 0) == pytest.approx(0.0625, rel=0.3)


def test_p_below_what_can_be_drawn_is_bounded():
    p = sign_test(np.full(60, 1.0), np.ones(60), 0)
    assert 2 * 0.5**60 <= p < 1e-4  # two patterns of 2^60, by a bound that is not sharp


def test_rows_without_a_difference_tell_nothing():
    difference = generator.normal(0.5, 1.0, 30)
    more = np.concatenate([difference, np.zeros(500)])
    assert sign_test(more, np.ones(530), 0) == sign_test(difference, np.ones(30), 0)
    assert sign_test(np.zeros(9), np.ones(9), 0) == 1.0


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=20))
def test_turning_the_runs_round_changes_no_p(values):
    difference = np.array(values)
    weight = np.ones(len(values))
    p = sign_test(difference, weight, 0)
    assert 0 < p <= 1
    assert sign_test(-difference, weight, 0) == p


def test_equally_good_networks_are_told_apart_as_seldom_as_promised():
    wrong = [sign_test(generator.standard_t(3, 80), np.ones(80), seed) < 0.05 for seed in range(300)]
    # 5 % of 300 are 15, give or take 3.8; 31 is more than four deviations off.
    assert sum(wrong) <= 30


def test_a_real_difference_is_seen():
    assert sign_test(generator.normal(0.5, 1.0, 200), np.ones(200), 0) < 0.001


def test_runs_are_resampled_on_the_same_rows():
    first = resampled(METRICS["accuracy"], HELD, 0)
    again = resampled(METRICS["accuracy"], HELD, 0)
    turned = Held(truth=CLASS, prediction_RP=SHARE[:, ::-1], weight_R=WEIGHT)
    other = resampled(METRICS["accuracy"], turned, 0)
    assert np.array_equal(first, again)
    seen = METRICS["accuracy"].score(CLASS, SHARE, WEIGHT) - METRICS["accuracy"].score(
        CLASS, SHARE[:, ::-1], WEIGHT
    )
    low, high = interval_of(first - other)
    assert low < seen < high


def test_a_metric_that_resampled_rows_do_not_have_is_left_out():
    lonely = Held(truth=np.zeros(5), prediction_RP=np.full((5, 2), 0.5), weight_R=np.ones(5))
    assert np.isnan(resampled(METRICS["auc"], lonely, 0)).all()
    assert all(map(math.isnan, interval_of(np.full(1000, np.nan))))


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.2]) == [0.2]
    one, lost, two = holm([0.02, math.nan, 0.03])
    assert (one, two) == pytest.approx((0.04, 0.04))
    assert math.isnan(lost)
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=12))
def test_corrected_p_is_never_smaller_and_keeps_the_order(values):
    corrected = holm(values)
    assert all(p <= c <= 1 for p, c in zip(values, corrected, strict=True))
    order = np.argsort(values, kind="stable")
    assert sorted(corrected) == [corrected[place] for place in order]


def test_normal_p():
    assert normal_p(1.959964, 1.0) == pytest.approx(0.05, abs=1e-6)
    assert normal_p(-1.959964, 1.0) == pytest.approx(0.05, abs=1e-6)
    assert normal_p(0.0, math.nan) == 1.0
    assert math.isnan(normal_p(1.0, 0.0))
    assert math.isnan(normal_p(1.0, math.nan))


def test_verdicts():
    def verdict(difference, p, larger=True, equal=False):
        return verdict_of(difference, p, larger_is_better=larger, is_equal=equal)

    assert verdict(0.1, 0.01) == "better"
    assert verdict(-0.1, 0.01) == "worse"
    assert verdict(0.1, 0.01, larger=False) == "worse"
    assert verdict(0.1, 0.05) == "noise"
    assert verdict(0.1, math.nan) == "unknown"
    assert verdict(0.0, 1.0, equal=True) == "equal"

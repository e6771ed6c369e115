"""The pieces of preparation: numbers, levels, dates, quantiles and the target's scale."""

import math
from dataclasses import replace
from datetime import datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from glassnet.prepare.category import apply_slots, learn_slots, one_hot, slot_names
from glassnet.prepare.date import DATE_PARTS, useful_parts
from glassnet.prepare.numeric import CLIP, apply_scales, learn_scales
from glassnet.prepare.quantile import drawn, weighted_deviation, weighted_mean, weighted_quantiles
from glassnet.prepare.target import learn_target, scale_target, unscale_target
from glassnet.prepare.values import Encoded, Encoding, NumberScales
from glassnet.settings import Preparing
from glassnet.table.places import LEARNED_ROWS

LEVELS = st.lists(st.floats(0.001, 0.999), min_size=1, max_size=5).map(np.array)
VALUES = st.lists(st.integers(-1000, 1000), min_size=1, max_size=30).map(lambda v: np.array(v, dtype=float))


# ---- quantiles ----


@given(value=VALUES, level=LEVELS)
def test_quantiles_of_equal_weights_are_numpys(value, level):
    wanted = np.quantile(value, level, method="averaged_inverted_cdf")
    np.testing.assert_array_equal(weighted_quantiles(value, np.ones(value.size), level), wanted)


@given(value=VALUES, level=LEVELS, seed=st.integers(0, 999))
def test_whole_weights_are_repeated_rows(value, level, seed):
    weight = np.random.default_rng(seed).integers(0, 4, value.size)
    repeated = np.repeat(value, weight)
    found = weighted_quantiles(value, weight.astype(float), level)
    if repeated.size == 0:
        assert np.isnan(found).all()
        return
    np.testing.assert_array_equal(found, weighted_quantiles(repeated, np.ones(repeated.size), level))
    np.testing.assert_array_equal(found, weighted_quantiles(value, weight * 0.125, level))
    assert weighted_mean(value, weight.astype(float)) == pytest.approx(repeated.mean(), rel=1e-12, abs=1e-12)
    # Sums of squares of at most a million, rounded at 1e-16 of it.
    assert weighted_deviation(value, weight.astype(float)) == pytest.approx(
        repeated.std(), rel=1e-9, abs=1e-6
    )


def test_missing_values_do_not_count():
    value = np.array([np.nan, 1.0, np.inf, 3.0, -np.inf])
    assert weighted_quantiles(value, np.ones(5), np.array([0.5])).tolist() == [2.0]
    assert weighted_mean(value, np.ones(5)) == 2.0
    assert weighted_deviation(value, np.ones(5)) == 1.0
    assert math.isnan(weighted_mean(np.array([np.nan]), np.ones(1)))


# ---- numbers ----


def learned(value: list[float], how: str = "robust", part: str = "") -> tuple[Encoded, NumberScales]:
    encoded = Encoded(
        number_RN=np.array(value, dtype=np.float32)[:, None], code_RC=np.zeros((len(value), 0), np.int32)
    )
    encoding = Encoding(
        numbers=("x",), sources=("x",), parts=(part,), offset_N=np.zeros(1), categories=(), levels=()
    )
    rows = [np.arange(len(value))]
    return encoded, learn_scales(encoded, encoding, rows, np.ones(len(value)), how)


def test_robust_numbers_by_median_and_quartiles():
    encoded, scales = learned([0, 1, 2, 3, 4, 5, 6, 7, 1000])
    assert scales.location_FN[0, 0] == 4
    assert scales.scale_FN[0, 0] == 4  # quartiles 2 and 6
    scaled, mark = apply_scales(encoded.number_RN, scales, 0)
    z = (np.array([0, 1, 2, 3, 4, 5, 6, 7, 1000]) - 4) / 4
    np.testing.assert_allclose(scaled[:, 0], z / np.sqrt(1 + (z / 3) ** 2), rtol=1e-6)  # float32
    assert mark.shape == (9, 0)


@given(hnp.arrays(np.float32, st.integers(1, 40), elements=st.floats(-(2.0**100), 2.0**100, width=32)))
def test_the_clip_is_bounded_and_keeps_the_order(value):
    scales = NumberScales(
        location_FN=np.zeros((1, 1)),
        scale_FN=np.ones((1, 1)),
        low_FN=np.zeros((1, 1)),
        high_FN=np.zeros((1, 1)),
        clipped_N=np.array([True]),
        marked_M=np.zeros(0, dtype=np.int64),
    )
    value = np.sort(value)
    scaled = apply_scales(value[:, None], scales, 0)[0][:, 0]
    assert (np.abs(scaled) <= CLIP * (1 + 1e-6)).all()  # float32's rounding
    assert (np.diff(scaled) >= -1e-6).all()
    np.testing.assert_array_equal(
        np.sign(scaled[np.abs(value) > 1e-30]), np.sign(value[np.abs(value) > 1e-30])
    )
    small = np.abs(value) < 1e-3
    np.testing.assert_allclose(scaled[small], value[small], rtol=1e-6, atol=1e-38)


def test_equal_quartiles_take_half_the_range():
    _, scales = learned([5.0] * 20 + [1.0, 9.0])
    assert scales.location_FN[0, 0] == 5
    assert scales.scale_FN[0, 0] == 4  # half of 9 - 1


@pytest.mark.parametrize("how", ["robust", "standard", "none"])
@pytest.mark.parametrize(
    "value", [[math.nan] * 4, [math.inf, -math.inf], [3.0], [2.0] * 9, [7.0, math.nan], [0.0, 1e-45]]
)
def test_columns_without_spread_become_nothing(value, how):
    encoded, scales = learned(value, how)
    for new in (encoded.number_RN, np.array([[np.nan], [np.inf], [-np.inf], [1e38], [-7]], np.float32)):
        scaled, _ = apply_scales(new, scales, 0)
        assert np.isfinite(scaled).all()
        if how != "none" or not np.isfinite(value).any():
            assert not scaled.any(), "a column that does not vary says nothing"


def test_infinities_go_where_the_largest_seen_goes():
    encoded, scales = learned([1.0, 2.0, 3.0, 4.0, 50.0, math.inf, -math.inf])
    scaled, _ = apply_scales(encoded.number_RN, scales, 0)
    assert scaled[5, 0] == scaled[4, 0] == scaled.max()
    assert scaled[6, 0] == scaled[0, 0] == scaled.min()


def test_standard_numbers_by_mean_and_deviation():
    encoded, scales = learned([1.0, 2.0, 3.0, math.nan], "standard")
    scaled, mark = apply_scales(encoded.number_RN, scales, 0)
    deviation = math.sqrt(2 / 3)
    np.testing.assert_allclose(scaled[:, 0], [-1 / deviation, 0, 1 / deviation, 0], rtol=1e-6)
    assert mark[:, 0].tolist() == [0, 0, 0, 1]


def test_standard_numbers_are_held_to_a_range_beyond_the_seen():
    _, scales = learned([1.0, 2.0, 3.0], "standard")
    told = np.array([[4.0], [5.0], [6.0], [1e12], [-1.0], [-2.0], [math.nan]], np.float32)
    deviation = math.sqrt(2 / 3)
    scaled, _ = apply_scales(told, scales, 0)
    np.testing.assert_allclose(scaled[:, 0] * deviation, [2, 3, 3, 3, -3, -3, 0], rtol=1e-6)


def test_numbers_may_be_left_as_they_are():
    encoded, scales = learned([1.0, 2.0, 300.0], "none")
    assert apply_scales(encoded.number_RN, scales, 0)[0][:, 0].tolist() == [1, 2, 300]


def test_yes_and_no_are_plus_and_minus_one():
    encoded, scales = learned([0.0, 1.0, math.nan, 1.0], "robust", "yes/no")
    assert apply_scales(encoded.number_RN, scales, 0)[0][:, 0].tolist() == [-1, 1, 0, 1]


def test_one_mark_for_one_pattern_of_missing_cells():
    nan = math.nan
    number = np.array([[1, nan, nan, 4], [2, 5, 6, nan], [3, 7, 8, 9]], dtype=np.float32)
    encoded = Encoded(number_RN=number, code_RC=np.zeros((3, 0), np.int32))
    encoding = Encoding(
        numbers=tuple("abcd"),
        sources=tuple("abcd"),
        parts=("",) * 4,
        offset_N=np.zeros(4),
        categories=(),
        levels=(),
    )
    scales = learn_scales(encoded, encoding, [np.arange(3)], np.ones(3), "robust")
    assert scales.marked_M.tolist() == [1, 3]  # c is missing where b is
    assert apply_scales(number, scales, 0)[1].tolist() == [[1, 0], [0, 1], [0, 0]]


# ---- levels ----


def slots_of(codes: list[int], levels: tuple[str, ...], fit: list[list[int]] | None = None, **choices: int):
    encoded = Encoded(
        number_RN=np.zeros((len(codes), 0), np.float32), code_RC=np.array(codes, np.int32)[:, None]
    )
    encoding = Encoding(
        numbers=(), sources=(), parts=(), offset_N=np.zeros(0), categories=("c",), levels=(levels,)
    )
    rows = [np.array(one) for one in fit or [range(len(codes))]]
    slots = learn_slots(encoded, encoding, rows, np.ones(len(codes)), Preparing(**choices))
    return encoded, encoding, slots


def test_rare_levels_share_slot_0_with_unseen_ones():
    encoded, encoding, slots = slots_of(
        [0] * 5 + [1] * 3 + [2] * 2 + [3] + [-1], ("a", "b", "c", "d"), rare=3
    )
    assert slots.slots_C.tolist() == [4]  # rare or unseen, a, b, missing
    assert apply_slots(np.array([[0], [1], [2], [3], [-1], [-2]], np.int32), slots, 0)[:, 0].tolist() == [
        1,
        2,
        0,
        0,
        3,
        0,
    ]
    assert slot_names(encoding, slots, 0) == ("rare or unseen", "a", "b", "missing")
    assert one_hot(apply_slots(encoded.code_RC, slots, 0), slots).sum(axis=1).tolist() == [1.0] * 12


def test_the_rarest_level_keeps_slot_0_trained_where_none_is_rare():
    _, encoding, slots = slots_of([0] * 5 + [1] * 4 + [2] * 6, ("a", "b", "c"), rare=3)
    assert slots.slot_FL.tolist() == [[1, 0, 2]]
    assert slot_names(encoding, slots, 0) == ("rare or unseen", "a", "c")


def test_a_missing_cell_without_a_slot_is_like_an_unseen_level():
    _, _, slots = slots_of([0, 0, 0, 1, 1, 1], ("a", "b"), rare=1)
    assert apply_slots(np.array([[-1], [-2]], np.int32), slots, 0)[:, 0].tolist() == [0, 0]


def test_a_level_of_another_fold_is_unseen():
    _, _, slots = slots_of(
        [0, 0, 0, 1, 1, 1, 2, 2], ("a", "b", "c"), [[0, 1, 2, 3, 4], [3, 4, 5, 6, 7]], rare=2
    )
    assert slots.slot_FL[0, 2] == 0
    assert slots.slot_FL[1, 0] == 0
    assert (slots.slot_FL < slots.slots_C[0]).all()
    assert (slots.slot_FL == 0).any(axis=1).all()


@pytest.mark.parametrize(("limit", "is_one_hot"), [(2, False), (3, True), (0, False)])
def test_few_slots_become_columns(limit, is_one_hot):
    _, _, slots = slots_of([0] * 3 + [1] * 3 + [2] * 3, ("a", "b", "c"), one_hot=limit)
    assert slots.slots_C.tolist() == [3]
    assert slots.one_hot_C.tolist() == [is_one_hot]


# ---- dates ----


def test_parts_of_a_date():
    when = pl.Series([datetime(1970, 1, 2, 6), datetime(2024, 7, 1, 18), None], dtype=pl.Datetime("us"))
    days = DATE_PARTS["days"](when)
    assert days[0] == 1.25
    assert np.isnan(days[2])
    # A Friday is the fifth day of the week, at four sevenths of the circle.
    assert DATE_PARTS["week (sine)"](when)[0] == pytest.approx(math.sin(2 * math.pi * 4 / 7))
    assert DATE_PARTS["day (cosine)"](when)[0] == pytest.approx(0, abs=1e-12)
    assert DATE_PARTS["day (sine)"](when)[1] == pytest.approx(-1)
    ordinal = datetime(2024, 7, 1).timetuple().tm_yday
    assert DATE_PARTS["year (cosine)"](when)[1] == pytest.approx(
        math.cos(2 * math.pi * (ordinal - 1) / 365.25)
    )
    for part in DATE_PARTS.values():
        assert np.isnan(part(when)[2])
    for name, part in DATE_PARTS.items():
        if name != "days":
            assert np.abs(part(when)[:2]).max() <= 1


def test_whole_days_have_no_time_of_day():
    days = pl.Series([datetime(2020, 1, 1), None, datetime(2021, 5, 3)], dtype=pl.Datetime("us"))
    assert useful_parts(days) == ("days", "year (sine)", "year (cosine)", "week (sine)", "week (cosine)")
    hours = pl.Series([datetime(2020, 1, 1), datetime(2021, 5, 3, 12)], dtype=pl.Datetime("us"))
    assert useful_parts(hours) == tuple(DATE_PARTS)


def test_dates_before_1970_have_a_time_of_day():
    when = pl.Series([datetime(1960, 5, 5, 12), datetime(1960, 5, 5, 18)], dtype=pl.Datetime("us"))
    np.testing.assert_allclose(DATE_PARTS["day (sine)"](when), [0, -1], atol=1e-9)


# ---- the target ----

THOUSANDTHS = st.integers(-(10**12), 10**12).map(lambda n: n / 1000)
TARGETS = hnp.arrays(np.float64, st.tuples(st.integers(2, 20), st.integers(1, 3)), elements=THOUSANDTHS)


@given(TARGETS)
@hypothesis_settings(deadline=None)
def test_a_scaled_target_comes_back(target):
    rows = [np.arange(target.shape[0])]
    scale = learn_target(target, rows, np.ones(target.shape[0]), "standard")
    scaled = scale_target(target, scale, 0)
    assert np.isfinite(scaled).all()
    size = np.abs(target).max(initial=0) + scale.scale_FT.max()
    np.testing.assert_allclose(unscale_target(scaled, scale, 0), target, rtol=1e-12, atol=1e-15 * size)
    spread = np.ptp(target, axis=0) > 1e-3 * np.abs(target).max()
    np.testing.assert_allclose(scaled[:, spread].mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(scaled[:, spread].std(axis=0), 1, rtol=1e-9)


@given(TARGETS, st.sampled_from(["soft_log", "log"]))
@hypothesis_settings(deadline=None)
def test_a_logarithm_comes_back_at_its_level(target, way):
    scale = learn_target(target, [np.arange(target.shape[0])], np.ones(target.shape[0]), way)
    assert scale.is_log
    bent = scale_target(target, scale, 0)
    back, least = unscale_target(bent, scale, 0), 1e-9 * scale.unit_T.max()
    np.testing.assert_allclose(back, target, rtol=1e-9, atol=least)
    twice = replace(scale, level_T=np.full(target.shape[1], 2.0))
    np.testing.assert_array_equal(unscale_target(bent, twice, 0), 2 * back)
    ahead = np.argsort(target[:, 0], kind="stable")
    assert (np.diff(bent[ahead, 0]) >= 0).all()


def test_the_unit_of_a_logarithm_is_the_median_size_but_for_zeros_and_rows_of_no_weight():
    target = np.array([[0.0], [0.0], [-2.0], [4.0], [6.0], [1e9]])
    weight = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 0.0])
    assert learn_target(target, [np.arange(6)], weight, "soft_log").unit_T.tolist() == [4.0]
    assert learn_target(target, [np.arange(6)], weight, "log").unit_T.tolist() == [0.5]
    assert learn_target(target * 0, [np.arange(6)], weight, "soft_log").unit_T.tolist() == [1.0]


def test_a_constant_target_stays():
    target = np.full((5, 1), 7.0)
    scale = learn_target(target, [np.arange(5)], np.ones(5), "standard")
    assert scale.scale_FT.tolist() == [[1.0]]
    assert unscale_target(np.zeros((1, 1)), scale, 0).tolist() == [[7.0]]


def test_each_fold_has_its_own_scale_and_unscaled_ones_none():
    target = np.arange(10.0)[:, None]
    folds = [np.arange(5), np.arange(5, 10)]
    scale = learn_target(target, folds, np.ones(10), "standard")
    assert scale.location_FT.ravel().tolist() == [2.0, 7.0]
    plain = learn_target(target, folds, np.ones(10), "none")
    np.testing.assert_array_equal(scale_target(target, plain, 1), target)


def test_a_million_rows_decide_quantiles_and_all_of_fewer():
    few = np.arange(1000.0)
    assert drawn(few, few)[0] is few
    value_n = np.arange(2_500_000.0)
    found_n, weight_n = drawn(value_n, value_n + 1)
    assert found_n.size == LEARNED_ROWS
    assert (weight_n == found_n + 1).all()
    assert (np.diff(found_n) >= 0).all()
    for level in (0.0, 0.25, 0.5, 1.0):
        assert np.quantile(found_n, level) == pytest.approx(2_500_000 * level, abs=2500)  # a thousandth


def test_where_levels_have_few_rows_each_more_of_them_are_rare():
    tickets = [level for level in range(20) for _ in range(2)] + [20] * 25
    _, encoding, slots = slots_of(tickets, tuple(f"t{level}" for level in range(21)), rare=0)
    assert slot_names(encoding, slots, 0) == ("rare or unseen", "t20")
    cities = [level for level in range(4) for _ in range(6)] + [4] * 2
    _, encoding, slots = slots_of(cities, ("a", "b", "c", "d", "e"), rare=0)
    assert slot_names(encoding, slots, 0) == ("rare or unseen", "a", "b", "c", "d")
    _, encoding, slots = slots_of(tickets, tuple(f"t{level}" for level in range(21)), rare=2)
    assert len(slot_names(encoding, slots, 0)) == 21

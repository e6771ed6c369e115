"""The numbers are NumPy's Philox, frozen here so that no release changes a run."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet import chance
from glassnet.chance import Purpose

SEEDS = st.integers(0, 2**63 - 1)
COUNTS = st.integers(0, 200)
PLACES = st.integers(0, 2**40)
MASK = 2**64 - 1


def philox_words(seed: int, purpose: int, counter: list[int], count: int) -> list[int]:
    """Return Philox4x64-10 as its authors write it, in whole numbers; NumPy counts before its first block.

    Source: J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
    """
    words: list[int] = []
    block = counter[0]
    while len(words) < count:
        block += 1
        a, b, c, d = block, *counter[1:]
        key = [seed, purpose]
        for _ in range(10):
            first, second = 0xD2E7470EE14C6C93 * a, 0xCA5A826395121157 * c
            a, b, c, d = (
                (second >> 64) ^ b ^ key[0],
                second & MASK,
                (first >> 64) ^ d ^ key[1],
                first & MASK,
            )
            key = [(key[0] + 0x9E3779B97F4A7C15) & MASK, (key[1] + 0xBB67AE8584CAA73B) & MASK]
        words += [a, b, c, d]
    return words[:count]


# Written down on 2026-11-22 with NumPy 2; if one of these changes, every run of every user changes.
def test_frozen_raw_numbers():
    assert chance.raw(0, Purpose.SPLIT, 5).tolist() == [
        0xD037F8C3F9A1D176,
        0xC057419B4C210765,
        0xABF13115117B0065,
        0x7BAE035DEA6EA5C0,
        0xB487AC82E7DDD46F,
    ]
    assert chance.raw(42, Purpose.ORDER, 3, member=2, epoch=7, step=11).tolist() == [
        0x2FB6A1A59186288A,
        0x2BFE2C60D9FA1C12,
        0x6794132627296E3D,
    ]
    assert chance.raw(2**63 - 1, Purpose.SAMPLE, 2).tolist() == [0x3A619362D1F0018E, 0x9FB9D84ED4476077]


def test_frozen_draws():
    uniform = chance.uniform(1, Purpose.EXAMPLE, 3)
    assert uniform.tolist() == [0.7589915530299253, 0.903321921315645, 0.21941191567203777]
    normal = chance.normal(1, Purpose.WEIGHTS, 3, member=1)
    # The logarithm and the circle functions differ between C libraries in their last bits.
    wanted = [-0.9793174763600805, -1.4148664595146094, 0.10031911333101437]
    np.testing.assert_allclose(normal, wanted, rtol=1e-14)
    assert chance.order(5, Purpose.ORDER, 10, epoch=3).tolist() == [2, 9, 8, 7, 5, 1, 3, 6, 0, 4]
    lanes = chance.lanes16(9, Purpose.DROPOUT, 6, member=1, epoch=2, step=3)
    assert lanes.tolist() == [36559, 15860, 49286, 25273, 39981, 13116]


def test_frozen_purposes():
    assert {purpose.name: int(purpose) for purpose in Purpose} == {
        "SPLIT": 1,
        "FOLDS": 2,
        "WEIGHTS": 3,
        "ORDER": 4,
        "DROPOUT": 5,
        "EXAMPLE": 6,
        "IMPORTANCE": 7,
        "BOOTSTRAP": 8,
        "MODULE": 9,
        "SAMPLE": 10,
        "TARGET_MEANS": 11,
    }


@given(seed=SEEDS, purpose=st.sampled_from(list(Purpose)), member=PLACES, epoch=PLACES, step=PLACES)
def test_numbers_are_those_of_the_paper(seed, purpose, member, epoch, step):
    words = philox_words(seed, int(purpose), [0, step, epoch, member], 9)
    assert chance.raw(seed, purpose, 9, member=member, epoch=epoch, step=step).tolist() == words


@given(seed=SEEDS, count=COUNTS, more=COUNTS)
def test_a_longer_stream_begins_with_the_shorter(seed, count, more):
    short = chance.raw(seed, Purpose.DROPOUT, count)
    np.testing.assert_array_equal(chance.raw(seed, Purpose.DROPOUT, count + more)[:count], short)
    lanes = chance.lanes16(seed, Purpose.DROPOUT, count)
    np.testing.assert_array_equal(chance.lanes16(seed, Purpose.DROPOUT, count + more)[:count], lanes)


@given(seed=SEEDS, count=COUNTS)
def test_an_order_is_a_permutation(seed, count):
    order = chance.order(seed, Purpose.ORDER, count)
    assert sorted(order.tolist()) == list(range(count))
    assert order.dtype == np.int64


@given(seed=SEEDS, count=COUNTS)
def test_uniform_numbers_are_in_their_range(seed, count):
    drawn = chance.uniform(seed, Purpose.WEIGHTS, count)
    assert drawn.shape == (count,)
    assert ((drawn >= 0) & (drawn < 1)).all()
    np.testing.assert_array_equal(drawn * 2**53 % 1, 0)
    assert np.isfinite(chance.normal(seed, Purpose.WEIGHTS, count)).all()
    assert chance.normal(seed, Purpose.WEIGHTS, count).shape == (count,)


@pytest.mark.parametrize("place", ["member", "epoch", "step"])
def test_streams_are_apart(place):
    streams = [chance.raw(3, Purpose.ORDER, 4, **{place: n}).tobytes() for n in range(200)]
    streams += [chance.raw(seed, Purpose.ORDER, 4).tobytes() for seed in range(4, 200)]
    streams += [chance.raw(3, purpose, 4).tobytes() for purpose in Purpose if purpose != Purpose.ORDER]
    assert len(set(streams)) == len(streams)


def test_draws_look_like_their_distributions():
    count = 200_000
    uniform, normal = chance.uniform(0, Purpose.WEIGHTS, count), chance.normal(0, Purpose.WEIGHTS, count)
    # Four standard errors of each figure.
    assert uniform.mean() == pytest.approx(0.5, abs=4 / math.sqrt(12 * count))
    assert normal.mean() == pytest.approx(0.0, abs=4 / math.sqrt(count))
    assert normal.var() == pytest.approx(1.0, abs=4 * math.sqrt(2 / count))
    assert (np.abs(normal) < 1.96).mean() == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / count))
    kept = chance.lanes16(0, Purpose.DROPOUT, count) < chance.keep_threshold(0.3)
    assert kept.mean() == pytest.approx(0.7, abs=4 * math.sqrt(0.21 / count))


@pytest.mark.parametrize(("dropout", "bound"), [(0.0, 65536), (0.5, 32768), (0.25, 49152), (0.999999, 0)])
def test_keep_thresholds(dropout, bound):
    assert chance.keep_threshold(dropout) == bound


def test_no_global_generator_is_touched():
    before = np.random.get_state()[1].copy()
    chance.generator(0, Purpose.BOOTSTRAP, epoch=4).integers(0, 9, 10)
    chance.normal(0, Purpose.WEIGHTS, 10)
    np.testing.assert_array_equal(np.random.get_state()[1], before)

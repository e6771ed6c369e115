"""Weighted quantiles do not care in which way the numbers were put in order."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from glassnet.prepare.quantile import ascending, weighted_quantiles

NUMBERS = hnp.arrays(np.float64, st.integers(1, 40), elements=st.integers(-9, 9).map(float))


@given(NUMBERS, st.sampled_from([1.0, 0.25, 3.0]))
def test_equal_weights_give_the_order_of_a_stable_sort(value_n, weight):
    weight_n = np.full(value_n.size, weight)
    order = np.argsort(value_n, kind="stable")
    in_order_n, with_weight_n = ascending(value_n, weight_n)
    assert in_order_n.tobytes() == value_n[order].tobytes()
    assert with_weight_n.tobytes() == weight_n[order].tobytes()


@given(NUMBERS, st.integers(0, 2**32))
def test_a_weight_of_two_is_the_row_twice(value_n, seed):
    times_n = np.random.default_rng(seed).integers(1, 4, value_n.size)
    level_q = np.linspace(0, 1, 7)
    weighted_q = weighted_quantiles(value_n, times_n.astype(float), level_q)
    repeated = np.repeat(value_n, times_n)
    np.testing.assert_array_equal(weighted_q, weighted_quantiles(repeated, np.ones(repeated.size), level_q))

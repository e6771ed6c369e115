from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from glassnet.search.halving import Halving, go_on


@given(
    candidates=st.integers(1, 200),
    factor=st.sampled_from([1.5, 2, 3]),
    least=st.integers(1, 50),
    more=st.integers(0, 500),
)
def test_amounts_grow_to_the_most_and_never_beyond(candidates, factor, least, more):
    halving = Halving(factor=factor, resource="epochs", least=least, most=least + more)
    amounts = halving.amounts(candidates)
    assert amounts[0] == least
    assert list(amounts) == sorted(amounts)
    assert amounts[-1] <= least + more


def test_the_best_go_on_and_failed_ones_drop_out_first():
    settings = [{"rate": rate} for rate in (1, 2, 3, 4, 5)]
    mean_C = np.array([0.3, np.nan, 0.9, 0.5, np.nan])
    assert go_on(settings, mean_C, 2) == [{"rate": 1}, {"rate": 4}, {"rate": 3}]
    assert go_on(settings, mean_C, 5) == [{"rate": 3}]
    assert go_on(settings[:1], mean_C[:1], 3) == [{"rate": 1}]

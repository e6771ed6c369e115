"""Row numbers as sets are NumPy's sets."""

import numpy as np
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st

from glassnet.table.places import united, without

PLACES = st.lists(st.integers(0, 40), max_size=30).map(lambda rows: np.array(rows, dtype=np.int64))


@how(deadline=None)
@given(PLACES, PLACES)
def test_they_are_numpys(first, second):
    assert united([first, second]).tolist() == np.union1d(first, second).tolist()
    assert without(first, second).tolist() == np.setdiff1d(first, second).tolist()

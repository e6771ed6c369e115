"""scikit-learn's `random_state` to the one number that all of a run's chance is a function of."""

from __future__ import annotations

from numbers import Integral

import numpy as np

from glassnet.errors import SettingsError
from glassnet.settings import SEED_LIMIT

RandomState = int | np.random.RandomState | np.random.Generator | None


def seed_of(random_state: object) -> int:
    """Return the seed: the number itself, the next of a generator, or for None a fresh one.

    A generator moves on by one number, so that a second fit differs from the first, as everywhere in
    scikit-learn. Raises SettingsError for anything else.
    """
    if random_state is None:
        return int(np.random.default_rng().integers(SEED_LIMIT))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(np.iinfo(np.int32).max))
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(SEED_LIMIT))
    if isinstance(random_state, Integral) and not isinstance(random_state, bool):
        return int(random_state)
    raise SettingsError(
        "random_state must be None, a whole number of at least 0, a numpy.random.RandomState or a"
        f" numpy.random.Generator, but it is {random_state!r}."
    )

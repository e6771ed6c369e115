from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest

from glassnet.shared import Shared


def test_a_value_is_made_once_by_many_threads_at_once() -> None:
    shared, made = Shared(), []

    def make() -> object:
        sleep(0.01)
        made.append(1)
        return object()

    with ThreadPoolExecutor(8) as pool:
        values = list(pool.map(lambda _: shared.once("key", make), range(8)))
    assert len(made) == 1
    assert len({id(value) for value in values}) == 1


def test_keys_are_apart_and_none_is_a_value() -> None:
    shared = Shared()
    assert shared.once(("a", 1), lambda: None) is None
    assert shared.once(("a", 1), lambda: 5) is None
    assert shared.once(("a", 2), lambda: 5) == 5


def test_what_making_raises_is_raised_for_everybody() -> None:
    shared = Shared()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError, match="division by zero"):
            shared.once("key", lambda: 1 / 0)

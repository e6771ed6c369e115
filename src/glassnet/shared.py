"""What runs over the same rows need not make twice: the folds and settings of a search."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Any, TypeVar

Made = TypeVar("Made")


class Shared:
    """Values by key, each made by whoever asks first and handed to everybody else.

    A lone run has one of its own, and so shares with nobody. What is shared is never changed.

    >>> shared = Shared()
    >>> shared.once("answer", lambda: 42), shared.once("answer", lambda: 43)
    (42, 42)
    """

    def __init__(self) -> None:
        self._made: dict[Hashable, Future[Any]] = {}
        self._looking = Lock()

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return the value of the key, made now if nobody has; whoever asks meanwhile waits for it.

        What `make` raises is raised for everybody who asks.
        """
        with self._looking:
            is_first = key not in self._made
            future = self._made.setdefault(key, Future())
        if is_first:
            try:
                future.set_result(make())
            except BaseException as error:
                future.set_exception(error)
        value: Made = future.result()
        return value

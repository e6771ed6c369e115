"""Ctrl-C: once ends training well, twice ends the program."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Self


class Interrupts:
    """Hears Ctrl-C while its context lasts.

    Before `can_finish` is set there is nothing to keep, and the first one ends the program.
    """

    def __init__(self) -> None:
        self.can_finish = False
        self.asked = False

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGINT, self._hear)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self.asked or not self.can_finish:
            raise KeyboardInterrupt
        # Nothing is printed from here: the signal may have come in the middle of another line.
        self.asked = True

"""A user's object that hears of each epoch, and may end the training."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from glassnet.errors import SettingsError
from glassnet.pipeline import Listener
from glassnet.train import Progress, unheard


@dataclass(frozen=True, kw_only=True, slots=True)
class EpochState:
    """What one epoch came to."""

    epoch: int  # epochs done, from 1
    epochs: int  # at most
    training_loss: float  # mean of the members
    validation_loss: float  # the same on validation rows; NaN without
    metric: float  # of the averaged members on validation rows; NaN without
    metric_name: str  # empty without


class Callback(Protocol):
    """What `callbacks` takes."""

    def on_epoch_end(self, state: EpochState) -> bool | None:
        """Look at an epoch; True ends the training, and the best epoch so far is kept."""


def listener_of(callbacks: Sequence[Callback] | None) -> Listener:
    """Return who hears of a run for the callbacks. Raises SettingsError for what is no callback."""
    if not isinstance(callbacks, Iterable | None):
        raise SettingsError(
            f"callbacks must be a list of objects with on_epoch_end, but it is {callbacks!r}."
        )
    every = list(callbacks or ())
    for one in every:
        if not callable(getattr(one, "on_epoch_end", None)):
            raise SettingsError(
                f"callbacks must be objects with a method on_epoch_end(state), but one is {one!r}."
            )
    if not every:
        return Listener(evaluates=False, progress=unheard)
    ended: list[bool] = []

    def hear(progress: Progress) -> None:
        if progress.epoch_ended and not ended:
            state = _state(progress)
            if any([one.on_epoch_end(state) for one in every]):  # a list: each is told, whatever another says
                ended.append(True)

    # The loop asks `should_stop` before it reports: a callback is heard when the next step is taken.
    return Listener(evaluates=False, every_epoch=True, progress=hear, should_stop=lambda: bool(ended))


def _state(progress: Progress) -> EpochState:
    return EpochState(
        epoch=progress.epoch,
        epochs=progress.epochs,
        training_loss=progress.ended_losses[-1],
        validation_loss=progress.validation_loss,
        metric=progress.metric,
        metric_name=progress.metric_name,
    )

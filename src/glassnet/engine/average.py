"""Averaged weights: a moving average over the steps, which predicts while the newest weights train on.

Source: B. T. Polyak, A. B. Juditsky, "Acceleration of stochastic approximation by averaging", 1992; as
exponential moving average in `torch.optim.swa_utils.AveragedModel`, whose numbers these are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor


def share_kept(decay: float, steps: int) -> float:
    """Return what the average keeps of itself in a step, after so many steps before.

    The first step's weights are copied; a young average forgets faster, so that it holds no random start.
    """
    return min(decay, (1 + steps) / (10 + steps)) if steps else 0.0


class Average:
    """The moving average of some parameters. With decay 0 it is the parameters themselves.

    >>> parameter = torch.zeros(2)
    >>> average = Average([parameter], 0.99)
    >>> for value in (1.0, 5.0):
    ...     _ = parameter.fill_(value)
    ...     average.update()
    >>> with average.shown():
    ...     print(parameter)  # 2 / 11 of the first and 9 / 11 of the second
    tensor([4.2727, 4.2727])
    >>> parameter
    tensor([5., 5.])
    """

    def __init__(self, parameters: Sequence[Tensor], decay: float) -> None:
        self.parameters = parameters
        self.decay = decay
        self.values = [p.detach().clone() for p in parameters] if decay else []
        self.steps = 0

    @torch.no_grad()
    def update(self) -> None:
        """Take in the parameters as a step has left them."""
        renewed = 1.0 - share_kept(self.decay, self.steps)
        for value, parameter in zip(self.values, self.parameters if self.decay else (), strict=True):
            value.copy_(parameter if renewed == 1.0 else value + renewed * (parameter - value))
        self.steps += 1

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Run the body with the averages in the parameters' place."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        for place, value in enumerate(self.values):
            newest = self.parameters[place].detach().clone()
            self.parameters[place].copy_(value)
            self.values[place] = newest

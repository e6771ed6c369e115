"""What the doctor looks at, and what it says.

Shapes: N recorded steps, K members, L layers, E epochs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from glassnet.pipeline import Fitted
from glassnet.telemetry import Records

Floats64 = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that looks wrong, and what to try."""

    name: str  # a key of FINDINGS
    severity: Literal["warning", "hint"]  # warning: the result suffers; hint: worth knowing
    evidence: str  # what was measured, where and when
    meaning: str  # what that does to the network
    remedy: str  # what to try


@dataclass(frozen=True, kw_only=True, slots=True)
class Signs:
    """All that findings are made from: of a finished run, or of a user's own loop as far as it goes."""

    fitted: Fitted | None = None  # None: a user's own loop
    records: Records | None = None
    members: tuple[int, ...] = (0,)  # those that predictions average
    training_loss_E: Floats64 = field(default_factory=lambda: np.zeros(0))  # mean over these members
    first_loss: float = math.nan  # of the untrained network
    steps: int = 0  # taken in all
    optimizer: str = ""
    learning_rate: float = math.nan
    activation: str = ""  # of hidden layers; empty: unknown
    starts_at_zero: bool = False  # the weights do, so that an update over weight says little
    reaches: tuple[tuple[str, float], ...] = ()  # inputs as they are, and how far from 0 they get
    broadcast: str = ""  # the shapes that a loss stretched against each other
    checked: int = 0  # steps at which the gradients' clearing was looked at
    uncleared: int = 0  # and not found

    @property
    def is_loop(self) -> bool:
        """Whether the signs are those of a user's own loop."""
        return self.fitted is None

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of the recorded layers, in the network's order."""
        return self.records.layers if self.records is not None else ()

    @property
    def epochs(self) -> NDArray[np.int32]:
        """The epoch of each recorded step, counted from 1."""
        return self.records.epoch_N if self.records is not None else np.zeros(0, np.int32)

    def by_member(self, quantity: str) -> Floats64:
        """Return a recorded quantity of the members in use, NaN where it is not finite."""
        records = self.records
        if records is None or not records.count:
            return np.zeros((0, len(self.members), len(self.layers)))
        value_NKL = records.value_NKLQ[..., records.quantities.index(quantity)][:, list(self.members)]
        return np.where(np.isfinite(value_NKL), value_NKL, np.nan).astype(np.float64)

    def by_layer(self, quantity: str) -> Floats64:
        """Return a recorded quantity as its mean over the members in use; NaN where none is finite."""
        value_NKL = self.by_member(quantity)
        is_known_NKL = ~np.isnan(value_NKL)
        count_NL = is_known_NKL.sum(axis=1)
        mean_NL = np.where(is_known_NKL, value_NKL, 0.0).sum(axis=1) / np.maximum(count_NL, 1)
        return np.where(count_NL > 0, mean_NL, np.nan)

    def totals(self, quantity: str) -> Floats64:
        """Return the norm over all layers together, as its mean over the members; steps with NaN left out."""
        total_NK = np.sqrt(np.square(self.by_member(quantity)).sum(axis=2))
        mean_N: Floats64 = total_NK[~np.isnan(total_NK).any(axis=1)].mean(axis=1)
        return mean_N


LOOP_WORDS: Final[dict[str, str]] = {  # a setting, as it is written in a user's own loop
    "learning_rate": "lr={}",
    "clip": "torch.nn.utils.clip_grad_norm_(module.parameters(), {}) between backward() and step()",
    "activation": "{} in the hidden layers",
    "numbers": "inputs from which their mean is taken and which are divided by their deviation",
    "normalization": "a LayerNorm after each hidden layer",
    "output": "no sigmoid at the end, and binary_cross_entropy_with_logits as the loss",
    "hidden": "fewer or narrower hidden layers",
}


def option(signs: Signs, name: str, value: str) -> str:
    """Return how a setting is changed: an option of the command, or words for a user's own loop."""
    if signs.is_loop:
        return LOOP_WORDS[name].format(value)
    return f"--{name.replace('_', '-')} {value}"


def figure(value: float) -> str:
    """Return a number with three significant digits, and whole from a thousand on."""
    if 1000 <= abs(value) < 1e9:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def rounded(value: float) -> str:
    """Return a number to try, with one significant digit.

    >>> rounded(0.0234), rounded(30.0)
    ('0.02', '30')
    """
    return f"{float(f'{value:.1g}'):g}"


def middle(values: Floats64) -> float:
    """Return the median of the finite values; NaN where there is none."""
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if finite.size else math.nan


USUAL: Final[dict[str, float]] = {"sgd": 0.01}  # what the program chooses itself
USUAL_ADAPTIVE: Final = 0.002


def usual_rate(signs: Signs) -> float:
    """Return the learning rate that the program would choose for this optimiser."""
    return USUAL.get(signs.optimizer.lower(), USUAL_ADAPTIVE)


def lower_rate(signs: Signs) -> float:
    """Return a learning rate to try where this one is too high."""
    return min(signs.learning_rate / 10, usual_rate(signs))

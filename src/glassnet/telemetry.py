"""What a run records of its inside: norms, updates and idle units by member, layer and step.

Shapes: K members, L layers, N recorded steps, Q quantities, B rows in a batch, H a hidden width.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from torch import nn

Floats32 = NDArray[np.float32]

QUANTITIES: Final[dict[str, str]] = {
    "weight": "norm of the layer's weights and biases after the step",
    "gradient": "norm of the loss's gradient by them, before clipping",
    "clipped": "the same after clipping: what the optimiser saw",
    "update": "norm of the change that the step made",
    "ratio": "update over weight",
    "idle": "share of hidden units that are dead (0 for every row of the batch) or saturated (at an end"
    " of a sigmoid or tanh for every row); of a sigmoid output, the share of rows at an end",
    "non_finite": "count of weights and gradients that are not finite",
}
FIRST_STEPS: Final = 100  # recorded steps of the first epoch, at most
RECORDS: Final = 2000  # recorded steps of a run, at most
STEPS_BETWEEN: Final = 150  # steps from one recorded epoch end to the next, at least
COST: Final = 0.03  # largest share of a run's time that recording may take
FREE_SECONDS: Final = 0.02  # recording that is never thinned
FEWEST_ENDS: Final = 20  # epoch ends that are recorded whatever they cost
SATURATED: Final = 0.01  # distance from an end of the range at which a unit counts as saturated


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One recorded step: quantities by member and layer."""

    epoch: int  # counted from 0
    step: int  # within the epoch, counted from 0
    value_KLQ: Floats32  # in the order of QUANTITIES

    @property
    def quantities(self) -> dict[str, Floats32]:
        """The quantities by name, each `(K, L)`."""
        return {name: self.value_KLQ[..., number] for number, name in enumerate(QUANTITIES)}


def stacked(quantities: Mapping[str, Floats32]) -> Floats32:
    """Return quantities by name, each `(K, L)` or `(N, K, L)`, side by side in the order of QUANTITIES."""
    return np.stack([quantities[name] for name in QUANTITIES], axis=-1).astype(np.float32, copy=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Records:
    """All recorded steps of a run."""

    layers: tuple[str, ...]  # names in the network: "hidden.0", "last"
    quantities: tuple[str, ...]
    epoch_N: NDArray[np.int32]  # counted from 1
    step_N: NDArray[np.int32]  # within the epoch, counted from 1
    value_NKLQ: Floats32
    thinning: str  # in words: how many steps of how many were recorded
    share: float = math.nan  # of the training time that recording took; NaN where a model file does not say

    @property
    def count(self) -> int:
        """How many steps were recorded."""
        return int(self.epoch_N.size)

    def values(self, quantity: str, layer: str) -> Floats32:
        """Return one quantity of one layer at every recorded step, `(N, K)`."""
        return self.value_NKLQ[:, :, self.layers.index(layer), self.quantities.index(quantity)]


class Recorder:
    """Says which steps to record, so that recording stays within its share of the time.

    Epoch ends are recorded, and up to 100 steps of the first epoch. Where that takes more than 3 % of the
    time, only every second, fourth, ... of them is from then on. What is recorded never changes a result.
    """

    def __init__(self, steps_per_epoch: int, epochs: int, is_on: bool = True) -> None:
        self.steps_per_epoch = steps_per_epoch
        self.epochs = epochs
        self.is_on = is_on
        self.step_stride = max(1, -(-steps_per_epoch // FIRST_STEPS))
        # Looking at a tiny step costs about as much as taking it, so tiny epochs are not all looked at.
        far_apart = -(-STEPS_BETWEEN // steps_per_epoch)
        self.epoch_stride = max(
            1, -(-epochs // (RECORDS - FIRST_STEPS)), min(far_apart, epochs // FEWEST_ENDS)
        )
        self.recording_seconds = 0.0
        self.seconds = 0.0
        self.recent_recording = 0.0  # the same two since recording was last thinned
        self.recent_seconds = 0.0

    def steps(self, first: int, count: int) -> list[int]:
        """Return which of the `count` steps from `first` on, counted over the run, are to be recorded."""
        if not self.is_on:
            return []
        per_epoch, end = self.steps_per_epoch, first + count
        early = range(-(-first // self.step_stride) * self.step_stride, min(end, per_epoch), self.step_stride)
        stride = self.epoch_stride
        epochs = (
            1,
            *range((first // per_epoch // stride + 1) * stride, end // per_epoch + 1, stride),
            self.epochs,
        )
        ends = (epoch * per_epoch - 1 for epoch in epochs)
        return sorted({*early, *(step for step in ends if first <= step < end)})

    def took(self, recording_seconds: float, seconds: float) -> None:
        """Learn what recording took of the time since the last call; record less where it was too much.

        The first 20 ms are free, and at least some 20 epoch ends of a run are kept whatever they cost.
        """
        self.recording_seconds += recording_seconds
        self.seconds += seconds
        self.recent_recording += recording_seconds
        self.recent_seconds += seconds
        is_dear = self.recent_recording > COST * self.recent_seconds
        if is_dear and self.recording_seconds > FREE_SECONDS:
            self.step_stride *= 2
            self.epoch_stride = max(self.epoch_stride, min(2 * self.epoch_stride, self.epochs // FEWEST_ENDS))
            self.recent_recording = self.recent_seconds = 0.0

    @property
    def share(self) -> float:
        """The share of the training time that recording took; 0 before the first step."""
        return self.recording_seconds / self.seconds if self.seconds else 0.0


def thinning(records: Sequence[Record], steps_per_epoch: int, epochs: int) -> str:
    """Return in words how many steps of the first epoch, and how many ends of the later ones, were recorded.

    Counted, not read off the recorder's strides: those go on growing after the first epoch.
    """
    first = sum(record.epoch == 0 for record in records)
    return (
        f"{first:,} of {steps_per_epoch:,} steps of the first epoch and {len(records) - first:,} of"
        f" {max(epochs - 1, 0):,} later epochs' ends are recorded"
    )


def layer_parameters(network: nn.Module) -> dict[str, list[nn.Parameter]]:
    """Return the parameters of each layer, by the layer's name, in the network's order."""
    layers: dict[str, list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        layers.setdefault(name.rpartition(".")[0] or name, []).append(parameter)
    return layers


def collect(
    records: Sequence[Record], layers: Sequence[str], members: int, thinning: str, share: float
) -> Records:
    """Return the records of a run as one table; `share` of its time went into them."""
    value_NKLQ = np.zeros((len(records), members, len(layers), len(QUANTITIES)), dtype=np.float32)
    if records:
        np.stack([record.value_KLQ for record in records], out=value_NKLQ)
    return Records(
        layers=tuple(layers),
        quantities=tuple(QUANTITIES),
        epoch_N=np.array([record.epoch + 1 for record in records], dtype=np.int32),
        step_N=np.array([record.step + 1 for record in records], dtype=np.int32),
        value_NKLQ=value_NKLQ,
        thinning=thinning,
        share=share,
    )

"""What every engine is given, and what it gives back.

Shapes: K members, R rows of the table, S steps, N places of an epoch's order, L layers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from glassnet import chance
from glassnet.loss.registry import Loss
from glassnet.network.mlp import MLP, InputShape
from glassnet.network.team import TeamWeights, unscaled
from glassnet.prepare.values import Floats64, Prepared
from glassnet.settings import Architecture, Training
from glassnet.shared import Shared
from glassnet.table.places import united
from glassnet.table.values import RowNumbers, Task
from glassnet.telemetry import Record, Recorder


@dataclass(frozen=True, kw_only=True)  # without slots: the lengths that every call asks for are kept
class Plan:
    """All that decides a training run's numbers. Two engines given one plan take the same steps."""

    prepared: Prepared
    architecture: Architecture
    training: Training
    task: Task
    loss: Loss
    inputs: InputShape
    outputs: int  # T
    network: nn.Module  # with its initial weights; the engine trains a copy
    target_FRT: tuple[NDArray[np.floating], ...]  # per fold, what the loss compares with
    threads: int
    has_given_threads: bool = False  # the user's own number, to be taken as it is
    records: bool = True  # whether telemetry is kept
    is_eager: bool = False  # torch alone was asked for: its own numbers, also of what is predicted
    shared: Shared = field(default_factory=Shared)  # what other plans over the same rows use too
    team: TeamWeights | None = None  # what teams go on from; None: they begin with the network's weights

    @property
    def members(self) -> int:
        """How many networks train side by side."""
        return self.architecture.members

    @property
    def teams(self) -> int:
        """How many first layers there are that are scaled: one a fold, or one a member; 0: none."""
        if self.architecture.sharing == "layers":
            return self.prepared.rows.folds
        return self.members if self.architecture.input_scaling == "learned" else 0

    @property
    def team_start(self) -> TeamWeights | None:
        """What teams begin with; None: with the network's weights and scales that are drawn.

        A team of one begins as a network that scales nothing would: it has nobody to differ from.
        """
        if self.team is not None or not self.teams or self.architecture.sharing == "layers":
            return self.team
        assert isinstance(self.network, MLP)
        return unscaled(self.network, self.inputs)

    def fold(self, member: int) -> int:
        """Return the fold whose rows the member is fitted on."""
        return member % self.prepared.rows.folds

    def fit_rows(self, member: int) -> RowNumbers:
        """Return the rows the member is fitted on, ascending, each as often as an epoch passes over it."""
        return self.passed_rows[self.fold(member)]

    @cached_property
    def passed_rows(self) -> tuple[RowNumbers, ...]:
        """Each fold's fit rows, ascending, each as often as an epoch passes over it."""
        repeats = self.repeats
        fit = self.prepared.rows.fit
        return fit if repeats is None else tuple(np.repeat(rows, repeats[rows]) for rows in fit)

    @cached_property
    def repeats(self) -> NDArray[np.int64] | None:
        """How often an epoch passes over each row; None: once.

        A row whose weight is a whole number is that many rows, so it enters as many batches: then batches are
        those of the table with its rows repeated. In one batch of all rows its weight does the same.
        """
        if not self.training.batch_size or (self.prepared.weight_R <= 1).all():
            return None
        fit = united(self.prepared.rows.fit)
        weight_F = self.prepared.weight_R[fit]
        if (weight_F != np.round(weight_F)).any():
            return None
        repeats = np.ones(len(self.prepared.weight_R), dtype=np.int64)
        repeats[fit] = np.maximum(weight_F, 1)
        return repeats

    @cached_property
    def step_weight(self) -> Floats64:
        """What each row counts in the loss of a step."""
        weight_R = self.prepared.loss_weight_R
        return weight_R if self.repeats is None else weight_R / self.repeats

    @cached_property
    def longest(self) -> int:
        """The largest number of fit rows of any member: the length of an epoch."""
        return max(len(rows) for rows in self.passed_rows)

    @cached_property
    def batch_size(self) -> int:
        """Rows of each member in a step."""
        return min(self.training.batch_size or self.longest, self.longest)

    @cached_property
    def steps_per_epoch(self) -> int:
        """Steps of an epoch; the last one may have fewer rows."""
        return -(-self.longest // self.batch_size)

    @property
    def steps(self) -> int:
        """Steps of the whole run."""
        return self.steps_per_epoch * self.training.epochs

    def order(self, member: int, epoch: int) -> tuple[RowNumbers, int]:
        """Return the member's rows in the order of this epoch, and how many of them count.

        With one batch the order is the table's, since the sum is over all rows anyway. A member with fewer
        rows than another is filled up with its own first rows, which carry no weight.
        """
        rows = self.fit_rows(member)
        if self.steps_per_epoch > 1:
            places = chance.order(
                self.training.seed, chance.Purpose.ORDER, len(rows), member=member, epoch=epoch
            )
            rows = rows[places]
        return np.resize(rows, self.longest), len(self.fit_rows(member))

    def keep_masks(self, member: int, epoch: int, step: int, rows: int) -> tuple[NDArray[np.bool_], ...]:
        """Return which units a member keeps in a step, one `(rows, width)` array per hidden layer."""
        widths = self.architecture.hidden if self.architecture.dropout > 0 else ()
        if not widths:
            return ()
        lanes = chance.lanes16(
            self.training.seed,
            chance.Purpose.DROPOUT,
            rows * sum(widths),
            member=member,
            epoch=epoch,
            step=step,
        )
        kept = lanes < chance.keep_threshold(self.architecture.dropout)
        ends = rows * np.cumsum(widths)
        return tuple(
            kept[end - rows * width : end].reshape(rows, width)
            for end, width in zip(ends, widths, strict=True)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Advance:
    """What happened in some steps."""

    loss_SK: NDArray[np.float32]  # each step's loss before its update: the batch's weighted mean
    epoch_loss_EK: Floats64  # loss over all fit rows after each epoch that ended, if the training asks for it
    records: tuple[Record, ...] = ()  # what telemetry asked for


class Engine(Protocol):
    """How steps are carried out. The training loop knows nothing else of it."""

    name: str
    recorder: Recorder  # which steps are recorded, and what that cost

    def advance(self, first: int, count: int) -> Advance:
        """Take `count` steps from step `first` of the run, counted from 0; they may cross epochs."""

    def outputs(self, rows: RowNumbers, fold: int) -> Floats64:
        """Return the network outputs of the fold's members for some rows, `(members of the fold, n, T)`.

        Where the training averages weights over the steps, they are those of the averaged weights.
        """

    def held_out_outputs(self) -> Floats64:
        """Return the same of the rows held out: fold after fold, in each member after member, `(Z, T)`."""

    def weights(self) -> dict[str, Tensor]:
        """Return a copy of all weights, by their names in the network; the averaged ones where there are."""

    def team_weights(self) -> TeamWeights | None:
        """Return what the weights of teams are products of, averaged as they are; None without teams."""


def epoch_losses(
    plan: Plan, loss_SK: NDArray[np.float32], first: int, begun_K: Floats64
) -> tuple[Floats64, Floats64]:
    """Return the mean batch loss of each epoch that ended, `(E, K)`, and what the one begun holds, `(K,)`.

    `begun_K` are the losses, times their rows, of the steps of the same epoch before step `first`.
    """
    per_epoch = plan.steps_per_epoch
    number_S = first + np.arange(len(loss_SK))
    last = plan.longest - plan.batch_size * (per_epoch - 1)
    size_S = np.where(number_S % per_epoch == per_epoch - 1, last, plan.batch_size)
    starts = np.flatnonzero((number_S % per_epoch == 0) | (number_S == first))
    sum_EK = np.add.reduceat(size_S[:, None] * loss_SK.astype(np.float64), starts, axis=0)
    sum_EK[0] += begun_K
    ended = (first + len(loss_SK)) // per_epoch - first // per_epoch
    left_K = sum_EK[-1] if ended < len(starts) else np.zeros(plan.members)
    return sum_EK[:ended] / plan.longest, left_K

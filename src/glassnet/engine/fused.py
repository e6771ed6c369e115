"""The fused CPU engine: whole steps of all members in compiled code, without coming back to Python.

The compiled half is `native/`; this file hands it a plan as numbers and takes weights and losses back.

Shapes: K members, F folds, R rows of the table, D dense inputs, E embedded categories, T outputs, S steps.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from glassnet import chance
from glassnet.engine.compiled import ACTIVATIONS, MISSING, _fused
from glassnet.engine.inputs import FEWEST_BINS, KEPT, NUMBERS, compiled_inputs
from glassnet.engine.losses import LOSSES, set_loss
from glassnet.engine.plan import Advance, Plan
from glassnet.network.mlp import MLP
from glassnet.network.team import SCALED, TeamWeights, first_scales, input_groups
from glassnet.optimizer import factors_of
from glassnet.prepare.values import Floats64
from glassnet.table.values import RowNumbers
from glassnet.telemetry import QUANTITIES as RECORDED
from glassnet.telemetry import Floats32, Record, Recorder, layer_parameters

# The order is that of the enumerations in native/kernels/table.h and native/setup.h.
OPTIMIZERS: Final = ("sgd", "adam", "adamw")
SCHEDULES: Final = ("constant", "step", "cosine", "one_cycle")
WEIGHTS, MOMENTS, SQUARES, GRADIENTS, AVERAGES = range(5)  # what a trainer's get and set copy

QUANTITIES: Final = ("weight", "gradient", "clipped", "update", "idle", "non_finite")
PLACES: Final = [tuple(RECORDED).index(name) for name in QUANTITIES]  # in a record
RATIO: Final = tuple(RECORDED).index("ratio")  # the one that is made of two others
TINY: Final = np.float32(1e-30)


def refuses(plan: Plan) -> str:
    """Return in words why the fused engine cannot run the plan, or an empty string if it can."""
    if _fused is None:
        return MISSING + "."
    training, architecture = plan.training, plan.architecture
    for what, name, known in (
        ("network", architecture.network, ("mlp", "neuron")),
        ("loss", training.loss, LOSSES),
        ("optimiser", training.optimizer, OPTIMIZERS),
        ("activation", architecture.activation, ACTIVATIONS),
    ):
        if not isinstance(name, str):
            return f"it has no compiled form of your own {what}."
        if name not in known:
            return f"it has no compiled {what} '{name}', only {', '.join(known)}."
    if architecture.normalization != "none":
        return f"it has no compiled {architecture.normalization} normalisation."
    return "" if isinstance(plan.network, MLP) else "it runs the built-in networks only."


@dataclass(frozen=True, kw_only=True, slots=True)
class _Views:
    """Rows that members are asked about: pair s is one member and some of the rows."""

    row_n: NDArray[np.uint32]
    member_S: list[int]
    first_S: list[int]
    count_S: list[int]


def _views(plan: Plan, rows_by_fold: Mapping[int, RowNumbers]) -> _Views:
    """Return each fold's members with the fold's rows."""
    row_n = np.concatenate(list(rows_by_fold.values())).astype(np.uint32)
    views = _Views(row_n=row_n, member_S=[], first_S=[], count_S=[])
    first = 0
    for fold, rows in rows_by_fold.items():
        members = [member for member in range(plan.members) if plan.fold(member) == fold]
        views.member_S.extend(members)
        views.first_S.extend([first] * len(members))
        views.count_S.extend([len(rows)] * len(members))
        first += len(rows)
    return views


class FusedEngine:
    """Trains a plan's members in compiled code, spread over the threads."""

    name = "fused"

    def __init__(
        self, plan: Plan, instruction_set: str = "best", fewest_bins: int = FEWEST_BINS, kept: int = KEPT
    ) -> None:
        self.plan = plan
        self.number = NUMBERS[plan.training.precision]
        trainer = _fused.Trainer32 if self.number is np.float32 else _fused.Trainer64
        inputs = compiled_inputs(plan, fewest_bins, kept)
        setup = _setup(plan, instruction_set)
        setup.dense = inputs.dense
        setup.binned, setup.column = list(inputs.bins_B), list(inputs.column)
        if plan.teams:
            _set_teams(setup, plan)
        self.trainer = trainer(
            setup,
            list(inputs.rows_F),
            _targets(plan, self.number),
            plan.step_weight.astype(self.number) if setup.is_weighted else np.zeros(0, self.number),
            [np.ascontiguousarray(rows, dtype=np.int64) for rows in plan.passed_rows],
        )
        self.held_out: _Views | None = None  # made when first looked at
        self.layers = len(layer_parameters(plan.network))
        self.recorder = Recorder(plan.steps_per_epoch, plan.training.epochs, plan.records)
        self.names = list(plan.network.state_dict())
        self.shapes = {name: tuple(t.shape) for name, t in plan.network.state_dict().items()}
        first = {name: t.detach() for name, t in plan.network.state_dict().items()}
        start = plan.team_start
        if start is not None:
            first[SCALED] = torch.from_numpy(start.shared())
        for what in (WEIGHTS, *([AVERAGES] if plan.training.average else [])):
            self.load(first, what)
        if setup.teams:
            drawn_KG = first_scales(plan.training.seed, plan.members, setup.groups)
            scale_KG = drawn_KG if start is None else start.scale_KG
            self.trainer.start_teams(np.ascontiguousarray(scale_KG, dtype=self.number))

    def advance(self, first: int, count: int) -> Advance:
        """Take `count` steps from step `first`."""
        members, per_epoch = self.plan.members, self.plan.steps_per_epoch
        ends = (first + count) // per_epoch - first // per_epoch
        asked = ends if self.plan.training.training_loss == "rows" else 0
        loss_SK = np.zeros((count, members), dtype=np.float32)
        epoch_loss_EK = np.zeros((asked, members))
        started = time.perf_counter()
        recorded = np.array(self.recorder.steps(first, count), dtype=np.int64)
        value_NKLQ = np.zeros((len(recorded), members, self.layers, len(QUANTITIES)), dtype=np.float32)
        seconds = self.trainer.advance(first, count, loss_SK, epoch_loss_EK, recorded, value_NKLQ.reshape(-1))
        returned = time.perf_counter()
        records = _records(recorded.tolist(), per_epoch, value_NKLQ)
        ended = time.perf_counter()
        self.recorder.took(seconds + ended - returned, ended - started)
        return Advance(loss_SK=loss_SK, epoch_loss_EK=epoch_loss_EK, records=records)

    # ---- looking at it without changing it ----

    def outputs(self, rows: RowNumbers, fold: int) -> Floats64:
        """Return the outputs of the fold's members for some rows, `(members of the fold, n, T)`."""
        views = _views(self.plan, {fold: rows})
        return self._outputs(views).reshape(len(views.member_S), len(rows), self.plan.outputs)

    def held_out_outputs(self) -> Floats64:
        """Return the outputs for the rows held out, fold after fold, member after member, `(Z, T)`."""
        if self.held_out is None:
            self.held_out = _views(self.plan, dict(enumerate(self.plan.prepared.rows.validation)))
        return self._outputs(self.held_out)

    def _outputs(self, views: _Views) -> Floats64:
        output_ZT = np.empty((sum(views.count_S), self.plan.outputs))
        self.trainer.outputs(views.member_S, views.first_S, views.count_S, views.row_n, output_ZT)
        return output_ZT

    def weights(self) -> dict[str, Tensor]:
        """Return a copy of all weights, the averaged ones where there are such."""
        return self.tensors(AVERAGES if self.plan.training.average else WEIGHTS)

    def team_weights(self) -> TeamWeights | None:
        """Return what the weights of teams are products of, averaged as they are; None without teams."""
        if not self.plan.teams:
            return None
        teams, (outputs, inputs) = self.plan.teams, self.shapes[SCALED][1:]
        group_I = np.array(input_groups(self.plan.inputs))
        first_FOI = np.zeros((teams, outputs, inputs), self.number)
        scale_KG = np.zeros((self.plan.members, group_I.max() + 1), self.number)
        is_averaged = self.plan.training.average > 0
        self.trainer.get_teams(is_averaged, first_FOI.reshape(-1, inputs), scale_KG)
        return TeamWeights(first_FOI=first_FOI, scale_KG=scale_KG, group_I=group_I)

    # ---- the whole state, for checkpoints and tests ----

    def tensors(self, what: int) -> dict[str, Tensor]:
        """Return weights, moments, squares, gradients or averages by the weights' names, each `(K, ...)`."""
        every = {}
        for parameter, (name, (rows, columns)) in enumerate(
            zip(self.names, self.trainer.shapes(), strict=True)
        ):
            values = np.empty((self.plan.members, rows, columns), dtype=self.number)
            self.trainer.get(what, parameter, values)
            every[name] = torch.from_numpy(values).view(self.shapes[name])
        return every

    def load(self, tensors: dict[str, Tensor], what: int = WEIGHTS) -> None:
        """Set weights, moments, squares or averaged weights from tensors such as `tensors` returns."""
        for parameter, (name, (rows, columns)) in enumerate(
            zip(self.names, self.trainer.shapes(), strict=True)
        ):
            values = tensors[name].reshape(self.plan.members, rows, columns).numpy()
            self.trainer.set(what, parameter, np.ascontiguousarray(values, dtype=self.number))


def _records(numbers: list[int], per_epoch: int, value_NKLQ: Floats32) -> tuple[Record, ...]:
    """Return the records of the steps with these numbers."""
    if not numbers:
        return ()
    every_NKLQ = np.empty((*value_NKLQ.shape[:3], len(RECORDED)), dtype=np.float32)
    every_NKLQ[..., PLACES] = value_NKLQ
    weight_NKL, update_NKL = (value_NKLQ[..., QUANTITIES.index(name)] for name in ("weight", "update"))
    with np.errstate(invalid="ignore", over="ignore"):  # a step that blew up is what a record is for
        np.divide(update_NKL, np.maximum(weight_NKL, TINY), out=every_NKLQ[..., RATIO])
    return tuple(
        Record(epoch=number // per_epoch, step=number % per_epoch, value_KLQ=value_KLQ)
        for number, value_KLQ in zip(numbers, every_NKLQ, strict=True)
    )


def _targets(plan: Plan, number: type[np.floating]) -> list[NDArray[np.floating]]:
    """Return each fold's target; folds that have one in common share it."""
    cast = {id(one): np.ascontiguousarray(one, dtype=number) for one in plan.target_FRT}
    return [cast[id(one)] for one in plan.target_FRT]


def _setup(plan: Plan, instruction_set: str) -> _fused.Setup:
    """Return the plan's choices as plain numbers."""
    setup = _fused.Setup()
    _set_network(setup, plan)
    _set_training(setup, plan)
    is_padded = len({len(rows) for rows in plan.passed_rows}) > 1
    setup.is_weighted = is_padded or bool((plan.step_weight != 1).any())
    setup.steps, setup.steps_per_epoch = plan.steps, plan.steps_per_epoch
    setup.batch, setup.longest = plan.batch_size, plan.longest
    setup.threads = plan.threads or len(os.sched_getaffinity(0))
    setup.set = instruction_set
    return setup


def _set_network(setup: _fused.Setup, plan: Plan) -> None:
    architecture = plan.architecture
    hidden = architecture.hidden if architecture.network == "mlp" else ()
    setup.members = plan.members
    setup.embedded, setup.embedding = list(plan.inputs.embedded), plan.inputs.embedding
    setup.hidden = list(hidden)
    setup.activation = ACTIVATIONS.index(architecture.activation)
    setup.is_sigmoid = architecture.output == "sigmoid"
    setup.dropout = architecture.dropout if hidden else 0.0
    setup.keep_threshold = chance.keep_threshold(architecture.dropout)


def _set_teams(setup: _fused.Setup, plan: Plan) -> None:
    """Say which of the compiled engine's columns share a scale."""
    groups = input_groups(plan.inputs)
    setup.teams, setup.groups = plan.teams, max(groups) + 1
    ours = sorted((place, group) for place, group in zip(setup.column, groups, strict=True) if place >= 0)
    setup.group = [group for _, group in ours]
    pairs = zip(setup.column, groups, strict=True)
    by_bin = sorted((-1 - place, group) for place, group in pairs if place < 0)
    first_bins = np.cumsum([0, *setup.binned[:-1]])
    setup.group_binned = [by_bin[first][1] for first in first_bins] if setup.binned else []


def _set_training(setup: _fused.Setup, plan: Plan) -> None:
    training = plan.training
    assert isinstance(training.optimizer, str)
    set_loss(setup, plan)
    setup.optimizer = OPTIMIZERS.index(training.optimizer)
    setup.learning_rate, setup.momentum = training.learning_rate, training.momentum
    setup.second_moment, setup.average = training.second_moment, training.average
    factors = factors_of(training).values()  # in the order of Part in native/setup.h
    setup.rate_factors, setup.decay_factors = [rate for rate, _ in factors], [decay for _, decay in factors]
    setup.decay, setup.clip = training.weight_decay, training.clip
    setup.schedule, setup.warmup = SCHEDULES.index(training.schedule), training.warmup
    setup.seed = training.seed
    setup.evaluates_rows = training.training_loss == "rows"

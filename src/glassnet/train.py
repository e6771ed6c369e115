"""The one training loop: it decides when to look, when to stop and which weights to keep.

How a step is carried out is the engine's business; the loop knows only its four methods.

Shapes: K members, E epochs, S steps, R rows, T outputs.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from glassnet.engine.plan import Advance, Engine, Plan, epoch_losses
from glassnet.errors import TrainingError
from glassnet.metric import Metric, rank
from glassnet.network.mlp import MLP
from glassnet.network.team import TeamWeights, renewed
from glassnet.network.twin import twin
from glassnet.prepare.values import Floats64
from glassnet.telemetry import Record, Records, collect, layer_parameters, thinning
from glassnet.validation import HeldOutRows, has_waited, held_out_rows

CALL_SECONDS: Final = 0.1  # an engine is asked for about so much work at a time, so that Ctrl-C is heard
SLOW_STEP, SLOW_PRODUCTS = 0.002, 5e8  # seconds of an empty step, and weights times rows a second, at worst
GROWTH: Final = 8  # a call takes at most so many times the steps of the one before
KEPT_STEPS: Final = 20_000  # step losses kept for the plot; beyond, every second, fourth ... is


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a run is; what a progress bar shows."""

    epoch: int  # epochs done
    epochs: int
    training_loss: float  # mean over the members still training
    validation_loss: float  # NaN without validation rows
    metric: float  # of the averaged members on validation rows; NaN without
    rows_per_second: float
    seconds_left: float
    ended_losses: tuple[float, ...]  # training losses of the epochs that ended since the last report
    metric_name: str  # empty without one

    @property
    def epoch_ended(self) -> bool:
        """Whether an epoch ended since the last report."""
        return bool(self.ended_losses)


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """What every epoch came to."""

    training_loss_EK: Floats64
    validation_loss_EK: Floats64  # NaN without validation rows
    metric_E: Floats64  # of the averaged members on validation rows; NaN without
    seconds_E: Floats64  # since the start, at the end of each epoch
    step_loss_SK: Floats64  # each step's loss, thinned to at most 20,000 steps
    step_stride: int  # every so many steps are kept
    steps_per_epoch: int
    records: Records | None = None  # norms, updates and idle units by step, member and layer

    @property
    def epochs(self) -> int:
        """How many epochs were run to their end."""
        return int(self.training_loss_EK.shape[0])

    @property
    def has_validation(self) -> bool:
        """Whether validation rows were looked at."""
        return bool(np.isfinite(self.validation_loss_EK).any())


@dataclass(frozen=True, kw_only=True, slots=True)
class Trained:
    """The members at their best epochs, and how they got there."""

    network: nn.Module
    history: History
    best_epoch_K: tuple[int, ...]  # counted from 1; 0 for a member without a usable epoch
    failed: tuple[int, ...]  # members that met a number that is not finite
    stopped: str  # one sentence: why training ended
    interrupted: bool  # by the user
    seconds: float
    rows_per_second: float
    warnings: tuple[str, ...] = ()
    team: TeamWeights | None = None  # of members that share layers: what their first layers are products of

    @property
    def members(self) -> tuple[int, ...]:
        """The members that predictions average."""
        return tuple(k for k, epoch in enumerate(self.best_epoch_K) if epoch > 0)


def unheard(progress: Progress) -> None:
    """Do nothing: whom a run reports to where nobody listens, so that no report is made."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Watch:
    """What the loop reports to, and who may stop it."""

    progress: Callable[[Progress], None] = unheard
    should_stop: Callable[[], bool] = lambda: False
    every_epoch: bool = False  # whether `progress` has to hear of each epoch
    deadline: float = math.inf  # on the clock of time.monotonic
    metric: Metric | None = None  # scored on validation rows after each epoch


@dataclass(slots=True)
class _State:
    """What the loop remembers between epochs. Private to this file."""

    plan: Plan
    best_loss_K: Floats64
    best_epoch_K: list[int]
    best: dict[str, Tensor] = field(default_factory=dict)
    held_out: HeldOutRows | None = None  # made when first looked at
    team: TeamWeights | None = None  # that of `best`
    joint: float = math.nan  # the last epoch's loss of what the members say together
    failed: dict[int, tuple[int, int]] = field(default_factory=dict)  # member -> (epoch, step), from 0
    epoch: int = 0  # epochs done
    training: list[Floats64] = field(default_factory=list)  # of the epochs that ended in a call, `(E, K)`
    validation: list[Floats64] = field(default_factory=list)  # the same
    metric: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    steps: list[np.ndarray] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    epoch_sum_K: Floats64 = field(default_factory=lambda: np.zeros(0))
    done: int = 0  # steps
    stopped: str = ""
    interrupted: bool = False


def train(plan: Plan, engine: Engine, watch: Watch | None = None) -> Trained:
    """Run the plan on the engine until its epochs are done or something ends it sooner.

    With validation rows each member keeps the weights of its best epoch by validation loss; without, of the
    last one. Raises TrainingError, with the layer and what to try, where no member has a finite network.
    """
    watch = watch or Watch()
    # Of a search's runs nobody reads the metric of each epoch, and in small ones it was 4 % of the time.
    is_read = watch.progress is not unheard or plan.records or plan.training.metric != "auto"
    metric = watch.metric if is_read else None
    state = _begin(plan)
    started = time.monotonic()
    has_validation = any(len(rows) for rows in plan.prepared.rows.validation)
    count = _first_count(plan)
    while state.done < plan.steps and not state.stopped:
        before = time.monotonic()
        count = min(count, plan.steps - state.done)
        if has_validation or watch.every_epoch:  # someone has to look at the end of each epoch
            count = min(count, plan.steps_per_epoch - state.done % plan.steps_per_epoch)
        advance = engine.advance(state.done, count)
        ended = _take(state, advance, state.done, started)
        _find_failures(state, advance, state.done)
        state.done += count
        if ended and has_validation:
            _look(state, engine, metric)
        took = max(time.monotonic() - before, 1e-6)
        if watch.progress is not unheard:
            watch.progress(_progress(state, started, ended, watch.metric))
        _decide(state, watch)
        count = max(1, min(round(count * CALL_SECONDS / took), GROWTH * count))
    return _finish(state, engine, has_validation, time.monotonic() - started)


def _first_count(plan: Plan) -> int:
    """Return how many steps a slow machine takes within a call; 1 where nothing is known of the network."""
    if not isinstance(plan.network, MLP):
        return 1
    weights = sum(parameter.numel() for parameter in plan.network.parameters())
    return max(1, int(CALL_SECONDS / (SLOW_STEP + weights * plan.batch_size / SLOW_PRODUCTS)))


def _begin(plan: Plan) -> _State:
    return _State(
        plan=plan,
        best_loss_K=np.full(plan.members, np.inf),
        best_epoch_K=[0] * plan.members,
        epoch_sum_K=np.zeros(plan.members),
    )


def look_once(plan: Plan, engine: Engine, metric: Metric | None) -> None:
    """Look at the validation rows as after an epoch, and forget what was seen: to know how long it takes."""
    state = _begin(plan)
    state.training.append(np.zeros((1, plan.members)))
    state.validation.append(np.zeros((1, plan.members)))
    state.metric.append(float("nan"))
    _look(state, engine, metric)


def _take(state: _State, advance: Advance, first: int, started: float) -> int:
    """Add the steps to the history; return how many epochs ended in them."""
    plan, per_epoch = state.plan, state.plan.steps_per_epoch
    state.steps.append(advance.loss_SK)
    state.records.extend(advance.records)
    ended = (first + len(advance.loss_SK)) // per_epoch - first // per_epoch
    loss_EK = advance.epoch_loss_EK
    if plan.training.training_loss != "rows":
        loss_EK, state.epoch_sum_K = epoch_losses(plan, advance.loss_SK, first, state.epoch_sum_K)
    if not ended:
        return 0
    state.epoch += ended
    state.training.append(loss_EK)
    state.validation.append(np.full((ended, plan.members), np.nan))
    state.metric.extend([float("nan")] * ended)
    state.seconds.extend([time.monotonic() - started] * ended)
    return ended


def _find_failures(state: _State, advance: Advance, first: int) -> None:
    """Mark the members whose loss stopped being finite, with the step at which it did."""
    bad_SK = ~np.isfinite(advance.loss_SK)
    for member in np.flatnonzero(bad_SK.any(axis=0)):
        if int(member) not in state.failed:
            step = first + int(np.argmax(bad_SK[:, member]))
            state.failed[int(member)] = divmod(step, state.plan.steps_per_epoch)


def _look(state: _State, engine: Engine, metric: Metric | None) -> None:
    """Score the members on their validation rows, and keep the weights of those that improved."""
    plan = state.plan
    # Members that share layers are one network, whose epoch is chosen by what they say together; with a
    # metric that was asked for so is everyone's.
    is_asked = metric is not None and plan.training.metric != "auto"
    is_joint = is_asked or plan.architecture.sharing != "none"
    held_out = state.held_out = state.held_out or held_out_rows(plan)
    output_ZT = engine.held_out_outputs()
    loss_K = held_out.member_losses(output_ZT)
    state.validation[-1][-1] = loss_K
    for member in np.flatnonzero(~np.isfinite(loss_K)):
        state.failed.setdefault(int(member), (state.epoch - 1, plan.steps_per_epoch - 1))
    joint = held_out.joint_loss(output_ZT) if is_joint else math.nan
    state.joint = joint
    score_K = np.full(plan.members, joint) if plan.architecture.sharing != "none" else loss_K
    if metric is not None:
        sound = [k for k in range(plan.members) if k not in state.failed]
        state.metric[-1] = score = held_out.metric_score(metric, output_ZT, sound)
        if is_asked and sound:
            score_K = np.full(plan.members, rank(metric, score, joint))
    with np.errstate(invalid="ignore"):
        better = [int(k) for k in np.flatnonzero(score_K < state.best_loss_K) if k not in state.failed]
    if better:
        state.best_loss_K[better] = score_K[better]
        _keep(state, engine, engine.weights(), better)


def _keep(state: _State, engine: Engine, weights: dict[str, Tensor], members: list[int]) -> None:
    """Keep the members' weights as their best."""
    everyone = len(members) == state.plan.members
    state.team = renewed(state.team, engine.team_weights(), members)
    for name, tensor in weights.items():
        if everyone or name not in state.best:
            state.best[name] = tensor
        else:
            state.best[name][members] = tensor[members]
    for member in members:
        state.best_epoch_K[member] = max(state.epoch, 1)


def _decide(state: _State, watch: Watch) -> None:
    """Set the reason to stop, if there is one."""
    plan = state.plan
    alive = [k for k in range(plan.members) if k not in state.failed]
    if not alive:
        state.stopped = "no member had finite numbers any more"
    elif watch.should_stop():
        state.stopped, state.interrupted = "interrupted by the user", True
    elif time.monotonic() > watch.deadline:
        state.stopped = "the time limit was reached"
    elif np.isfinite(best := state.best_loss_K.min()) and all(
        has_waited(plan.training, state.epoch - state.best_epoch_K[k], state.joint, best) for k in alive
    ):
        waited = state.epoch - max(state.best_epoch_K)
        state.stopped = f"no improvement on validation rows for {waited} epochs"


def _progress(state: _State, started: float, ended: int, metric: Metric | None) -> Progress:
    plan = state.plan
    seconds = max(time.monotonic() - started, 1e-9)
    alive = [k for k in range(plan.members) if k not in state.failed]

    def last(losses: list[Floats64]) -> float:
        return float(np.mean(losses[-1][-1][alive])) if losses and alive else float("nan")

    return Progress(
        epoch=state.epoch,
        epochs=plan.training.epochs,
        training_loss=last(state.training),
        validation_loss=last(state.validation),
        metric=state.metric[-1] if state.metric else float("nan"),
        rows_per_second=state.done / plan.steps_per_epoch * plan.longest * plan.members / seconds,
        seconds_left=seconds / max(state.done, 1) * (plan.steps - state.done),
        ended_losses=tuple(np.mean(state.training[-1][:, alive], axis=1).tolist()) if alive and ended else (),
        metric_name="" if metric is None else metric.name,
    )


def _finish(state: _State, engine: Engine, has_validation: bool, seconds: float) -> Trained:
    """Return the members at their best epochs, or raise where there is none."""
    plan = state.plan
    if not has_validation or not state.best:  # or it was stopped within the first epoch
        _keep_last(state, engine)
    usable = [k for k in range(plan.members) if state.best_epoch_K[k] > 0]
    if not usable:
        raise TrainingError(_why_none(state, engine.weights()))
    network = twin(plan.network, {name: _finite(tensor) for name, tensor in state.best.items()}).eval()
    return Trained(
        network=network,
        history=_history(state, engine),
        best_epoch_K=tuple(state.best_epoch_K),
        failed=tuple(sorted(state.failed)),
        stopped=state.stopped or f"all {plan.training.epochs} epochs are done",
        interrupted=state.interrupted,
        seconds=seconds,
        rows_per_second=state.done / plan.steps_per_epoch * plan.longest * plan.members / max(seconds, 1e-9),
        warnings=_warnings(state),
        team=state.team,
    )


def _keep_last(state: _State, engine: Engine) -> None:
    """Keep the last weights of every member whose weights are finite."""
    weights = engine.weights()
    for tensor in weights.values():
        if math.isfinite(tensor.sum().item()):  # then so is each number, and that is known soonest
            continue
        rows = tensor.reshape(state.plan.members, -1)
        for member in (~torch.isfinite(rows).all(dim=1)).nonzero().flatten().tolist():
            state.failed.setdefault(int(member), divmod(state.done - 1, state.plan.steps_per_epoch))
    sound = [k for k in range(state.plan.members) if k not in state.failed]
    if sound:
        _keep(state, engine, weights, sound)


def _finite(tensor: Tensor) -> Tensor:
    """Return the tensor with 0 in place of numbers that are not finite: those of members left out."""
    return torch.nan_to_num(tensor, nan=0.0, posinf=0.0, neginf=0.0) if tensor.is_floating_point() else tensor


def _why_none(state: _State, weights: dict[str, Tensor]) -> str:
    epoch, step = next(iter(state.failed.values()), (0, 0))
    layer = next((name for name, t in weights.items() if not torch.isfinite(t).all()), "")
    where = (
        f"layer '{layer.rsplit('.', 1)[0]}' holds numbers that are not finite"
        if layer
        else "the loss overflowed"
    )
    training = state.plan.training
    pull = training.learning_rate * training.weight_decay  # beyond 1 a step throws weights past 0
    what, value = (
        ("weight decay", training.weight_decay) if pull > 1 else ("learning rate", training.learning_rate)
    )
    tries = [f"a smaller {what} (it is {value:g})"]
    tries += ["gradient clipping (clip 1)"] if not training.clip else []
    if state.plan.prepared.preparation.choices.numbers == "none":
        tries.append("scaled numbers (numbers robust)")
    return (
        f"training met numbers that are not finite in epoch {epoch + 1}, step {step + 1}: {where}."
        f" Nothing was saved. Try {' or '.join(tries)}."
    )


def _warnings(state: _State) -> tuple[str, ...]:
    return tuple(
        f"member {member + 1} met numbers that are not finite in epoch {epoch + 1}, step {step + 1}; "
        + (f"its epoch {best} is kept." if (best := state.best_epoch_K[member]) else "it is left out.")
        for member, (epoch, step) in sorted(state.failed.items())
    )


def _history(state: _State, engine: Engine) -> History:
    plan = state.plan
    steps_SK = np.concatenate(state.steps) if state.steps else np.zeros((0, plan.members))
    stride = max(1, -(-steps_SK.shape[0] // KEPT_STEPS))
    empty = np.zeros((0, plan.members))
    return History(
        training_loss_EK=np.concatenate(state.training) if state.training else empty,
        validation_loss_EK=np.concatenate(state.validation) if state.validation else empty,
        metric_E=np.array(state.metric),
        seconds_E=np.array(state.seconds),
        step_loss_SK=steps_SK[::stride].astype(np.float64),
        step_stride=stride,
        steps_per_epoch=plan.steps_per_epoch,
        records=collect(
            state.records,
            list(layer_parameters(plan.network)),
            plan.members,
            thinning(state.records, plan.steps_per_epoch, len(state.metric)),
            engine.recorder.share,
        ),
    )

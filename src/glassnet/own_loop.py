"""The records and findings of a run for a user's own PyTorch loop.

    watched = glassnet.watch(module, optimizer)
    ... the loop, as it is ...
    print(watched.findings)

Hooks on the optimiser's steps and on the module look on; nothing they do changes a gradient, a weight or a
random number. The first hundred steps are recorded and then every hundredth, fewer where that takes more
than 3 % of the time, but always every thousandth. The steps in between cost nothing that was measurable.

Two mistakes are looked for in the recorded steps:

* **Gradients never cleared.** When `backward()` adds to a parameter's gradient, that gradient must have
  been missing or zero at some point since the step before. Accumulating over several `backward()`
  calls is fine.
* **A loss of (N,) against (N, 1).** Between the module's output and the step, `doctor.broadcast.LossWatch`
  notes the shapes of what is subtracted, multiplied or compared.

Shapes: N recorded steps, L layers.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Any, Final

import numpy as np
import polars as pl
import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedParameter
from torch.utils.hooks import RemovableHandle

from glassnet.doctor.broadcast import LossWatch
from glassnet.doctor.findings import findings_of
from glassnet.doctor.values import Finding, Floats64, Signs
from glassnet.engine.eager_record import ENDS
from glassnet.errors import SettingsError
from glassnet.telemetry import (
    COST,
    FEWEST_ENDS,
    FIRST_STEPS,
    RECORDS,
    SATURATED,
    Floats32,
    Record,
    Recorder,
    Records,
    collect,
    layer_parameters,
    stacked,
)

# The kind that is looked at: the first of these that the module has.
ACTIVATIONS: Final[dict[str, type[nn.Module]]] = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}
WIDEST: Final = 10  # hundreds of steps between two looks, at most
UNTIMED: Final = (
    1.5  # a look's whole time over what is timed of it: hooks inside a pass are too short to time
)
LOSSES_MEANED: Final = 10  # recorded losses in one mean: single batches are too noisy to judge by

Layers = Mapping[str, Sequence[Tensor | None]]


@dataclass(slots=True)
class _Look:
    """What is seen of one recorded step. Private to this file."""

    loss: LossWatch = field(default_factory=LossWatch)
    handles: list[RemovableHandle] = field(default_factory=list)
    weights: dict[str, list[Tensor]] = field(default_factory=dict)  # before the step
    gradient: dict[Tensor, Tensor] = field(default_factory=dict)  # norms when backward() was done
    clean: set[Tensor] = field(default_factory=set)  # parameters whose gradient was clear at some backward()
    idle: dict[str, float] = field(default_factory=dict)
    layer: str = ""  # the last one whose forward pass ran
    seconds: float = 0.0


class Watched:
    """A loop that is watched. Made by `watch`; ended by `close`, or by leaving its `with` block."""

    def __init__(self, module: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self.module = module
        self.optimizer = optimizer
        self._layers = layer_parameters(module)
        self._moving = [p for p in module.parameters() if p.requires_grad]
        self._kind = _kind(module)
        self._recorder = Recorder(FIRST_STEPS, FEWEST_ENDS)  # an "epoch" is a hundred steps
        self._stride = 1  # doubled each time the records fill up
        self._records: list[Record] = []
        self._losses: dict[int, float] = {}  # recorded step, counted from 0 -> its loss
        self._step = 0  # taken so far
        self._due = 0  # the next step to be recorded
        self._checked = 0
        self._uncleared = 0
        self._broadcast = ""
        self._reach = 0.0
        self._look: _Look | None = None
        self._since = time.perf_counter()
        self._handles: list[RemovableHandle] = [
            optimizer.register_step_pre_hook(self._before_step),
            optimizer.register_step_post_hook(self._after_step),
        ]
        self._begin()

    def __enter__(self) -> Watched:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        name = type(self.module).__name__
        return f"<watched {name}: {self._step:,} steps, {len(self._records):,} recorded>"

    def close(self) -> None:
        """Remove every hook. History and findings stay as they are."""
        self._end()
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    @property
    def history(self) -> pl.DataFrame:
        """All that was recorded, one value a row, with the columns of `Model.history`.

        epoch (always null), step (counted from 1 over the loop), member (1), layer (null for the loss),
        quantity, value. `glassnet.telemetry.QUANTITIES` says what each quantity is.
        """
        records = self._table()
        steps, _, layers, quantities = records.value_NKLQ.shape
        step_N = np.array([one.epoch * FIRST_STEPS + one.step + 1 for one in self._records], dtype=np.int64)
        inside = {
            "step": np.repeat(step_N, layers * quantities),
            "layer": list(np.tile(np.repeat(np.array(records.layers), quantities), steps)),
            "quantity": list(np.tile(np.array(records.quantities), steps * layers)),
            "value": records.value_NKLQ.ravel().astype(np.float64),
        }
        losses = {
            "step": [step + 1 for step in self._losses],
            "layer": [None] * len(self._losses),
            "quantity": ["training_loss"] * len(self._losses),
            "value": list(self._losses.values()),
        }
        schema = {"step": pl.Int64, "layer": pl.String, "quantity": pl.String, "value": pl.Float64}
        both = pl.concat([pl.DataFrame(losses, schema), pl.DataFrame(inside, schema)])
        epoch = pl.lit(None, pl.Int64).alias("epoch")
        return both.select(epoch, "step", pl.lit(1, pl.Int64).alias("member"), "layer", "quantity", "value")

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What looks wrong so far, most important first; empty where nothing does."""
        losses = np.array(list(self._losses.values()))
        return findings_of(
            Signs(
                records=self._table(),
                training_loss_E=_means(losses),
                first_loss=float(losses[0]) if losses.size else math.nan,
                steps=self._step,
                optimizer=type(self.optimizer).__name__,
                learning_rate=float(self.optimizer.param_groups[0].get("lr", math.nan)),
                activation=self._kind,
                reaches=(("the module's input", self._reach),),
                broadcast=self._broadcast,
                checked=self._checked,
                uncleared=self._uncleared,
            )
        )

    def _table(self) -> Records:
        taken = f"{len(self._records):,} of {self._step:,} steps are recorded"
        return collect(self._records, list(self._layers), 1, taken, self._recorder.share)

    # ---- one recorded step ----

    def _begin(self) -> None:
        """Look at the coming step, from its first forward pass to its end."""
        started = time.perf_counter()
        self._look = look = _Look()
        look.handles += [
            self.module.register_forward_pre_hook(self._see_input),
            self.module.register_forward_hook(self._see_loss),
        ]
        parts = dict(self.module.named_modules())  # a parameter of the module itself is in none
        for name in set(self._layers) & set(parts):
            look.handles.append(parts[name].register_forward_hook(partial(_enter, look, name)))
        for module in _activations(self.module, self._kind):
            look.handles.append(module.register_forward_hook(partial(_see_idle, look, self._kind)))
        for parameter in self._moving:
            look.handles.append(parameter.register_hook(partial(_see_before, look, parameter)))  # type: ignore[no-untyped-call]  # torch's
            after = parameter.register_post_accumulate_grad_hook(partial(_see_after, look))  # type: ignore[no-untyped-call]  # torch's
            look.handles.append(after)
        look.seconds += time.perf_counter() - started

    def _end(self) -> None:
        """Stop looking."""
        if self._look is None:
            return
        self._look.loss.stop()
        for handle in self._look.handles:
            handle.remove()
        for parameter in self._moving:
            if not parameter._backward_hooks:  # torch goes on asking an empty dictionary at every backward()
                parameter._backward_hooks = None
        self._look = None

    def _see_input(self, module: nn.Module, given: tuple[Any, ...]) -> None:
        for one in given[:1]:
            if isinstance(one, Tensor) and one.is_floating_point() and one.numel():
                self._reach = max(self._reach, float(one.detach().abs().max()))

    def _see_loss(self, module: nn.Module, given: tuple[Any, ...], output: object) -> None:
        """Watch what is done with the output, until the step."""
        look = self._look
        if look is not None and module.training and torch.is_grad_enabled():
            look.loss.start()

    def _before_step(self, optimizer: object, given: object, named: object) -> None:
        if self._look is None:
            return
        started = time.perf_counter()
        self._look.loss.stop()
        self._look.weights = {name: [p.detach().clone() for p in ps] for name, ps in self._layers.items()}
        self._look.seconds += time.perf_counter() - started

    def _after_step(self, optimizer: object, given: object, named: object) -> None:
        look = self._look
        if look is not None:
            started = time.perf_counter()
            self._records.append(self._record(look))
            self._learn(look)
            self._end()
            now = time.perf_counter()
            self._recorder.took(UNTIMED * (look.seconds + now - started), now - self._since)
            self._since = now
            self._recorder.epoch_stride = self._stride * self._spacing()
            ahead = FIRST_STEPS * (self._recorder.epoch_stride + 1)
            self._due = self._recorder.steps(self._step + 1, ahead)[0]
        self._step += 1
        if self._step == self._due:
            self._begin()

    def _record(self, look: _Look) -> Record:
        """Return the step's quantities, `(1, L)` each."""
        layers = self._layers
        clipped_1L = _norms({name: [p.grad for p in ps] for name, ps in layers.items()})
        before = {name: [look.gradient.get(p) for p in ps] for name, ps in layers.items()}
        change = {
            name: [p.detach() - old for p, old in zip(ps, look.weights[name], strict=True)]
            for name, ps in layers.items()
        }
        weight_1L, update_1L = _norms(layers), _norms(change)
        epoch, step = divmod(self._step, FIRST_STEPS)
        return Record(
            epoch=epoch,
            step=step,
            value_KLQ=stacked(
                {
                    "weight": weight_1L,
                    # Without backward(), as with torch.autograd.grad, the gradient is what the step found.
                    "gradient": _norms(before) if look.gradient else clipped_1L,
                    "clipped": clipped_1L,
                    "update": update_1L,
                    "ratio": _ratio(update_1L, weight_1L),
                    "idle": np.array([[look.idle.get(name, 0.0) for name in layers]], dtype=np.float32),
                    "non_finite": _non_finite(layers),
                }
            ),
        )

    def _learn(self, look: _Look) -> None:
        """Take over what the look found, and thin the records where they became many."""
        if look.gradient and self._step:
            self._checked += 1
            self._uncleared += 2 * len(look.clean) < len(look.gradient)
        self._broadcast = self._broadcast or look.loss.found
        if math.isfinite(look.loss.loss):
            self._losses[self._step] = look.loss.loss
        if len(self._records) >= RECORDS:
            self._records = self._records[::2]
            self._stride *= 2

    def _spacing(self) -> int:
        """Return how many hundreds of steps may lie between two looks, so that looking costs 3 % at most."""
        recorder = self._recorder
        look = recorder.recording_seconds / max(len(self._records), 1)
        hundred = FIRST_STEPS * (recorder.seconds - recorder.recording_seconds) / (self._step + 1)
        return max(1, min(WIDEST, math.ceil(look / max(COST * hundred, 1e-9))))


def watch(module: nn.Module, optimizer: torch.optim.Optimizer) -> Watched:
    """Watch a training loop of your own: return its records and findings as it runs.

    Call it once, after the optimiser is made, and leave the loop as it is. Raises SettingsError where the
    optimiser moves none of the module's parameters.
    """
    mine = {id(parameter) for parameter in module.parameters()}
    moved = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    if not mine & moved:
        raise SettingsError(
            f"the optimiser {type(optimizer).__name__} moves none of the {len(mine)} parameters of"
            f" {type(module).__name__}; make it from module.parameters() of the module that is trained."
        )
    if any(isinstance(parameter, UninitializedParameter) for parameter in module.parameters()):
        raise SettingsError("a lazy layer has no weights yet; run one batch through the module first.")
    return Watched(module, optimizer)


# ---- looking, without changing anything ----


def _enter(look: _Look, name: str, module: nn.Module, given: object, output: object) -> None:
    look.layer = name


@torch.no_grad()
def _see_idle(look: _Look, kind: str, module: nn.Module, given: object, output: Tensor) -> None:
    """Note the share of units at an end for every row, for the layer whose forward pass ran last."""
    if not module.training or output.ndim < 2 or not look.layer:
        return
    value_BH = output.detach().reshape(-1, output.shape[1 if output.ndim == 4 else -1])
    if output.ndim == 4:  # a picture's units are its channels, (B, C, height, width)
        value_BH = output.detach().transpose(0, 1).flatten(1).T
    at_end_BH = torch.zeros_like(value_BH, dtype=torch.bool)
    for end in ENDS[kind]:
        at_end_BH |= (value_BH - end).abs() <= (0.0 if kind == "relu" else SATURATED)
    look.idle[look.layer] = float(at_end_BH.all(dim=0).float().mean())


def _see_before(look: _Look, parameter: Tensor, incoming: Tensor) -> None:
    """Note a parameter whose gradient is clear before backward() adds to it."""
    if parameter.grad is None or not bool(_dense(parameter.grad).any()):
        look.clean.add(parameter)


def _see_after(look: _Look, parameter: Tensor) -> None:
    """Note the norm of a parameter's gradient when backward() has added to it."""
    if parameter.grad is not None:
        look.gradient[parameter] = torch.linalg.vector_norm(_dense(parameter.grad).float())


# ---- numbers ----


def _dense(tensor: Tensor) -> Tensor:
    """Return the values of a gradient that may be sparse."""
    return tensor.detach().coalesce().values() if tensor.is_sparse else tensor.detach()


@torch.no_grad()
def _norms(layers: Layers) -> Floats32:
    """Return the norm of each layer's tensors together, `(1, L)`; 0 where there are none."""
    norms = []
    for tensors in layers.values():
        parts = [torch.linalg.vector_norm(_dense(t).float()).cpu() for t in tensors if t is not None]
        norms.append(float(torch.linalg.vector_norm(torch.stack(parts))) if parts else 0.0)
    return np.array([norms], dtype=np.float32)


def _ratio(update_1L: Floats32, weight_1L: Floats32) -> Floats32:
    with np.errstate(invalid="ignore", over="ignore"):  # a loop that failed has infinite norms
        return np.asarray(update_1L / np.maximum(weight_1L, np.float32(1e-30)), dtype=np.float32)


@torch.no_grad()
def _non_finite(layers: Mapping[str, Sequence[nn.Parameter]]) -> Floats32:
    """Return how many weights and gradients of each layer are not finite, `(1, L)`."""
    counts = [
        sum(int((~torch.isfinite(_dense(t))).sum()) for p in ps for t in (p, p.grad) if t is not None)
        for ps in layers.values()
    ]
    return np.array([counts], dtype=np.float32)


def _means(losses: Floats64) -> Floats64:
    """Return the means of ten losses each, the last of what is left; a few losses are one mean."""
    parts = max(1, losses.size // LOSSES_MEANED)
    return np.array([part.mean() for part in np.array_split(losses, parts) if part.size])


# ---- the module's parts ----


def _kind(module: nn.Module) -> str:
    """Return the activation whose units are looked at; empty where there is none as a module."""
    present = [kind for kind in ACTIVATIONS if any(True for _ in _activations(module, kind))]
    return present[0] if present else ""


def _activations(module: nn.Module, kind: str) -> Iterable[nn.Module]:
    return (one for one in module.modules() if kind and isinstance(one, ACTIVATIONS[kind]))

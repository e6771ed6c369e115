"""The reference engine: plain PyTorch autograd, one step after another.

Shapes: K members, B rows in a batch, F folds, R rows of the table, D dense inputs, E embedded categories,
T outputs, S steps.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call

from glassnet import chance
from glassnet.engine.average import Average
from glassnet.engine.eager_record import idle, non_finite, norms
from glassnet.engine.plan import Advance, Plan
from glassnet.network.build import DTYPES
from glassnet.network.mlp import MLP
from glassnet.network.own import OwnModule, seeded
from glassnet.network.team import Team, TeamWeights, load_effective
from glassnet.optimizer import RATE_FACTOR, make_optimizer
from glassnet.prepare.assemble import apply
from glassnet.prepare.values import Floats64
from glassnet.schedule import rate_factor
from glassnet.table.values import RowNumbers
from glassnet.telemetry import Floats32, Record, Recorder, layer_parameters, stacked

Batch = tuple[Tensor, Tensor | None, Tensor, Tensor | None]  # dense, slots, target, weights
EVALUATED_ROWS: Final = 8192  # rows of one forward pass without gradients: activations stay in cache


class EagerEngine:
    """Trains a plan's members as one batched module under autograd."""

    name = "eager"

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.dtype = DTYPES[plan.training.precision]
        self.network = copy.deepcopy(plan.network).train()
        folds = plan.prepared.rows.folds
        self.team = make_team(plan) if plan.teams else None
        # Members whose mean loss is trained on.
        self.together = plan.members // plan.teams if self.team else 1
        self.effective: dict[str, Tensor] = {}  # a team's weights as the members' networks have them
        trained = self.team or self.network
        self.parameters = [p for p in trained.parameters() if p.requires_grad]
        self.optimizer = make_optimizer(trained, plan.training)
        self.average = Average(self.parameters, plan.training.average)
        inputs = [apply(plan.prepared.encoded, plan.prepared.preparation, fold) for fold in range(folds)]
        # The folds lie one after another, so that one gather serves members of different folds.
        self.dense = torch.from_numpy(np.concatenate([i.dense_RD for i in inputs])).to(self.dtype)
        self.slots = torch.from_numpy(np.concatenate([i.slot_RE for i in inputs])).long()
        self.target = torch.from_numpy(np.concatenate(plan.target_FRT)).to(self.dtype)
        self.weight = torch.from_numpy(np.tile(plan.step_weight, folds)).to(self.dtype)
        self.is_weighted = bool((plan.step_weight != 1).any()) or self._is_padded()
        self.layers = layer_parameters(self.network)
        self.recorder = Recorder(plan.steps_per_epoch, plan.training.epochs, plan.records)
        self.epoch = -1
        self.order_KN = torch.zeros(0)
        self.real_K: list[int] = []
        self.whole: Batch | None = None

    def _is_padded(self) -> bool:
        return len({len(rows) for rows in self.plan.passed_rows}) > 1

    # ---- one step ----

    def advance(self, first: int, count: int) -> Advance:
        """Take `count` steps from step `first`."""
        plan, steps = self.plan, self.plan.steps_per_epoch
        started, recording = time.perf_counter(), 0.0
        recorded = set(self.recorder.steps(first, count))
        records: list[Record] = []
        losses: list[Tensor] = []
        epoch_losses: list[Floats64] = []
        for number in range(first, first + count):
            epoch, step = divmod(number, steps)
            if number in recorded:
                loss_K, record, seconds = self._recorded_step(number, epoch, step)
                losses.append(loss_K)
                records.append(record)
                recording += seconds
            else:
                losses.append(self._step(number, epoch, step))
            if step == steps - 1 and plan.training.training_loss == "rows":
                epoch_losses.append(self._fit_losses())
        members = plan.members
        self.recorder.took(recording, time.perf_counter() - started)
        return Advance(
            loss_SK=torch.stack(losses).float().numpy() if losses else np.zeros((0, members), np.float32),
            epoch_loss_EK=np.stack(epoch_losses) if epoch_losses else np.zeros((0, members)),
            records=tuple(records),
        )

    def _step(self, number: int, epoch: int, step: int) -> Tensor:
        """Take one step; return each member's loss before it, `(K,)`."""
        mean_K = self._backward(number, epoch, step)
        self._clip()
        self.optimizer.step()
        self.average.update()
        return mean_K

    def _clip(self) -> Tensor:
        """Hold back gradients that are too long; return what they were multiplied with, `(K,)`."""
        limit, members = self.plan.training.clip, self.plan.members
        if not limit:
            return torch.ones(members)
        if self.team:
            return self.team.clip(limit)
        return clip_members(self.parameters, limit, members)

    def _recorded_step(self, number: int, epoch: int, step: int) -> tuple[Tensor, Record, float]:
        """Take the same step as `_step` and look at it; return the loss, the record and what looking took."""
        members = self.plan.members
        mean_K = self._backward(number, epoch, step)
        started = time.perf_counter()
        self._show_team(with_gradients=True)
        before = {name: [p.detach().clone() for p in ps] for name, ps in self.layers.items()}
        gradient_KL = norms({name: [p.grad for p in ps] for name, ps in self.layers.items()}, members)
        looking = time.perf_counter() - started
        factor_K = self._clip()
        self.optimizer.step()
        self.average.update()
        started = time.perf_counter()
        self._show_team()
        clipped_KL = gradient_KL * factor_K.float().numpy()[:, None]
        change = {
            name: [p.detach() - old for p, old in zip(ps, before[name], strict=True)]
            for name, ps in self.layers.items()
        }
        weight_KL, update_KL = norms(self.layers, members), norms(change, members)
        record = Record(
            epoch=epoch,
            step=step,
            value_KLQ=stacked(
                {
                    "weight": weight_KL,
                    "gradient": gradient_KL,
                    "clipped": clipped_KL,
                    "update": update_KL,
                    "ratio": _ratio(update_KL, weight_KL),
                    "idle": self._idle(epoch, step),
                    "non_finite": non_finite(self.layers, members),
                }
            ),
        )
        return mean_K, record, looking + time.perf_counter() - started

    @torch.no_grad()
    def _idle(self, epoch: int, step: int) -> Floats32:
        """Return the share of idle units of each layer on the step's batch, `(K, L)`; 0 for an own module."""
        plan = self.plan
        outputs: dict[str, Tensor] = {}
        if isinstance(self.network, MLP):
            dense_KBD, slot_KBE, _, _ = self._batch(epoch, step)
            outputs = self.network.layer_outputs(dense_KBD, slot_KBE)
            if plan.architecture.output != "sigmoid":
                del outputs["last"]
        return idle(outputs, list(self.layers), plan.architecture.activation, plan.members)

    def _backward(self, number: int, epoch: int, step: int) -> Tensor:
        """Compute the gradients of a step; return each member's loss, `(K,)`."""
        training = self.plan.training
        factor = rate_factor(training.schedule, training.warmup, number, self.plan.steps)
        for group in self.optimizer.param_groups:
            group["lr"] = training.learning_rate * factor * group.get(RATE_FACTOR, 1.0)
        dense_KBD, slot_KBE, target_KBT, weight_KB = self._batch(epoch, step)
        masks = self._masks(epoch, step, dense_KBD.shape[1])
        with self._own_chance(epoch, step):
            output_KBT = self._outputs(dense_KBD, slot_KBE, masks)
        mean_K = _weighted_mean(self.plan.loss.rows(output_KBT, target_KBT), weight_KB)
        self.optimizer.zero_grad(set_to_none=True)
        # Members that share nothing do not meet in the sum; a team's loss is the mean of its members'.
        (mean_K.sum() / self.together).backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        return mean_K.detach()

    def _outputs(self, dense_KBD: Tensor, slot_KBE: Tensor | None, masks: Sequence[Tensor]) -> Tensor:
        """Return the outputs of a step's rows, ready for backward."""
        if not self.team:
            output_KBT: Tensor = self.network(dense_KBD, slot_KBE, masks)
            return output_KBT
        self.effective = self.team.effective()
        for tensor in self.effective.values():
            tensor.retain_grad()
        shared_KBT: Tensor = functional_call(self.network, self.effective, (dense_KBD, slot_KBE, masks))
        return shared_KBT

    def _show_team(self, with_gradients: bool = False) -> None:
        """Set the network to what the teams amount to now, so that all who look see members.

        With gradients: those of each member's own loss in the step just computed.
        """
        if not self.team:
            return
        load_effective(self.network, self.team.effective())
        for name, parameter in self.network.named_parameters():
            gradient = self.effective[name].grad if with_gradients else None
            parameter.grad = None if gradient is None else gradient * self.together

    def _own_chance(self, epoch: int, step: int) -> AbstractContextManager[None]:
        """Return a context in which a user's own module draws numbers that are this step's alone."""
        if not isinstance(self.network, OwnModule):
            return nullcontext()
        purpose = chance.Purpose.MODULE
        # Step 0 of epoch 0 belongs to the module's initial weights.
        drawn = chance.raw(self.plan.training.seed, purpose, 1, epoch=epoch, step=step + 1)
        return seeded(int(drawn[0] >> np.uint64(1)))

    def _batch(self, epoch: int, step: int) -> Batch:
        """Return dense inputs, slots, targets and weights of a step, gathered for all members."""
        if self.whole is not None:
            return self.whole
        self._set_order(epoch)
        size = self.plan.batch_size
        place_KB = self.order_KN[:, step * size : (step + 1) * size]
        weight_KB = self.weight[place_KB] if self.is_weighted else None
        if weight_KB is not None:
            for member, real in enumerate(self.real_K):
                weight_KB[member, max(real - step * size, 0) :] = 0.0
        slots = self.slots[place_KB] if self.slots.shape[1] else None
        batch = (self.dense[place_KB], slots, self.target[place_KB], weight_KB)
        if self.plan.steps_per_epoch == 1:
            self.whole = batch  # the same rows in the same order every time
        return batch

    def _set_order(self, epoch: int) -> None:
        if epoch == self.epoch:
            return
        plan, rows = self.plan, self.plan.prepared.encoded.rows
        orders = [plan.order(member, epoch) for member in range(plan.members)]
        self.order_KN = torch.from_numpy(
            np.stack([order + plan.fold(member) * rows for member, (order, _) in enumerate(orders)])
        )
        self.real_K = [real for _, real in orders]
        self.epoch = epoch

    def _masks(self, epoch: int, step: int, rows: int) -> Sequence[Tensor]:
        if not self.plan.architecture.dropout or not self.plan.architecture.hidden:
            return ()
        scale = 1.0 / (1.0 - self.plan.architecture.dropout)
        kept = [self.plan.keep_masks(member, epoch, step, rows) for member in range(self.plan.members)]
        return [torch.from_numpy(np.stack(layer)).to(self.dtype) * scale for layer in zip(*kept, strict=True)]

    # ---- looking at it without changing it ----

    def _members(self, fold: int) -> list[int]:
        return [member for member in range(self.plan.members) if self.plan.fold(member) == fold]

    @torch.no_grad()
    def _forward(self, rows: RowNumbers, fold: int) -> Tensor:
        """Return the outputs of all members for the fold's view of some rows, `(K, n, T)`."""
        places = torch.from_numpy(rows + fold * self.plan.prepared.encoded.rows)
        parts = []
        self.network.eval()
        with self.average.shown():
            self._show_team()
            for part in torch.split(places, EVALUATED_ROWS):
                dense_KBD = self.dense[part].expand(self.plan.members, -1, -1)
                slots = self.slots[part].expand(self.plan.members, -1, -1) if self.slots.shape[1] else None
                parts.append(self.network(dense_KBD, slots))
        self.network.train()
        return torch.cat(parts, dim=1)

    def outputs(self, rows: RowNumbers, fold: int) -> Floats64:
        """Return the outputs of the fold's members for some rows, `(members of the fold, n, T)`."""
        return self._forward(rows, fold)[self._members(fold)].double().numpy()

    def held_out_outputs(self) -> Floats64:
        """Return the outputs for the rows held out, fold after fold, member after member, `(Z, T)`."""
        validation = enumerate(self.plan.prepared.rows.validation)
        parts = [self.outputs(rows, fold).reshape(-1, self.plan.outputs) for fold, rows in validation]
        return np.concatenate(parts)

    @torch.no_grad()
    def _losses(self, rows: RowNumbers, fold: int) -> Floats64:
        members = self._members(fold)
        output_KBT = self._forward(rows, fold)[members]
        places = torch.from_numpy(rows + fold * self.plan.prepared.encoded.rows)
        target_KBT = self.target[places].expand(len(members), -1, -1)
        loss_KB = self.plan.loss.rows(output_KBT, target_KBT)
        weight_KB = self.weight[places].expand(len(members), -1) if self.is_weighted else None
        return _weighted_mean(loss_KB, weight_KB).double().numpy()

    def _fit_losses(self) -> Floats64:
        """Return each member's loss over all of its fit rows, `(K,)`."""
        loss_K = np.zeros(self.plan.members)
        for fold, rows in enumerate(self.plan.passed_rows):
            loss_K[self._members(fold)] = self._losses(rows, fold)
        return loss_K

    def weights(self) -> dict[str, Tensor]:
        """Return a copy of all weights, the averaged ones where there are such."""
        with self.average.shown():
            self._show_team()
            return {name: tensor.detach().clone() for name, tensor in self.network.state_dict().items()}

    def team_weights(self) -> TeamWeights | None:
        """Return what the weights of teams are products of, averaged as they are; None without teams."""
        with self.average.shown():
            return self.team.weights() if self.team else None


def make_team(plan: Plan) -> Team:
    """Return the parameters of the plan's teams as they start."""
    assert isinstance(plan.network, MLP)
    return Team(plan.network, plan.teams, plan.inputs, plan.training.seed, plan.team_start)


def _ratio(update_KL: Floats32, weight_KL: Floats32) -> Floats32:
    with np.errstate(invalid="ignore", over="ignore"):  # a member that failed has infinite norms
        return np.asarray(update_KL / np.maximum(weight_KL, np.float32(1e-30)))


def _weighted_mean(loss_KB: Tensor, weight_KB: Tensor | None) -> Tensor:
    """Return each member's mean loss; a batch whose weights are all 0 has the loss 0."""
    if weight_KB is None:
        return loss_KB.mean(dim=1)
    return (loss_KB * weight_KB).sum(dim=1) / weight_KB.sum(dim=1).clamp(min=1e-30)


@torch.no_grad()
def clip_members(parameters: Sequence[Tensor], limit: float, members: int) -> Tensor:
    """Scale each member's gradients to a norm of at most `limit`; return the factors, `(K,)`.

    A member's norm is taken over all of its layers together.
    """
    gradients = [p.grad for p in parameters if p.grad is not None]
    if members == 1:
        norm_K: Tensor = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))[None]
        factor_K = (limit / (norm_K + 1e-6)).clamp(max=1.0)
        torch._foreach_mul_(gradients, factor_K[0])
        return factor_K
    norms = [torch.linalg.vector_norm(g.flatten(1), dim=1) for g in gradients]
    norm_K = torch.linalg.vector_norm(torch.stack(norms), dim=0)
    factor_K = (limit / (norm_K + 1e-6)).clamp(max=1.0)
    for gradient in gradients:
        gradient.mul_(factor_K.view(-1, *[1] * (gradient.ndim - 1)))
    return factor_K

"""What held-out rows say of an epoch: each member's loss, the loss of their mean outputs, the metric.

Shapes: F folds, K members, n rows that the folds hold out, T outputs, P numbers of a prediction; Z rows of
outputs: fold after fold, in each member after member, its fold's rows.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch

from glassnet.engine.compiled import _fused
from glassnet.engine.losses import compiled_loss
from glassnet.engine.plan import Plan
from glassnet.loss.refined import refined_loss
from glassnet.metric import Metric
from glassnet.predict import Predictor, member_predictions, predictor_of
from glassnet.prepare.values import Floats64
from glassnet.settings import Training
from glassnet.table.values import Task

LEVEL: Final = 4  # times its patience a run waits whose held-out loss is level


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldOutRows:
    """The rows that each fold holds out, and what their losses need: made once a run."""

    plan: Plan
    members_F: tuple[list[int], ...]
    target_F: tuple[Floats64, ...]  # what the loss compares with, (n, T) of each fold
    weight_F: tuple[Floats64, ...]  # of the loss
    predictor_F: tuple[Predictor, ...]  # of one member of each fold
    judge: _fused.Judge | None  # compiled losses; None where there is no such form

    def by_fold(self, output_ZT: Floats64) -> list[Floats64]:
        """Return the outputs of each fold's members, `(members of the fold, n, T)`."""
        parts, first = [], 0
        for members, weight_n in zip(self.members_F, self.weight_F, strict=True):
            count = len(members) * weight_n.size
            part_ZT = output_ZT[first : first + count]
            parts.append(part_ZT.reshape(len(members), weight_n.size, self.plan.outputs))
            first += count
        return parts

    def member_losses(self, output_ZT: Floats64) -> Floats64:
        """Return each member's weighted mean loss, `(K,)`."""
        loss_S = np.zeros(self.plan.members)
        if self.judge is not None:
            self.judge.losses(output_ZT, loss_S)
        else:
            loss_S[:] = np.concatenate(
                [self._losses(f, part) for f, part in enumerate(self.by_fold(output_ZT))]
            )
        loss_K = np.empty(self.plan.members)
        loss_K[[member for members in self.members_F for member in members]] = loss_S
        return loss_K

    def _losses(self, fold: int, output_MnT: Floats64) -> Floats64:
        """Return the weighted mean loss of some outputs of one fold's rows, `(M,)`."""
        weight_n = self.weight_F[fold]
        target_MnT = torch.from_numpy(self.target_F[fold]).expand(len(output_MnT), -1, -1)
        loss_Mn = self.plan.loss.rows(torch.from_numpy(output_MnT), target_MnT).numpy()
        return np.asarray((loss_Mn * weight_n).sum(axis=1) / max(weight_n.sum(), 1e-30))

    def joint_loss(self, output_ZT: Floats64) -> float:
        """Return the loss of the members' mean outputs for the rows that each fold held out."""
        refines = self.plan.training.epoch_by == "refined"
        if self.judge is not None:
            return self.judge.joint_loss(output_ZT, refines)
        mean_F = [part.mean(axis=0) for part in self.by_fold(output_ZT)]
        if refines:
            every = [np.concatenate(one) for one in (mean_F, self.target_F, self.weight_F)]
            return refined_loss(self.plan.loss, *every)
        return float(np.mean([self._losses(fold, mean_nT[None])[0] for fold, mean_nT in enumerate(mean_F)]))

    def metric_score(self, metric: Metric, output_ZT: Floats64, sound: Collection[int]) -> float:
        """Return the metric of the sound members' mean predictions over all rows; NaN without any."""
        plan, places, predictions = self.plan, [], []
        for fold, output_MnT in enumerate(self.by_fold(output_ZT)):
            chosen = [place for place, member in enumerate(self.members_F[fold]) if member in sound]
            if not chosen or not output_MnT.shape[1]:
                continue
            # One member's predictions of all rows of all members: so each step is taken once.
            together = {fold: output_MnT[chosen].reshape(-1, plan.outputs)}
            (value_ZP,) = member_predictions(self.predictor_F[fold], together)
            value_MnP = value_ZP.reshape(len(chosen), output_MnT.shape[1], -1)
            predictions.append(value_MnP.sum(axis=0) / len(chosen))
            places.append(plan.prepared.rows.validation[fold])
        if not places:
            return float("nan")
        place_n = np.concatenate(places)
        truth = plan.prepared.target_RT[place_n]
        truth = truth[:, 0] if plan.task in (Task.BINARY, Task.MULTICLASS) else truth
        return metric.score(truth, np.concatenate(predictions), plan.prepared.weight_R[place_n])


def held_out_rows(plan: Plan) -> HeldOutRows:
    """Return the plan's held-out rows, ready to be looked at after each epoch."""
    validation = plan.prepared.rows.validation
    folds = range(len(validation))
    members_F = tuple([k for k in range(plan.members) if plan.fold(k) == fold] for fold in folds)
    target_F = tuple(plan.target_FRT[fold][rows].astype(np.float64) for fold, rows in enumerate(validation))
    weight_F = tuple(plan.prepared.loss_weight_R[rows].astype(np.float64) for rows in validation)
    return HeldOutRows(
        plan=plan,
        members_F=members_F,
        target_F=target_F,
        weight_F=weight_F,
        predictor_F=tuple(predictor_of(plan, plan.network, (fold,)) for fold in folds),
        judge=_judge(plan, members_F, target_F, weight_F),
    )


def has_waited(training: Training, waited: int, joint: float, best: float) -> bool:
    """Return whether held-out rows have said for so many epochs that nothing gets better that the run ends.

    Where a number has little noise their loss stays level while steps are long, and falls again as they
    shorten: within the slack of the best loss the run goes on four times as long.
    """
    is_level = training.slack > 0.0 and joint <= best + training.slack * abs(best)
    return 0 < training.patience * (LEVEL if is_level else 1) <= waited


def _judge(
    plan: Plan,
    members_F: tuple[list[int], ...],
    target_F: tuple[Floats64, ...],
    weight_F: tuple[Floats64, ...],
) -> _fused.Judge | None:
    """Return the compiled losses of these rows, or None for a loss of the user's own and for torch alone."""
    setup = None if plan.is_eager else compiled_loss(plan)
    if setup is None:
        return None
    target_nT = np.ascontiguousarray(np.concatenate(target_F))
    rows = [weight_n.size for weight_n in weight_F]
    return _fused.Judge(setup, target_nT, np.concatenate(weight_F), rows, [len(one) for one in members_F])

"""What held-out rows say of an epoch: each member's loss, the loss of their mean outputs, the metric.

Shapes: K members, R rows, T outputs.
"""

from __future__ import annotations

import numpy as np
import torch

from glassnet.engine.plan import Plan
from glassnet.loss.refined import refined_loss
from glassnet.metric import Metric
from glassnet.prepare.values import Floats64
from glassnet.table.values import RowNumbers, Task


def member_losses(plan: Plan, output_KRT: Floats64, rows: RowNumbers, fold: int) -> Floats64:
    """Return the weighted mean loss of some members' outputs over rows, `(K,)`."""
    target_KRT = torch.from_numpy(plan.target_FRT[fold][rows]).double().expand(len(output_KRT), -1, -1)
    loss_KR = plan.loss.rows(torch.from_numpy(output_KRT), target_KRT).numpy()
    weight_R = plan.prepared.loss_weight_R[rows]
    return np.asarray((loss_KR * weight_R).sum(axis=1) / max(weight_R.sum(), 1e-30))


def joint_loss(plan: Plan, together: list[tuple[Floats64, RowNumbers, int]]) -> float:
    """Return the loss of the members' mean outputs `(R, T)` for the rows that each fold held out."""
    if plan.training.epoch_by == "refined":
        target_RT = np.concatenate([plan.target_FRT[fold][rows] for _, rows, fold in together])
        weight_R = plan.prepared.loss_weight_R[np.concatenate([rows for _, rows, _ in together])]
        output_RT = np.concatenate([output_RT for output_RT, _, _ in together])
        return refined_loss(plan.loss, output_RT, target_RT.astype(np.float64), weight_R)
    return float(np.mean([member_losses(plan, one[None], rows, fold)[0] for one, rows, fold in together]))


def metric_score(plan: Plan, metric: Metric, predictions: list[tuple[RowNumbers, Floats64]]) -> float:
    """Return the metric over the validation rows of all folds together."""
    places = np.concatenate([rows for rows, _ in predictions])
    truth = plan.prepared.target_RT[places]
    truth = truth[:, 0] if plan.task in (Task.BINARY, Task.MULTICLASS) else truth
    return metric.score(
        truth, np.concatenate([value for _, value in predictions]), plan.prepared.weight_R[places]
    )

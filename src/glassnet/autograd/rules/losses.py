"""Local rules of torch's own losses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor

from glassnet.autograd.rules.local import Applied, Local, NotKeptError, Rule, times

SHARES: Final = {0: "", 1: " / {n}", 2: ""}  # by torch's number of the reduction: none, mean, sum


def _averaged(op: Applied, text: str, slope: Tensor) -> Local:
    """Return the slope per entry, divided by the number of entries where the loss is their mean."""
    reduction = op.saved("reduction")
    share = slope.numel() if reduction == 1 else 1
    return times(op, text + SHARES[reduction].replace("{n}", str(share)), slope / share)


def _difference(op: Applied, slope: Callable[[Tensor], Tensor], text: str, slot: int) -> Local:
    """Return the rule of a loss of `prediction - target`, which either input may be."""
    error = op.tensor("self") - op.tensor("target")
    sign = 1.0 if slot == 0 else -1.0
    return _averaged(op, text if slot == 0 else f"-({text})", sign * slope(error))


def _squared(op: Applied, slot: int) -> Local:
    return _difference(op, lambda e: 2.0 * e, "2 * ({0} - {1})", slot)


def _huber(op: Applied, slot: int) -> Local:
    delta = float(op.saved("delta"))
    return _difference(op, lambda e: e.clamp(-delta, delta), "({0} - {1}) held within {delta}", slot)


def _smooth_l1(op: Applied, slot: int) -> Local:
    beta = float(op.saved("beta"))
    if beta == 0.0:
        return _difference(op, torch.sign, "sign of ({0} - {1})", slot)
    return _difference(op, lambda e: (e / beta).clamp(-1, 1), "({0} - {1}) / {beta} held within 1", slot)


def _binary_entropy(op: Applied, slot: int) -> Local:
    _without(op, "weight")
    p, target = op.tensor("self"), op.tensor("target")
    if slot == 1:
        return _averaged(op, "log(1 - {0}) - log({0})", (1.0 - p).log() - p.log())
    # The same guard as torch's 1e-12, so that certainty gives a large number and not a division by 0.
    return _averaged(op, "({0} - t) / ({0} * (1 - {0}))", (p - target) / (p * (1 - p)).clamp(min=1e-12))


def _binary_entropy_of_logits(op: Applied, slot: int) -> Local:
    _without(op, "weight", "pos_weight")
    logit, target = op.tensor("self"), op.tensor("target")
    if slot == 1:
        return _averaged(op, "-{0}", -logit)
    return _averaged(op, "sigmoid({0}) - t", torch.sigmoid(logit) - target)


def _negative_log(op: Applied, slot: int) -> Local:
    _without(op, "weight")
    scores, target, reduction = op.tensor("self"), op.tensor("target"), op.saved("reduction")
    if reduction == 0 or scores.dim() != 2 or bool((target == op.saved("ignore_index")).any()):
        raise NotKeptError("only whole batches of rows are written out")
    hit = torch.nn.functional.one_hot(target, scores.shape[1]).to(scores.dtype)
    count = len(target) if reduction == 1 else 1
    text = "-1 at the true class, else 0" if count == 1 else f"-1/{count} at the true class, else 0"
    return times(op, text, -hit / count)


def _without(op: Applied, *names: str) -> None:
    """Leave a weighted loss to torch: its rule is not written out here."""
    if any(getattr(op.grad_fn, f"_saved_{name}", None) is not None for name in names):
        raise NotKeptError("weighted losses are left to torch")


# torch's losses, keyed by the name of its node.
LOSS_RULES: Final[dict[str, Rule]] = {
    "MseLossBackward0": Rule(plain="mean squared error", writes="mse_loss({0}, {1})", local=_squared),
    "HuberLossBackward0": Rule(plain="Huber loss", writes="huber_loss({0}, {1})", local=_huber),
    "SmoothL1LossBackward0": Rule(
        plain="smooth L1 loss", writes="smooth_l1_loss({0}, {1})", local=_smooth_l1
    ),
    "BinaryCrossEntropyBackward0": Rule(
        plain="binary cross-entropy", writes="binary_cross_entropy({0}, t)", local=_binary_entropy
    ),
    "BinaryCrossEntropyWithLogitsBackward0": Rule(
        plain="binary cross-entropy of logits",
        writes="binary_cross_entropy_with_logits({0}, t)",
        local=_binary_entropy_of_logits,
    ),
    "NllLossBackward0": Rule(
        plain="negative log-likelihood", writes="nll_loss({0}, classes)", local=_negative_log
    ),
}

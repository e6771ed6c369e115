"""Cross-entropy of two or more classes. Shapes: K members, B rows, T outputs (logits)."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def binary_cross_entropy(predicted_KBT: Tensor, target_KBT: Tensor, *, smoothing: float) -> Tensor:
    """Return each row's binary cross-entropy, `(K, B)`, averaged over the outputs.

    The targets are 0 or 1; with smoothing s they become s/2 and 1 - s/2.
    """
    soft_KBT = target_KBT * (1.0 - smoothing) + 0.5 * smoothing if smoothing else target_KBT
    return functional.binary_cross_entropy_with_logits(predicted_KBT, soft_KBT, reduction="none").mean(-1)


def cross_entropy(predicted_KBT: Tensor, target_KB1: Tensor, *, smoothing: float) -> Tensor:
    """Return each row's cross-entropy, `(K, B)`; the target is the number of the row's class.

    With smoothing s, a share s of the target is spread evenly over all classes.
    """
    log_KBT = functional.log_softmax(predicted_KBT, dim=-1)
    own_KB = log_KBT.gather(-1, target_KB1.long()).squeeze(-1)
    return -(1.0 - smoothing) * own_KB - smoothing * log_KBT.mean(dim=-1) if smoothing else -own_KB

"""Huber's loss: squared near the target, absolute far from it. Shapes: K members, B rows, T outputs."""

from __future__ import annotations

from torch import Tensor


def huber(predicted_KBT: Tensor, target_KBT: Tensor) -> Tensor:
    """Return each row's Huber loss, `(K, B)`, with the knee at one target deviation, averaged over T.

    Source: P. J. Huber, "Robust Estimation of a Location Parameter", Ann. Math. Stat. 1964.
    """
    error_KBT = (predicted_KBT - target_KBT).abs()
    near_KBT = error_KBT.clamp(max=1.0)
    return (near_KBT * (error_KBT - 0.5 * near_KBT)).mean(dim=-1)

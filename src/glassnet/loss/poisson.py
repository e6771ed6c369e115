"""The Poisson loss of counts. Shapes: K members, B rows, T outputs."""

from __future__ import annotations

from torch import Tensor


def poisson(predicted_KBT: Tensor, target_KBT: Tensor) -> Tensor:
    """Return each row's Poisson deviance up to a constant, `(K, B)`; the network gives log expected counts.

    `exp` is held below e^30, so that one wild step stays a large number and not an infinite one.
    """
    return (predicted_KBT.clamp(max=30.0).exp() - target_KBT * predicted_KBT).mean(dim=-1)

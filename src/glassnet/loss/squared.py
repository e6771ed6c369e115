"""Mean squared error. Shapes: K members, B rows, T outputs."""

from __future__ import annotations

from torch import Tensor


def squared(predicted_KBT: Tensor, target_KBT: Tensor) -> Tensor:
    """Return each row's squared error, `(K, B)`, averaged over the outputs."""
    return (predicted_KBT - target_KBT).square().mean(dim=-1)

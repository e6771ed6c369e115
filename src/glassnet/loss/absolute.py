"""Mean absolute error. Shapes: K members, B rows, T outputs."""

from __future__ import annotations

from torch import Tensor


def absolute(predicted_KBT: Tensor, target_KBT: Tensor) -> Tensor:
    """Return each row's absolute error, `(K, B)`, averaged over the outputs."""
    return (predicted_KBT - target_KBT).abs().mean(dim=-1)

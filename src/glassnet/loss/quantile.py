"""The quantile (pinball) loss. Shapes: K members, B rows, T outputs."""

from __future__ import annotations

import torch
from torch import Tensor


def quantile(predicted_KBT: Tensor, target_KBT: Tensor, *, level: float) -> Tensor:
    """Return each row's quantile loss at the level, `(K, B)`, averaged over the outputs.

    Its minimum is the target's quantile: a level of 0.9 is exceeded by one row in ten.

    Source: R. Koenker, G. Bassett, "Regression Quantiles", Econometrica 1978.
    """
    error_KBT = target_KBT - predicted_KBT
    return torch.maximum(level * error_KBT, (level - 1.0) * error_KBT).mean(dim=-1)

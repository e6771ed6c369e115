"""A network's layers as lines of a table: name, kind, shape of the weights, how many there are."""

from __future__ import annotations

from torch import nn


def layer_rows(network: nn.Module) -> list[list[str]]:
    """Return (layer, kind, shapes, parameters) of every module that holds parameters of its own."""
    rows = []
    for name, module in network.named_modules():
        own = list(module.named_parameters(recurse=False))
        if own:
            shapes = ", ".join(f"{part} {' x '.join(str(n) for n in p.shape)}" for part, p in own)
            kind = type(module).__name__.removeprefix("Member")
            rows.append([name or "network", kind, shapes, f"{sum(p.numel() for _, p in own):,}"])
    return rows


def parameter_count(network: nn.Module) -> int:
    """Return how many numbers training may change."""
    return sum(p.numel() for p in network.parameters() if p.requires_grad)

"""Which part of a network each of its parameters is of: `settings.PARTS`."""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn


def part_of(name: str) -> str:
    """Return the part of an `MLP` that a parameter of this name is of.

    >>> part_of("hidden.0.weight"), part_of("hidden.2.weight"), part_of("last.bias")
    ('first', 'hidden', 'biases')
    """
    layer, _, kind = name.rpartition(".")
    if layer == "embedding":
        return "embeddings"
    if kind == "bias" or layer.startswith("norms."):
        return "biases"
    if layer == "last":
        return "last"
    return "first" if layer == "hidden.0" else "hidden"


def by_part(named: Iterable[tuple[str, nn.Parameter]]) -> dict[str, list[nn.Parameter]]:
    """Return the parameters of an `MLP` by their part; parts without any are left out."""
    parts: dict[str, list[nn.Parameter]] = {}
    for name, parameter in named:
        parts.setdefault(part_of(name), []).append(parameter)
    return parts

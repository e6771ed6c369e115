"""How numbers and tensors are written for people: short, in the notation the leaves are typed in."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

BRIEF_LIMIT: Final = 32  # letters of a value in the table of operations
INLINE_LIMIT: Final = 9  # a tensor of at most so many entries is written out whole


def digits(number: float, precision: int = 6) -> str:
    """Return a number with at most `precision` significant digits; never "-0"."""
    text = f"{number:.{precision}g}"
    return "0" if text == "-0" else text


def short(value: Tensor | None) -> str:
    """Return `75`, `[1, 2; 3, 4]`, or `3×40 numbers, mean 0.1, norm 2` for a large tensor."""
    if value is None:
        return "not kept"
    if value.dim() == 0:
        return digits(float(value))
    if value.numel() <= INLINE_LIMIT and value.dim() <= 2:
        return whole(value)
    size = "×".join(str(size) for size in value.shape)
    if value.numel() == 0:
        return f"{size}, empty"
    wide = value.to(torch.float64)
    return f"{size} numbers, mean {digits(float(wide.mean()), 3)}, norm {digits(float(wide.norm()), 3)}"


def brief(value: Tensor | None) -> str:
    """Return the value for a narrow column: whole if it is short, else its size and norm."""
    text = short(value)
    if value is None or len(text) <= BRIEF_LIMIT:
        return text
    size = "×".join(str(size) for size in value.shape) + (" numbers" if value.dim() == 1 else "")
    return f"{size}, norm {digits(float(value.to(torch.float64).norm()), 3)}"


def whole(value: Tensor, precision: int = 4) -> str:
    """Return every entry of a vector or matrix: `[1, 2; 3, 4]`."""
    rows = value.reshape(1, -1) if value.dim() < 2 else value
    return "[" + "; ".join(", ".join(digits(x, precision) for x in row) for row in rows.tolist()) + "]"


def bracketed(text: str) -> str:
    """Return a negative number in brackets, so that it can stand after an operator."""
    return f"({text})" if text.startswith("-") else text


def shape_words(shape: tuple[int, ...]) -> str:
    """Return `a single number`, `4 numbers` or `3×4 numbers`."""
    return f"{'×'.join(str(size) for size in shape)} numbers" if shape else "a single number"

"""`a=5`, `x=[1, 2; 3, 4]`, `x=randn(3, 2)` -> tensors in float64."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import torch
from torch import Tensor

from glassnet.errors import GlassnetError, near_miss

MOST_NUMBERS: Final = 1_000_000
NAME = re.compile(r"[^\W\d]\w*")
MADE = re.compile(r"\s*([a-z]+)\s*\(([\d\s,]*)\)\s*")

Shape = tuple[int, ...]
Maker = Callable[[Shape, torch.Generator], Tensor]

MAKERS: Final[dict[str, Maker]] = {
    "zeros": lambda shape, generator: torch.zeros(shape, dtype=torch.float64),
    "ones": lambda shape, generator: torch.ones(shape, dtype=torch.float64),
    "randn": lambda shape, generator: torch.randn(shape, dtype=torch.float64, generator=generator),
    "rand": lambda shape, generator: torch.rand(shape, dtype=torch.float64, generator=generator),
}


def read_leaves(assignments: Sequence[str], seed: int = 0) -> dict[str, Tensor]:
    """Return a float64 tensor for each `name=value`; raises GlassnetError that says which is wrong.

    Random leaves depend on the seed and their own name alone, not on their order.
    """
    leaves: dict[str, Tensor] = {}
    for assignment in assignments:
        name, sign, value = assignment.partition("=")
        name = name.strip()
        if not sign or not NAME.fullmatch(name):
            raise GlassnetError(
                f"'{assignment}' is no value for a name; write it as a=5 or x='[1, 2; 3, 4]'."
            )
        if name in leaves:
            raise GlassnetError(f"{name} is given twice; give it once.")
        leaves[name] = read_value(name, value, seed)
    return leaves


def as_leaves(values: Mapping[str, object], seed: int = 0) -> dict[str, Tensor]:
    """Return float64 tensors for values given from Python: text as typed, numbers, lists or tensors."""
    return {
        name: read_value(name, value, seed)
        if isinstance(value, str)
        else torch.as_tensor(value, dtype=torch.float64).detach().clone()
        for name, value in values.items()
    }


def read_value(name: str, text: str, seed: int) -> Tensor:
    """Return the tensor that a leaf's text means: a number, a vector or matrix, or `randn(3, 2)`."""
    made = MADE.fullmatch(text)
    if made:
        return _made(name, made.group(1), made.group(2), seed)
    stripped = text.strip()
    if stripped.startswith("["):
        return _matrix(name, stripped)
    return torch.tensor(_number(name, stripped), dtype=torch.float64)


def _made(name: str, maker: str, sizes: str, seed: int) -> Tensor:
    if maker not in MAKERS:
        known = ", ".join(sorted(MAKERS))
        raise GlassnetError(
            f"{name}: no maker of tensors is called '{maker}'.{near_miss(maker, MAKERS)} Known: {known}."
        )
    shape = tuple(int(size[:12]) for size in re.findall(r"\d+", sizes))
    count = 1
    for size in shape:
        count *= size
    if count > MOST_NUMBERS:
        raise GlassnetError(
            f"{name}: {maker}({sizes}) has {count} numbers; at most {MOST_NUMBERS} are allowed."
        )
    # torch's generator takes 32 bits of its seed, so the name cannot stand in the upper half.
    generator = torch.Generator().manual_seed(zlib.crc32(f"{seed} {name}".encode()))
    return MAKERS[maker](shape, generator)


def _matrix(name: str, text: str) -> Tensor:
    """Return `[1, 2]` as a vector, `[1, 2; 3, 4]` or `[[1, 2], [3, 4]]` as a matrix."""
    if not text.endswith("]"):
        raise GlassnetError(f"{name}: '{text[:40]}' begins with '[' but does not end with ']'.")
    inner = text[1:-1].strip()
    nested = inner.startswith("[") and inner.endswith("]")
    written = re.split(r"\]\s*,?\s*\[", inner[1:-1]) if nested else inner.split(";")
    rows = [_row(name, row) for row in written if row.strip()]
    if not rows:
        raise GlassnetError(f"{name}: '{text}' holds no number.")
    for place, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise GlassnetError(
                f"{name}: row {place + 1} has {len(row)} numbers, but row 1 has {len(rows[0])};"
                " every row needs as many."
            )
    is_vector = len(rows) == 1 and not nested and ";" not in inner
    return torch.tensor(rows[0] if is_vector else rows, dtype=torch.float64)


def _row(name: str, text: str) -> list[float]:
    return [_number(name, cell) for cell in re.split(r"\s*,\s*|\s+", text.strip().rstrip(","))]


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise GlassnetError(
            f"{name}: '{text[:40]}' is not a number; write 5, '[1, 2; 3, 4]', or randn(3, 2), zeros(3),"
            " ones(3)."
        ) from None

"""The finding that a few numbers to predict lie so far from all others that squared errors are theirs alone.

Shapes: R rows, N the farthest of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from glassnet.errors import listed
from glassnet.quality.codes import codes_of_target
from glassnet.quality.sight import NAMED, Sight, figure
from glassnet.quality.values import Finding
from glassnet.table.values import Task

Floats64 = NDArray[np.float64]

MOST: Final = 5  # numbers that are called odd; more are a part of the table
TAIL: Final = 50  # of the others, the farthest, which tell how long a tail the numbers have
LEAST_TAIL: Final = 20
TIMES: Final = 10.0  # as far as the next
# Of long tails (amounts, incomes) the largest may well be ten times the next: the chance of such a gap in a
# Pareto tail as long as the others'.
CHANCE: Final = 1e-4
SHARE: Final = 0.5  # of all squared deviations


@dataclass(frozen=True, kw_only=True, slots=True)
class Odd:
    """The odd numbers of one target."""

    name: str
    places: NDArray[np.int64]  # of their rows, the farthest first
    values: Floats64
    times: float  # how far the nearest of them lies, in distances of the farthest other
    low: float  # the others
    high: float
    of: int  # rows


def odd_targets(sight: Sight) -> Finding | None:
    """Return the finding that a few numbers to predict lie far from all others."""
    if sight.task is not Task.REGRESSION:
        return None
    found = [odd for place in range(len(sight.targets)) if (odd := _odd(sight, place)) is not None]
    if not found:
        return None
    return Finding(
        name="odd target value",
        severity="warning",
        columns=tuple(one.name for one in found),
        evidence=" ".join(_told(sight, one) for one in found),
        meaning="Squared errors are made of such rows nearly alone: where they train they drown all others,"
        " and where they test they drown the figures.",
        remedy="If they are mistakes, correct these cells or empty them (rows without a target are left out);"
        " if not: --loss absolute --metric mae.",
        figures=tuple((f"{one.name}: {value:g}", one.times) for one in found for value in one.values),
    )


def _told(sight: Sight, odd: Odd) -> str:
    rows = (
        f"{figure(float(value))} in {_kind(sight, place)}row {sight.numbers[place] + 1:,}"
        for value, place in zip(odd.values, odd.places.tolist(), strict=True)
    )
    lie = "lies" if len(odd.values) == 1 else "lie"
    return (
        f"{len(odd.values)} of {odd.of:,} values of '{odd.name}' {lie} {figure(odd.times)} times as far from"
        f" the median as any other: {listed(rows, NAMED)}; all others go from {figure(odd.low)} to"
        f" {figure(odd.high)}."
    )


def _kind(sight: Sight, place: int) -> str:
    """Return what a row is for, which may be in a file of its own: its number alone tells too little."""
    return "test " if place in sight.test else "validation " if place in sight.validation else ""


def _odd(sight: Sight, place: int) -> Odd | None:
    rows = np.concatenate([sight.training, sight.test])
    value_R = sight.target_RT[rows, place]
    codes = [one.value for one in codes_of_target(sight, place)]  # those are told already
    sound_R = np.isfinite(value_R) & ~np.isin(value_R, codes)
    rows, value_R = rows[sound_R], value_R[sound_R]
    if not value_R.any():
        return None
    unit_R = value_R / np.abs(value_R).max()  # in which no square overflows
    far_R = np.abs(unit_R - np.median(unit_R))
    count = count_odd(far_R)
    if not count:
        return None
    order_R = np.argsort(-far_R, kind="stable")
    odd, others = order_R[:count], value_R[order_R[count:]]
    return Odd(
        name=sight.targets[place].name,
        places=rows[odd],
        values=value_R[odd],
        times=float(far_R[odd[-1]] / far_R[order_R[count]]),
        low=float(others.min()),
        high=float(others.max()),
        of=len(rows),
    )


def count_odd(far_R: Floats64) -> int:
    """Return how many of these distances, the largest, are of another order than all others; mostly 0."""
    most = MOST + TAIL
    largest_N = far_R if len(far_R) <= most else np.partition(far_R, len(far_R) - most)[-most:]
    far_N = np.sort(largest_N)[::-1]
    far_N = far_N[far_N > 0]
    odd = [count for count in range(1, MOST + 1) if _stands_off(far_N, count)]
    if not odd:
        return 0
    theirs = np.square(far_N[: odd[-1]]).sum()
    return odd[-1] if theirs >= SHARE * np.square(far_R).sum() else 0


def _stands_off(far_N: Floats64, count: int) -> bool:
    """Return whether the gap below the `count` largest is no accident of a tail as long as the others'."""
    rest = far_N[count : count + TAIL]
    if len(rest) < LEAST_TAIL or far_N[count - 1] < TIMES * rest[0]:
        return False
    # Hill's estimate of a Pareto tail; the logarithm of its gap below the i-th largest has mean length / i.
    length = float(np.log(rest[:-1] / rest[-1]).mean())
    gap = math.log(far_N[count - 1] / rest[0])
    return gap * count >= -math.log(CHANCE) * length

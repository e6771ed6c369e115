"""Random numbers as a function of (seed, purpose, member, epoch, step), never of history.

The numbers are NumPy's raw Philox4x64-10 stream with key `(seed, purpose)` and counter words
`(block, step, epoch, member)`, lowest first; the block counts up inside one stream. So the same
batches, weights and masks come out in every engine, in any order of asking, after a crash too.

Source: J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

UINT16_STEPS: Final = 1 << 16


class Purpose(IntEnum):
    """What a stream is for: the second word of its key."""

    SPLIT = 1  # which rows are training, validation and test
    FOLDS = 2  # which fold a training row is held out in
    WEIGHTS = 3  # initial weights; epoch = layer
    ORDER = 4  # the order of an epoch's rows
    DROPOUT = 5  # which units are dropped; member, epoch and step as they are
    EXAMPLE = 6  # generated example tables
    IMPORTANCE = 7  # shuffled columns; epoch = repeat, step = column
    BOOTSTRAP = 8  # resampled rows for intervals; epoch = resample
    MODULE = 9  # the seed of a user's own module
    SAMPLE = 10  # rows looked at where a table is too long to look at all
    TARGET_MEANS = 11  # the part in which a fit row's target is left out; epoch = fold


def philox(
    seed: int, purpose: Purpose, *, member: int = 0, epoch: int = 0, step: int = 0
) -> np.random.Philox:
    """Return the bit generator at the start of the named stream."""
    key = np.array([seed, int(purpose)], dtype=np.uint64)
    counter = np.array([0, step, epoch, member], dtype=np.uint64)
    return np.random.Philox(key=key, counter=counter)


def raw(
    seed: int, purpose: Purpose, count: int, *, member: int = 0, epoch: int = 0, step: int = 0
) -> NDArray[np.uint64]:
    """Return `count` raw 64-bit numbers, shape `(count,)`."""
    return philox(seed, purpose, member=member, epoch=epoch, step=step).random_raw(count)


def uniform(
    seed: int, purpose: Purpose, count: int, *, member: int = 0, epoch: int = 0, step: int = 0
) -> NDArray[np.float64]:
    """Return `count` numbers in [0, 1) with 53 random bits each, shape `(count,)`."""
    words = raw(seed, purpose, count, member=member, epoch=epoch, step=step)
    return (words >> np.uint64(11)).astype(np.float64) * 2.0**-53


def normal(
    seed: int, purpose: Purpose, count: int, *, member: int = 0, epoch: int = 0, step: int = 0
) -> NDArray[np.float64]:
    """Return `count` standard normal numbers by the Box-Muller transform, shape `(count,)`."""
    pairs = (count + 1) // 2
    u = uniform(seed, purpose, 2 * pairs, member=member, epoch=epoch, step=step)
    radius = np.sqrt(-2.0 * np.log1p(-u[:pairs]))
    angle = 2.0 * np.pi * u[pairs:]
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:count]


def order(
    seed: int, purpose: Purpose, count: int, *, member: int = 0, epoch: int = 0, step: int = 0
) -> NDArray[np.int64]:
    """Return a random order of `count` things: the stable argsort of raw numbers, shape `(count,)`."""
    return np.argsort(raw(seed, purpose, count, member=member, epoch=epoch, step=step), kind="stable")


def lanes16(
    seed: int, purpose: Purpose, count: int, *, member: int = 0, epoch: int = 0, step: int = 0
) -> NDArray[np.uint16]:
    """Return `count` random 16-bit numbers, four from each raw number, lowest bits first."""
    words = raw(seed, purpose, (count + 3) // 4, member=member, epoch=epoch, step=step)
    return words.astype("<u8", copy=False).view("<u2")[:count]


def keep_threshold(dropout: float) -> int:
    """Return the bound below which a 16-bit number means "kept" for this share of dropped units."""
    return round((1.0 - dropout) * UINT16_STEPS)


def generator(
    seed: int, purpose: Purpose, *, member: int = 0, epoch: int = 0, step: int = 0
) -> np.random.Generator:
    """Return a NumPy generator over the named stream, for draws that no engine has to repeat."""
    return np.random.Generator(philox(seed, purpose, member=member, epoch=epoch, step=step))

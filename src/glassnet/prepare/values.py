"""What preparation learns and what it gives the network.

Shapes: F folds, R rows, N numbers, M missing marks, C categories, D dense inputs, E embedded
categories, S slots of all embedded categories, T outputs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from glassnet.settings import Preparing
from glassnet.table.values import RowNumbers, Rows

Floats32 = NDArray[np.float32]
Floats64 = NDArray[np.float64]
Codes = NDArray[np.signedinteger]  # int8, int16 or int32: the least that counts the levels


@dataclass(frozen=True, kw_only=True, slots=True)
class Encoding:
    """How cells become the columns of `Encoded`; the same for every fold, and no fold's secret.

    A number is kept as float32 of its distance from an offset: a fixed shift that keeps the digits of
    a large number and that the folds' own scaling takes away again.
    """

    numbers: tuple[str, ...]  # names of the N number columns: "age", "when: month (sine)"
    sources: tuple[str, ...]  # the table's column behind each number
    parts: tuple[str, ...]  # "" for a number, "yes/no", or the date part
    offset_N: Floats64
    categories: tuple[str, ...]  # names of the C category columns
    levels: tuple[tuple[str, ...], ...]  # per category its levels, sorted; code 0 is the first


@dataclass(frozen=True, kw_only=True, slots=True)
class Encoded:
    """Rows as numbers and level codes, before anything learned is applied."""

    number_RN: Floats32  # NaN: missing
    code_RC: Codes  # the level's place in Encoding.levels; -1: missing; -2: a level never seen
    # What fit rows see of means of the target, per fold; NaN for other rows. Empty: none are fit rows.
    own_FRX: Floats32 = field(default_factory=lambda: np.zeros((0, 0, 0), dtype=np.float32))

    def picked(self, rows: RowNumbers | slice) -> Encoded:
        """Return the named rows, fit rows staying such; of a slice no copy."""
        own_FRX = self.own_FRX[:, rows] if self.own_FRX.size else self.own_FRX
        return Encoded(number_RN=self.number_RN[rows], code_RC=self.code_RC[rows], own_FRX=own_FRX)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return int(self.number_RN.shape[0])


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberScales:
    """Learned scaling of the numbers, per fold."""

    location_FN: Floats64  # taken away, in units of `Encoded`
    scale_FN: Floats64  # divided by; infinity makes a column 0
    low_FN: Floats64  # least and largest finite number of the fit rows: where infinities go
    high_FN: Floats64
    clipped_N: NDArray[np.bool_]  # columns that pass through the smooth clip
    marked_M: NDArray[np.int64]  # number columns that have a missing mark
    is_held: bool = False  # whether what lies farther out than low and high are apart counts as lying there


@dataclass(frozen=True, kw_only=True, slots=True)
class Bins:
    """Edges of the numbers' bins, per fold; see `bins`."""

    edge_FE: Floats32  # the edges of the numbers with bins one after another, in units of `Encoded`
    count_N: NDArray[np.int64]  # how many bins each number has; 0: none


@dataclass(frozen=True, kw_only=True, slots=True)
class LevelSlots:
    """Where each level goes, per fold. Slot 0 is for rare and unseen levels, and always trained."""

    slot_FL: NDArray[np.int32]  # the C tables one after another: per level its slot
    first_C: NDArray[np.int64]  # where each category's table begins in L
    missing_FC: NDArray[np.int32]  # the slot of a missing cell
    slots_C: NDArray[np.int64]  # how many slots each category has
    one_hot_C: NDArray[np.bool_]  # True: slots become 0/1 columns; False: an embedding


@dataclass(frozen=True, kw_only=True, slots=True)
class TargetMeans:
    """Means of the target by level, per fold, standardised; see `target_means`."""

    category_M: NDArray[np.int64]  # the categories that have means
    first_M: NDArray[np.int64]  # where each one's table begins in L
    size_M: NDArray[np.int64]  # its levels, then missing, then never seen
    table_FLV: Floats32  # per level its means and the logarithm of its rows
    names: tuple[str, ...]  # of the inputs, V for each category


NO_MEANS: Final = TargetMeans(
    category_M=np.zeros(0, dtype=np.int64),
    first_M=np.zeros(0, dtype=np.int64),
    size_M=np.zeros(0, dtype=np.int64),
    table_FLV=np.zeros((0, 0, 0), dtype=np.float32),
    names=(),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class TargetScale:
    """How a regression target was standardised: `value * scale + location` undoes it.

    With a unit that is its logarithm, `sign(y) log(1 + |y| / unit)`: `target.unscale_target` undoes both.
    """

    location_FT: Floats64
    scale_FT: Floats64
    low_FT: Floats64 = field(default_factory=lambda: np.zeros((0, 0)))  # that predictions stay within,
    high_FT: Floats64 = field(default_factory=lambda: np.zeros((0, 0)))  # in the table's unit; empty: none
    unit_T: Floats64 = field(default_factory=lambda: np.zeros(0))  # of the logarithm; empty: no logarithm
    level_T: Floats64 = field(default_factory=lambda: np.ones(0))  # that undone logarithms are multiplied by

    @property
    def is_log(self) -> bool:
        """Whether a logarithm was standardised."""
        return self.unit_T.size > 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Baseline:
    """The mean fit row of each fold as its network sees it: where an explanation of a prediction starts."""

    dense_FD: Floats64  # mean of each dense input
    share_FS: Floats64  # share of the rows in each slot of the embedded categories, one after another


NO_BASELINE: Final = Baseline(dense_FD=np.zeros((0, 0)), share_FS=np.zeros((0, 0)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Preparation:
    """All that is learned before training, and all that prediction needs again."""

    choices: Preparing
    encoding: Encoding
    scales: NumberScales
    bins: Bins
    slots: LevelSlots
    target: TargetScale
    dense_names: tuple[str, ...]  # names of the D dense inputs
    baseline: Baseline = NO_BASELINE  # without: a prediction cannot be explained
    means: TargetMeans = NO_MEANS  # of the target, by level

    @property
    def dense(self) -> int:
        """How many dense inputs the network gets."""
        return len(self.dense_names)

    @property
    def embedded(self) -> tuple[int, ...]:
        """How many slots each embedded category has."""
        return tuple(int(n) for n in self.slots.slots_C[~self.slots.one_hot_C])

    @property
    def embedded_names(self) -> tuple[str, ...]:
        """The names of the embedded categories."""
        pairs = zip(self.encoding.categories, self.slots.one_hot_C, strict=True)
        return tuple(name for name, one_hot in pairs if not one_hot)


@dataclass(frozen=True, kw_only=True, slots=True)
class Inputs:
    """What a network sees of some rows under one fold's preparation."""

    dense_RD: Floats32
    slot_RE: Codes  # slots of the embedded categories


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """What each row counts."""

    row_R: Floats64  # the rows' own weights
    loss_R: Floats64  # the same times the class weights


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """A whole table, ready for training: encoded once, with what was learned beside it."""

    encoded: Encoded
    preparation: Preparation
    target_RT: Floats64  # class numbers (T = 1), 0/1 answers, or numbers in the table's unit
    weight_R: Floats64  # the rows' own weights: for preparation and metrics; 1 where there are none
    loss_weight_R: Floats64  # the same times the class weights: for the loss
    rows: Rows

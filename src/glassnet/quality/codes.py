"""Findings about numbers, dates and classes that stand for "missing": -999, 9999-12-31, 'unknown'.

Shapes: U different values.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from glassnet.errors import listed
from glassnet.quality.columns import numbers_of
from glassnet.quality.sight import NAMED, Sight, figure
from glassnet.quality.values import Finding
from glassnet.table.values import Task

Floats64 = NDArray[np.float64]

LEAST: Final = 2  # cells: a single 9,999 may be a measurement
OTHERS: Final = 5  # different values beside the code
# A lone -1 among numbers of at least 0 is "none" in many tables (days since ...), and in few a value.
ONES: Final = 5
ONES_SHARE: Final = 0.005
ONES_OTHERS: Final = 10
LIMITS: Final = (2.0**31 - 1, -(2.0**31), 2.0**16 - 1, 2.0**15 - 1, -(2.0**15), 3.4028234663852886e38, 1e30)
DAY: Final = 86_400e6  # microseconds
DATES: Final = {  # dates that programs write where there is none
    (datetime(*day, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).days * DAY: date(*day).isoformat()
    for day in (
        (1, 1, 1), (1753, 1, 1), (1899, 12, 30), (1899, 12, 31), (1900, 1, 1), (1970, 1, 1),
        (2099, 12, 31), (2999, 12, 31), (9999, 1, 1), (9999, 12, 31),
    )
}  # fmt: skip
YEARS: Final = 5 * 365 * DAY  # a date is a code only where it stands so far from all others
WORDS: Final = frozenset(
    ("unknown", "unkown", "missing", "n/a", "na", "nan", "null", "none", "?", "not available", "not known",
     "undefined", "unspecified", "not specified", "tbd", "no data", "nodata", "#n/a", "not recorded")
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Code:
    """A value that looks like a code for missing."""

    column: str
    value: float  # a date as microseconds from 1970; NaN of a word
    shown: str
    cells: int
    nearest: str  # the value nearest to it, in words


def codes_in_inputs(sight: Sight) -> Finding | None:
    """Return the finding that number and date columns hold codes for missing."""
    found = [code for name in sight.frame.columns for code in _codes_of(sight, name)]
    if not found:
        return None
    return Finding(
        name="code for missing",
        severity="hint",  # numbers are scaled by their quartiles, so that a network copes with most of them
        columns=tuple(dict.fromkeys(one.column for one in found)),
        evidence=f"Values far from all others: {_listed(found)}.",
        meaning="If they stand for something not known, or capped, the network takes them for amounts.",
        remedy=_remedy(sight, found),
        figures=tuple((f"{one.column}: {one.shown}", float(one.cells)) for one in found),
    )


def _listed(found: list[Code]) -> str:
    return listed(
        (f"{one.shown} in {one.cells:,} cells of '{one.column}' ({one.nearest})" for one in found), NAMED
    )


def _remedy(sight: Sight, found: list[Code]) -> str:
    """Return how cells are told to be missing: in text files by an option, elsewhere in the source itself."""
    read = {one.name: (one.cells, one.dtype) for one in sight.columns}
    read |= {one.name: (one.cells, one.dtype) for one in sight.targets}
    if not any(read[one.column][0].missing for one in found):
        return "If they mean missing, make them null in the source."
    spelt = [one.shown for one in found]
    whole = [one for one in found if one.shown.lstrip("-").isdigit()]
    spelt += [f"{one.shown}.0" for one in whole if read[one.column][1] == "float"]
    words = ",".join(dict.fromkeys(spelt))
    return f"If they mean missing: --missing={words}, with the table's other words for it, such as NA."


def codes_in_target(sight: Sight) -> Finding | None:
    """Return the finding that values or classes of the target look like codes for missing."""
    found = [code for place in range(len(sight.targets)) for code in codes_of_target(sight, place)]
    if not found:
        return None
    return Finding(
        name="code for missing in the target",
        severity="warning",
        columns=tuple(dict.fromkeys(one.column for one in found)),
        evidence=f"Of the values to predict: {_listed(found)}.",
        meaning="If they mean that the answer is not known, the network learns to predict gaps in the table.",
        remedy=f"{_remedy(sight, found)} Rows without a target are left out.",
        figures=tuple((f"{one.column}: {one.shown}", float(one.cells)) for one in found),
    )


def codes_of_target(sight: Sight, place: int) -> list[Code]:
    """Return the values or classes of a target that look like codes for missing."""
    target = sight.targets[place]
    rows = np.concatenate([sight.training, sight.test])
    value_R = sight.target_RT[rows, place]
    if sight.task is Task.REGRESSION:
        return _number_codes(target.name, np.sort(value_R[np.isfinite(value_R)]))
    count_C = np.bincount(value_R[value_R >= 0].astype(np.int64), minlength=len(target.labels))
    words = [
        Code(
            column=target.name,
            value=math.nan,
            shown=str(label),
            cells=int(count_C[one]),
            nearest="one of its classes",
        )
        for one, label in enumerate(target.labels)
        if str(label).strip().lower() in WORDS
    ]
    if target.dtype not in ("int", "float") or len(target.labels) < 3:
        return words
    labels = np.array([float(label) for label in target.labels])
    return words + _number_codes(
        target.name, np.sort(labels[value_R[value_R >= 0].astype(np.int64)]), others=2
    )


def _codes_of(sight: Sight, name: str) -> list[Code]:
    series = sight.frame[name]
    if series.dtype.is_numeric() or series.dtype.is_temporal():
        ordered = sight.summary(name)
        if ordered.distinct <= OTHERS:
            return []
        value_R = numbers_of(series)
        rest = np.sort(value_R[np.isfinite(value_R)])
        return _date_codes(name, rest) if series.dtype.is_temporal() else _number_codes(name, rest)
    return []


def _number_codes(name: str, ordered: Floats64, others: int = OTHERS) -> list[Code]:
    """Return the codes at the two ends of sorted numbers, judged by the core that is left without them."""
    value_U, cells_U = np.unique(ordered, return_counts=True)
    first, last = 0, len(value_U)
    while first < last and _may_be_code(float(value_U[first])):
        first += 1
    while last > first and _may_be_code(float(value_U[last - 1])):
        last -= 1
    core = value_U[first:last]
    if len(core) < others:
        return []
    ends = [*range(first), *range(last, len(value_U))]
    return [
        Code(column=name, value=value, shown=_shown(value), cells=cells, nearest=_nearest(value, core))
        for value, cells in ((float(value_U[end]), int(cells_U[end])) for end in ends)
        if cells >= LEAST and _stands_apart(value, core, cells / len(ordered), cells)
    ]


def _may_be_code(value: float) -> bool:
    return is_nines(value) or value in LIMITS or value == -1


def _stands_apart(value: float, core: Floats64, share: float, cells: int) -> bool:
    """Return whether a code lies as far from the others as they reach, or is the only kind of negative."""
    low, high = float(core[0]), float(core[-1])
    is_lone_negative = value < 0 <= low
    if value == -1:
        is_whole = bool((core == np.round(core)).all())
        return (
            is_lone_negative
            and is_whole
            and cells >= ONES
            and share >= ONES_SHARE
            and len(core) >= ONES_OTHERS
        )
    gap = low / 2 - value / 2 if value < low else value / 2 - high / 2  # halves: they may be huge
    return is_lone_negative or 2 * gap >= max(high - low, 1.0)


def _nearest(value: float, core: Floats64) -> str:
    what, nearest = ("least", core[0]) if value < core[0] else ("largest", core[-1])
    return f"the {what} other value is {figure(float(nearest))}"


def _shown(value: float) -> str:
    """Return a number as programs write it: the shortest digits that name it, without .0."""
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e16 else repr(value)


def is_nines(value: float) -> bool:
    """Return whether a number is written with nines, or eights, alone, as codes for missing are.

    >>> [is_nines(one) for one in (-999.0, 99.0, 9999.9, 88.0, 9.0, -9.0, 199.0)]
    [True, True, True, True, False, True, False]
    """
    if not math.isfinite(value):
        return False
    digits = f"{abs(value):.10g}".replace(".", "")
    return set(digits) in ({"9"}, {"8"}) and (len(digits) > 1 or value < 0)


def _date_codes(name: str, ordered: Floats64) -> list[Code]:
    found = []
    for low in (True, False):
        value = float(ordered[0] if low else ordered[-1]) if len(ordered) else 0.0
        rest = ordered[ordered != value]
        if value not in DATES or not len(rest) or len(ordered) - len(rest) < LEAST:
            continue
        nearest = float(rest[0] if low else rest[-1])
        if abs(value - nearest) >= YEARS:
            day = (datetime(1970, 1, 1, tzinfo=UTC).date().toordinal()) + int(nearest // DAY)
            found.append(
                Code(
                    column=name,
                    value=value,
                    shown=DATES[value],
                    cells=len(ordered) - len(rest),
                    nearest=f"the nearest other is {datetime.fromordinal(day).date()}",
                )
            )
    return found

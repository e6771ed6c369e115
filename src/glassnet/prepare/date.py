"""Dates: elapsed days, and the places in the year, week and day as points on a circle.

Shapes: R rows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import polars as pl

from glassnet.prepare.values import Floats64

DAY: Final = 86_400_000_000  # microseconds


def _days(when: pl.Series) -> Floats64:
    return when.dt.timestamp("us").cast(pl.Float64).to_numpy() / DAY


def _year_share(when: pl.Series) -> Floats64:
    return (when.dt.ordinal_day().cast(pl.Float64).to_numpy() - 1) / 365.25


def _week_share(when: pl.Series) -> Floats64:
    return (when.dt.weekday().cast(pl.Float64).to_numpy() - 1) / 7


def _day_share(when: pl.Series) -> Floats64:
    return np.mod(_days(when), 1.0)


def _sine(share: Callable[[pl.Series], Floats64]) -> Callable[[pl.Series], Floats64]:
    return lambda when: np.sin(2 * np.pi * share(when))


def _cosine(share: Callable[[pl.Series], Floats64]) -> Callable[[pl.Series], Floats64]:
    return lambda when: np.cos(2 * np.pi * share(when))


DATE_PARTS: Final[dict[str, Callable[[pl.Series], Floats64]]] = {
    "days": _days,
    "year (sine)": _sine(_year_share),
    "year (cosine)": _cosine(_year_share),
    "week (sine)": _sine(_week_share),
    "week (cosine)": _cosine(_week_share),
    "day (sine)": _sine(_day_share),
    "day (cosine)": _cosine(_day_share),
}


def useful_parts(when: pl.Series) -> tuple[str, ...]:
    """Return the parts that vary: a column of whole days has no time of day, one of noons neither."""
    shares = np.unique(_day_share(when.drop_nulls()))
    has_clock = shares.size > 1
    return tuple(part for part in DATE_PARTS if has_clock or not part.startswith("day ("))

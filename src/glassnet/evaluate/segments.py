"""Where a network is wrong: its error by levels and ranges of columns, and what is left over along them.

A segment is said to differ where its error is unlikely among rows drawn from all, after counting all
segments looked at (Holm): Fisher's exact test for shares of wrong answers, the normal distribution of a
drawn mean for errors of numbers.

Shapes: R rows, G levels or ranges, Q quantiles.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from glassnet import chance
from glassnet.evaluate.insight import QUANTILES, LeftOver, Scale, Segment
from glassnet.evaluate.pairs import holm
from glassnet.evaluate.score import wilson
from glassnet.evaluate.vary import Looked, cells_of, nearest, number_of, shares
from glassnet.prepare.values import Floats64
from glassnet.table.values import Kind, RowNumbers

COLUMNS: Final = 8  # the most important ones
LEVELS: Final = 10  # of a category; the others are not listed
RANGES: Final = 5  # of a number, of about as many rows each
FEWEST: Final = 10  # rows of a segment that is listed
FEWEST_TESTED: Final = 30  # rows below which errors of numbers are not compared
RESAMPLES: Final = 200
RESAMPLED: Final = 1000  # rows beyond which a mean's interval is that of the normal distribution
POINTS: Final = 12  # places along a column at which left-overs are summed up
LEFT_OVER_COLUMNS: Final = 4
Z95: Final = 1.959964


def segments(
    looked: Looked, columns: Sequence[str], error_R: Floats64, weight_R: Floats64, seed: int
) -> tuple[Segment, ...]:
    """Return the errors of the columns' levels and ranges; 0 and 1 alone are wrong answers."""
    found = []
    is_share = bool(np.isin(error_R, (0.0, 1.0)).all())
    for column in columns[:COLUMNS]:
        for segment, here_R in _parts(looked, column):
            known_R = here_R & (weight_R > 0)
            if FEWEST <= known_R.sum() < len(error_R):
                found.append(_measured(segment, error_R, weight_R, known_R, (is_share, seed)))
    counted = holm([one.chance for one in found])
    return tuple(replace(one, chance=many) for one, many in zip(found, counted, strict=True))


def _parts(looked: Looked, column: str) -> Iterator[tuple[Segment, NDArray[np.bool_]]]:
    """Yield each level or range of a column, not measured yet, with its rows."""
    kind, series = looked.column(column).kind, looked.frame[column]
    missing_R = series.is_null().to_numpy()
    if kind in (Kind.CATEGORY, Kind.YES_NO):
        scale = cells_of(looked, column, LEVELS, with_missing=False).scale
        names = scale.names or tuple("yes" if one else "no" for one in scale.place_G)
        place_R = nearest(series, kind, scale.place_G, scale.names)
        for place, name in enumerate(names):
            yield _empty(column, name), (place_R == place) & ~missing_R
    else:
        value_R = number_of(series, kind)
        for low, high in _ranges(value_R[np.isfinite(value_R)]):
            yield _empty(column, "", low, high), (value_R >= low) & (value_R <= high)
    if missing_R.any():
        yield _empty(column, ""), missing_R


def _ranges(value_R: Floats64) -> list[tuple[float, float]]:
    """Return the ends of ranges of about as many rows each; few values are each their own."""
    known = np.unique(value_R)
    if known.size <= RANGES:
        return [(float(one), float(one)) for one in known]
    edges = np.unique(np.quantile(value_R, np.linspace(0, 1, RANGES + 1)[1:-1], method="lower"))
    group_V = np.searchsorted(edges, known)  # an edge is the last value of its range
    return [
        (float(known[group_V == one].min()), float(known[group_V == one].max())) for one in np.unique(group_V)
    ]


def _empty(column: str, name: str, low: float = math.nan, high: float = math.nan) -> Segment:
    nothing = math.nan
    return Segment(
        column=column, name=name, low=low, high=high, rows=0, error=nothing, error_low=nothing,
        error_high=nothing, chance=nothing,
    )  # fmt: skip


def _measured(
    segment: Segment,
    error_R: Floats64,
    weight_R: Floats64,
    here_R: NDArray[np.bool_],
    how: tuple[bool, int],
) -> Segment:
    """Return the segment with its error, its interval and the probability of chance, not counted yet."""
    is_share, seed = how
    error_n, weight_n = error_R[here_R], weight_R[here_R]
    error = float(np.average(error_n, weights=weight_n))
    ends = wilson(error, weight_n) if is_share else _mean_interval(error_n, weight_n, error, seed)
    known_R = weight_R > 0
    by_chance = _fisher if is_share else _drawn
    return replace(
        segment,
        rows=int(here_R.sum()),
        error=error,
        error_low=ends[0],
        error_high=ends[1],
        chance=by_chance(error_n, error_R[known_R]),
    )


def _mean_interval(error_n: Floats64, weight_n: Floats64, mean: float, seed: int) -> tuple[float, float]:
    """Return the 95 % interval of a mean: over resampled rows, or of the normal distribution for many."""
    if error_n.size > RESAMPLED:
        share_n = weight_n / weight_n.sum()
        reach = Z95 * float(np.sqrt((np.square(share_n) * np.square(error_n - mean)).sum()))
        return mean - reach, mean + reach
    drawn = chance.generator(seed, chance.Purpose.BOOTSTRAP, member=1).integers(
        0, error_n.size, (RESAMPLES, error_n.size)
    )
    means = (error_n * weight_n)[drawn].sum(axis=1) / weight_n[drawn].sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def _fisher(wrong_n: Floats64, wrong_R: Floats64) -> float:
    """Return the two-sided probability of so many wrong answers among as many rows drawn from all.

    Source: R. A. Fisher, "On the interpretation of chi-squared", J. R. Stat. Soc. 1922; doubled tail.
    """
    rows, drawn, wrong, seen = wrong_R.size, wrong_n.size, int(wrong_R.sum()), int(wrong_n.sum())
    least, most = max(0, drawn - (rows - wrong)), min(drawn, wrong)
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, rows + 1)))])
    one = np.arange(least, most + 1)

    def log_choose(many: int, some: NDArray[np.int64] | int) -> Floats64:
        return np.asarray(log_factorial[many] - log_factorial[some] - log_factorial[many - some])

    share = np.exp(log_choose(wrong, one) + log_choose(rows - wrong, drawn - one) - log_choose(rows, drawn))
    below, above = share[: seen - least + 1].sum(), share[seen - least :].sum()
    return float(min(1.0, 2.0 * min(below, above)))


def _drawn(error_n: Floats64, error_R: Floats64) -> float:
    """Return the two-sided probability of such a mean among rows drawn from all; NaN where they are few."""
    rows, drawn = error_R.size, error_n.size
    rest = rows - drawn
    if drawn < FEWEST_TESTED or rest < FEWEST_TESTED:
        return math.nan
    deviation = math.sqrt(float(error_R.var()) / drawn * rest / (rows - 1))
    if deviation == 0:
        return 1.0
    return math.erfc(abs(float(error_n.mean() - error_R.mean())) / deviation / math.sqrt(2.0))


def left_over(looked: Looked, columns: Sequence[str], error_R: Floats64) -> tuple[LeftOver, ...]:
    """Return quantiles of truth minus prediction along each of the columns."""
    found = []
    for column in columns[:LEFT_OVER_COLUMNS]:
        place_R, scale = _along(looked, column)
        counts = np.bincount(place_R[place_R >= 0], minlength=scale.place_G.size)
        error_GQ = np.full((scale.place_G.size, len(QUANTILES)), np.nan)
        for place in np.flatnonzero(counts):
            error_GQ[place] = np.quantile(error_R[place_R == place], QUANTILES)
        found.append(LeftOver(scale=scale, count_G=counts.astype(np.float64), error_GQ=error_GQ))
    return tuple(found)


def _along(looked: Looked, column: str) -> tuple[RowNumbers, Scale]:
    """Return the place of each row along a column, -1 for a rare level, and the scale of places."""
    kind, series = looked.column(column).kind, looked.frame[column]
    if kind in (Kind.CATEGORY, Kind.YES_NO):
        scale = cells_of(looked, column, LEVELS).scale
        return nearest(series, kind, scale.place_G, scale.names), scale
    value_R = number_of(series, kind)
    finite = value_R[np.isfinite(value_R)]
    middles = (np.arange(POINTS) + 0.5) / POINTS
    place_G = np.unique(np.quantile(finite, middles, method="nearest")) if finite.size else np.zeros(0)
    if series.null_count():
        place_G = np.append(place_G, np.nan)
    scale = Scale(
        column=column, kind=kind, place_G=place_G, names=(), share_G=shares(series, kind, place_G, ())
    )
    return nearest(series, kind, place_G, ()), scale

"""How far two samples of one column are apart, and how likely that is by accident.

Sources: W. H. Press et al., "Numerical Recipes", section 14.3 (Kolmogorov's series with Stephens' correction
for small samples); M. Abramowitz, I. Stegun, "Handbook of Mathematical Functions", 26.4.4 and 26.4.5.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from glassnet.quality.values import Drift

Floats64 = NDArray[np.float64]
Counts = NDArray[np.int64]

# A distance that matters, and a chance small enough among all columns. Two random halves of a table pass the
# second once in a thousand tables; with 227,496 rows a distance of 0.01 is certain and still no matter.
FAR: Final = 0.1
CHANCE: Final = 1e-3  # over all columns together
MOST_POINTS: Final = 100_000  # at which distributions of numbers are compared
LEAST_EXPECTED: Final = 5.0  # cells a level needs on either side; rarer levels are counted as one


def of_numbers(
    training: Floats64, test: Floats64, missing: tuple[int, int], columns: int = 1, worth: float = 1.0
) -> Drift | None:
    """Return the Kolmogorov-Smirnov distance of two sorted arrays; None where one side has no cells.

    `missing` are the missing cells of training and test rows; they lie below all numbers. Of numbers with
    many ties the chance is a bound from above. `worth` is how much of a draw each row is: where whole groups
    are drawn, groups over rows.
    """
    sizes = (len(training) + missing[0], len(test) + missing[1])
    if not all(sizes):
        return None
    at = np.concatenate([_some(training), _some(test)])
    below = [
        (np.searchsorted(side, at, side="right") + lost) / size
        for side, lost, size in zip((training, test), missing, sizes, strict=True)
    ]
    apart = float(np.abs(below[0] - below[1]).max(initial=0.0))
    distance = max(apart, abs(missing[0] / sizes[0] - missing[1] / sizes[1]))
    p_value = kolmogorov(distance, sizes[0] * worth, sizes[1] * worth)
    return Drift(
        measure="KS", distance=distance, p_value=p_value, is_clear=_clear(distance, p_value, columns)
    )


def _some(ordered: Floats64) -> Floats64:
    """Return at most 100,000 of sorted numbers at equal steps, the last one included.

    Between two of them a distribution rises by less than 0.00001, so no distance is farther off than that.
    """
    step = -(-len(ordered) // MOST_POINTS) or 1
    return ordered[::-step]


def of_levels(training: Counts, test: Counts, columns: int = 1, worth: float = 1.0) -> Drift | None:
    """Return the total variation of two counts of the same levels; None where one side has no cells.

    Levels too rare for the chi-squared test of the chance are counted as one, in the distance too: many rare
    levels would else lie far apart by accident alone. `worth` is as in `of_numbers`.
    """
    counts = np.stack([training, test]).astype(np.float64)
    sizes = counts.sum(axis=1)
    if not sizes.all():
        return None
    expected = counts.sum(axis=0) * worth * sizes.min() / sizes.sum()
    is_rare = expected < LEAST_EXPECTED
    pooled = np.column_stack([counts[:, ~is_rare], counts[:, is_rare].sum(axis=1)])
    pooled = pooled[:, pooled.sum(axis=0) > 0]
    distance = float(np.abs(pooled[0] / sizes[0] - pooled[1] / sizes[1]).sum() / 2)
    wanted = np.outer(sizes, pooled.sum(axis=0)) / sizes.sum()
    square = worth * float((np.square(pooled - wanted) / wanted).sum())
    p_value = chi_squared(square, pooled.shape[1] - 1)
    return Drift(
        measure="TV", distance=distance, p_value=p_value, is_clear=_clear(distance, p_value, columns)
    )


def _clear(distance: float, p_value: float, columns: int) -> bool:
    return distance >= FAR and p_value < CHANCE / columns


def kolmogorov(distance: float, first: float, second: float) -> float:
    """Return the chance that two samples of these sizes, drawn alike, lie at least so far apart.

    >>> round(kolmogorov(0.2, 100, 100), 3), kolmogorov(0.0, 5, 5), kolmogorov(1.0, 1000, 1000)
    (0.031, 1.0, 0.0)
    """
    root = math.sqrt(first * second / (first + second))
    reach = (root + 0.12 + 0.11 / root) * distance
    if reach < 0.2:  # the series converges slowly, and the chance is 1 to nine digits
        return 1.0
    terms = (2.0 * (-1.0) ** (k - 1) * math.exp(-2.0 * (k * reach) ** 2) for k in range(1, 101))
    return min(max(sum(terms), 0.0), 1.0)


def chi_squared(value: float, freedom: int) -> float:
    """Return the chance of such a chi-squared value, or a larger one: its finite series.

    >>> round(chi_squared(16.27, 3), 4), chi_squared(1.0, 0)
    (0.001, 1.0)
    """
    half = value / 2.0
    if freedom < 1 or half <= 0:
        return 1.0
    first = 0.5 if freedom % 2 else 0.0
    terms = (
        math.exp(-half + (first + k) * math.log(half) - math.lgamma(first + k + 1.0))
        for k in range(freedom // 2)
    )
    return min(sum(terms) + (math.erfc(math.sqrt(half)) if freedom % 2 else 0.0), 1.0)

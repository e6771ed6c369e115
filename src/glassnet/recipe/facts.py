"""What a recipe may know of the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from glassnet.table.values import Task

# Rows below which chance has no part but in the initial weights: a table with weights and the same table with
# its rows repeated then train the same network. One batch of all rows, no rows held out by lot, no dropout,
# and float64, so that not even the order of a sum is seen.
SMALL: Final = 200
MOST_DISTINCT: Final = 33  # values bound 32 bins, and no column has more
Chosen = tuple[Any, str]  # a value and the reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What a recipe may know of the table."""

    rows: int  # by their weights; those that have a target and are not given as test or validation rows
    task: Task
    classes: int  # of a classification target, else 0
    is_in_order: bool = False  # rows are split by time or by group
    has_own_validation: bool = False
    has_own_test: bool = False
    effort: str = "auto"
    repeats: float = 1.0  # mean weight of a row: 2 where each stands for two
    distinct: tuple[
        int, ...
    ] = ()  # values of each number and date that is an input, counted to MOST_DISTINCT
    bins_cost: float = 0.0  # share of the held-out loss that short trials saved without bins; 0: none
    scale_cost: float = 0.0  # by how much held-out errors of short trials rose with a logarithm; 0: no matter
    skewness: float = 0.0  # the least of all targets that are numbers and never negative, else 0

"""Findings about rows that stand in the table twice, and on both sides of the split.

Shapes: R rows, C inputs and targets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glassnet.quality.sight import Sight, percent, rows_text
from glassnet.quality.values import Finding
from glassnet.table.values import Kind

Hashes = NDArray[np.uint64]

# Rows of few different values are equal by accident. It is one where as many are to be expected of columns
# that have nothing to do with each other; and where rows that agree in all other columns agree in the last
# one no more often than any two rows do. Of copies all do. So titanic's brothers on one ticket and
# telco_churn's customers of one month are accidents, adult's and diamonds' repeated rows are none (2026-11).
EXPECTED: Final = 0.01  # of the equal pairs
MOST_COPIES: Final = 3  # rows for each different one; more are no copies, but a table of few values
LEAST_PAIRS: Final = 30  # that agree in all other columns; fewer say nothing
MOST_ALIKE: Final = 0.6  # of any two rows; a column in which nearly all agree says nothing
SIGMAS: Final = 3.0
FLATTERED: Final = 0.01  # of the test rows, from which on the figures are surely touched


@dataclass(frozen=True, kw_only=True, slots=True)
class Repeats:
    """Rows that are equal in all inputs and targets."""

    again: int  # rows that repeat an earlier one
    in_both: int  # test rows that are training rows too
    is_accident: bool  # whether so many are no wonder, the columns having few different values


def repeated(sight: Sight) -> Repeats:
    """Return how many rows are equal; rows are compared by sums of 64-bit hashes of their cells."""
    whole_R = np.zeros(len(sight.target_RT), dtype=np.uint64)
    for column_R in _hashes(sight):
        whole_R += column_R
    again = len(whole_R) - pl.Series(whole_R).n_unique()
    in_both = int(np.isin(whole_R[sight.test], whole_R[sight.training]).sum()) if again else 0
    return Repeats(again=again, in_both=in_both, is_accident=again > 0 and _is_accident(sight, whole_R))


def repeated_rows(frame: pl.DataFrame) -> int:
    """Return how many rows are equal to an earlier one in every cell, by sums of 64-bit hashes."""
    whole_R = np.zeros(frame.height, dtype=np.uint64)
    for place, series in enumerate(frame.get_columns()):
        if series.dtype.is_nested() or series.dtype == pl.Object:
            return frame.height - frame.n_unique()
        whole_R += series.hash(place).to_numpy()
    return frame.height - pl.Series(whole_R).n_unique()


def _hashes(sight: Sight) -> Iterator[Hashes]:
    """Yield a hash of each cell, `(R,)`, of one input or target after another, another hash in each.

    One after another, since those of 300 columns of a long table would fill half a gigabyte.
    """
    answers = (pl.Series(f"target {place}", one) for place, one in enumerate(sight.target_RT.T))
    for place, series in enumerate((*sight.frame.get_columns(), *answers)):
        yield series.hash(place).to_numpy()


def _is_accident(sight: Sight, whole_R: Hashes) -> bool:
    """Return whether so many equal rows are no wonder.

    How often two rows agree in a column is seen in different rows alone: in a table that stands there twice
    they would else agree twice as often.
    """
    first = np.unique(whole_R, return_index=True)[1]
    columns = sight.frame.width + sight.target_RT.shape[1]
    if columns < 2 or MOST_COPIES * len(first) < len(whole_R):
        return True
    equal = _pairs(whole_R)
    pairs = [(_pairs(column_R[first]), _pairs(whole_R - column_R)) for column_R in _hashes(sight)]
    alike_C = np.array([alike for alike, _ in pairs]) / max(len(first) * (len(first) - 1) / 2, 1)
    if len(whole_R) * (len(whole_R) - 1) / 2 * float(alike_C.prod()) > EXPECTED * equal:
        return True
    others_C = np.array([others for _, others in pairs])
    bound_C = alike_C + SIGMAS * np.sqrt(alike_C * (1.0 - alike_C) / np.maximum(others_C, 1))
    says_C = (others_C >= LEAST_PAIRS) & (alike_C <= MOST_ALIKE)
    return bool((says_C & (equal <= bound_C * others_C)).any())


def _pairs(hash_R: Hashes) -> int:
    """Return how many pairs of rows have equal hashes."""
    count = pl.Series("hash", hash_R).value_counts()["count"].cast(pl.Int64)
    return int((count * (count - 1) // 2).sum())


def duplicates(sight: Sight) -> Finding | None:
    """Return the finding that rows repeat others in every input and target."""
    found = repeated(sight)
    if not found.again or found.is_accident:
        return None
    share = found.in_both / max(len(sight.test), 1)
    rows = len(sight.training) + len(sight.test)
    both = f"; {found.in_both:,} of {len(sight.test):,} test rows ({percent(share)}) are in training too"
    ids = [one.name for one in sight.left_out if one.kind is Kind.IDENTIFIER]
    again = f"{rows_text(found.again)} of {rows:,} ({percent(found.again / rows)})"
    headless = all(one.name.isdigit() for one in (*sight.columns, *sight.left_out))
    read_once = f"read each once: --query \"select distinct *{_exclude(ids)} from 'FILE'\""
    return Finding(
        name="duplicate rows",
        severity="warning" if share >= FLATTERED else "hint",
        columns=(),
        evidence=f"{again} {'repeats' if found.again == 1 else 'repeat'} an earlier one in all inputs and the"
        f" target{both if found.in_both else ''}.{_told_apart(ids)}",
        meaning="A test row that was trained on is known already, which flatters the figures; a row that"
        " stands twice counts twice.",
        # A query over a file without a header has other names than the positions that the user knows.
        remedy=f"If they are copies, {'take them out of the file' if headless else read_once}.",
        figures=(
            ("repeated rows", float(found.again)),
            ("test rows in training", float(found.in_both)),
            ("test share", share),
        ),
    )


def _told_apart(ids: list[str]) -> str:
    """Return what is to be said where columns that are no inputs may tell the rows apart."""
    return f" Column '{ids[0]}', which is no input, may tell them apart." if ids else ""


def _exclude(ids: list[str]) -> str:
    """Return what leaves such columns out of a query."""
    return f" exclude ({', '.join(ids)})" if ids else ""

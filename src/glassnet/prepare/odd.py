"""Cells that were read but that training never saw the like of: told, with what they count as."""

from __future__ import annotations

import numpy as np
import polars as pl

from glassnet.errors import near_miss
from glassnet.prepare.values import Encoded, Encoding
from glassnet.table.odd import Odd, shown

UNSEEN = -2  # the code of such a level, see `assemble.encode`


def unlike_training(
    frame: pl.DataFrame, encoded: Encoded, encoding: Encoding, first_row: int = 0
) -> tuple[Odd, ...]:
    """Return how many cells of each column hold an unseen level or an infinite number, and the first.

    `frame` holds the canonical columns that were encoded; rows count on from `first_row`.
    """
    return (
        *_unseen_levels(frame, encoded, encoding, first_row),
        *_infinite(frame, encoded, encoding, first_row),
    )


def _unseen_levels(frame: pl.DataFrame, encoded: Encoded, encoding: Encoding, first_row: int) -> list[Odd]:
    found = []
    for place, (name, levels) in enumerate(zip(encoding.categories, encoding.levels, strict=True)):
        at_n = np.flatnonzero(encoded.code_RC[:, place] == UNSEEN)
        if at_n.size:
            first = shown(frame[name][int(at_n[0])])
            found.append(
                Odd(
                    column=name,
                    are="of no level seen in training and counted as a rare one",
                    count=int(at_n.size),
                    first=first,
                    row=first_row + int(at_n[0]),
                    hint=near_miss(first, levels),
                )
            )
    return found


def _infinite(frame: pl.DataFrame, encoded: Encoded, encoding: Encoding, first_row: int) -> list[Odd]:
    """Return the cells beyond what float32 holds, which `numeric.apply_scales` bounds."""
    found = []
    for place, name in enumerate(encoding.sources):
        at_n = np.flatnonzero(np.isinf(encoded.number_RN[:, place]))
        if at_n.size:
            found.append(
                Odd(
                    column=name,
                    are="infinite and counted as the largest (or smallest) number seen in training",
                    count=int(at_n.size),
                    first=shown(frame[name][int(at_n[0])]),
                    row=first_row + int(at_n[0]),
                )
            )
    return found

"""Cells that were read but that training never saw the like of: told, with what they count as."""

from __future__ import annotations

import numpy as np
import polars as pl

from glassnet.errors import near_miss
from glassnet.prepare.values import Encoded, Encoding, LevelSlots, Preparation
from glassnet.table.odd import Odd, shown

UNSEEN = -2  # the code of such a level, see `assemble.encode`


def unlike_training(
    frame: pl.DataFrame, encoded: Encoded, preparation: Preparation, first_row: int = 0
) -> tuple[Odd, ...]:
    """Return how many cells of each column hold an unseen level or an infinite number, and the first.

    `frame` holds the canonical columns that were encoded; rows count on from `first_row`. Of a column most of
    whose levels were rare in training, such as names, a level more is nothing unlike it.
    """
    return (
        *_unseen_levels(frame, encoded, preparation, first_row),
        *_infinite(frame, encoded, preparation.encoding, first_row),
    )


def _are_mostly_rare(slots: LevelSlots, category: int, levels: int) -> bool:
    """Return whether more than half of a category's levels share the slot of rare ones."""
    first = int(slots.first_C[category])
    return levels > 0 and float((slots.slot_FL[:, first : first + levels] == 0).mean()) > 0.5


def _unseen_levels(
    frame: pl.DataFrame, encoded: Encoded, preparation: Preparation, first_row: int
) -> list[Odd]:
    found = []
    encoding, slots = preparation.encoding, preparation.slots
    for place, (name, levels) in enumerate(zip(encoding.categories, encoding.levels, strict=True)):
        at_n = np.flatnonzero(encoded.code_RC[:, place] == UNSEEN)
        if at_n.size and not _are_mostly_rare(slots, place, len(levels)):
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

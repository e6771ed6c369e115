"""Categories: levels to slots, few levels to 0/1 columns, many to an embedding.

Shapes: F folds, R rows, C categories, L levels of all categories, E embedded categories.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from glassnet.prepare.values import Codes, Encoded, Encoding, Floats32, Floats64, LevelSlots
from glassnet.settings import Preparing
from glassnet.table.values import RowNumbers

RARE: Final = 3  # rows below which a level is rare, where the number is left open
# Where levels have so few rows each, most of them are names or tickets: what is learned of one is chance.
CROWDED: Final = 5
RARE_IN_CROWD: Final = 20


def learn_slots(
    encoded: Encoded, encoding: Encoding, fit: Sequence[RowNumbers], weight_R: Floats64, choices: Preparing
) -> LevelSlots:
    """Return where each level goes in each fold, by the sums of weights of the fold's fit rows.

    Levels with less than `choices.rare` share slot 0 with levels never seen (0: less than 3, or than 20 where
    a level has fewer than 5 on average). Where none is rare, the rarest level stays there alone, so that slot
    0 is always trained. A missing cell has a slot of its own if any fit row is missing.
    """
    sizes = [len(levels) for levels in encoding.levels]
    first_C = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    slot_FL = np.zeros((len(fit), int(first_C[-1])), dtype=np.int32)
    missing_FC = np.zeros((len(fit), len(sizes)), dtype=np.int32)
    slots_C = np.ones(len(sizes), dtype=np.int64)
    for category, size in enumerate(sizes):
        here = slice(int(first_C[category]), int(first_C[category + 1]))
        count_FL = np.stack([_counts(encoded.code_RC[rows, category], weight_R[rows], size) for rows in fit])
        kept_FL = _kept(count_FL, choices.rare)
        # Slots are numbered over the levels that any fold keeps, so that all folds have one shape.
        number_L = np.cumsum(kept_FL.any(axis=0)).astype(np.int32)
        levels_FL = np.where(kept_FL, number_L, 0)
        slot_FL[:, here] = levels_FL[:, :size]
        missing_FC[:, category] = levels_FL[:, size]
        slots_C[category] = 1 + int(number_L[-1])
    return LevelSlots(
        slot_FL=slot_FL,
        first_C=first_C[:-1],
        missing_FC=missing_FC,
        slots_C=slots_C,
        one_hot_C=slots_C <= choices.one_hot,
    )


def _counts(code_n: Codes, weight_n: Floats64, size: int) -> Floats64:
    """Return the sum of weights of each level, the missing cells last, shape `(size + 1,)`."""
    known = code_n >= -1
    place_n = np.where(code_n[known] == -1, size, code_n[known])
    return np.bincount(place_n, weights=weight_n[known], minlength=size + 1).astype(np.float64)


def _kept(count_FL: Floats64, rare: int) -> np.ndarray:
    """Return which levels have a slot of their own in each fold; the last entry is "missing"."""
    kept_FL = count_FL >= (rare or _rare_by_crowd(count_FL))
    kept_FL[:, -1] = count_FL[:, -1] > 0
    pooled_FL = (count_FL > 0) & ~kept_FL
    for fold in range(count_FL.shape[0]):
        if not pooled_FL[fold].any() and kept_FL[fold].any():
            present_L = np.where(kept_FL[fold], count_FL[fold], np.inf)
            kept_FL[fold, int(np.argmin(present_L))] = False
    return kept_FL


def _rare_by_crowd(count_FL: Floats64) -> Floats64:
    """Return the count from which a level is no longer rare in each fold, shape `(F, 1)`."""
    levels_F = np.maximum((count_FL[:, :-1] > 0).sum(axis=1), 1)
    is_crowded_F = count_FL[:, :-1].sum(axis=1) < CROWDED * levels_F
    return np.where(is_crowded_F, RARE_IN_CROWD, RARE)[:, None].astype(np.float64)


def apply_slots(code_RC: Codes, slots: LevelSlots, fold: int) -> Codes:
    """Return each cell's slot, shape `(R, C)`."""
    if slots.slot_FL.shape[1] == 0:
        return np.where(code_RC == -1, slots.missing_FC[fold], 0).astype(np.int32)
    place_RC = np.minimum(np.maximum(code_RC, 0) + slots.first_C, slots.slot_FL.shape[1] - 1)
    slot_RC = np.where(code_RC >= 0, slots.slot_FL[fold][place_RC], 0)
    return np.where(code_RC == -1, slots.missing_FC[fold], slot_RC).astype(np.int32)


def one_hot(slot_RC: Codes, slots: LevelSlots) -> Floats32:
    """Return the 0/1 columns of the categories with few slots, side by side, `(R, sum of slots)`."""
    blocks = [
        slot_RC[:, [category]] == np.arange(slots.slots_C[category])
        for category in np.flatnonzero(slots.one_hot_C)
    ]
    if not blocks:
        return np.zeros((slot_RC.shape[0], 0), dtype=np.float32)
    return np.concatenate(blocks, axis=1).astype(np.float32)


def slot_names(encoding: Encoding, slots: LevelSlots, category: int) -> tuple[str, ...]:
    """Return readable names of a category's slots: "rare or unseen", then its levels, then "missing"."""
    names = ["rare or unseen"] + [""] * (int(slots.slots_C[category]) - 1)
    start = int(slots.first_C[category])
    for place, level in enumerate(encoding.levels[category]):
        taken = slots.slot_FL[:, start + place].max(initial=0)
        if taken > 0:
            names[int(taken)] = level
    if (taken := int(slots.missing_FC[:, category].max(initial=0))) > 0:
        names[taken] = "missing"
    return tuple(names)

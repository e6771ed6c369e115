"""What folds have learned, dealt anew to others: what a run that goes on reads its rows by.

Shapes: F folds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, Final, TypeVar

import numpy as np

from glassnet.prepare.values import Preparation

Learned = TypeVar("Learned")
LEARNED: Final = (
    "scales",
    "bins",
    "slots",
    "target",
    "baseline",
    "means",
)  # the parts that each fold has its own of


def folds_of(preparation: Preparation) -> int:
    """Return how many folds have learned a preparation."""
    return int(preparation.scales.location_FN.shape[0])


def dealt(preparation: Preparation, fold_F: Sequence[int]) -> Preparation:
    """Return the preparation of new folds: each one's is that of the old fold named."""
    parts: dict[str, Any] = {name: _dealt(getattr(preparation, name), fold_F) for name in LEARNED}
    return replace(preparation, **parts)


def _dealt(learned: Learned, fold_F: Sequence[int]) -> Learned:
    """Return a value whose arrays by fold, which their names' letters begin with F for, are dealt anew."""
    arrays = {one.name: getattr(learned, one.name) for one in fields(learned)}  # type: ignore[arg-type]
    by_fold: dict[str, Any] = {
        name: array[list(fold_F)]
        for name, array in arrays.items()
        if name.rpartition("_")[2].startswith("F") and isinstance(array, np.ndarray) and array.shape[0]
    }
    return replace(learned, **by_fold)  # type: ignore[type-var]

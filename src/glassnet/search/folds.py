"""The rows of each fold: those to train on and those left out, and what runs over them share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import _safe_indexing

from glassnet.errors import SettingsError
from glassnet.shared import Shared
from glassnet.table.frames import to_polars
from glassnet.table.values import RowNumbers


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Fold:
    """What is trained on and what is scored on, cut out once for all settings."""

    X_fit: Any
    y_fit: Any
    weight_fit: Any  # None: every row counts the same
    X_left: Any  # the rows left out
    y_left: Any
    weight_left: Any
    shared: Shared = field(default_factory=Shared)  # the typed table, its preparation, initial weights


def make_folds(
    X: Any, y: Any, weight: ArrayLike | None, cuts: Iterable[tuple[RowNumbers, RowNumbers]]
) -> tuple[Fold, ...]:
    """Return the folds of pairs of rows to fit and to leave out, as scikit-learn's splitters give them."""
    if isinstance(X, Mapping):
        X = to_polars(X)
    folds = tuple(
        Fold(
            X_fit=rows_of(X, fit),
            y_fit=rows_of(y, fit),
            weight_fit=None if weight is None else np.asarray(weight)[fit],
            X_left=rows_of(X, left),
            y_left=rows_of(y, left),
            weight_left=None if weight is None else np.asarray(weight)[left],
        )
        for fit, left in cuts
    )
    if not folds:
        raise SettingsError("the folds are empty: cv gave no pair of rows to train on and rows to score on.")
    return folds


def rows_of(data: Any, rows: RowNumbers) -> Any:
    """Return some rows of an array, a frame, a series or a list, as the same type."""
    return _safe_indexing(data, rows)

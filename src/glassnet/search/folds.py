"""The rows of each fold: those to train on and those left out, and what runs over them share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import issparse  # type: ignore[import-untyped]
from sklearn.base import is_classifier
from sklearn.model_selection import check_cv
from sklearn.utils import _safe_indexing, indexable

from glassnet.errors import SettingsError
from glassnet.shared import Shared
from glassnet.table.frames import to_polars
from glassnet.table.values import RowNumbers


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Part:
    """Some rows, cut out once for all settings."""

    X: Any
    y: Any
    weight: Any  # None: every row counts the same


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Fold:
    """What is trained on and what is scored on."""

    number: int  # from 0
    fit: Part
    left: Part  # the rows left out
    shared: Shared = field(default_factory=Shared)  # the typed table, its preparation, initial weights


def make_folds(
    estimator: Any, X: Any, y: Any, cv: Any, *, groups: ArrayLike | None, weight: ArrayLike | None
) -> tuple[Fold, ...]:
    """Return the folds that scikit-learn would cut for this estimator.

    `cv` is a number of folds, a splitter, pairs of row numbers, or None for five folds. Raises SettingsError
    where there are no targets or no folds, ValueError as scikit-learn does where lengths differ.
    """
    if y is None:
        name = type(estimator).__name__
        raise SettingsError(f"a search of {name} requires y to be passed, but the target y is None.")
    X, y, weight = indexable(to_polars(X) if isinstance(X, Mapping) and not issparse(X) else X, y, weight)
    splitter = check_cv(cv, y, classifier=is_classifier(estimator))

    def part(rows: RowNumbers) -> Part:
        known = None if weight is None else np.asarray(weight)[rows]
        return Part(X=rows_of(X, rows), y=rows_of(y, rows), weight=known)

    folds = tuple(
        Fold(number=number, fit=part(fit), left=part(left))
        for number, (fit, left) in enumerate(splitter.split(X, y, groups))
    )
    if not folds:
        raise SettingsError("the folds are empty: cv gave no pair of rows to train on and rows to score on.")
    return folds


def rows_of(data: Any, rows: RowNumbers) -> Any:
    """Return some rows of an array, a frame, a series or a list, as the same type."""
    return _safe_indexing(data, rows)

"""What users hand to an estimator, checked in scikit-learn's words and brought into one Polars table.

Shapes: R rows, T targets.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import DataConversionWarning
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import validate_data

from glassnet.errors import SettingsError, SourceError
from glassnet.table.frames import to_polars, unmasked, values_of

WEIGHT: Final = "sample weight"  # the column that carries sample weights into the pipeline
CLASS_TARGETS: Final = ("binary", "multiclass", "multilabel-indicator")


def table_of(estimator: BaseEstimator, X: Any, *, reset: bool) -> pl.DataFrame:
    """Return the rows as a frame under the names that the estimator was fitted with.

    With `reset` the estimator takes this table's columns (`n_features_in_`, `feature_names_in_`); without,
    they are compared with those. Raises SourceError (or TypeError, ValueError as scikit-learn does) for
    what is no dense table of rows and columns, or one of other columns.
    """
    given = _dense(X)
    validate_data(estimator, X=given, reset=reset, skip_check_array=True)
    frame = to_polars(given)
    if reset:
        _check_size(frame)
        estimator._column_names = tuple(frame.columns)
        if not isinstance(X, Sequence | np.ndarray | Mapping):  # a list of rows has no types
            frame = _with_codes(frame)
    # Same columns in the same order, as was just checked; a table without names gets those of the fit.
    return frame.rename(dict(zip(frame.columns, estimator._column_names, strict=True)))


def _dense(X: Any) -> Any:
    """Return X as a frame that knows its names, or as an array of two axes."""
    module = type(X).__module__.split(".")[0]
    if module == "scipy" and hasattr(X, "toarray"):
        raise SourceError(
            "X is a sparse matrix, and Glassnet takes dense tables only. Give X.toarray(), or the columns"
            " before they were encoded: categories go in as they are."
        )
    if isinstance(X, pl.LazyFrame):
        return X.collect()
    if isinstance(X, pl.DataFrame) or (module == "pandas" and hasattr(X, "columns")):
        _check_names([str(name) for name in X.columns])
        return X
    is_rows = isinstance(X, Sequence) and len(X) > 0 and all(isinstance(row, Mapping) for row in X)
    is_arrow = hasattr(X, "__arrow_c_stream__") and not isinstance(X, pl.Series) and module != "pandas"
    if is_arrow:
        _check_names([str(name) for name in getattr(X, "column_names", ())])
    if isinstance(X, Mapping) or is_rows or is_arrow:
        return to_polars(X)
    return _array(X)


def _with_codes(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame without columns of numbers with its whole numbers, which are text, as categories.

    A frame has types, so whole numbers that are text were left so: they are codes. Decimals among them show
    a table whose types nobody looked at; beside columns of numbers `table.facts` says the same.
    """
    if any(dtype.is_numeric() for dtype in frame.dtypes):
        return frame
    texts = [one for one in frame.get_columns() if one.dtype == pl.String]
    number = {one.name: one.cast(pl.Float64, strict=False) for one in texts}
    read = [name for name, one in number.items() if one.null_count() == frame[name].null_count() < len(one)]
    if any((number[name].filter(number[name].is_finite()) % 1 != 0).any() for name in read):
        return frame
    codes = [name for name in read if 2 * frame[name].n_unique() <= len(frame)]
    return frame.with_columns(pl.col(codes).cast(pl.Categorical))


def _check_names(names: Sequence[str]) -> None:
    """Raise SourceError for a name that two columns have: neither could be told by it."""
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise SourceError(f"X has several columns called '{twice}'. Give each a name of its own.")


def _array(X: Any) -> NDArray[Any]:
    """Return an array of two axes. Raises SourceError in scikit-learn's words for any other."""
    array = _of_array(X) if hasattr(X, "__array__") else _of_rows(X)
    if array.dtype.kind == "c":
        raise SourceError(f"Complex data not supported: X holds {array.dtype}. Give its real parts.")
    if array.dtype.names:
        return array
    if array.ndim != 2:
        raise SourceError(
            f"Expected 2D array, got {array.ndim}D array instead (shape {array.shape}). Reshape your data:"
            " X.reshape(-1, 1) makes it one column, X.reshape(1, -1) one row."
        )
    return array


def _of_array(data: Any) -> NDArray[Any]:
    """Return what has an array as one; what it masks is missing."""
    return unmasked(data) if isinstance(data, np.ma.MaskedArray) else np.asarray(data)


def _of_rows(X: Any) -> NDArray[Any]:
    """Return a list of rows as an array; cells of several types keep theirs."""
    try:
        array = np.asarray(X)
    except ValueError as error:
        raise SourceError(f"X is no table: its rows differ in length ({error}).") from error
    # NumPy turns a row of a number and a text into two texts.
    return array if array.dtype.kind in "biufcM" else np.array(X, dtype=object)


def _check_size(frame: pl.DataFrame) -> None:
    rows, columns = frame.height, frame.width
    if columns == 0:
        raise SourceError(
            f"Found array with 0 feature(s) (shape=({rows}, 0)) while a minimum of 1 is required."
        )
    if rows < 2:
        raise SourceError(
            f"Found {rows} sample{'' if rows == 1 else '(s)'} (shape=({rows}, {columns})) while a minimum of"
            " 2 is required to learn from."
        )


def target_of(estimator: BaseEstimator, y: Any) -> NDArray[Any]:
    """Return the targets as an array of one type, `(R,)` or `(R, T)`.

    Raises ValueError where there are none, SourceError for NaN, infinite or mixed ones.
    """
    if y is None:
        validate_data(estimator, y=None, X="no_validation")
    array = _of_array(y) if hasattr(y, "__array__") else _of_labels(y)
    if array.dtype.kind == "c":
        raise SourceError(f"Complex data not supported: y holds {array.dtype}. Give its real parts.")
    if array.ndim not in (1, 2):
        raise SourceError(f"y should be a 1d array or one of two axes, but its shape is {array.shape}.")
    array = _typed(array)
    bad = np.argwhere(~np.isfinite(array)) if array.dtype.kind == "f" else np.zeros((0, 1))
    if len(bad):
        what = "NaN" if np.isnan(array[tuple(bad[0])]) else "infinity"
        raise SourceError(f"Input y contains {what}, first in row {bad[0][0] + 1}. Leave such rows out.")
    return array


def _of_labels(y: Any) -> NDArray[Any]:
    return np.asarray(to_polars(y)) if isinstance(y, Mapping) else np.asarray(y)


def _typed(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array of objects as one of numbers, texts or yes and no; None is NaN."""
    if array.dtype.kind != "O":
        return array
    cells = array.ravel().tolist()
    missing = [place for place, cell in enumerate(cells) if _is_missing(cell)]
    if missing:
        row = missing[0] // array[:1].size + 1
        raise SourceError(f"Input y contains NaN, first in row {row}. Leave such rows out.")
    kinds = {str if isinstance(cell, str) else float for cell in cells}
    if len(kinds) > 1:
        raise SourceError("Unknown label type: y holds texts beside numbers. Give labels of one type.")
    values = values_of(cells)
    if values.dtype.is_decimal() or values.dtype == pl.Int128:  # which NumPy has not
        values = values.cast(pl.Float64)
    return values.to_numpy().reshape(array.shape)


def _is_missing(cell: object) -> bool:
    """Return whether a cell is None, NaN, or one of pandas' NA and NaT, which are equal to nothing."""
    return cell is None or type(cell).__name__ in ("NAType", "NaTType") or cell != cell  # noqa: PLR0124


def one_column(y: NDArray[Any]) -> NDArray[Any]:
    """Return targets `(R, 1)` as `(R,)`, with scikit-learn's warning; others as they are."""
    if y.ndim == 1 or y.shape[1] != 1:
        return y
    warnings.warn(
        "A column-vector y was passed when a 1d array was expected. Please change the shape of y to"
        " (n_samples,), for example using ravel().",
        DataConversionWarning,
        stacklevel=4,
    )
    return y[:, 0]


def check_classes(y: NDArray[Any], *, is_part: bool = False) -> None:
    """Raise SourceError unless y holds classes, two or more of them, or several yes/no answers."""
    kind = type_of_target(y, input_name="y")
    if kind not in CLASS_TARGETS:
        remedy = (
            "train one model for each target"
            if kind == "multiclass-multioutput"
            else "GlassnetRegressor predicts numbers"
        )
        raise SourceError(f"Unknown label type: {kind}. A classifier takes classes; {remedy}.")
    if y.ndim == 1 and len(classes := np.unique(y)) < 2 and not is_part:
        raise SourceError(
            f"y holds 1 class, {classes[0]}, in every row that counts; a classifier needs two classes or"
            " more to tell apart."
        )


def weights_of(sample_weight: Any, rows: int) -> NDArray[np.float64] | None:
    """Return the rows' weights, `(R,)`, or None where there are none.

    Raises SettingsError for what is no number, another shape, NaN, and weights that are all 0; the rest is
    checked where weight columns are.
    """
    if sample_weight is None:
        return None
    try:
        weight_R = np.asarray(sample_weight, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise SettingsError(f"sample_weight must be numbers, one for each row: {error}.") from None
    if weight_R.ndim == 0:
        weight_R = np.full(rows, float(weight_R))
    if weight_R.ndim != 1:
        raise SettingsError(f"sample_weight must be a 1d array, but its shape is {weight_R.shape}.")
    if np.isnan(weight_R).any():
        row = int(np.flatnonzero(np.isnan(weight_R))[0]) + 1
        raise SettingsError(f"sample_weight contains NaN, first in row {row}. Leave such rows out.")
    if rows and not weight_R.any():
        raise SettingsError("sample weights are zero in every row; at least one must be above zero.")
    return weight_R


def target_names(y: Any, target: NDArray[Any], taken: Sequence[str]) -> tuple[str, ...]:
    """Return names for the target columns that no input has: their own where they have any."""
    if target.ndim == 1:
        names = [getattr(y, "name", None) or "target"]
    else:
        names = list(getattr(y, "columns", [f"y{place + 1}" for place in range(target.shape[1])]))
    found: list[str] = []
    for name in names:
        unique = str(name)
        while unique in taken or unique in found:
            unique = f"target {unique}"
        found.append(unique)
    return tuple(found)


def target_columns(target: NDArray[Any], names: Sequence[str]) -> list[pl.Series]:
    """Return the target columns under their names. Raises SettingsError for another number of them."""
    columns = [target] if target.ndim == 1 else [target[:, place] for place in range(target.shape[1])]
    if len(columns) != len(names):
        raise SettingsError(f"y has {len(columns)} columns, but the estimator learned {len(names)}.")
    return [
        (values_of(one.tolist()) if one.dtype.kind in "OUS" else pl.Series(one)).alias(name)
        for name, one in zip(names, columns, strict=True)
    ]

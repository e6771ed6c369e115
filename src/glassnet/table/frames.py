"""Tables that are in memory already, as Polars frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from glassnet.errors import SourceError
from glassnet.table.names import tidy_names
from glassnet.table.numbers import number_text

ACCEPTED = "a path, a Polars, pandas or pyarrow table, a dictionary of columns, a list of rows or an array"


def to_polars(data: object) -> pl.DataFrame:
    """Return a table in memory as a Polars frame; an array's columns are called x1, x2, ...

    pandas columns of mixed objects become text. Raises SourceError for anything else than a table.
    """
    if isinstance(data, pl.DataFrame):
        return data
    if isinstance(data, pl.LazyFrame):
        return data.collect()
    if isinstance(data, pl.Series):
        return data.to_frame(data.name or "x1")
    if isinstance(data, np.ndarray):
        return _from_array(unmasked(data) if isinstance(data, np.ma.MaskedArray) else data)
    if isinstance(data, Mapping):
        return _from_columns(data)
    if isinstance(data, Sequence) and not isinstance(data, str | bytes):
        return _from_rows(data)
    return _from_library(data)


def picked(frame: pl.DataFrame, names: Iterable[str]) -> pl.DataFrame:
    """Return the columns of these names; none for none.

    `frame.select` takes '^a.*$' for a pattern, and `frame[[]]` means no rows.
    """
    return pl.DataFrame([frame[name] for name in names])


def is_in_memory(source: object) -> bool:
    """Return whether the source is a table in memory and no path."""
    return not (isinstance(source, str) or hasattr(source, "__fspath__"))


def unmasked(data: np.ma.MaskedArray) -> np.ndarray:
    """Return an array whose masked cells are missing: NaN among numbers, NaT among times, else None."""
    mask = np.ma.getmaskarray(data)
    cells: np.ndarray = np.ma.getdata(data)
    if not mask.any():
        return cells
    if cells.dtype.kind in "fiu":
        return np.where(mask, np.nan, cells)
    if cells.dtype.kind in "mM":
        return np.where(mask, np.array("NaT", dtype=cells.dtype), cells)
    objects = np.array(cells, dtype=object)
    objects[mask] = None
    return objects


def _from_array(data: np.ndarray) -> pl.DataFrame:
    if data.ndim not in (1, 2):
        raise SourceError(f"an array must have one or two axes, but it has {data.ndim} (shape {data.shape}).")
    if data.dtype.names:
        return pl.DataFrame({name: data[name] for name in data.dtype.names})
    columns = data.reshape(len(data), -1) if data.size else data.reshape(len(data), data.shape[-1])
    named = {f"x{j + 1}": columns[:, j] for j in range(columns.shape[1])}
    return pl.DataFrame(
        {name: values_of(list(one)) if one.dtype == object else one for name, one in named.items()}
    )


def _from_columns(data: Mapping[object, object]) -> pl.DataFrame:
    columns = {str(name): _column(str(name), values) for name, values in data.items()}
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        short, long = (
            min(lengths, key=lambda name: lengths[name]),
            max(lengths, key=lambda name: lengths[name]),
        )
        raise SourceError(
            f"columns must be equally long, but '{short}' has {lengths[short]} cells"
            f" and '{long}' {lengths[long]}."
        )
    return pl.DataFrame(columns)


def _column(name: str, values: object) -> pl.Series:
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise SourceError(
            f"column '{name}' is the single value {values!r:.40}, not a list of cells. For one row write"
            f" {{'{name}': [{values!r:.40}]}}."
        )
    if isinstance(values, pl.Series):
        return values
    if isinstance(values, np.ma.MaskedArray):
        values = unmasked(values)
    if isinstance(values, np.ndarray) and values.dtype != object:
        return pl.Series(values)
    return values_of(list(values))


def values_of(values: list[object]) -> pl.Series:
    """Return values as a series: of one type where they agree, as text where they are mixed."""
    plain = [value.item() if isinstance(value, np.generic) else value for value in values]
    types = {type(value) for value in plain} - {type(None)}
    if bool in types and len(types) > 1:  # Polars would make True among numbers 1.0 without a word
        return texts_of(plain)
    try:
        series = pl.Series(plain)
    except (TypeError, pl.exceptions.PolarsError):
        return texts_of(plain)
    return texts_of(plain) if series.dtype == pl.Object else series


def texts_of(values: list[object]) -> pl.Series:
    """Return mixed values as the text by which `cells.conform` knows each: 1.0 is "1", True is "true"."""
    return pl.Series([None if value is None else _text(value) for value in values], dtype=pl.String)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(number_text(pl.Series([value]))[0])
    return str(value)


def _from_rows(data: Sequence[object]) -> pl.DataFrame:
    if all(isinstance(row, Mapping) for row in data):
        names = list(dict.fromkeys(str(name) for row in data for name in row))  # type: ignore[attr-defined]
        return _from_columns({name: [row.get(name) for row in data] for name in names})  # type: ignore[attr-defined]
    return _from_array(np.array(data, dtype=object))


def _from_library(data: object) -> pl.DataFrame:
    kind = type(data)
    if kind.__module__.split(".")[0] == "pandas" and hasattr(data, "columns"):
        return _from_pandas(data)
    if kind.__module__.split(".")[0] == "pandas":
        return _from_pandas(data.to_frame())  # type: ignore[attr-defined]  # a pandas Series
    if hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__"):
        return pl.DataFrame(data)  # type: ignore[arg-type]  # by the Arrow protocol
    if hasattr(data, "__array__"):
        return _from_array(np.asarray(data))
    raise SourceError(f"a table cannot be made of {kind.__module__}.{kind.__qualname__}. Give {ACCEPTED}.")


def _from_pandas(data: object) -> pl.DataFrame:
    """Return a pandas frame column by column: the index is left out, nothing needs pyarrow."""
    columns = [data.iloc[:, j] for j in range(data.shape[1])]  # type: ignore[attr-defined]
    names = raw_names(data)
    if len(set(names)) < len(names):
        names, _ = tidy_names(names)
    return pl.DataFrame({name: _pandas_column(one) for name, one in zip(names, columns, strict=True)})


def raw_names(data: object) -> list[str]:
    """Return the names of a pandas frame as they are, which may occur twice; none for anything else."""
    is_pandas = type(data).__module__.split(".")[0] == "pandas" and hasattr(data, "columns")
    return [str(name) for name in data.columns] if is_pandas else []  # type: ignore[attr-defined]


def _pandas_column(column: object) -> pl.Series:
    dtype = str(column.dtype)  # type: ignore[attr-defined]
    kind = getattr(column.dtype, "kind", "O")  # type: ignore[attr-defined]
    if kind in "iufb" and isinstance(column.dtype, np.dtype):  # type: ignore[attr-defined]  # NumPy's own
        return pl.Series(column.to_numpy())  # type: ignore[attr-defined]
    if dtype == "category":
        return values_of(_without_na(column.astype(object))).cast(pl.String).cast(pl.Categorical)  # type: ignore[attr-defined]
    if kind == "M":
        return _pandas_dates(column)
    return values_of(_without_na(column))


def _pandas_dates(column: object) -> pl.Series:
    zoned = column.dt.tz is not None  # type: ignore[attr-defined]
    plain: Any = column.dt.tz_convert("UTC").dt.tz_localize(None) if zoned else column  # type: ignore[attr-defined]
    cells = plain.to_numpy()
    exact = cells.astype("datetime64[us]")
    coarse = np.datetime_data(cells.dtype)[0] in ("s", "ms")
    if coarse and not np.array_equal(exact.astype(cells.dtype), cells, equal_nan=True):
        # Beyond the 292,000 years that microseconds hold: as text, which is then no date and told.
        return values_of([None if np.isnat(cell) else str(cell) for cell in cells])
    return pl.Series(exact)


def _without_na(column: object) -> list[object]:
    """Return a pandas column's cells, each of its ways to say "missing" as None."""
    missing = column.isna().to_numpy()  # type: ignore[attr-defined]
    return [None if gone else cell for cell, gone in zip(column.tolist(), missing, strict=True)]  # type: ignore[attr-defined]

"""Rows whose cells are changed, and what the network predicts for them then.

Shapes: R rows, G cells that a column is set to, P numbers of a prediction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from glassnet.evaluate.insight import Scale
from glassnet.predict import Predictor, predict
from glassnet.prepare.assemble import encode
from glassnet.prepare.values import Encoded, Floats64
from glassnet.table.values import Column, Kind, RowNumbers

DAY: Final = 86_400_000_000  # microseconds
OUTER: Final = 0.01  # numbers and dates are looked at between the 1 % and the 99 % quantile


@dataclass(frozen=True, kw_only=True, slots=True)
class Looked:
    """The rows looked at, and what predicts them."""

    frame: pl.DataFrame  # canonical columns
    encoded: Encoded
    predictor: Predictor
    columns: tuple[Column, ...]  # those that the network sees

    def column(self, name: str) -> Column:
        """Return the column of that name."""
        return next(one for one in self.columns if one.name == name)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cells:
    """Cells that a column is set to, encoded."""

    scale: Scale
    encoded: Encoded  # G rows; only what comes from this column counts


def number_of(series: pl.Series, kind: Kind) -> Floats64:
    """Return a number, yes/no or date column as numbers, `(R,)`: NaN for missing; days since 1970."""
    if kind is Kind.DATE:
        return series.cast(pl.Int64).cast(pl.Float64).to_numpy() / DAY
    return series.cast(pl.Float64).to_numpy().astype(np.float64)


def cells_of(looked: Looked, name: str, most: int, *, with_missing: bool = True) -> Cells:
    """Return at most so many cells of a column that its rows have: levels by frequency, numbers spread."""
    column = looked.column(name)
    series = looked.frame[name]
    is_level = column.kind is Kind.CATEGORY
    values = _levels(series, most) if is_level else _spread(number_of(series, column.kind), column.kind, most)
    words = tuple(str(one) for one in values) if is_level else ()
    words = ("no", "yes") if column.kind is Kind.YES_NO and len(values) == 2 else words
    place = np.arange(len(values)) if is_level else np.asarray(values)
    cells = _series(values, column.kind, series)
    if with_missing and series.null_count() > 0:
        cells = pl.concat([cells, series.clear(1)])
        place = np.append(place.astype(np.float64), np.nan)
    scale = Scale(
        column=name,
        kind=column.kind,
        place_G=place.astype(np.float64),
        names=words,
        share_G=shares(series, column.kind, place.astype(np.float64), words),
    )
    return Cells(scale=scale, encoded=_encoded(looked, name, cells))


def _levels(series: pl.Series, most: int) -> list[str]:
    counts = series.drop_nulls().value_counts().sort(["count", series.name], descending=[True, False])
    return counts[series.name].to_list()[:most]


def _spread(value_R: Floats64, kind: Kind, most: int) -> list[float]:
    """Return numbers that the rows have, or half quantiles and half evenly spaced: few rows lie far out."""
    finite = value_R[np.isfinite(value_R)]
    known = np.unique(finite)
    if known.size <= most:
        return [float(one) for one in known]
    low, high = np.quantile(finite, [OUTER, 1 - OUTER])
    quantiles = np.quantile(finite, np.linspace(OUTER, 1 - OUTER, most - most // 2))
    chosen = np.concatenate([quantiles, np.linspace(low, high, most // 2 + 2)[1:-1]])
    is_whole = kind is Kind.DATE or bool((known == np.round(known)).all())
    return [float(one) for one in np.unique(np.round(chosen) if is_whole else chosen)]


def _series(values: Sequence[object], kind: Kind, like: pl.Series) -> pl.Series:
    if kind is Kind.DATE:
        micros = [round(float(str(one)) * DAY) for one in values]
        return pl.Series(like.name, micros, dtype=pl.Int64).cast(like.dtype)
    if kind is Kind.YES_NO:
        return pl.Series(like.name, [bool(one) for one in values], dtype=like.dtype)
    return pl.Series(like.name, values, dtype=like.dtype)


def shares(series: pl.Series, kind: Kind, place_G: Floats64, names: tuple[str, ...]) -> Floats64:
    """Return the share of the rows at, or nearest to, each place; that of the missing ones at NaN."""
    nearest_R = nearest(series, kind, place_G, names)
    counts = np.bincount(nearest_R[nearest_R >= 0], minlength=place_G.size)[: place_G.size]
    return np.asarray(counts / max(len(series), 1), dtype=np.float64)


def nearest(series: pl.Series, kind: Kind, place_G: Floats64, names: tuple[str, ...]) -> RowNumbers:
    """Return the place in a scale that each row is at or nearest to, `(R,)`; -1 for a level not in it."""
    missing = int(place_G.size - 1) if place_G.size and np.isnan(place_G[-1]) else -1
    if kind is Kind.CATEGORY:
        codes = pl.Series(range(len(names)), dtype=pl.Int64)
        known = pl.Series(list(names), dtype=pl.String)
        found = series.replace_strict(known, codes, default=-1, return_dtype=pl.Int64)
        return found.to_numpy().copy() if missing < 0 else _filled(found, series, missing)
    value_R = number_of(series, kind)
    places = place_G[np.isfinite(place_G)]
    if not places.size:
        return np.full(value_R.size, missing, dtype=np.int64)
    middles = (places[1:] + places[:-1]) / 2
    found_R = np.searchsorted(middles, value_R).astype(np.int64)
    return np.where(np.isnan(value_R), missing, found_R)


def _filled(found: pl.Series, series: pl.Series, missing: int) -> RowNumbers:
    return np.where(series.is_null().to_numpy(), missing, found.fill_null(-1).to_numpy())


def _encoded(looked: Looked, name: str, cells: pl.Series) -> Encoded:
    first = looked.frame[np.zeros(len(cells), dtype=np.int64)]
    return encode(first.with_columns(cells.alias(name)), looked.predictor.preparation.encoding)


def predict_with(looked: Looked, rows: RowNumbers, settings: Sequence[Cells]) -> Floats64:
    """Return predictions of the rows with columns set to each combination of cells, `(G, ..., R, P)`."""
    sizes = [one.encoded.rows for one in settings]
    combinations = np.indices(sizes).reshape(len(sizes), -1)
    many = combinations.shape[1]
    row_Z, combination_Z = np.tile(rows, many), np.repeat(np.arange(many), rows.size)
    number_ZN = looked.encoded.number_RN[row_Z]
    code_ZC = looked.encoded.code_RC[row_Z]
    encoding = looked.predictor.preparation.encoding
    for one, cell_M in zip(settings, combinations, strict=True):
        cell_Z = cell_M[combination_Z]
        numbers = [n for n, source in enumerate(encoding.sources) if source == one.scale.column]
        categories = [c for c, name in enumerate(encoding.categories) if name == one.scale.column]
        number_ZN[:, numbers] = one.encoded.number_RN[cell_Z][:, numbers]
        code_ZC[:, categories] = one.encoded.code_RC[cell_Z][:, categories]
    value_ZP = predict(looked.predictor, Encoded(number_RN=number_ZN, code_RC=code_ZC))
    return value_ZP.reshape(*sizes, rows.size, -1)

"""Long columns of text as codes: each different cell is kept once, each row holds its place among them.

A cell of text takes 16 bytes and is parsed row by row; a code takes 1, 2 or 4, and each different cell is
parsed once. On hflights repeated to 1 GB (300 million cells, few of them different) that is 0.5 GB for 4.8.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import polars as pl

MARK: Final = "\ufdd0"  # the first "cell": it tells our codes from categories that a source declares
LOOK: Final = 20_000  # rows looked at before all
MOST_SHARE: Final = 0.25  # of different cells, beyond which codes would save little
MOST_CELLS: Final = 100_000  # different cells; asking for a dtype takes time in proportion to them


def coded(series: pl.Series) -> pl.Series:
    """Return a column of text as codes, where its cells repeat enough for it; any other as it is."""
    if series.dtype != pl.String or series.len() == 0:
        return series
    most = min(MOST_CELLS, MOST_SHARE * series.len())
    if _likely_cells(series) > most:
        return series
    cells = series.unique().drop_nulls()
    if cells.len() > most or bool((cells == MARK).any()):
        return series
    return series.cast(pl.Enum(pl.concat([pl.Series(cells.name, [MARK]), cells])))


def _likely_cells(series: pl.Series) -> float:
    """Return how many different cells are looked at, or, where they hardly repeat, about how many there are.

    Of n cells drawn among D equally frequent ones n**2 / 2D pairs are alike; of others more.
    """
    looked_at = series.gather_every(max(1, series.len() // LOOK))
    distinct, looked = looked_at.n_unique(), looked_at.len()
    return distinct if distinct <= MOST_SHARE * looked else looked**2 / (2 * max(looked - distinct, 0.5))


def is_coded(dtype: pl.DataType) -> bool:
    """Return whether a column of this dtype comes from `coded`."""
    return isinstance(dtype, pl.Enum) and len(dtype.categories) > 0 and dtype.categories[0] == MARK


def plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame whose coded columns are text again."""
    return pl.DataFrame([one.cast(pl.String) if is_coded(one.dtype) else one for one in frame.get_columns()])


def by_cell(series: pl.Series, of: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Return what `of` makes of each row's cell, asking it once for each different one; null where missing.

    `of` gets a column of text and returns as many values.
    """
    dtype = series.dtype
    assert isinstance(dtype, pl.Enum)
    values = of(dtype.categories.rename(series.name))
    return values.gather(series.to_physical().cast(pl.UInt32)).rename(series.name)

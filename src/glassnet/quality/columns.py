"""Each column in bins or levels, counted in training and in test rows, with the drift between them.

Shapes: R rows, B bins.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glassnet.quality import drift
from glassnet.quality.values import ColumnSummary, Drift, Spread
from glassnet.table.values import Kind, RowNumbers

Floats64 = NDArray[np.float64]

BINS: Final = 20  # of a number or a date, at most
LEVELS: Final = 10  # named of a category, at most
TAIL: Final = 0.01  # share of the rows at either end that may lie beyond the outer edges
NEAR: Final = 0.25  # an end is shown whole where it reaches at most so far beyond, of the range inside
SECONDS: Final = 1e6  # microseconds in one


@dataclass(frozen=True, kw_only=True, slots=True)
class Sides:
    """The rows that are compared, and how."""

    training: RowNumbers
    test: RowNumbers
    columns: int  # compared in all
    worth: float  # of a row, as a draw of its own


def column_summaries(
    frame: pl.DataFrame,
    training: RowNumbers,
    test: RowNumbers,
    targets: tuple[str, ...] = (),
    worth: float = 1.0,
) -> tuple[ColumnSummary, ...]:
    """Return the summary of each column of the frame, those named in `targets` first.

    The frame has the canonical dtypes of `cells.conform`: numbers Float64, categories String, yes/no Boolean,
    dates Datetime("us"); a missing cell is null. `training` and `test` are places of rows; `test` may be
    empty. `worth` is how much of a draw each row is, for the chance of a drift: where whole groups are drawn,
    groups over rows.
    """
    names = [*(name for name in targets if name in frame.columns)]
    names += [name for name in frame.columns if name not in targets]
    sides = Sides(training=training, test=test, columns=len(names), worth=worth)
    return tuple(_summary(frame[name], sides, is_target=name in targets) for name in names)


def _summary(series: pl.Series, sides: Sides, *, is_target: bool) -> ColumnSummary:
    of = _of_levels if series.dtype in (pl.String, pl.Boolean) else _of_numbers
    return replace(of(series, sides), is_target=is_target)


# ---- numbers and dates ----


def _of_numbers(series: pl.Series, sides: Sides) -> ColumnSummary:
    training, test = sides.training, sides.test
    is_date = series.dtype.is_temporal()
    value_R = numbers_of(series)
    every = [np.sort(value_R[rows]) for rows in (training, test)]
    present = [side[: int(np.searchsorted(side, np.nan))] for side in every]  # NaN sort last
    together = np.sort(np.concatenate(present), kind="stable")  # merges the two, which are sorted
    edges = bin_edges(together)
    finite = [float(side[np.isfinite(side)][place]) for side in present for place in (0, -1) if _any(side)]
    return ColumnSummary(
        name=series.name,
        kind=Kind.DATE if is_date else Kind.NUMBER,
        is_target=False,
        training=_binned(present[0], len(training), edges),
        test=_binned(present[1], len(test), edges) if len(test) else None,
        distinct=_different(together),
        edges=tuple(edges.tolist()),
        low=min(finite, default=float("nan")),
        high=max(finite, default=float("nan")),
        drift=drift.of_numbers(
            present[0],
            present[1],
            (len(training) - len(present[0]), len(test) - len(present[1])),
            sides.columns,
            sides.worth,
        ),
    )


def _different(ordered: Floats64) -> int:
    return int(np.count_nonzero(ordered[1:] != ordered[:-1])) + bool(len(ordered))


def numbers_of(series: pl.Series) -> Floats64:
    """Return numbers or dates as float64, NaN where missing; dates in microseconds since 1970."""
    plain = series.cast(pl.Datetime("us")).to_physical() if series.dtype.is_temporal() else series
    return plain.cast(pl.Float64).to_numpy().astype(np.float64)


def _any(side: Floats64) -> bool:
    return bool(np.isfinite(side).any())


def _binned(side: Floats64, rows: int, edges: Floats64) -> Spread:
    """Return the counts of sorted numbers in the bins, those beyond the outer edges in the outer bins."""
    below = [0, *np.searchsorted(side, edges[1:-1], side="left").tolist(), len(side)]
    counts = tuple(np.diff(below).tolist()) if len(edges) else ()
    return Spread(rows=rows, missing=rows - len(side), counts=counts)


def bin_edges(ordered: Floats64) -> Floats64:
    """Return at most 21 rising edges for sorted numbers; none where no number is finite.

    Whole numbers lie in the middle of bins of whole widths. Long thin tails lie in the outer bins, so that
    one huge number does not leave a single bar.
    """
    finite = ordered[np.isfinite(ordered)]
    if not len(finite):
        return np.zeros(0)
    low, high = _shown_range(finite)
    is_whole = bool((finite == np.round(finite)).all()) and abs(high) < 2**52 and abs(low) < 2**52
    if is_whole:
        width = max(1.0, np.ceil((high - low + 1) / BINS))
        count = int(np.ceil((high - low + 1) / width))
        edges: Floats64 = low - 0.5 + width * np.arange(count + 1)
        return edges
    if low == high:
        return np.array([low - 0.5, low + 0.5] if abs(low) < 2**51 else sorted((low, np.nextafter(low, 0.0))))
    # By halves, since 1e308 less -1e308 is infinite.
    half = low / 2 + (high / 2 - low / 2) * np.linspace(0.0, 1.0, BINS + 1)
    return np.unique(2.0 * np.clip(half, low / 2, high / 2))


def _shown_range(finite: Floats64) -> tuple[float, float]:
    """Return the outer edges: the ends, or where the ends are far out what holds 98 % of the numbers."""
    ends = float(finite[0]), float(finite[-1])
    last = len(finite) - 1
    low, high = float(finite[round(TAIL * last)]), float(finite[round((1 - TAIL) * last)])
    if low == high:
        return ends
    reach = NEAR * (high / 2 - low / 2)
    low = ends[0] if low / 2 - ends[0] / 2 <= reach else low
    high = ends[1] if ends[1] / 2 - high / 2 <= reach else high
    return low, high


# ---- categories and yes/no ----


def _of_levels(series: pl.Series, sides: Sides) -> ColumnSummary:
    training, test = sides.training, sides.test
    is_yes_no = series.dtype == pl.Boolean
    plain = series.replace_strict({True: "yes", False: "no"}, return_dtype=pl.String) if is_yes_no else series
    counts = _level_counts(plain, training, test)
    named = counts.head(LEVELS)
    names = ("training", "test")
    present = [int(counts[side].sum()) for side in names]
    spreads = [
        Spread(
            rows=len(rows),
            missing=len(rows) - total,
            counts=tuple(named[side].to_list()),
            others=total - int(named[side].sum()),
        )
        for side, rows, total in zip(names, (training, test), present, strict=True)
    ]
    return ColumnSummary(
        name=series.name,
        kind=Kind.YES_NO if is_yes_no else Kind.CATEGORY,
        is_target=False,
        training=spreads[0],
        test=spreads[1] if len(test) else None,
        distinct=counts.height,
        levels=tuple(named["level"].to_list()),
        drift=_level_drift(counts, spreads, sides),
    )


def _level_counts(series: pl.Series, training: RowNumbers, test: RowNumbers) -> pl.DataFrame:
    """Return each level's cells in training and test rows, the most frequent of all first."""
    levels = series.alias("level").to_frame()
    sides = {
        name: levels[rows].drop_nulls().group_by("level").len(name)
        for name, rows in (("training", training), ("test", test))
    }
    both = sides["training"].join(sides["test"], on="level", how="full", coalesce=True)
    both = both.with_columns(pl.col("training", "test").fill_null(0).cast(pl.Int64))
    total = pl.col("training") + pl.col("test")
    return both.sort(total, "level", descending=[True, False])


def _level_drift(counts: pl.DataFrame, spreads: list[Spread], sides: Sides) -> Drift | None:
    cells = [
        np.append(counts[side].to_numpy(), spread.missing).astype(np.int64)
        for side, spread in zip(("training", "test"), spreads, strict=True)
    ]
    return drift.of_levels(cells[0], cells[1], sides.columns, sides.worth)

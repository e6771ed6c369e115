"""Summaries of columns: every cell is counted once, in bins or levels that people can read."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.quality.columns import BINS, LEVELS, bin_edges, column_summaries
from glassnet.table.values import Kind

ANY_FLOAT = st.floats(allow_nan=False)


def halves(rows: int) -> tuple[np.ndarray, np.ndarray]:
    return np.arange(0, rows, 2), np.arange(1, rows, 2)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.none() | ANY_FLOAT | st.integers(-100, 100).map(float), min_size=2, max_size=60))
def test_every_number_is_counted_once(cells: list[float | None]) -> None:
    (one,) = column_summaries(pl.DataFrame({"x": pl.Series(cells, dtype=pl.Float64)}), *halves(len(cells)))
    assert one.test is not None
    for part, places in ((one.training, cells[0::2]), (one.test, cells[1::2])):
        assert part.rows == len(places)
        assert part.missing == sum(cell is None for cell in places)
        if one.edges:
            assert sum(part.counts) + part.missing == part.rows
            assert len(part.counts) == len(one.edges) - 1
    assert list(one.edges) == sorted(set(one.edges))
    assert len(one.edges) <= BINS + 1


@settings(max_examples=100, deadline=None)
@given(st.lists(st.none() | st.text(max_size=2), min_size=2, max_size=60))
def test_every_level_is_counted_once(cells: list[str | None]) -> None:
    (one,) = column_summaries(pl.DataFrame({"x": pl.Series(cells, dtype=pl.String)}), *halves(len(cells)))
    assert one.test is not None
    for part in (one.training, one.test):
        assert sum(part.counts) + part.others + part.missing == part.rows
    assert len(one.levels) == min(one.distinct, LEVELS)
    assert one.distinct == len({cell for cell in cells if cell is not None})


def test_whole_numbers_lie_in_the_middle_of_their_bins() -> None:
    frame = pl.DataFrame({"age": np.repeat(np.arange(5.0), 4), "year": np.arange(1900.0, 2000.0, 5)})
    age, year = column_summaries(frame, np.arange(20), np.zeros(0, dtype=np.int64))
    assert age.edges == (-0.5, 0.5, 1.5, 2.5, 3.5, 4.5)
    assert age.training.counts == (4, 4, 4, 4, 4)
    assert age.test is None
    assert age.drift is None
    assert year.edges[0] == 1899.5
    assert set(np.diff(year.edges)) == {5.0}


def test_a_long_tail_leaves_more_than_one_bar() -> None:
    value = np.append(np.random.default_rng(0).exponential(1.0, 999), 1e9)
    edges = bin_edges(np.sort(value))
    assert edges[-1] < 10
    (one,) = column_summaries(pl.DataFrame({"x": value}), np.arange(1000), np.zeros(0, dtype=np.int64))
    assert sum(one.training.counts) == 1000
    assert one.high == 1e9


def test_kinds_and_targets_come_from_the_frame() -> None:
    frame = pl.DataFrame(
        {
            "when": pl.Series([dt.datetime(2020, 1, day) for day in range(1, 5)], dtype=pl.Datetime("us")),
            "yes": [True, False, None, True],
            "city": ["Bonn", "Aachen", "Bonn", None],
            "y": [1.0, 2.0, 3.0, 4.0],
        }
    )
    found = column_summaries(frame, np.arange(3), np.array([3]), ("y",))
    assert [one.name for one in found] == ["y", "when", "yes", "city"]
    assert [one.is_target for one in found] == [True, False, False, False]
    assert [one.kind for one in found] == [Kind.NUMBER, Kind.DATE, Kind.YES_NO, Kind.CATEGORY]
    assert found[2].levels == ("yes", "no")
    assert found[3].levels == ("Bonn", "Aachen")
    assert found[3].test is not None
    assert found[3].test.missing_share == 1.0
    assert found[1].low == dt.datetime(2020, 1, 1, tzinfo=dt.UTC).timestamp() * 1e6


@pytest.mark.parametrize(
    "cells", [[None, None], [np.inf, None], [1e308, -1e308], [5e-324, 0.0], [2.0**60, 2.0**60]]
)
def test_odd_columns_are_summarised_too(cells: list[float | None]) -> None:
    frame = pl.DataFrame({"x": pl.Series(cells, dtype=pl.Float64)})
    (one,) = column_summaries(frame, np.array([0]), np.array([1]))
    assert one.distinct == len({cell for cell in cells if cell is not None})
    assert np.isfinite(one.edges).all()


def test_the_order_of_rows_does_not_matter() -> None:
    random = np.random.default_rng(3)
    frame = pl.DataFrame({"x": random.normal(size=300), "c": random.choice(list("abc"), 300)})
    mixed = random.permutation(300)
    place = np.argsort(mixed)
    before = column_summaries(frame, np.arange(200), np.arange(200, 300))
    assert before == column_summaries(frame[mixed], place[:200], place[200:])

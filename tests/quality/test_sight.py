"""What the checks look at: cells and targets of all rows, a sample of the training rows."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from glassnet.quality.sight import (
    MOST_COLUMNS,
    SAMPLE,
    Sight,
    figure,
    percent,
    sample_of,
    sight_without_target,
    with_names,
)
from glassnet.table.values import Column, Kind

Look = Callable[..., Sight]


def test_training_and_test_rows_are_all_rows_once(look_at: Look) -> None:
    random = np.random.default_rng(0)
    frame = pl.DataFrame({"x": random.normal(size=200), "y": random.normal(size=200)})
    for chosen in ({}, {"folds": 4}, {"test_share": 0.0}):
        sight = look_at(frame, **chosen)
        assert sorted([*sight.training, *sight.test]) == list(range(200))
    assert look_at(frame, test_share=0.0).summaries[0].test is None or chosen


def test_a_sample_is_drawn_by_the_seed_and_keeps_the_order() -> None:
    rows = np.arange(0, 3 * SAMPLE)
    one, same, other = sample_of(rows, 1), sample_of(rows, 1), sample_of(rows, 2)
    assert len(one) == SAMPLE
    assert (np.diff(one) > 0).all()
    assert (one == same).all()
    assert (one != other).any()
    assert sample_of(rows[:10], 1) is not rows
    assert list(sample_of(rows[:10], 1)) == list(range(10))


def test_class_targets_are_shown_by_their_labels(look_at: Look) -> None:
    frame = pl.DataFrame({"x": np.arange(90.0) % 7, "y": np.tile(["low", "mid", "high"], 30)})
    (target, x) = look_at(frame).summaries
    assert target.is_target
    assert set(target.levels) == {"low", "mid", "high"}
    assert not x.is_target


def test_of_very_many_columns_the_first_are_looked_at(look_at: Look) -> None:
    random = np.random.default_rng(0)
    frame = pl.DataFrame({f"x{n}": random.normal(size=30) for n in range(MOST_COLUMNS + 5)})
    sight = look_at(frame.with_columns(y=random.normal(size=30)))
    assert len(sight.columns) == MOST_COLUMNS
    assert len(sight.summaries) == MOST_COLUMNS + 1


def test_without_a_target_all_rows_but_own_test_rows_are_training() -> None:
    frame = pl.DataFrame({"x": np.arange(10.0), "id": [f"i{n}" for n in range(10)]})
    columns = (
        Column(name="x", kind=Kind.NUMBER, reason="", used=True),
        Column(name="id", kind=Kind.IDENTIFIER, reason="", used=False),
    )
    sight = sight_without_target(frame, columns, "", np.array([8, 9]), 0)
    assert list(sight.training) == list(range(8))
    assert [one.name for one in sight.left_out] == ["id"]
    assert sight.task is None
    assert sight.summary("x").test is not None


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["age"], "--drop age"),
        (["a b", "c"], "--drop 'a b,c'"),
        (["a,b"], "--drop '\"a,b\"'"),
        (['say "x"'], '--drop \'"say ""x"""\''),
    ],
)
def test_names_are_written_as_a_shell_takes_them(names: list[str], text: str) -> None:
    assert with_names("--drop", names) == text


def test_numbers_are_written_for_people() -> None:
    assert [figure(one) for one in (0.12345, 5.0, 1234.5, 41_310.0, 1e20)] == [
        "0.1235",
        "5",
        "1234",
        "41,310",
        "1e+20",
    ]
    assert [percent(one) for one in (0.0, 0.00074, 0.051, 0.174, 0.9999999, 1.0)] == [
        "0 %", "0.074 %", "5.1 %", "17 %", "99.99 %", "100 %",
    ]  # fmt: skip

"""Parts are disjoint and complete, and honest by class, time and group."""

from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from glassnet.errors import SettingsError
from glassnet.settings import Settings, Shares
from glassnet.table.split import split_rows
from glassnet.table.values import Rows, Schema, Target, Task

CLASSES = Schema(
    columns=(), targets=(Target(name="y", dtype="text", labels=("a", "b")),), task=Task.BINARY, task_reason=""
)
NUMBERS = Schema(columns=(), targets=(Target(name="y", dtype="float"),), task=Task.REGRESSION, task_reason="")
SHARES = st.sampled_from([(0.0, 0.0), (0.2, 0.2), (0.1, 0.0), (0.0, 0.3), (0.15, 0.25)])


def check_parts(rows: Rows, total: int, complete: bool = True) -> None:
    for fit, held in zip(rows.fit, rows.validation, strict=True):
        together = np.concatenate([fit, held, rows.test])
        assert len(np.unique(together)) == len(together)
        assert not complete or len(together) == total
        assert len(fit) > 0
        for part in (fit, held, rows.test):
            assert part.dtype == np.int64
            assert (np.diff(part) > 0).all()


@given(
    classes=st.lists(st.integers(0, 4), min_size=8, max_size=200),
    shares=SHARES,
    folds=st.sampled_from([0, 2, 3]),
    seed=st.integers(0, 2**40),
)
@hypothesis_settings(max_examples=150, deadline=None)
def test_parts_are_disjoint_and_complete_and_no_class_crashes(classes, shares, folds, seed):
    targets = np.array(classes, dtype=float)[:, None]
    for schema in (CLASSES, NUMBERS):
        rows = split_rows(len(classes), targets, schema, Settings(seed=seed), Shares(*shares, folds=folds))
        check_parts(rows, len(classes))
        assert rows.folds == (folds or 1)
        if shares[1] == 0:
            assert len(rows.test) == 0
        if shares[0] == 0 and not folds:
            assert len(rows.validation[0]) == 0
        if schema is CLASSES and not folds:
            assert set(targets[rows.fit[0], 0]) == set(targets[:, 0])
    if folds:
        held = np.sort(np.concatenate([*rows.validation, rows.test]))
        assert held.tolist() == list(range(len(classes)))


def test_classes_keep_their_proportions():
    targets = np.repeat([0.0, 1.0, 2.0], [700, 290, 10])[:, None]
    rows = split_rows(1000, targets, CLASSES, Settings(), Shares(0.2, 0.2))
    for part, counts in (
        (rows.test, [140, 58, 2]),
        (rows.validation[0], [140, 58, 2]),
        (rows.fit[0], [420, 174, 6]),
    ):
        assert np.bincount(targets[part, 0].astype(int)).tolist() == counts
    assert rows.how == "600 training, 200 validation, 200 test rows, stratified by y, seed 0"
    folds = split_rows(1000, targets, CLASSES, Settings(), Shares(0.2, 0.0, folds=5))
    for held in folds.validation:
        assert np.bincount(targets[held, 0].astype(int)).tolist() == [140, 58, 2]


def test_a_class_with_one_row_is_trained_on():
    targets = np.array([0.0] * 50 + [1.0])[:, None]
    for seed in range(20):
        rows = split_rows(51, targets, CLASSES, Settings(seed=seed), Shares(0.4, 0.4))
        assert 50 in rows.fit[0]


def test_the_seed_decides_and_decides_alone():
    targets = np.zeros((100, 1))
    first = split_rows(100, targets, NUMBERS, Settings(seed=1), Shares(0.2, 0.2))
    again = split_rows(100, targets, NUMBERS, Settings(seed=1), Shares(0.2, 0.2))
    other = split_rows(100, targets, NUMBERS, Settings(seed=2), Shares(0.2, 0.2))
    np.testing.assert_array_equal(first.test, again.test)
    assert not np.array_equal(first.test, other.test)


@given(
    times=st.lists(st.integers(0, 60), min_size=30, max_size=200).filter(lambda x: len(set(x)) >= 15),
    shares=SHARES,
)
@hypothesis_settings(max_examples=100, deadline=None)
def test_later_rows_are_never_trained_on(times, shares):
    total = len(times)
    when = np.array(times)
    series = pl.Series("t", [datetime(2020, 1, 1) + timedelta(days=day) for day in times])
    try:
        rows = split_rows(
            total, np.zeros((total, 1)), NUMBERS, Settings(time="t"), Shares(*shares), times=series
        )
    except SettingsError as error:
        assert "too few different times" in str(error)  # noqa: PT017  # only where one day has most rows
        return
    check_parts(rows, total)
    parts = [when[part] for part in (rows.fit[0], rows.validation[0], rows.test) if len(part)]
    for earlier, later in pairwise(parts):
        assert earlier.max() < later.min()


def test_folds_by_time_train_on_the_past_alone():
    when = pl.Series("t", np.random.default_rng(0).permutation(100).astype(float))
    rows = split_rows(100, np.zeros((100, 1)), NUMBERS, Settings(), Shares(0.2, 0.2, folds=4), times=when)
    check_parts(rows, 100, complete=False)
    for fit, held in zip(rows.fit, rows.validation, strict=True):
        assert when.to_numpy()[fit].max() < when.to_numpy()[held].min()
    assert [len(held) for held in rows.validation] == [16] * 4
    with pytest.raises(SettingsError, match="too few different times"):
        split_rows(
            9, np.zeros((9, 1)), NUMBERS, Settings(), Shares(0.2, 0.2), times=pl.Series("t", [1.0] * 9)
        )


@given(groups=st.lists(st.sampled_from([*"abcdefghij", None]), min_size=40, max_size=200), shares=SHARES)
@hypothesis_settings(max_examples=100, deadline=None)
def test_no_group_is_on_two_sides(groups, shares):
    total = len(groups)
    series = pl.Series("g", groups, dtype=pl.String)
    for folds in (0, 3):
        if len(set(groups)) < 6:
            return
        rows = split_rows(
            total,
            np.zeros((total, 1)),
            NUMBERS,
            Settings(group="g"),
            Shares(*shares, folds=folds),
            groups=series,
        )
        check_parts(rows, total)
        for fit, held in zip(rows.fit, rows.validation, strict=True):
            sides = [{groups[row] for row in part} for part in (fit, held, rows.test)]
            assert sum(len(side) for side in sides) == len(set(groups))


def test_too_few_groups_are_refused():
    groups = pl.Series("g", ["a", "b"] * 10)
    with pytest.raises(SettingsError, match="2 groups, but 3 are needed"):
        split_rows(20, np.zeros((20, 1)), NUMBERS, Settings(), Shares(0.2, 0.2), groups=groups)
    with pytest.raises(SettingsError, match="not by both"):
        split_rows(20, np.zeros((20, 1)), NUMBERS, Settings(), Shares(0.2, 0.2), times=groups, groups=groups)
    with pytest.raises(SettingsError, match="folds need as many rows"):
        split_rows(3, np.zeros((3, 1)), NUMBERS, Settings(), Shares(0.2, 0.0, folds=5))

"""How much a column tells, on rows it was not learned from: all of a copy, nothing of chance."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from glassnet.quality import tell
from glassnet.table.values import Task


def folds(rows: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, tell.FOLDS, rows)


def told_of(column: pl.Series, target: np.ndarray, task: Task) -> float:
    return tell.explained(tell.codes_of(column), tell.truth_of(target, task), folds(len(target)))


@pytest.mark.parametrize("bend", [lambda x: 3 * x + 1, lambda x: -np.exp(x), lambda x: np.arctan(x)])
def test_any_one_to_one_copy_tells_all(bend) -> None:
    target = np.random.default_rng(0).normal(size=1000)
    assert told_of(pl.Series(bend(target)), target, Task.REGRESSION) > 0.99


def test_a_fold_may_hide_the_sign() -> None:
    column = np.random.default_rng(0).normal(size=2000)
    assert told_of(pl.Series(column), np.abs(column), Task.REGRESSION) > 0.97


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(50, 400), st.integers(2, 6))
def test_chance_tells_nothing(seed: int, rows: int, classes: int) -> None:
    random = np.random.default_rng(seed)
    target = random.integers(0, classes, rows).astype(float)
    columns = (
        pl.Series(random.normal(size=rows)),
        pl.Series([f"level {n}" for n in random.integers(0, rows, rows)]),
        pl.Series(random.integers(0, 3, rows).astype(float)),
    )
    for column in columns:
        # Of 50 rows chance alone tells 15 % at times.
        assert told_of(column, target, Task.MULTICLASS) < max(0.15, 1.5 / np.sqrt(rows))


def test_rare_levels_tell_what_they_have_in_common() -> None:
    random = np.random.default_rng(1)
    is_true = random.random(400) < 0.5
    levels = np.where(is_true, "none", [f"code {n}" for n in range(400)])
    assert told_of(pl.Series(levels), is_true.astype(float), Task.BINARY) > 0.97


def test_missing_cells_tell_too() -> None:
    target = np.arange(600) % 2
    column = pl.Series(np.where(target == 1, np.nan, np.arange(600.0))).fill_nan(None)
    assert told_of(column, target.astype(float), Task.BINARY) > 0.99


def test_auc_is_sklearns() -> None:
    random = np.random.default_rng(2)
    target = (random.random(500) < 0.3).astype(float)
    column = pl.Series(target + random.normal(size=500))
    code, truth, fold = tell.codes_of(column), tell.truth_of(target, Task.BINARY), folds(500)
    # Of two classes the rarer one is the last.
    wanted = roc_auc_score(target, tell.told(code, truth, fold)[:, -1])
    assert tell.auc(code, truth, fold) == pytest.approx(wanted, abs=1e-12)


def test_the_order_of_rows_and_the_names_of_levels_do_not_matter() -> None:
    random = np.random.default_rng(3)
    target = random.normal(size=300)
    level = random.integers(0, 9, 300)
    mixed = random.permutation(300)
    truth, fold = tell.truth_of(target, Task.REGRESSION), folds(300)
    one = tell.explained(tell.codes_of(pl.Series([f"a{n}" for n in level])), truth, fold)
    other = tell.explained(
        tell.codes_of(pl.Series([f"{9 - n}" for n in level[mixed]])), truth[mixed], fold[mixed]
    )
    assert one == pytest.approx(other, abs=1e-12)


def test_bins_are_few_and_missing_is_its_own() -> None:
    codes = tell.codes_of(pl.Series([None, *np.random.default_rng(0).normal(size=9999)]))
    assert codes[0] == 0
    assert codes.max() <= tell.BINS + 1
    assert (codes == 0).sum() == 1
    assert np.bincount(codes)[1:].min() > 100

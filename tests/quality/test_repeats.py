"""Copies are counted and told from look-alikes; those on both sides of the split are named."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from glassnet.quality.repeats import repeated, repeated_rows
from glassnet.quality.sight import Sight
from glassnet.quality.values import Finding
from glassnet.table.values import Rows

Found = Callable[..., dict[str, Finding]]
Look = Callable[..., Sight]


def people(rows: int, seed: int = 0) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "age": random.integers(18, 80, rows),
            "sex": random.choice(["m", "f"], rows),
            "height": random.normal(170, 10, rows).round(1),
            "gap": pl.Series(np.where(random.random(rows) < 0.5, np.nan, 1.5)).fill_nan(None),
            "y": random.normal(size=rows).round(2),
        }
    )


def split(training: np.ndarray, test: np.ndarray) -> Rows:
    return Rows(fit=(training,), validation=(np.zeros(0, dtype=np.int64),), test=test, how="")


def test_counts_are_polars(look_at: Look) -> None:
    frame = people(500)
    frame = pl.concat([frame, frame[:40], frame[:7]])
    found = repeated(look_at(frame))
    assert found.again == frame.height - frame.n_unique() == 47
    assert not found.is_accident


def test_test_rows_that_are_in_training(look_at: Look, found: Found) -> None:
    frame = people(300)
    both = pl.concat([frame, frame[:10]])
    rows = split(np.arange(200), np.arange(200, 310))
    assert repeated(look_at(both, rows=rows)).in_both == 10
    one = found(both, rows=rows)["duplicate rows"]
    assert one.severity == "warning"
    assert "10 of 110 test rows (9.1 %) are in training too" in one.evidence
    assert dict(one.figures)["test rows in training"] == 10


def test_one_copy_is_a_hint(found: Found) -> None:
    frame = people(400)
    rows = split(np.arange(320), np.arange(320, 401))
    one = found(pl.concat([frame[:1], frame]), rows=rows)["duplicate rows"]
    assert one.severity == "hint"
    assert one.evidence.startswith("1 row of 401 (0.25 %) repeats an earlier one")


def test_a_test_file_that_is_the_training_file(found: Found) -> None:
    frame = pl.DataFrame({"x": np.arange(30.0) * 1.5, "y": np.arange(30) % 2 == 0})
    rows = split(np.arange(30), np.arange(30, 60))
    one = found(pl.concat([frame, frame]), rows=rows)["duplicate rows"]
    assert "30 of 30 test rows (100 %) are in training too" in one.evidence


@pytest.mark.parametrize("columns", [1, 2])
def test_a_table_of_few_values_repeats_without_alarm(look_at: Look, columns: int) -> None:
    level = np.random.default_rng(0).integers(0, 40, 400)
    frame = pl.DataFrame({f"c{n}": [f"{n}-{one}" for one in level] for n in range(columns)})
    assert repeated(look_at(frame.with_columns(y=pl.Series(level % 2)))).is_accident


def test_ids_that_tell_rows_apart_are_named(found: Found) -> None:
    frame = people(300)
    frame = pl.concat([frame, frame[:10]]).with_row_index("id")
    one = found(frame)["duplicate rows"]
    assert "Column 'id', which is no input, may tell them apart." in one.evidence
    assert "select distinct * exclude (id) from" in one.remedy


@pytest.mark.parametrize("seed", range(5))
def test_look_alikes_are_no_copies(look_at: Look, seed: int) -> None:
    """Brothers on one ticket: equal in what a family shares, and by accident in the rest."""
    random = np.random.default_rng(seed)
    family = random.integers(0, 400, 2000)
    fare, home = random.normal(size=400).round(4), random.integers(0, 50, 400)
    frame = pl.DataFrame(
        {
            "fare": fare[family],
            "home": [f"home {n}" for n in home[family]],
            "sex": random.choice(["m", "f"], 2000),
            "class": random.choice(["1", "2", "3"], 2000),
            "y": random.random(2000) < 0.4,
        }
    )
    found = repeated(look_at(frame))
    assert found.again > 100
    assert found.is_accident


def test_another_cell_or_another_answer_is_another_row(look_at: Look) -> None:
    frame = people(100)
    assert repeated(look_at(pl.concat([frame, frame.with_columns(pl.col("y") + 1)]))).again == 0
    assert repeated(look_at(pl.concat([frame, frame.with_columns(pl.col("age") + 1)]))).again == 0
    assert repeated(look_at(pl.concat([frame, frame.with_columns(gap=None)]))).again == int(
        frame["gap"].is_null().sum()
    )


def test_no_query_is_advised_where_columns_are_called_by_position(found: Found) -> None:
    frame = pl.concat([people(300), people(300)[:10]])
    with_names = found(frame)["duplicate rows"]
    assert "select distinct" in with_names.remedy
    numbered = frame.rename({"age": "1", "sex": "2", "height": "3", "gap": "4"})
    assert found(numbered)["duplicate rows"].remedy == "If they are copies, take them out of the file."
    assert repeated_rows(frame) == repeated_rows(numbered) == 10

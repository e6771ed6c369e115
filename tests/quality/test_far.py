"""A few numbers to predict that lie far from all others."""

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from glassnet.pipeline import Sources, draft_run
from glassnet.quality.far import count_odd
from glassnet.quality.values import Finding
from glassnet.settings import Settings

Found = Callable[..., dict[str, Finding]]
NAME = "odd target value"


def table(odd: dict[int, float], rows: int = 400) -> pl.DataFrame:
    random = np.random.default_rng(0)
    y = random.normal(size=rows)
    y[list(odd)] = list(odd.values())
    return pl.DataFrame({"x": random.normal(size=rows), "y": y})


def test_one_value_far_from_all_others_is_told_with_its_row_and_what_to_do(found: Found) -> None:
    one = found(table({17: 1e9}))[NAME]
    assert (one.severity, one.columns) == ("warning", ("y",))
    assert "1 of 400 values of 'y' lies " in one.evidence
    assert ": 1,000,000,000 in " in one.evidence
    assert "row 18; all others go from -" in one.evidence
    assert "rows without a target are left out" in one.remedy
    assert "--loss absolute" in one.remedy


def test_rows_are_counted_as_in_the_source_where_some_lack_a_target() -> None:
    frame = table({17: 1e9, 18: 1.0})
    lost = frame.with_columns(y=pl.when(pl.int_range(pl.len()) >= 10).then("y"))
    (one,) = draft_run(Sources(table=lost), Settings(target=("y",), epochs=1, threads=1)).quality.findings
    assert "row 18;" in one.evidence


def test_several_of_both_signs_are_told_the_farthest_first(found: Found) -> None:
    evidence = found(table({17: 5e4, 300: -2e6}))[NAME].evidence
    assert evidence.startswith("2 of 400 values of 'y' lie ")
    assert evidence.index("row 301") < evidence.index("row 18")


def test_rows_for_testing_are_called_so(look_at: Callable[..., object], found: Found) -> None:
    frame = table({})
    place = int(look_at(frame).test[0])  # type: ignore[attr-defined]
    assert f"in test row {place + 1};" in found(table({place: 1e6}))[NAME].evidence


def test_a_row_of_a_validation_file_is_called_so() -> None:
    sources = Sources(table=table({}), validation=table({17: 1e9}, rows=50))
    (one,) = draft_run(sources, Settings(target=("y",), epochs=1, threads=1)).quality.findings
    assert ": 1,000,000,000 in validation row 18;" in one.evidence


def test_where_folds_hold_each_row_out_once_it_is_just_a_row(
    found: Found, look_at: Callable[..., Any]
) -> None:
    place = int(look_at(table({}), folds=4).training[0])
    assert f" in row {place + 1};" in found(table({place: 1e9}), folds=4)[NAME].evidence


@pytest.mark.parametrize("code", [99999.0, 99.9, 3.4028234663852886e38])
def test_a_code_is_told_once(found: Found, code: float) -> None:
    names = found(table({3: code, 4: code}))
    assert "code for missing in the target" in names
    assert NAME not in names


def test_classes_have_no_distance(found: Found) -> None:
    assert NAME not in found(
        pl.DataFrame({"x": np.arange(60.0) % 7, "y": [1, 2, 1000] * 20}), task="multiclass"
    )


LONG: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "normal": lambda random, rows: random.normal(size=rows),
    "amounts": lambda random, rows: np.exp(random.normal(5, 2, rows)),
    "amounts of a very long tail": lambda random, rows: np.exp(random.normal(5, 3, rows)),
    "claims": lambda random, rows: np.where(random.random(rows) < 0.05, random.lognormal(5, 2, rows), 0.0),
    "counts": lambda random, rows: random.poisson(2, rows).astype(float),
    "a thousandth": lambda random, rows: np.where(np.arange(rows) % 1000 == 7, 250.0, 0.0),
}


@pytest.mark.parametrize("kind", LONG)
def test_long_tails_are_no_odd_values(kind: str) -> None:
    random = np.random.default_rng(0)
    values = [LONG[kind](random, rows) for rows in (60, 300, 3000) for _ in range(200)]
    assert sum(count_odd(np.abs(one - np.median(one))) > 0 for one in values) <= 1


def test_amounts_may_hold_an_odd_one_too() -> None:
    values = np.exp(np.random.default_rng(1).normal(5, 1, 1000))
    values[5] = 1e9
    assert count_odd(np.abs(values - np.median(values))) == 1

"""Codes for missing are found where they stand apart, and honest values are not."""

import datetime as dt
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.quality.codes import _number_codes, is_nines
from glassnet.quality.values import Finding

Found = Callable[..., dict[str, Finding]]


def codes_in(*cells: float) -> list[str]:
    return [one.shown for one in _number_codes("x", np.sort(np.array(cells, dtype=np.float64)))]


@pytest.mark.parametrize(
    ("codes", "others"),
    [
        ([-999.0] * 5, np.arange(0, 5000, 50)),  # the only negative, though the rest reaches farther
        ([999.0] * 2, np.arange(28)),  # days since ..., of the bank's table
        ([9999.0] * 3 + [-9999.0] * 2, np.linspace(-50, 60, 40)),
        ([-9.0] * 4, np.arange(1, 8)),
        ([99999.0] * 159, np.arange(0, 41311, 100)),
        ([-1.0] * 40, np.arange(30)),
        ([2.0**31 - 1] * 3, np.arange(100)),
    ],
)
def test_codes_are_found(codes: list[float], others: np.ndarray) -> None:
    assert sorted(codes_in(*codes, *others)) == sorted({f"{code:.0f}" for code in codes})


def test_codes_are_spelt_as_programs_write_them() -> None:
    for code in (-99.9, 3.4028234663852886e38, 1e30):
        (one,) = _number_codes("x", np.sort([*np.arange(20.0), code, code]))
        assert one.value == code
        assert one.shown == str(code)


@pytest.mark.parametrize(
    "cells",
    [
        np.arange(100),  # 99 is the next after 98
        np.tile(np.arange(100), 3),
        [999.0, *np.arange(28)],  # once
        np.tile([-1.0, 0.0, 1.0], 50),  # opinions
        np.concatenate([np.full(40, -1.0), np.arange(-5, 30)]),  # other negatives
        np.concatenate([np.full(40, -1.0), np.random.default_rng(0).random(100)]),  # a real scale
        np.concatenate([np.full(40, -999.0), np.linspace(-2000, 2000, 100)]),  # within the range
        [1e9] * 5 + list(range(50)),  # no code
        np.tile([9.0, 99.0], 50),
    ],
)
def test_honest_values_are_no_codes(cells: list[float]) -> None:
    assert codes_in(*cells) == []


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(-200, 2000), min_size=2, max_size=200))
def test_whole_numbers_of_any_shape_are_seldom_codes(cells: list[int]) -> None:
    for shown in codes_in(*map(float, cells)):
        value = float(shown)
        assert cells.count(int(value)) >= 2
        assert is_nines(value) or value == -1
        rest = [cell for cell in cells if cell != value]
        assert not min(rest) <= value <= max(rest) or len(codes_in(*map(float, cells))) > 1


def test_dates_that_programs_write_are_codes(found: Found) -> None:
    days = [dt.datetime(2019, 1, 1) + dt.timedelta(days=n) for n in range(100)]
    odd = [dt.datetime(9999, 12, 31)] * 5 + [dt.datetime(1900, 1, 1)] * 3
    frame = pl.DataFrame(
        {
            "joined": pl.Series(days + odd, dtype=pl.Datetime("us")),
            "born": pl.Series([dt.datetime(1970, 1, 1) + dt.timedelta(days=90 * n) for n in range(108)]),
            "y": np.random.default_rng(0).normal(size=108),
        }
    )
    one = found(frame)["code for missing"]
    assert one.columns == ("joined",)
    assert "9999-12-31 in 5 cells" in one.evidence
    assert "1900-01-01 in 3 cells" in one.evidence


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        (np.append(np.random.default_rng(0).exponential(3.0, 200), [-999.0] * 4), "-999"),
        (np.array(["yes", "no", "unknown", "no"] * 30), "unknown"),
        (np.tile([0, 1, 2, 9999], 30), "9999"),
    ],
)
def test_codes_in_the_target(found: Found, target: np.ndarray, shown: str) -> None:
    frame = pl.DataFrame({"x": np.random.default_rng(1).normal(size=len(target)), "class": target})
    one = found(frame, "class")["code for missing in the target"]
    assert one.severity == "warning"
    assert shown in one.evidence


def test_only_whole_codes_may_be_written_with_a_nought(found: Found) -> None:
    random = np.random.default_rng(1)
    frame = pl.DataFrame(
        {
            "a": [f"{one:.1f}" for one in random.normal(size=100)] + ["99.9"] * 3,
            "b": [f"{one:.1f}" for one in random.normal(size=100)] + ["-999.0"] * 3,
            "y": random.normal(size=103),
        }
    )
    assert "--missing=99.9,-999,-999.0, " in found(frame)["code for missing"].remedy


def test_classes_of_plus_and_minus_one_are_no_codes(found: Found) -> None:
    frame = pl.DataFrame({"x": np.random.default_rng(1).normal(size=100), "y": np.tile([-1, 1], 50)})
    assert found(frame) == {}

"""Columns whose cells hardly repeat, or hardly differ."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from glassnet.quality.values import Finding

Found = Callable[..., dict[str, Finding]]


def with_column(cells: object, rows: int = 400) -> pl.DataFrame:
    random = np.random.default_rng(0)
    return pl.DataFrame({"c": cells, "x": random.normal(size=rows), "y": random.normal(size=rows)})


@pytest.mark.parametrize(
    "cells",
    [
        [f"ticket {n * 7919 % 330}" for n in range(400)],  # 330 of 400 differ
        np.random.default_rng(1).permutation(np.arange(500_000, 900_000, 1000)),  # hospital numbers
    ],
)
def test_cells_that_hardly_repeat(found: Found, cells: object) -> None:
    one = found(with_column(cells))["near-unique column"]
    assert one.severity == "hint"
    assert one.columns == ("c",)
    assert "--drop c" in one.remedy


@pytest.mark.parametrize(
    "cells",
    [
        np.random.default_rng(2).integers(0, 10**9, 400),  # amounts of any size
        np.exp(np.random.default_rng(3).normal(9, 2, 400)).round(),
        np.random.default_rng(4).normal(1e6, 1e4, 400),  # measurements
        [f"city {n % 200}" for n in range(400)],
    ],
)
def test_amounts_and_levels_may_differ(found: Found, cells: object) -> None:
    assert found(with_column(cells)) == {}


@pytest.mark.parametrize(
    ("cells", "top"),
    [
        (["common"] * 398 + ["odd", "even"], "'common'"),
        ([5.0] * 398 + [7.0, 9.0], "5"),
        ([False] * 398 + [True] * 2, "no"),
        (pl.Series([None] * 397 + [1.0, 2.0, 3.0]), "missing"),
    ],
)
def test_cells_that_hardly_differ(found: Found, cells: object, top: str) -> None:
    frame = with_column(cells)
    one = found(frame.sample(fraction=1.0, shuffle=True, seed=1))["near-constant column"]
    assert one.columns == ("c",)
    assert f"'c' is {top} in all training rows but" in one.evidence


def test_a_rare_level_of_a_long_table_can_be_learned(found: Found) -> None:
    cells = ["common"] * 29_700 + ["rare"] * 300
    assert found(with_column(cells, 30_000).sample(fraction=1.0, shuffle=True, seed=0)) == {}


@pytest.mark.parametrize("unit", [1e300, 1e-300])
def test_numbers_that_32_bits_do_not_hold(found: Found, unit: float) -> None:
    cells = np.random.default_rng(5).normal(size=400) * unit
    one = found(with_column(cells))["numbers out of range"]
    assert (one.severity, one.columns) == ("warning", ("c",))
    assert f"'c' reaches {np.abs(cells).max():.3g}" in one.evidence


@pytest.mark.parametrize("cells", [[0.0] * 399 + [1.0], [1e38, -1e38] * 200, [float("inf"), 1.0] * 200])
def test_numbers_that_32_bits_hold(found: Found, cells: list[float]) -> None:
    assert "numbers out of range" not in found(with_column(cells))

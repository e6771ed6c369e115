"""Distances between training and test rows beside SciPy's, and how seldom an accident is called clear."""

import numpy as np
import pytest
from scipy import stats

from glassnet.quality import drift


@pytest.mark.parametrize(("first", "second", "shift"), [(200, 50, 0.0), (500, 400, 0.3), (60, 40, 1.0)])
def test_the_distance_of_numbers_is_scipys(first: int, second: int, shift: float) -> None:
    random = np.random.default_rng(first)
    one, other = np.sort(random.normal(size=first)), np.sort(random.normal(shift, size=second))
    found, wanted = drift.of_numbers(one, other, (0, 0)), stats.ks_2samp(one, other, method="asymp")
    assert found is not None
    assert found.distance == pytest.approx(wanted.statistic, abs=1e-12)
    # Stephens' correction makes small samples exact to some percent; SciPy's asymptotic chance has its own.
    exact = stats.ks_2samp(one, other, method="exact").pvalue
    assert found.p_value == pytest.approx(exact, rel=0.25, abs=1e-6)


@pytest.mark.parametrize(("value", "freedom"), [(3.0, 1), (9.0, 2), (20.0, 5), (60.0, 30), (3900.0, 3700)])
def test_the_chance_of_levels_is_chi_squareds(value: float, freedom: int) -> None:
    assert drift.chi_squared(value, freedom) == pytest.approx(stats.chi2.sf(value, freedom), rel=1e-9)


def test_missing_cells_are_a_value_of_their_own() -> None:
    value = np.sort(np.random.default_rng(0).normal(size=400))
    same = drift.of_numbers(value, value, (0, 0))
    fewer = drift.of_numbers(value, value, (0, 400))
    assert same is not None
    assert fewer is not None
    assert (same.distance, same.p_value, same.is_clear) == (0.0, 1.0, False)
    assert fewer.distance == 0.5
    assert fewer.is_clear


def test_many_rare_levels_are_no_drift() -> None:
    random = np.random.default_rng(0)
    training = np.bincount(random.integers(0, 3000, 4000), minlength=3000)
    test = np.bincount(random.integers(0, 3000, 1000), minlength=3000)
    found = drift.of_levels(training, test)
    assert found is not None
    assert found.distance < 0.05


def test_no_cells_no_drift() -> None:
    assert drift.of_numbers(np.zeros(3), np.zeros(0), (0, 0)) is None
    assert drift.of_levels(np.array([3, 1]), np.array([0, 0])) is None


def test_accidents_are_seldom_called_clear() -> None:
    random = np.random.default_rng(1)
    alarms = 0
    for _ in range(1000):
        one, other = np.sort(random.normal(size=240)), np.sort(random.normal(size=60))
        found = drift.of_numbers(one, other, (0, 0))
        levels = [random.multinomial(size, [0.5, 0.3, 0.1, 0.1]) for size in (240, 60)]
        counted = drift.of_levels(levels[0], levels[1])
        assert found is not None
        assert counted is not None
        alarms += found.is_clear + counted.is_clear
    assert alarms <= 8  # 2 are expected of 2,000 looks at a chance of 0.001, and 9 come once in 4,000


def test_a_shift_is_found_whatever_its_sign() -> None:
    random = np.random.default_rng(2)
    one = np.sort(random.normal(size=2000))
    for shift in (-0.5, 0.5):
        found = drift.of_numbers(one, np.sort(random.normal(shift, size=500)), (0, 0), columns=20)
        assert found is not None
        assert found.is_clear


def test_long_columns_are_compared_at_100_000_points() -> None:
    generator = np.random.default_rng(5)
    first = np.sort(np.round(generator.normal(size=400_000), 3))
    second = np.sort(np.round(generator.normal(0.05, 1.1, size=250_000), 3))
    found = drift.of_numbers(first, second, (0, 0))
    assert found is not None
    assert found.distance == pytest.approx(stats.ks_2samp(first, second).statistic, abs=2e-5)  # two steps

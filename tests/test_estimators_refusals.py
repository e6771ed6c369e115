"""What an estimator cannot use is refused in words, with what to give instead; what it can use is used."""

import numpy as np
import pandas as pd
import pytest

from glassnet import GlassnetClassifier, GlassnetRegressor
from glassnet.errors import SettingsError

QUICK = {"epochs": 1, "hidden": (4,), "threads": 1}
X = pd.DataFrame({"a": np.linspace(-1, 1, 40), "b": ["u", "v"] * 20})
Y = np.linspace(0, 3, 40)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"kinds": "a"}, r"kinds must be a mapping such as \{'age': 'number'\}, but it is 'a'"),
        ({"rate_factors": [1, 2]}, r"rate_factors must be a mapping such as .* but it is \[1, 2\]"),
        ({"callbacks": 3}, "callbacks must be a list of objects with on_epoch_end, but it is 3"),
        ({"loss": 3}, "loss must be a name or a function of .predicted, target., but it is 3"),
        ({"loss": lambda predicted, target: 0}, "must give a tensor, one number per row, not 0"),
    ],
)
def test_parameters_of_a_wrong_type(given, says):
    with pytest.raises(SettingsError, match=says):
        GlassnetRegressor(**QUICK | given).fit(X, Y)


def test_weights_of_classes_that_name_none():
    with pytest.raises(SettingsError, match=r"class_weight must be a mapping such as .* but it is \[1, 2\]"):
        GlassnetClassifier(**QUICK, class_weight=[1, 2]).fit(X, Y > 1)


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        (["a"] * 40, "sample_weight must be numbers, one for each row: could not convert"),
        (np.where(np.arange(40) == 6, np.nan, 1.0), "sample_weight contains NaN, first in row 7"),
        (np.full(40, np.nan), "sample_weight contains NaN, first in row 1"),
    ],
)
def test_weights_that_are_no_numbers(weights, says):
    with pytest.raises(SettingsError, match=says):
        GlassnetRegressor(**QUICK).fit(X, Y, sample_weight=weights)


def test_whole_numbers_beyond_64_bits_are_numbers():
    huge = [10**30 * (n + 1) for n in range(40)]
    predicted = GlassnetRegressor(**QUICK).fit(X, huge).predict(X)
    assert np.isfinite(predicted).all()
    assert predicted.mean() > 1e30


def test_bytes_are_no_input():
    with pytest.raises(
        SettingsError, match="column 'c' holds lists, bytes or objects and cannot be an input"
    ):
        GlassnetRegressor(**QUICK).fit(X.assign(c=[b"u"] * 40), Y)

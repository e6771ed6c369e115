"""Levels that training never saw are told where they are news."""

from __future__ import annotations

import warnings

import numpy as np
import polars as pl
import pytest

import glassnet
from glassnet.errors import GlassnetWarning


@pytest.fixture(scope="module")
def passengers() -> glassnet.Model:
    rows = 120
    table = pl.DataFrame(
        {
            "name": [f"passenger {number}" for number in range(rows)],
            "city": ["Bonn", "Celle", "Ulm"] * (rows // 3),
            "fare": np.linspace(0.0, 1.0, rows),
            "lived": ["yes", "no"] * (rows // 2),
        }
    )
    return glassnet.fit(table, target="lived", kinds={"name": "category"}, epochs=2, members=1)


def rows_of(name: str, city: str) -> pl.DataFrame:
    return pl.DataFrame({"name": [name], "city": [city], "fare": [0.5]})


def test_a_new_name_is_no_news(passengers):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        passengers.predict(rows_of("someone else", "Bonn"))


def test_a_new_city_is(passengers):
    with pytest.warns(GlassnetWarning, match="'city': 1 cell is of no level seen in training") as told:
        passengers.predict(rows_of("someone else", "Paris"))
    assert len(told) == 1

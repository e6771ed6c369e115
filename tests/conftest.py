"""What many tests share: one busy core, and a table with every kind of column."""

import os

# Before torch is imported: the tests run beside each other, and small products gain nothing from threads.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

# A script beside a script: it imports its neighbour by name, as no test module can.
collect_ignore = ["table/pollock_sales.py"]

Draw = Callable[[int, int], pl.DataFrame]


def _mixed(rows: int, seed: int) -> pl.DataFrame:
    generator = np.random.default_rng(seed)
    age = generator.normal(40.0, 12.0, rows)
    city = generator.choice(["Aachen", "Bonn", "Celle", "Düren"], rows, p=[0.5, 0.3, 0.15, 0.05])
    street = np.array([f"street {n}" for n in generator.integers(0, 15, rows)])
    member = generator.random(rows) < 0.4
    days = generator.integers(0, 700, rows)
    score = 0.1 * (age - 40.0) + 2.0 * (city == "Bonn") - member + generator.normal(0.0, 0.5, rows)
    lost = generator.random(rows) < 0.1
    return pl.DataFrame(
        {
            "age": np.where(lost, np.nan, age),
            "income": np.exp(generator.normal(8.0, 1.0, rows)),
            "city": [None if gone else str(one) for one, gone in zip(city, np.roll(lost, 1), strict=True)],
            "street": street,
            "member": member,
            "since": [datetime(2020, 1, 1) + timedelta(days=int(day)) for day in days],
            "score": score,
            "more": 3.0 * score + 100.0,
            "rich": np.where(score > 0.3, "yes", "no"),
            "level": np.select([score < -0.5, score < 0.7], ["low", "middle"], "high"),
            "left": score > 0.0,
            "right": age > 40.0,
        }
    ).with_columns(pl.col("age").fill_nan(None))


@pytest.fixture(scope="session")
def mixed() -> Draw:
    """A function of (rows, seed): numbers, categories, yes/no and dates, some missing, and many targets."""
    return _mixed

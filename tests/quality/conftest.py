"""A table in memory brought as far as the checks look at it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from glassnet.quality.checks import findings_of
from glassnet.quality.sight import Sight, sight_of
from glassnet.quality.values import Finding
from glassnet.settings import Settings, Shares
from glassnet.table.cells import conform, conform_targets
from glassnet.table.schema import decide_schema
from glassnet.table.split import split_rows
from glassnet.table.values import Rows, Table


def see(frame: pl.DataFrame, target: str = "y", rows: Rows | None = None, **chosen: Any) -> Sight:
    settings = Settings(target=(target,), **chosen)
    schema = decide_schema(Table(frame=frame, name="table", source="<frame>"), settings)
    cells, _ = conform(frame, schema)
    target_RT = conform_targets(frame, schema)
    times = cells[schema.time] if schema.time else None
    rows = rows or split_rows(
        frame.height, target_RT, schema, settings, Shares(0.2, 0.2, chosen.get("folds", 0)), times=times
    )
    sight, _ = sight_of(cells, schema, target_RT, rows, settings.seed)
    return sight


@pytest.fixture
def look_at() -> Callable[..., Sight]:
    """A function of (frame, target, rows, settings) that returns what the checks look at."""
    return see


@pytest.fixture
def found() -> Callable[..., dict[str, Finding]]:
    """A function of (frame, target, rows, settings) that returns the findings by name."""
    return lambda *what, **chosen: {one.name: one for one in findings_of(see(*what, **chosen))}


def clean(rows: int, seed: int, kind: str = "number") -> pl.DataFrame:
    """Return a table without fault: numbers of many shapes, whole numbers, categories, some missing cells."""
    random = np.random.default_rng(seed)
    number = random.normal(size=rows)
    level = random.choice(["red", "green", "blue", "grey"], rows, p=[0.4, 0.3, 0.2, 0.1])
    gap = np.where(random.random(rows) < 0.2, None, random.exponential(3.0, rows))
    score = number + (level == "red") + random.normal(size=rows)
    classes = np.array(["low", "middle", "high"])[np.digitize(score, [-0.6, 0.9])]
    return pl.DataFrame(
        {
            "number": number,
            "age": random.integers(18, 80, rows),
            "amount": np.exp(random.normal(5.0, 2.0, rows)).round(2),
            "count": random.poisson(2.0, rows),
            "gap": pl.Series(gap.tolist(), dtype=pl.Float64),
            "level": level,
            "city": random.choice([f"city {n}" for n in range(40)], rows),
            "is_new": random.random(rows) < 0.3,
            "y": score if kind == "number" else classes if kind == "classes" else score > 0.3,
        }
    )


@pytest.fixture
def clean_table() -> Callable[..., pl.DataFrame]:
    """A function of (rows, seed, kind of target) that returns a table without fault."""
    return clean

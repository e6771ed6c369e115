"""Dates after the prediction, and test rows unlike the training rows."""

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from glassnet.quality.values import Finding
from glassnet.table.values import Rows

Found = Callable[..., dict[str, Finding]]
START = datetime(2020, 1, 1)


def orders(rows: int = 400) -> pl.DataFrame:
    random = np.random.default_rng(0)
    ordered = [START + timedelta(days=int(day)) for day in np.sort(random.integers(0, 900, rows))]
    born = [START - timedelta(days=int(day)) for day in random.integers(7000, 20000, rows)]
    paid = [
        day + timedelta(days=int(lag)) for day, lag in zip(ordered, random.integers(1, 60, rows), strict=True)
    ]
    frame = pl.DataFrame({"ordered": ordered, "born": born, "paid": paid})
    return frame.with_columns(
        amount=pl.Series(random.normal(50, 10, rows)), y=pl.Series(random.random(rows) < 0.4)
    )


def test_dates_after_a_rows_time(found: Found) -> None:
    one = found(orders(), time="ordered")["date after the prediction"]
    assert one.severity == "warning"
    assert one.columns == ("paid",)
    assert one.evidence == "Later than 'ordered', the row's own time: 'paid' in 100 % of the rows."
    assert "--drop paid" in one.remedy


def test_without_a_time_the_last_date_is_a_hint(found: Found) -> None:
    one = found(orders())["date after the prediction"]
    assert one.severity == "hint"
    assert one.evidence == "'paid' is later than 'ordered', 'born' in 100 % of the rows."


@pytest.mark.parametrize("drop", [("paid",), ("paid", "born")])
def test_dates_known_before_are_fine(found: Found, drop: tuple[str, ...]) -> None:
    assert "date after the prediction" not in found(orders(), time="ordered", drop=drop)


def test_dates_in_no_order_are_fine(found: Found) -> None:
    random = np.random.default_rng(1)
    days = {
        name: [START + timedelta(days=int(day)) for day in random.integers(0, 900, 300)]
        for name in ("a", "b", "c")
    }
    assert found(pl.DataFrame({**days, "y": random.normal(size=300)})) == {}


def test_drift_names_the_columns_and_how_far(found: Found) -> None:
    random = np.random.default_rng(2)
    rows = Rows(
        fit=(np.arange(600),), validation=(np.zeros(0, dtype=np.int64),), test=np.arange(600, 900), how=""
    )
    late = np.arange(900) >= 600
    frame = pl.DataFrame(
        {
            "price": random.normal(size=900) + late,
            "shop": np.where(late & (random.random(900) < 0.5), "new", random.choice(["a", "b"], 900)),
            "gap": pl.Series(
                np.where(late & (random.random(900) < 0.5), np.nan, random.random(900))
            ).fill_nan(None),
            "same": random.normal(size=900),
            "y": random.normal(size=900),
        }
    )
    one = found(frame, rows=rows)["drift"]
    assert set(one.columns) == {"price", "shop", "gap"}
    assert one.severity == "warning"
    assert all(0.3 < distance < 0.7 for _, distance in one.figures)
    assert "drift" not in found(frame)


def test_whole_groups_drawn_by_chance_are_no_drift(found: Found) -> None:
    alarms = 0
    for seed in range(20):
        random = np.random.default_rng(seed)
        group = np.repeat(np.arange(30), 20)
        shared = random.normal(size=(30, 4))[group]
        columns = {f"x{n}": shared[:, n] + 0.1 * random.normal(size=600) for n in range(4)}
        frame = pl.DataFrame({"who": [f"g{n}" for n in group], **columns, "y": random.normal(size=600)})
        alarms += "drift" in found(frame, group="who")
    assert alarms == 0

"""Scripts run in this process, and a table with every kind of column."""

import runpy
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import polars as pl
import pytest

from glassnet.model import Model, fit
from glassnet.script.verify import Verified, compared
from glassnet.script.write import write_script

mpl.use("agg")


def write_mixed(path: Path, rows: int = 160) -> Path:
    """A table with numbers, gaps, yes/no, dates, few and many levels, blanks around cells and a `?`."""
    generator = np.random.default_rng(3)
    age = generator.integers(18, 80, rows)
    paid = np.where(generator.random(rows) < 0.6, 0, generator.normal(100, 30, rows).round(2))
    city = generator.choice(["Aachen", "Bonn", "Celle", "?"], rows)
    street = generator.choice([f"Street {n}" for n in range(12)], rows)
    start = [date(2020, 1, 1) + timedelta(days=int(n)) for n in generator.integers(0, 900, rows)]
    rich = (age + paid / 5 > 55) ^ (generator.random(rows) < 0.1)
    frame = pl.DataFrame(
        {
            "age": [None if n % 9 == 0 else str(one) for n, one in enumerate(age)],
            "paid": paid,
            "member": generator.choice(["Yes", "No"], rows),
            "city": [f" {one}" for one in city],
            "street": street,
            "since": start,
            "rich": np.where(rich, "rich", "poor"),
            "size": generator.choice(["large", "middle", "small"], rows),
            "income": (20_000 + 300 * age + 40 * paid + generator.normal(0, 500, rows)).round(2),
            "household": [f"h{n // 4:02d}" for n in range(rows)],
        }
    )
    frame.write_csv(path)
    return path


@pytest.fixture(scope="session")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of such a table."""
    return write_mixed(tmp_path_factory.mktemp("mixed") / "mixed.csv")


@pytest.fixture
def run_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, Any]]:
    """A function that runs a script's text and returns its names."""

    def run(text: str) -> dict[str, Any]:
        import matplotlib.pyplot as plt

        monkeypatch.chdir(tmp_path)
        path = tmp_path / "script.py"
        path.write_text(text, encoding="utf-8")
        names = runpy.run_path(str(path))
        plt.close("all")
        return names

    return run


@pytest.fixture
def differences(run_text: Callable[[str], dict[str, Any]]) -> Callable[..., Verified]:
    """A function that trains, writes the script, runs it in this process and compares."""

    def compare(table: object = "", style: str = "modules", **settings: Any) -> Verified:
        return of(fit(table, engine="eager", threads=1, **settings), style)

    def of(model: Model, style: str) -> Verified:
        names = run_text(write_script(model.fitted, style))
        found = {
            name: np.array(names[name], dtype=np.float64)
            for name in ("training_loss", "validation_loss", "predicted")
            if name in names
        }
        return compared(model.fitted, found, "")

    return compare

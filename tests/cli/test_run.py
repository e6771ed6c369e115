"""What `glassnet train` says of the table before it trains, and where that is kept."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from glassnet.model import load

Run = Callable[..., Any]  # words -> exit code, stdout, stderr
QUICK = ["--epochs", "2", "--threads", "1", "--hidden", "4", "--engine", "eager"]


@pytest.fixture
def leaky(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table with a leak, in the current folder."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    price = random.normal(size=200).round(4)
    frame = pl.DataFrame({"size": random.normal(size=200), "tax\x1b[31m": price * 2, "price": price})
    frame.write_csv(tmp_path / "leaky.csv")
    return tmp_path / "leaky.csv"


def test_findings_come_before_training_and_are_kept(run: Run, leaky: Path) -> None:
    done = run("train", leaky, "-t", "price", "--out", "run", *QUICK)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    place = next(n for n, one in enumerate(lines) if one.startswith("Warning: target told by one column."))
    assert place < lines.index("Training ...")
    assert "--drop" in lines[place]
    assert "\x1b" not in done.out
    (kept,) = json.loads(Path("run/run.json").read_text())["findings"]
    assert kept["name"] == "target told by one column"
    quality = load("run/model.glassnet").fitted.quality
    assert [one.evidence for one in quality.findings] == [kept["evidence"]]
    assert [one.name for one in quality.columns] == ["price", "size", "tax\x1b[31m"]
    assert quality.columns[0].training.rows == 160


def test_json_and_quiet_hold_their_promise(run: Run, leaky: Path) -> None:
    done = run("train", leaky, "-t", "price", "--json", *QUICK)
    assert [one["name"] for one in json.loads(done.out)["findings"]] == ["target told by one column"]
    done = run("train", leaky, "-t", "price", "--quiet", *QUICK)
    assert done.out.count("\n") == 1


def test_a_dry_run_says_the_same(run: Run, leaky: Path) -> None:
    assert (
        "Warning: target told by one column." in run("train", leaky, "-t", "price", "--dry-run", *QUICK).out
    )
    found = json.loads(run("train", leaky, "-t", "price", "--dry-run", "--json", *QUICK).out)
    assert found["findings"][0]["figures"][0][1] > 0.98

"""`glassnet why` on a finished run."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

Run = Callable[..., Any]  # words -> exit code, stdout, stderr


def test_the_parts_of_a_row_are_shown(run: Run, finished: Path) -> None:
    done = run("why", finished, finished.with_name("people.csv"), "--row", "17")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Row 17. Log-odds of rich = ")
    row = pl.read_csv(finished.with_name("people.csv"))[16].to_dicts()[0]
    line = next(line for line in done.out.splitlines() if line.startswith("city"))
    assert line.split()[1] == row["city"]
    assert "The network predicts rich = " in done.out
    assert "steps leaves over" in done.out


def test_json_sums_and_a_picture_is_drawn(run: Run, finished: Path, tmp_path: Path) -> None:
    out = tmp_path / "why.svg"
    done = run("why", finished, "--row", "1", "--class", "no", "--json", "--out", out)
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    assert found["about"] == "log-odds of rich = no"
    total = found["start"] + sum(one["part"] for one in found["parts"]) + found["remainder"]
    assert total == pytest.approx(found["output"])
    assert out.read_text().lstrip().startswith("<?xml")


def test_a_row_that_is_not_there_is_refused(run: Run, finished: Path) -> None:
    done = run("why", finished, finished.with_name("people.csv"), "--row", "241")
    assert done.code == 2
    assert "there is no row 241" in done.err
    assert "240 rows" in done.err
    assert "must be a whole number of at least 1" in run("why", finished, "--row", "0").err
    assert "name a row, such as --row 17." in run("why", finished).err


def test_help_has_examples(run: Run) -> None:
    done = run("why", "--help")
    assert done.code == 0
    assert "glassnet why runs/people-1 new_people.csv --row 17" in done.out

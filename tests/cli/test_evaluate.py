"""`glassnet evaluate` and `glassnet report` on a finished run."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

Run = Callable[..., Any]  # words -> exit code, stdout, stderr


def test_the_runs_own_test_rows_score_as_they_did(run: Run, finished: Path, tmp_path: Path) -> None:
    rows = pl.read_csv(finished / "test_predictions.csv")["row"].to_list()
    table = pl.read_csv(finished.with_name("people.csv")).with_row_index("row", 1)
    table.filter(pl.col("row").is_in(rows)).drop("row").write_csv(tmp_path / "test.csv")
    done = run("evaluate", finished, tmp_path / "test.csv", "--json")
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    own = json.loads((finished / "metrics.json").read_text())
    for one, before in zip(found["metrics"], own["metrics"], strict=True):
        assert one["metric"] == before["metric"]
        # The rows come in another order, and so do the sums.
        assert one["value"] == pytest.approx(before["value"], rel=1e-12)
        assert one["baseline"] is None


def test_the_table_has_figures_and_intervals_and_no_empty_columns(run: Run, finished: Path) -> None:
    done = run("evaluate", finished / "model.glassnet", finished.with_name("people.csv"))
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0].split() == ["240", "given", "rows", "network", "95", "%", "interval"]
    assert [line.split()[0] for line in lines[1:4]] == ["accuracy", "auc", "log"]


def test_rows_without_the_answer_are_refused_in_words(run: Run, finished: Path, tmp_path: Path) -> None:
    pl.read_csv(finished.with_name("people.csv")).drop("rich").write_csv(tmp_path / "blind.csv")
    done = run("evaluate", finished, tmp_path / "blind.csv")
    assert done.code == 2
    assert "have no column 'rich' to compare with" in done.err


def test_a_report_is_written_again(run: Run, finished: Path, tmp_path: Path) -> None:
    done = run("report", finished, "--out", tmp_path / "again.html")
    assert (done.code, done.out) == (0, f"The report is in {tmp_path / 'again.html'}.\n")
    assert "<html" in (tmp_path / "again.html").read_text(encoding="utf-8")


def test_a_report_to_nowhere_is_refused(run: Run, finished: Path, tmp_path: Path) -> None:
    done = run("report", finished, "--out", tmp_path / "no" / "again.html")
    assert done.code == 2
    assert "Traceback" not in done.err

"""`glassnet predict`: the run's own predictions again, from any door, in any chunks."""

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from glassnet.cli.rows import write_predictions
from glassnet.model import load

Run = Callable[..., Any]  # words -> exit code, stdout, stderr


def table_of(finished: Path) -> Path:
    return finished.with_name("people.csv")


def test_stdout_is_csv_and_nothing_else(run: Run, finished: Path) -> None:
    done = run("predict", finished, table_of(finished))
    assert (done.code, done.err) == (0, "")
    rows = pl.read_csv(io.StringIO(done.out))
    assert rows.columns == ["row", "prediction", "probability_no", "probability_yes"]
    assert rows["row"].to_list() == list(range(1, 241))


def test_the_runs_own_test_rows_come_again_exactly(run: Run, finished: Path, tmp_path: Path) -> None:
    run("predict", finished, table_of(finished), "--keep", "id", "--out", tmp_path / "all.csv")
    everyone = pl.read_csv(tmp_path / "all.csv")
    own = pl.read_csv(finished / "test_predictions.csv")
    again = everyone.filter(pl.col("row").is_in(own["row"].to_list())).sort("row")
    assert own.drop("truth").sort("row").equals(again)


def test_csv_and_parquet_hold_the_same(run: Run, finished: Path, tmp_path: Path) -> None:
    for name in ("a.csv", "a.parquet"):
        done = run("predict", finished / "model.glassnet", table_of(finished), "-o", tmp_path / name)
        assert (done.code, done.out) == (0, "")
        assert done.err == f"240 rows are in {tmp_path / name}.\n"
    assert pl.read_csv(tmp_path / "a.csv").equals(pl.read_parquet(tmp_path / "a.parquet"))


def test_a_query_is_predicted(run: Run, finished: Path) -> None:
    done = run(
        "predict", finished, "--query", f"select * from '{table_of(finished)}' where age < 30 order by id"
    )
    assert done.code == 0
    assert 1 < len(done.out.splitlines()) < 240


def test_cells_that_cannot_be_read_are_counted_on_stderr(run: Run, finished: Path, tmp_path: Path) -> None:
    odd = pl.read_csv(table_of(finished)).with_columns(pl.lit("tall").alias("height"))
    odd.write_csv(tmp_path / "odd.csv")
    done = run("predict", finished, tmp_path / "odd.csv")
    assert done.code == 0
    assert len(done.out.splitlines()) == 241
    assert done.err.startswith("Warning: column 'height': 240 cells are no number and counted as missing")


def test_chunks_change_neither_rows_nor_header(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, table = load(finished / "model.glassnet"), pl.read_csv(table_of(finished))
    printed = []
    for rows in (7, 240):
        chunks = (model.prediction_frame(table[first : first + rows], first) for first in range(0, 240, rows))
        write_predictions(chunks, None)
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]


def test_formulas_of_kept_cells_are_disarmed(run: Run, finished: Path, tmp_path: Path) -> None:
    pl.read_csv(table_of(finished)).with_columns(pl.lit("=1+1").alias("id")).write_csv(tmp_path / "f.csv")
    assert "1,'=1+1," in run("predict", finished, tmp_path / "f.csv", "--keep", "id").out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["RUN"], "name a SOURCE"),
        ([], "Missing argument 'MODEL'"),
        (["RUN", "nope.csv"], "there is no file nope.csv"),
        (["TABLE", "TABLE"], "is no safetensors file"),
        ([".", "TABLE"], "holds no model.glassnet"),
        (["nope.glassnet", "TABLE"], "nope.glassnet does not exist"),
        (["RUN", "TABLE", "--out", "rows.xlsx"], "rows are written to .csv or .parquet"),
        (["RUN", "TABLE", "--out", "no/such/rows.csv"], "cannot be written: No such file"),
        (["RUN", "TABLE", "--out", "TABLE"], "is a file that is read"),
        (["RUN", "TABLE", "--keep", "i"], "the table has no column 'i' to keep"),
        (["RUN", "TABLE", "--keeep", "id"], "--keep"),
        (["RUN", "lacking.csv"], "'height'"),
    ],
)
def test_what_is_wrong_is_said_calmly(
    run: Run, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    pl.read_csv(table_of(finished)).drop("height").write_csv("lacking.csv")
    before = table_of(finished).read_bytes()
    done = run("predict", *({"RUN": finished, "TABLE": table_of(finished)}.get(word, word) for word in words))
    assert done.code == 2
    assert done.out == ""
    assert message in done.err
    assert "Traceback" not in done.err
    assert table_of(finished).read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["lacking.csv"]


def test_a_reader_that_leaves_early_hears_no_complaint(finished: Path, tmp_path: Path) -> None:
    frame = pl.read_csv(table_of(finished))
    pl.concat([frame] * 300).write_csv(tmp_path / "many.csv")
    with subprocess.Popen(
        [sys.executable, "-m", "glassnet", "predict", str(finished), str(tmp_path / "many.csv")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"row,")
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 1


def test_numbers_come_with_intervals(run: Run, people: Path, finished: Path, tmp_path: Path) -> None:
    train = (
        "-t",
        "height",
        "--drop",
        "id,rich",
        "--hidden",
        "8",
        "--epochs",
        "2",
        "--validation-share",
        "0.3",
    )
    assert run("train", people, *train, "--threads", "1", "--out", tmp_path / "by-height").code == 0
    done = run("predict", tmp_path / "by-height", people, "--interval", "0.8")
    rows = pl.read_csv(io.StringIO(done.out))
    assert rows.columns == ["row", "prediction", "lower", "upper"]
    assert rows.filter(
        (pl.col("lower") > pl.col("prediction")) | (pl.col("upper") < pl.col("prediction"))
    ).is_empty()
    refused = run(
        "predict", tmp_path / "by-height", people, "--interval", "0.999", "--out", tmp_path / "p.csv"
    )
    assert refused.code == 2
    assert "needs at least 999 held-out rows" in refused.err
    assert not (tmp_path / "p.csv").exists()
    assert "this model predicts classes" in run("predict", finished, people, "--interval", "0.9").err

"""`glassnet describe`: a table's columns, or a model's card."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from glassnet.table.values import KINDS

Run = Callable[..., Any]  # words -> exit code, stdout, stderr


def test_a_table_is_shown_column_by_column(run: Run, finished: Path) -> None:
    done = run("describe", finished.with_name("people.csv"))
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == "people: 240 rows, 5 columns"
    assert lines[1].split() == ["column", "kind", "missing", "distinct", "values", "why"]
    assert [line.split()[:2] for line in lines[2:7]] == [
        ["id", "identifier"],
        ["age", "number"],
        ["city", "category"],
        ["height", "number"],
        ["rich", "yes/no"],
    ]


def test_a_target_brings_the_task(run: Run, finished: Path) -> None:
    done = run("describe", finished.with_name("people.csv"), "-t", "rich")
    assert "2 classes: no, yes" in done.out
    assert "Task: binary" in done.out


def test_json_says_the_same(run: Run, finished: Path) -> None:
    found = json.loads(run("describe", finished.with_name("people.csv"), "-t", "rich", "--json").out)
    assert found["rows"] == 240
    assert found["task"] == "binary"
    kinds = {one["name"]: one["kind"] for one in found["columns"]}
    assert kinds["rich"] == "target"
    assert {kind for name, kind in kinds.items() if name != "rich"} <= set(KINDS)


def test_spread_and_findings_are_shown(run: Run, finished: Path) -> None:
    done = run("describe", finished.with_name("people.csv"), "-t", "rich")
    lines = {line.split()[0]: line for line in done.out.splitlines() if line}
    assert "█" in lines["age"]
    assert "%" in lines["city"]
    assert (
        "Nothing looks wrong with the rows. Compared: 168 training, 24 validation, 48 test rows" in done.out
    )


def write_spoilt(path: Path) -> Path:
    """Write a table with a leak, a code for missing and copies."""
    random = np.random.default_rng(0)
    age = random.integers(20, 70, 300).astype(float)
    age[:9] = -999
    price = random.normal(size=300).round(4)
    frame = pl.DataFrame({"age": age, "tax": price * 0.2, "size": random.normal(size=300), "price": price})
    pl.concat([frame, frame[:60]]).write_csv(path)
    return path


def test_findings_have_numbers_meaning_and_remedy(run: Run, tmp_path: Path) -> None:
    done = run("describe", write_spoilt(tmp_path / "spoilt.csv"), "-t", "price")
    assert (done.code, done.err) == (0, "")
    assert "3 things to mind." in done.out
    for words in (
        "Warning: target told by one column",
        "--drop tax",
        "Warning: duplicate rows",
        "60 rows of 360 (17 %) repeat an earlier one",
        "Hint: code for missing",
        "-999 in 18 cells of 'age'",
        "--missing=-999,-999.0",
    ):
        assert words in done.out


def test_a_remedy_works(run: Run, tmp_path: Path) -> None:
    table = write_spoilt(tmp_path / "spoilt.csv")
    query = f"select distinct * from '{table}'"
    done = run("describe", "--query", query, "-t", "price", "--drop", "tax", "--missing=-999,-999.0")
    assert done.code == 0
    assert "duplicate rows" not in done.out
    assert "target told" not in done.out
    done = run("describe", table, "-t", "price", "--drop", "tax", "--missing=-999,-999.0")
    assert "code for missing" not in done.out
    assert "18 (5%)" in done.out


def test_findings_without_a_target(run: Run, tmp_path: Path) -> None:
    done = run("describe", write_spoilt(tmp_path / "spoilt.csv"))
    assert "2 things to mind." in done.out
    assert "Hint: duplicate rows" in done.out
    assert "Hint: code for missing" in done.out


def test_json_holds_spreads_and_findings(run: Run, tmp_path: Path) -> None:
    found = json.loads(run("describe", write_spoilt(tmp_path / "spoilt.csv"), "-t", "price", "--json").out)
    assert [one["name"] for one in found["findings"]] == [
        "target told by one column",
        "duplicate rows",
        "code for missing",
    ]
    copies = found["findings"][1]
    assert set(copies) == {"name", "severity", "columns", "evidence", "meaning", "remedy", "figures"}
    assert copies["figures"]["repeated rows"] == 60
    age = next(one for one in found["columns"] if one["name"] == "age")
    spread = age["spread"]
    assert sum(spread["training"]["counts"]) + sum(spread["test"]["counts"]) == 360
    assert len(spread["edges"]) == len(spread["training"]["counts"]) + 1
    assert spread["drift"]["is_clear"] is False


@pytest.mark.parametrize("target", [(), ("-t", "y")])
def test_own_test_rows_are_compared(run: Run, tmp_path: Path, target: tuple[str, ...]) -> None:
    random = np.random.default_rng(1)
    for name, shift in (("old", 0.0), ("new", 2.0)):
        pl.DataFrame({"x": random.normal(shift, size=300), "y": random.normal(size=300)}).write_csv(
            tmp_path / f"{name}.csv"
        )
    done = run("describe", tmp_path / "old.csv", *target, "--test", tmp_path / "new.csv")
    assert "Warning: drift" in done.out
    assert "'x' 0." in done.out
    assert "300 own test rows" in done.out


def test_what_training_would_refuse_is_said(run: Run, tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("g,x,y\n" + "".join(f"a,{n},{n % 3 * 1.5}\n" for n in range(30)))
    done = run("describe", tmp_path / "one.csv", "-t", "y", "--group", "g")
    assert done.code == 0
    assert "Note: training would refuse: group column" in done.out
    assert "Nothing looks wrong with the rows.\n" in done.out


def test_what_is_odd_is_noted(run: Run, tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("a,b\n1,\n1,\n1,x\n")
    done = run("describe", tmp_path / "odd.csv")
    assert "2 (67%)" in done.out
    assert "1 rows repeat" in done.out or "1 row repeats" in done.out


def test_names_cannot_steer_the_terminal(run: Run, tmp_path: Path) -> None:
    (tmp_path / "evil.csv").write_text("\x1b[31mred,[bold]b[/bold]\n1,2\n3,4\n5,7\n")
    done = run("describe", tmp_path / "evil.csv")
    assert done.code == 0
    assert "\x1b" not in done.out
    assert "[bold]b[/bold]" in done.out


@pytest.mark.parametrize("name", ["", "model.glassnet"])
def test_a_models_card(run: Run, finished: Path, name: str) -> None:
    done = run("describe", finished / name)
    assert (done.code, done.err) == (0, "")
    for words in (
        "'rich' (binary) from 3 columns",
        "one of no, yes",
        "accuracy",
        "hidden.0",
        "Linear",
        "left out",
    ):
        assert words in done.out


def test_a_models_card_as_json(run: Run, finished: Path) -> None:
    found = json.loads(run("describe", finished, "--json").out)
    assert found["targets"] == [{"name": "rich", "labels": ["no", "yes"]}]
    assert sum(layer["count"] for layer in found["layers"]) == found["parameters"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "name a SOURCE"),
        (["nope.csv"], "there is no file nope.csv"),
        (["nope.glassnet"], "nope.glassnet does not exist"),
        (["/"], "is a folder"),
    ],
)
def test_what_is_wrong_is_said_calmly(run: Run, words: list[str], message: str) -> None:
    done = run("describe", *words)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_how_to_read_is_for_test_rows_too(run: Run, tmp_path: Path) -> None:
    frame = pl.DataFrame({"age": range(60), "rich": [number % 2 for number in range(60)]})
    frame.write_parquet(tmp_path / "rows.parquet")
    frame.write_csv(tmp_path / "new.csv", separator=";")
    there = ("describe", tmp_path / "rows.parquet", "-t", "rich", "--delimiter", ";")
    assert (done := run(*there, "--test", tmp_path / "new.csv")).code == 0, done.err
    assert "delimiter ';' has no effect" in run(*there, "--test", tmp_path / "rows.parquet").err

"""`glassnet describe`: a table's columns, or a model's card."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

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

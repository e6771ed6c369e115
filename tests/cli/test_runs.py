"""`glassnet runs`: what it prints, its JSON, its refusals."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., Any]


def test_a_line_holds_what_one_asks_of_a_run(run: Run, finished: Path) -> None:
    done = run("runs", finished.parent)
    assert done.code == 0
    head, line = done.out.splitlines()[:2]
    assert head.split()[:3] == ["run", "when", "target"]
    for part in ("run", "rich", "accuracy 0.", " to ", "240", "auto", "people.csv", str(finished)):
        assert part in line


def test_json_is_one_object(run: Run, finished: Path) -> None:
    metrics = json.loads((finished / "metrics.json").read_text())
    (line,) = json.loads(run("runs", finished.parent, "--json").out)["runs"]
    assert line["value"] == metrics["metrics"][0]["value"]
    assert line["path"] == str(finished)
    assert line["targets"] == ["rich"]


def test_other_folders_are_named_in_one_line(run: Run, finished: Path, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    done = run("runs", tmp_path)
    assert done.code == 0
    assert done.out == f"There is no run in {tmp_path}.\nLeft out: one (no run.json), two (no run.json).\n"


def test_refusals_are_words(run: Run, finished: Path, tmp_path: Path) -> None:
    assert "there is no folder" in run("runs", tmp_path / "nowhere").err
    assert "Did you mean 'rich'?" in run("runs", finished.parent, "-t", "rch").err
    done = run("runs", finished.parent, "--sort", "best")
    assert done.code == 2
    assert "Known: metric, name, newest" in done.err


def test_runs_is_the_folder_unless_named(run: Run, people: Path) -> None:
    assert "there is no folder runs; `glassnet train` makes one" in run("runs").err

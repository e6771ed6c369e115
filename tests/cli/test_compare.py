"""`glassnet compare`: what it prints, its page, its JSON, its refusals."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glassnet.cli.start import run_command

Run = Callable[..., Any]


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory, draw_people: Callable[..., Path]) -> tuple[Path, Path]:
    """The folders of two runs: `run`, and `other` without the column that matters."""
    folder = tmp_path_factory.mktemp("pair")
    table = draw_people(folder / "people.csv", 900)
    words = [
        "train",
        str(table),
        "-t",
        "rich",
        "--epochs",
        "40",
        "--threads",
        "1",
        "--hidden",
        "8",
        "--quiet",
    ]
    words += ["--members", "1", "--learning-rate", "0.03"]
    assert run_command([*words, "--out", str(folder / "run")]) == 0
    assert run_command([*words, "--drop", "age", "--out", str(folder / "other")]) == 0
    return folder / "run", folder / "other"


def test_what_is_printed(run: Run, pair: tuple[Path, Path], tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    done = run("compare", *pair, "--out", page)
    assert done.code == 0, done.err
    assert done.out.startswith("‘run’ is better than ‘other’ by accuracy: ")
    for part in (
        "All were measured on the same 180 test rows.",
        "with 95 % intervals",
        "run beside other",
        "what differs",
        "drop ",
        "age (set)",
        "time and size",
        "Note: The tests compare these networks as they are.",
        f"The page is in {page}.",
    ):
        assert part in done.out, part
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_json_is_one_object_and_no_page(
    run: Run, pair: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("compare", *pair, "--json")
    told = json.loads(done.out)
    assert [one["name"] for one in told["runs"]] == ["run", "other"]
    assert told["metrics"][0]["gaps"][0]["verdict"] == "better"
    assert told["differing"][0]["choices"][0]["run"] == "run"
    assert list(tmp_path.iterdir()) == []
    done = run("compare", *pair, "--json", "-o", "page.html")
    assert json.loads(done.out) == told
    assert done.err == "The page is in page.html.\n"


def test_the_page_goes_beside_unless_named(
    run: Run, pair: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("compare", *pair).code == 0
    assert [one.name for one in tmp_path.iterdir()] == ["compare.html"]


def test_three_runs_have_a_table_of_distances(run: Run, pair: tuple[Path, Path], tmp_path: Path) -> None:
    third = tmp_path / "third.glassnet"
    third.write_bytes((pair[0] / "model.glassnet").read_bytes())
    done = run("compare", pair[1], third, pair[0], "-o", tmp_path / "page.html")
    assert "Equal to it in every row: ‘run’." in done.out
    assert "beside third" in done.out
    assert "the same predictions" in done.out


def test_refusals_are_words(run: Run, pair: tuple[Path, Path], tmp_path: Path) -> None:
    for words in ((), (pair[0],)):
        done = run("compare", *words)
        assert done.code == 2
        assert "name at least two runs" in done.err
    assert "the same run is given twice" in run("compare", pair[0], pair[0] / "model.glassnet").err
    (tmp_path / "empty").mkdir()
    done = run("compare", pair[0], tmp_path / "empty")
    assert done.code == 2
    assert "holds no model.glassnet" in done.err
    assert "Traceback" not in done.err

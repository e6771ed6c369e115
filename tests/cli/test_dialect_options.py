"""--quote, --escape, --comment and the like decide how a text file is read, at every command."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]  # words -> exit code, stdout, stderr
ROWS = 12


def odd_file(path: Path, names: str, rows: str) -> Path:
    """A file of names and as many rows, each with its own number in place of N."""
    path.write_text("".join([names, *(rows.replace("N", str(20 + n)) for n in range(ROWS))]))
    return path


@pytest.mark.parametrize(
    ("rows", "options", "told"),
    [
        ("'a, N',N,yes\n", ["--quote", "'"], "'a, 20'"),
        ('"a "" N",N,yes\n', ["--escape", "none"], 'a " 20'),
        ('"a \\" N",N,yes\n', ["--escape", "\\"], 'a " 20'),
        ("% by hand N\nbN,N,yes\n", ["--comment", "%"], "b20"),
        ("# N,N,yes\n", ["--comment", "none"], "# 20"),
        ("b;N;yes\n", ["--delimiter", ";", "--quote", "none"], "b"),
    ],
)
def test_they_say_how_a_file_is_read(
    run: Run, tmp_path: Path, rows: str, options: list[str], told: str
) -> None:
    names = "name,age,rich\n".replace(",", ";" if ";" in rows else ",")
    path = odd_file(tmp_path / "odd.csv", names, rows)
    done = run("describe", path, "--header", "yes", *options, "--json")
    assert done.code == 0, done.err
    assert '"rows": 12' in done.out
    assert told.strip("'").replace('"', '\\"') in done.out


def test_predict_says_what_the_reader_noted(run: Run, finished: Path, tmp_path: Path) -> None:
    lines = finished.with_name("people.csv").read_text().splitlines()[:8]
    (tmp_path / "odd.csv").write_text("\n".join([*lines[:4], "p3,30", *lines[4:], "made by hand"]) + "\n")
    done = run("predict", finished, tmp_path / "odd.csv")
    assert done.code == 0
    assert "Note: odd.csv: line 5 has 2 cells of 5" in done.err
    assert "made by hand" in done.err
    assert len(done.out.splitlines()) == 9

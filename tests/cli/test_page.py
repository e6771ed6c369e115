"""Every command of docs/command-line.md runs, in the order of the page, and so do the examples."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from glassnet.model_file import read_model_file

ROOT = Path(__file__).parents[2]
Run = Callable[..., Any]  # words -> exit code, stdout, stderr


def test_the_commands_of_the_page_run(run: Run, people: Path) -> None:
    table = pl.read_csv(people).with_columns(
        joined=pl.date(2020, 1, 1) + pl.duration(days=pl.col("age") * 10),
    )
    table.write_csv(people)
    table.drop("rich").head(20).write_csv(people.with_name("new_people.csv"))
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    commands = re.findall(r"^\$ glassnet (.*)$", page, flags=re.M)
    assert len(commands) >= 18
    for command in commands:
        done = run(*shlex.split(command))
        assert done.code == 0, f"{command}\n{done.err}"
        assert done.out + done.err, command
    first, again = (people.parent / one / "model.glassnet" for one in ("runs/people-1", "again"))
    before, after = (read_model_file(one).arrays for one in (first, again))
    assert {n: a.tobytes() for n, a in before.items() if n.startswith("network/")} == {
        n: a.tobytes() for n, a in after.items() if n.startswith("network/")
    }


def test_the_page_names_every_file_of_a_run(finished: Path) -> None:
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    assert all(f"`{one.name}`" in page for one in finished.iterdir())


@pytest.mark.parametrize("example", sorted((ROOT / "examples").glob("*.py")), ids=lambda one: one.stem)
def test_the_examples_run(tmp_path: Path, example: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(example)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_the_shell_example_runs(run: Run, people: Path) -> None:
    """Its commands, one after the other; the shell itself is not what is tested."""
    text = (ROOT / "examples" / "first_network.sh").read_text(encoding="utf-8")
    commands = re.findall(r"^glassnet (.*)$", text, flags=re.M)
    assert len(commands) >= 4
    for command in commands:
        assert run(*shlex.split(command, comments=True)).code == 0, command

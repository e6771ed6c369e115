"""`glassnet code` on a finished run."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., Any]  # words -> exit code, stdout, stderr


def test_the_script_is_printed(run: Run, finished: Path) -> None:
    done = run("code", finished)
    assert (done.code, done.err) == (0, "")
    compile(done.out, "script.py", "exec")
    assert "import glassnet" not in done.out
    assert "class Team(nn.Module):" in done.out


def test_a_notebook_is_written(run: Run, finished: Path, tmp_path: Path) -> None:
    out = tmp_path / "people.ipynb"
    done = run("code", finished, "--notebook", "--out", out)
    assert (done.code, done.out, done.err) == (0, f"The notebook is in {out}.\n", "")
    assert json.loads(out.read_text())["nbformat"] == 4


def test_a_pipe_gets_the_script_and_nothing_else(run: Run, finished: Path) -> None:
    source, sink = os.pipe()  # as /dev/stdout is one
    try:
        done = run("code", finished, "--out", f"/dev/fd/{sink}")
    finally:
        os.close(sink)
    with os.fdopen(source) as file:
        compile(file.read(), "script.py", "exec")
    assert (done.code, done.out, done.err) == (0, "", f"The script is in /dev/fd/{sink}.\n")


def test_verify_says_how_far_the_numbers_are(run: Run, finished: Path) -> None:
    done = run("code", finished / "model.glassnet", "--verify")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(
        ("All 3 epochs' losses and all predictions", "Largest differences over 3 epochs")
    )


def test_a_style_that_cannot_write_it_says_why(run: Run, finished: Path) -> None:
    done = run("code", finished, "--style", "scratch")
    assert done.code == 2
    assert "it has 32 members" in done.err
    assert "Use --style modules." in done.err


def test_help_has_examples(run: Run) -> None:
    done = run("code", "--help")
    assert done.code == 0
    assert "glassnet code runs/people-1 --out people.py --verify" in done.out

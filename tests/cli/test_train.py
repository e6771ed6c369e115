"""`glassnet train`: what it prints, writes and refuses."""

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glassnet.model import load

Run = Callable[..., Any]  # words -> exit code, stdout, stderr
Draw = Callable[..., Path]
QUICK = ["--epochs", "3", "--threads", "1", "--hidden", "8"]


def strict(text: str) -> dict[str, Any]:
    """JSON without NaN and the like, which others could not read."""

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    found = json.loads(text, parse_constant=refuse)
    assert isinstance(found, dict)
    return found


def test_a_run_ends_with_figures_baseline_report_and_next_command(run: Run, people: Path) -> None:
    done = run("train", people, "-t", "rich", *QUICK)
    assert done.code == 0
    assert done.err == ""
    lines = done.out.splitlines()
    assert lines[0] == "Training ..."
    assert lines[1].startswith("people: 'rich' (binary) from 3 columns, 240 rows")
    heads = next(line for line in lines if "95 % interval" in line)
    for word in ("48 test rows", "network", "majority class", "linear model"):
        assert word in heads
    assert any(line.startswith("accuracy ") for line in lines)
    assert "Report  runs/people-1/report.html" in lines
    assert lines[-1] == "Next: glassnet predict runs/people-1 NEW_ROWS.csv --out predictions.csv"
    assert all(line == line.rstrip() for line in lines)


def test_the_next_command_works_as_it_is(run: Run, people: Path, draw_people: Draw) -> None:
    draw_people(people.with_name("NEW_ROWS.csv"), rows=9, seed=1)
    done = run("train", people, "-t", "rich", "--out", people.with_name("a run's"), *QUICK)
    words = shlex.split(done.out.splitlines()[-1].removeprefix("Next: glassnet "))
    assert run(*words).code == 0
    assert len(people.with_name("predictions.csv").read_text().splitlines()) == 10


def test_json_is_one_strict_object_and_nothing_else(run: Run, people: Path) -> None:
    done = run("train", people, "-t", "rich", "--json", *QUICK)
    found = strict(done.out)
    assert found["folder"] == "runs/people-1"
    assert found["on"] == "test"
    assert [one["metric"] for one in found["metrics"]] == ["accuracy", "auc", "log_loss"]
    assert done.err == ""


def test_quiet_prints_the_folder_alone(run: Run, people: Path) -> None:
    done = run("train", people, "-t", "rich", "--quiet", *QUICK)
    assert (done.code, done.out, done.err) == (0, "runs/people-1\n", "")


def test_runs_are_counted_and_never_overwritten(run: Run, people: Path) -> None:
    for number in (1, 2):
        assert run("train", people, "-t", "rich", "-q", *QUICK).out == f"runs/people-{number}\n"


def test_a_folder_with_files_is_refused_before_training(run: Run, people: Path) -> None:
    (people.parent / "full").mkdir()
    (people.parent / "full" / "dear.txt").write_text("dear")
    done = run("train", people, "-t", "rich", "--out", "full", *QUICK)
    assert done.code == 2
    assert "--out full exists and is not empty" in done.err
    assert [one.name for one in (people.parent / "full").iterdir()] == ["dear.txt"]


def test_a_dry_run_shows_the_plan_and_writes_nothing(run: Run, people: Path) -> None:
    done = run("train", people, "-t", "rich", "--dry-run", *QUICK)
    assert done.code == 0
    for words in (
        "identifier  no",
        "168 training, 24 validation, 48 test",
        "parameters, 32 members",
        "3 epochs x",
    ):
        assert words in done.out
    assert "The whole command would take about" in done.out
    assert [one.name for one in people.parent.iterdir()] == ["people.csv"]


def test_a_dry_run_as_json(run: Run, people: Path) -> None:
    found = strict(run("train", people, "-t", "rich", "--dry-run", "--json", *QUICK).out)
    assert found["rows"] == {"training": 168, "validation": 24, "test": 48}
    parts = found["estimate"]
    shortest, longest = parts.pop("shortest_training"), parts.pop("longest_training")
    assert longest >= parts["training"] >= shortest > 0
    assert all(seconds >= 0 for seconds in parts.values())
    assert found["estimated_seconds"] == pytest.approx(sum(parts.values()))


def test_the_neuron_prints_its_loss_each_epoch_and_ends_with_its_accuracy(run: Run, people: Path) -> None:
    words = ["--recipe", "neuron", "--example", "classification", "--threads", "1"]
    done = run("train", *words, "--plot", "loss.png")
    lines = done.out.splitlines()
    said = [line for line in lines if line.startswith("epoch ")]
    losses = load(people.with_name("runs") / "classification-1" / "model.glassnet").fitted.trained.history
    mean_E = np.nanmean(losses.training_loss_EK, axis=1)
    assert said == [f"epoch {e}/200  loss {loss:.4f}" for e, loss in enumerate(mean_E, start=1)]
    after = lines[lines.index(said[-1]) + 1]
    assert after.startswith("accuracy 0.9")
    assert after.endswith("on 200 test rows")
    assert people.with_name("loss.png").read_bytes().startswith(b"\x89PNG")


def test_without_test_rows_the_figures_are_those_out_of_fold(run: Run, people: Path) -> None:
    done = run("train", people, "-t", "rich", "--test-share", "0", *QUICK)
    assert "240 held-out rows" in done.out
    assert "each row was predicted by networks that were not trained on it" in done.out
    assert (people.parent / "runs" / "people-1" / "held-out_predictions.csv").exists()


def test_without_rows_held_out_the_figures_are_called_those_of_training(run: Run, people: Path) -> None:
    none = ["--test-share", "0", "--validation-share", "0"]
    done = run("train", people, "-t", "rich", *none, *QUICK)
    assert "240 training rows" in done.out
    assert "there are no test rows" in done.out
    assert (people.parent / "runs" / "people-1" / "training_predictions.csv").exists()


def test_own_test_rows_are_used(run: Run, people: Path, draw_people: Draw) -> None:
    own = draw_people(people.with_name("own.csv"), rows=30, seed=5)
    done = run("train", people, "-t", "rich", "--test", own, *QUICK)
    assert done.code == 0, done.err
    assert "30 test rows" in done.out


def test_several_targets(run: Run, people: Path) -> None:
    done = run("train", people, "-t", "age", "-t", "height", "--drop", "rich", *QUICK)
    assert done.code == 0, done.err
    assert "'age', 'height' (regression)" in done.out
    assert " mean " in done.out


def test_a_query_over_files(run: Run, people: Path) -> None:
    query = "select age, height, rich from 'people.csv' order by id"
    assert run("train", "--query", query, "-t", "rich", "-q", *QUICK).out == "runs/query-1\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["people.csv"], "no column to predict is named; choose one with --target"),
        (["poeple.csv", "-t", "rich"], "there is no file poeple.csv. Did you mean 'people.csv'?"),
        (["people.csv", "-t", "rihc"], "the table has no column 'rihc'. Did you mean 'rich'?"),
        (["people.csv", "-t", "rich", "--drop", "hight"], "no column 'hight'. Did you mean 'height'?"),
        (
            ["people.csv", "-t", "rich", "--loss", "hubber"],
            "no loss is called 'hubber'. Did you mean 'huber'?",
        ),
        (["people.csv", "-t", "rich", "--kind", "age=nummer"], "Did you mean 'number'?"),
        (["people.csv", "-t", "rich", "--epochs", "0"], "epochs must be a whole number of at least 1"),
        (["people.csv", "-t", "rich", "--task", "guess"], "task must be one of binary"),
        (["people.csv", "-t", "rich", "--out", "people.csv"], "is a file; name a folder"),
        (["people.csv", "-t", "rich", "--plot", "a.bmp"], "--plot draws to .png, .svg, .pdf"),
        (["people.csv", "--example", "wine"], "give either a source"),
        (["--example", "brest_cancer"], "Did you mean 'breast_cancer'?"),
        (["--settings", "people.csv"], "people.csv is no run.json"),
        (["--settings", "nope.json"], "there is no file nope.json"),
        ([".", "-t", "rich"], "is a folder"),
        (["noise.csv", "-t", "rich"], "noise.csv"),
        (["empty.csv", "-t", "rich"], "empty.csv"),
        (["people.csv", "-t", "rich", "--epoch", "3"], "--epochs"),
        ([], "name a SOURCE"),
    ],
)
def test_what_is_wrong_is_said_calmly(run: Run, people: Path, words: list[str], message: str) -> None:
    people.with_name("noise.csv").write_bytes(np.random.default_rng(0).bytes(3000))
    people.with_name("empty.csv").touch()
    done = run("train", *words)
    assert done.code == 2
    assert done.out == ""
    assert "Error: " in done.err
    assert message in done.err
    assert "Traceback" not in done.err
    assert not people.with_name("runs").exists()


# ---- Ctrl-C: a process of its own, a real signal ----

LONG = ["--epochs", "2000000", "--patience", "0", "--threads", "1", "--hidden", "8", "-t", "rich"]


@contextmanager
def started(people: Path) -> Iterator[subprocess.Popen[str]]:
    """A run that would take hours, as far as its first steps; it does not outlive the context."""
    words = [sys.executable, "-m", "glassnet", "train", people.name, *LONG]
    with subprocess.Popen(
        words,
        cwd=people.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    ) as process:
        try:
            assert said(process) == "Training ...\n"
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    """The next line it prints."""
    assert process.stdout is not None
    return process.stdout.readline()


def test_one_interrupt_keeps_the_best_and_finishes_the_report(people: Path) -> None:
    with started(people) as process:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "interrupted by the user" in out
    folder = people.parent / "runs" / "people-1"
    assert strict((folder / "run.json").read_text())["training"]["interrupted"] is True
    assert (folder / "report.html").exists()
    assert len(load(folder / "model.glassnet").predict(str(people))) == 240


def test_two_interrupts_stop_at_once_and_leave_nothing(people: Path) -> None:
    with started(people) as process:
        process.send_signal(signal.SIGINT)
        assert said(process).startswith("Stopping: ")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert [one for one in people.parent.rglob("*") if one.is_file()] == [people]


def test_a_dry_run_says_that_a_logarithm_is_learned(run: Run, tmp_path: Path) -> None:
    rows = "\n".join(f"{n % 7},{1000 * 2 ** (n % 9) + n}" for n in range(300))
    (tmp_path / "t.csv").write_text(f"rooms,price\n{rows}\n")
    done = run("train", tmp_path / "t.csv", "-t", "price", "--dry-run", *QUICK)
    assert "squared of log(1 + price / 16," in done.out

"""Where the command begins and ends: exit codes, near misses, Ctrl-C before anything is begun."""

from collections.abc import Callable
from typing import Any

import click
import pytest

from glassnet.cli.group import COMMANDS, glassnet
from glassnet.cli.start import main
from glassnet.errors import SourceError

Run = Callable[..., Any]  # words -> exit code, stdout, stderr


@pytest.mark.parametrize("word", ["--help", "-h", "--version"])
def test_questions_are_answered_with_0(run: Run, word: str) -> None:
    done = run(word)
    assert (done.code, done.err) == (0, "")
    assert "glassnet" in done.out


def test_the_help_names_every_command(run: Run) -> None:
    shown = run("--help").out
    assert all(f"\n  {name}" in shown for name in COMMANDS)


@pytest.mark.parametrize(
    ("word", "near"),
    [("trian", "train"), ("Predict", "predict"), ("eval", "evaluate"), ("describ", "describe")],
)
def test_an_unknown_command_names_the_nearest(run: Run, word: str, near: str) -> None:
    done = run(word)
    assert (done.code, done.out) == (2, "")
    assert f"there is no command '{word}'. Did you mean '{near}'?" in done.err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (SourceError("a.csv line 3 is odd."), 2, "Error: a.csv line 3 is odd.\n"),
        (KeyboardInterrupt(), 130, "\nStopped.\n"),
        (PermissionError(13, "Permission denied", "a.csv"), 2, "Error: a.csv: Permission denied.\n"),
    ],
)
def test_errors_have_their_words_and_codes(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, said: str
) -> None:
    @click.command("broken")
    def broken() -> None:
        raise error

    monkeypatch.setattr(glassnet, "resolve_command", lambda _, args: ("broken", broken, args[1:]))
    done = run("broken")
    assert (done.code, done.out, done.err) == (code, "", said)


def test_main_exits_with_the_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["trian"])
    assert caught.value.code == 2
    assert "Did you mean 'train'?" in capsys.readouterr().err

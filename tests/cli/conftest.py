"""A small table as a file, a command run in this process, and one run that many tests look at."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from glassnet.cli.start import run_command

QUICK = ["--epochs", "3", "--threads", "1", "--hidden", "8"]


@dataclass(frozen=True)
class Done:
    """What a command left: its exit code and what it printed."""

    code: int
    out: str
    err: str


def write_people(path: Path, rows: int = 240, seed: int = 0) -> Path:
    generator = np.random.default_rng(seed)
    age = generator.integers(18, 80, rows)
    city = generator.choice(["Aachen", "Bonn", "Celle"], rows)
    rich = (age > 45) ^ (generator.random(rows) < 0.1)
    frame = pl.DataFrame(
        {
            "id": [f"p{n}" for n in range(rows)],
            "age": age,
            "city": city,
            "height": generator.normal(170, 10, rows).round(1),
            "rich": np.where(rich, "yes", "no"),
        }
    )
    frame.write_csv(path)
    return path


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """A function that runs a command in this process."""

    def do(*words: str | Path) -> Done:
        capfd.readouterr()
        code = run_command([str(word) for word in words])
        printed = capfd.readouterr()
        return Done(code, printed.out, printed.err)

    return do


@pytest.fixture(scope="session")
def draw_people() -> Callable[..., Path]:
    """A function of (path, rows, seed) that writes such a table and returns its path."""
    return write_people


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """people.csv in a folder of its own, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return write_people(tmp_path / "people.csv")


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run on people.csv, which lies beside it."""
    folder = tmp_path_factory.mktemp("finished")
    table = write_people(folder / "people.csv")
    out = folder / "run"
    words = ["train", str(table), "-t", "rich", "--keep", "id", "--out", str(out), "--quiet", *QUICK]
    assert run_command(words) == 0
    return out

"""What the machine refuses: full disks, missing extras, tables larger than memory. Processes of their own."""

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from glassnet.errors import SourceError
from glassnet.memory import available_memory, require_memory, size_text
from glassnet.table.room import PER_CELL, needed_memory

LIMIT = 8_000  # bytes that a file may have: less than a model, a report or many predictions


def small_files() -> None:
    """Let no file grow beyond LIMIT, as on a disk that is full soon."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, LIMIT))


def refused(words: list[str], folder: Path, *, before: str = "", limited: bool = False) -> str:
    """What a command says that ends with code 2, without a traceback."""
    program = f"{before}\nimport signal, sys\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    program += "from glassnet.cli.start import main\nmain(sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        preexec_fn=small_files if limited else None,
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_full_disk_leaves_no_half_run(people: Path) -> None:
    words = [
        "train",
        "people.csv",
        "-t",
        "rich",
        "--epochs",
        "2",
        "--hidden",
        "64,64",
        "--threads",
        "1",
        "--quiet",
    ]
    said = refused([*words, "--out", "run"], people.parent, limited=True)
    assert "File too large" in said
    assert [one.name for one in people.parent.rglob("*") if one.is_file()] == ["people.csv"]


def test_a_full_disk_leaves_no_half_predictions(
    finished: Path, tmp_path: Path, draw_people: Callable[..., Path]
) -> None:
    draw_people(tmp_path / "many.csv", rows=4000)
    for name in ("rows.csv", "rows.parquet"):
        said = refused(["predict", str(finished), "many.csv", "--out", name], tmp_path, limited=True)
        assert f"{name} cannot be written: " in said
        assert "File too large" in said
        assert [one.name for one in tmp_path.iterdir()] == ["many.csv"]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["code", "RUN"], "run.py"),
        (["code", "RUN", "--notebook"], "run.ipynb"),
        (["report", "RUN"], "run.html"),
    ],
)
def test_a_full_disk_leaves_no_half_file(finished: Path, tmp_path: Path, words: list[str], name: str) -> None:
    words = [str(finished) if word == "RUN" else word for word in words]
    said = refused([*words, "--out", name], tmp_path, limited=True)
    assert f"{name} cannot be written: File too large. Make room there." in said
    assert not list(tmp_path.iterdir())


def test_a_process_without_output_ends_well(people: Path) -> None:
    program = (
        "import sys\nsys.stdout = None\nfrom glassnet.cli.start import main\nmain(['describe', sys.argv[1]])"
    )
    done = subprocess.run([sys.executable, "-c", program, str(people)], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_workbook_without_its_extra(tmp_path: Path) -> None:
    (tmp_path / "rows.xlsx").write_bytes(b"PK\x03\x04")
    missing = "import sys; sys.modules['fastexcel'] = None  # what an import of it then finds"
    said = refused(["describe", "rows.xlsx"], tmp_path, before=missing)
    assert "what reads it is not installed. Install it with pip install 'glassnet[excel]'" in said


def test_a_table_larger_than_memory_is_refused_before_it_is_read(tmp_path: Path) -> None:
    huge = tmp_path / "huge.csv"
    huge.write_bytes(b"age,height,rich\n" + b"31,172.5,yes\n" * 6000)
    os.truncate(huge, 10**13)  # a hole that takes no space
    said = refused(["train", "huge.csv", "-t", "rich"], tmp_path)
    assert "the table in huge.csv needs about " in said
    assert " TB of memory, and " in said
    assert "are available. Take fewer rows, such as --query" in said


def test_the_estimate_grows_with_the_cells(tmp_path: Path) -> None:
    few, many = tmp_path / "few.csv", tmp_path / "many.csv"
    few.write_bytes(b"1,2,3\n" * 1000)
    many.write_bytes(b"1,2,3\n" * 100_000)
    assert needed_memory(few, "text") == 6000 + PER_CELL * 3000
    assert needed_memory(many, "text") == pytest.approx(100 * needed_memory(few, "text"), rel=1e-3)
    assert needed_memory(many, "parquet") == 15 * 600_000


def test_memory_is_asked_of_the_machine() -> None:
    assert 10**6 < available_memory() < 10**15
    require_memory(0, "nothing", "Do nothing.", SourceError)
    assert [size_text(one) for one in (5e5, 1.5e6, 2.25e9, 4e13, 5e15)] == [
        "0.5 MB", "1.5 MB", "2.25 GB", "40 TB", "5,000 TB"]  # fmt: skip

"""The runs of a folder: read without torch, sorted, filtered; whatever else lies there is named."""

import json
import math
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from glassnet import run_folder
from glassnet.errors import SettingsError
from glassnet.run_list import METRICS, RUN, SORTS, read_runs, sort_lines, with_target


def write(folder: Path, name: str, **changes):
    """Write the two files that a list is read from, as `glassnet train` does."""
    facts = {
        "finished": "2026-11-22T08:00:00+00:00",
        "target": "income",
        "metric": "accuracy",
        "value": 0.8,
        "larger": True,
        "on": "test",
        "example": "",
        "query": "",
        "table": "people.csv",
        "rows": 100,
        "seconds": 2.0,
    } | changes
    place = folder / name
    place.mkdir(parents=True)
    run = {
        "finished": facts["finished"],
        "settings": {"example": facts["example"], "query": facts["query"], "recipe": "auto"},
        "sources": {"table": facts["table"]},
        "rows": {"table": facts["rows"]},
        "seconds": {"reading": 1.0, "training": facts["seconds"] - 1.0},
    }
    score = {
        "metric": facts["metric"],
        "value": facts["value"],
        "low": 0.7,
        "high": 0.9,
        "larger_is_better": facts["larger"],
    }
    metrics = {"targets": [facts["target"]], "on": facts["on"], "metrics": [score] if facts["metric"] else []}
    (place / RUN).write_text(json.dumps(run))
    (place / METRICS).write_text(json.dumps(metrics))
    return place


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, "old", finished="2026-11-20T08:00:00+00:00", value=0.9, rows=300)
    write(tmp_path, "new", finished="2026-11-22T10:00:00+02:00", value=0.7, seconds=9.0)
    write(tmp_path, "Middle", finished="2026-11-21T08:00:00+00:00", value=None, table=None, query="select 1")
    write(tmp_path, "price", target="price", metric="rmse", value=5.0, larger=False, finished="?")
    write(tmp_path, "cheap", target="price", metric="rmse", value=3.0, larger=False, example="wine")
    return tmp_path


def names(lines):
    return [line.name for line in lines]


def test_newest_first_and_unknown_times_last(folder):
    found = read_runs(folder)
    assert names(found.lines) == ["cheap", "new", "Middle", "old", "price"]
    assert found.left_out == ()


@pytest.mark.parametrize(
    ("by", "order"),
    [
        ("name", ["cheap", "Middle", "new", "old", "price"]),
        ("metric", ["old", "new", "Middle", "cheap", "price"]),
        ("seconds", ["cheap", "Middle", "old", "price", "new"]),
        ("rows", ["old", "cheap", "new", "Middle", "price"]),
        ("target", ["new", "Middle", "old", "cheap", "price"]),
        ("source", ["cheap", "new", "old", "price", "Middle"]),
    ],
)
def test_orders(folder, by, order):
    assert names(sort_lines(read_runs(folder).lines, by)) == order


def test_an_unknown_order_names_the_known_ones(folder):
    with pytest.raises(SettingsError, match=r"no order is called 'metrics'\. Did you mean 'metric'\?"):
        sort_lines(read_runs(folder).lines, "metrics")
    assert set(SORTS) == {"newest", "name", "metric", "seconds", "rows", "source", "target"}


def test_what_a_line_holds(folder):
    by_name = {line.name: line for line in read_runs(folder).lines}
    new, middle, cheap = by_name["new"], by_name["Middle"], by_name["cheap"]
    assert (new.metric, new.value, new.low, new.high, new.seconds) == ("accuracy", 0.7, 0.7, 0.9, 9.0)
    assert (new.source, middle.source, cheap.source) == ("people.csv", "select 1", "example wine")
    assert math.isnan(middle.value)
    assert new.path == folder / "new"


def test_only_runs_with_a_target(folder):
    lines = read_runs(folder).lines
    assert names(with_target(lines, "price")) == ["cheap", "price"]
    with pytest.raises(
        SettingsError, match=r"no run predicts 'prize'\. Did you mean 'price'\?.*price, income"
    ):
        with_target(lines, "prize")


def test_what_is_no_run_is_named_and_no_error(folder):
    (folder / ".glassnet-a1b2").mkdir()
    (folder / "empty").mkdir()
    (folder / "notes.txt").write_text("mine")
    (folder / "people-unfinished-1.glassnet").write_bytes(b"")
    (folder / "half").mkdir()
    (folder / "half" / RUN).write_text("{}")
    torn = write(folder, "torn")
    (torn / METRICS).write_text('{"targets": [')
    foreign = write(folder, "foreign")
    (foreign / RUN).write_text('["another program\'s"]')
    strange = write(folder, "strange")
    (strange / METRICS).write_text('{"targets": 3, "metrics": {}, "on": []}')
    binary = write(folder, "binary")
    (binary / RUN).write_bytes(b"\xff\xfe\x00")
    found = read_runs(folder)
    assert len(found.lines) == 5
    said = dict(one.split(" (", 1) for one in found.left_out)
    assert said == {
        ".glassnet-a1b2": "still being written, or cut off)",
        "empty": "no run.json)",
        "half": "no metrics.json)",
        "torn": "damaged JSON)",
        "binary": "damaged JSON)",
        "foreign": "a run.json or metrics.json that `glassnet train` did not write)",
        "strange": "a run.json or metrics.json that `glassnet train` did not write)",
        "people-unfinished-1.glassnet": "the model of a run whose folder could not be written)",
    }


def test_the_folder_of_one_run_is_a_list_of_one(folder):
    assert names(read_runs(folder / "new").lines) == ["new"]


def test_folders_that_are_none(tmp_path):
    with pytest.raises(SettingsError, match=r"there is no folder .*nowhere; `glassnet train` makes one"):
        read_runs(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="file is a file; name the folder that holds runs"):
        read_runs(tmp_path / "file")
    assert read_runs(tmp_path).lines == ()


def test_a_run_without_figures_is_listed(tmp_path):
    write(tmp_path, "bare", metric="")
    (line,) = read_runs(tmp_path).lines
    assert (line.metric, math.isnan(line.value)) == ("", True)
    assert names(sort_lines([line], "metric")) == ["bare"]


def test_the_names_of_files_are_those_that_runs_are_written_with():
    assert RUN == run_folder.RUN
    assert read_runs.__module__ == "glassnet.run_list"


def test_a_list_needs_no_torch(folder):
    shutil.rmtree(folder / "old")
    program = (
        "import sys; from glassnet.cli.start import run_command;"
        f"code = run_command(['runs', {str(folder)!r}]);"
        "sys.exit(code or any(name in sys.modules for name in ('torch', 'polars', 'sklearn', 'numpy')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "cheap" in done.stdout

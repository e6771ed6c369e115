"""Which runs are compared, under which names, and what is refused in words."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import glassnet
from glassnet.comparison.opened import opened
from glassnet.errors import ModelFileError, SettingsError
from glassnet.model import Model


def names(runs):
    return [run.name for run in opened(runs)]


def test_names_come_from_folders_files_or_the_caller(folders, plain, blind, tmp_path):
    assert names([folders / "plain", str(folders / "blind")]) == ["plain", "blind"]
    assert names([folders / "plain" / "model.glassnet", blind.save(tmp_path / "no_a.glassnet")]) == [
        "plain",
        "no_a",
    ]
    assert names([plain, blind]) == ["run 1", "run 2"]
    assert names({"all": plain, "few": folders / "blind"}) == ["all", "few"]


def test_equal_names_become_paths(folders, tmp_path):
    twin = tmp_path / "plain"
    shutil.copytree(folders / "plain", twin)
    assert names([folders / "plain", twin]) == [str(folders / "plain"), str(twin)]


def test_a_folder_knows_when_its_run_ended(folders, plain, blind):
    found, other = opened([folders / "plain", blind])
    assert found.finished.startswith("20")
    assert (found.path, other.path, other.finished) == (folders / "plain", None, "")


def test_fewer_than_two_are_refused(plain, folders):
    for one in ([plain], plain, str(folders / "plain"), {"a": plain}):
        with pytest.raises(SettingsError, match="only one run was given; name at least two"):
            opened(one)
    with pytest.raises(SettingsError, match="no runs were given"):
        opened([])
    with pytest.raises(SettingsError, match="21 runs are too many for one page; name at most 20"):
        opened([plain] * 21)


def test_the_same_run_twice_is_refused(plain, blind, folders):
    with pytest.raises(SettingsError, match="the same run is given twice"):
        opened([plain, blind, plain])
    with pytest.raises(SettingsError, match=r"the same run is given twice: .*plain/model\.glassnet"):
        opened([folders / "plain", folders / "blind" / ".." / "plain" / "model.glassnet"])


def test_what_is_no_run_is_refused(plain, folders, tmp_path):
    with pytest.raises(
        ModelFileError, match=r"holds no model\.glassnet.* It holds runs, though: blind, plain"
    ):
        opened([folders, plain])
    with pytest.raises(ModelFileError, match=r"nowhere\.glassnet does not exist"):
        opened([plain, tmp_path / "nowhere.glassnet"])
    torn = tmp_path / "torn.glassnet"
    torn.write_bytes((folders / "plain" / "model.glassnet").read_bytes()[:5000])
    with pytest.raises(ModelFileError, match=r"torn\.glassnet"):
        opened([plain, torn])
    with pytest.raises(SettingsError, match="number 2 is int"):
        opened([plain, 3])


def test_other_targets_are_refused(plain, prices):
    with pytest.raises(SettingsError, match="'run 1' predicts 'answer', but 'run 2' predicts 'price'"):
        opened([plain, prices[0]])


def test_another_task_is_refused():
    table = pl.DataFrame({"a": np.arange(80.0), "y": np.arange(80) % 3})
    small = {"epochs": 1, "hidden": (4,), "threads": 1}
    one, two = (glassnet.fit(table, "y", task=task, **small) for task in ("multiclass", "regression"))
    with pytest.raises(SettingsError, match="as one of 3 classes, but 'run 2' as a number"):
        opened([one, two])


def test_other_classes_are_refused():
    small = {"epochs": 1, "hidden": (4,), "threads": 1}
    tables = [
        {"a": np.arange(80.0), "y": np.array(words)[np.arange(80) % 2]} for words in (["x", "y"], ["x", "z"])
    ]
    one, two = (glassnet.fit(table, "y", **small) for table in tables)
    with pytest.raises(SettingsError, match="different classes of 'y': y, z are in one of them only"):
        opened([one, two])


def test_a_run_measured_on_nothing_is_refused(plain):

    nothing = replace(plain.fitted.evaluation, scores=())
    with pytest.raises(SettingsError, match="'run 2' was measured on no rows"):
        opened([plain, Model(replace(plain.fitted, evaluation=nothing))])


def test_paths_may_start_at_home(monkeypatch, folders, blind):
    monkeypatch.setenv("HOME", str(folders))
    assert opened(["~/plain", blind])[0].path == Path(folders / "plain")

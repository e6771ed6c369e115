"""A run's folder: what it holds, that it appears whole or not at all, and that it can be run again."""

import json
import math
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glassnet
from glassnet.cli.start import run_command
from glassnet.errors import SettingsError
from glassnet.model import Model, load
from glassnet.model_file import read_model_file
from glassnet.pipeline import Sources
from glassnet.report.strict import plain
from glassnet.run_folder import check_out, json_text, read_run, write_run
from glassnet.settings import Settings

FILES = {
    "model.glassnet",
    "report.html",
    "report.json",
    "metrics.json",
    "history.csv",
    "run.json",
    "test_predictions.csv",
}


@pytest.fixture(scope="module")
def model() -> Model:
    """A quick model of 178 wines."""
    return glassnet.fit(example="wine", epochs=2, hidden=8, threads=1, keep="hue")


def written(model: Model, out: Path | None) -> Path:
    return write_run(model, out, ["glassnet", "train", "--example", "wine"], Sources())


def strict(path: Path) -> dict[str, object]:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{path.name} holds {constant}")

    found = json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)
    assert isinstance(found, dict)
    return found


def test_the_folder_holds_all_it_should(model: Model, tmp_path: Path) -> None:
    folder = written(model, tmp_path / "deep" / "run")
    assert {one.name for one in folder.iterdir()} == FILES
    assert [one.name for one in folder.parent.iterdir()] == ["run"]
    rows = pl.read_csv(folder / "test_predictions.csv")
    assert rows.columns[:4] == ["row", "hue", "truth", "prediction"]
    assert rows.height == len(model.fitted.evaluation.rows)
    assert pl.read_csv(folder / "history.csv").columns == model.history.columns


def test_run_json_says_every_decision_with_its_reason(model: Model, tmp_path: Path) -> None:
    found = strict(written(model, tmp_path / "run") / "run.json")
    decisions = found["decisions"]
    assert isinstance(decisions, list)
    assert len(decisions) == len(model.fitted.decisions)
    assert all(one["reason"] for one in decisions)
    assert found["seed"] == 0
    assert found["command"] == ["glassnet", "train", "--example", "wine"]
    assert {"glassnet", "torch", "python"} <= set(found["versions"])  # type: ignore[call-overload]


def test_json_is_strict(model: Model, tmp_path: Path) -> None:
    fitted = model.fitted
    score = replace(fitted.evaluation.scores[0], low=math.nan, high=math.inf)
    odd = Model(replace(fitted, evaluation=replace(fitted.evaluation, scores=(score,))))
    folder = written(odd, tmp_path / "run")
    metrics = strict(folder / "metrics.json")["metrics"]
    assert metrics[0]["low"] is metrics[0]["high"] is None  # type: ignore[index]
    strict(folder / "run.json")


def test_runs_without_a_name_are_counted(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("runs").mkdir()
    Path("runs/wine-2").touch()  # a file in the way
    assert [str(written(model, None)) for _ in range(2)] == ["runs/wine-1", "runs/wine-3"]


def test_a_folder_with_files_is_never_touched(model: Model, tmp_path: Path) -> None:
    (tmp_path / "dear.txt").write_text("dear")
    with pytest.raises(SettingsError, match="exists and is not empty, and a run never overwrites"):
        written(model, tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["dear.txt"]


def test_an_empty_folder_may_be_filled(model: Model, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    assert {one.name for one in written(model, tmp_path / "run").iterdir()} == FILES


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "run").touch()
    with pytest.raises(SettingsError, match="is a file; name a folder that does not exist yet"):
        check_out(tmp_path / "run")
    with pytest.raises(SettingsError, match="cannot be written to: Not a directory; choose another place"):
        check_out(tmp_path / "run" / "below")


def test_a_model_survives_a_folder_that_cannot_be_finished(model: Model, tmp_path: Path) -> None:
    evaluation = replace(model.fitted.evaluation, scores=(None,))  # type: ignore[arg-type]  # no report of this
    broken = Model(replace(model.fitted, evaluation=evaluation))
    with pytest.raises(AttributeError) as caught:
        written(broken, tmp_path / "run")
    (kept,) = tmp_path.iterdir()
    assert kept.name == "wine-unfinished-1.glassnet"
    assert str(kept) in caught.value.__notes__[0]


def test_strange_names_make_plain_folders(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    named = Model(replace(model.fitted, name="../a b/ü<script>"))
    assert str(written(named, None)) == "runs/_a_b_ü_script_-1"


# ---- and back ----


def weights(folder: Path) -> dict[str, bytes]:
    arrays = read_model_file(folder / "model.glassnet").arrays
    return {name: one.tobytes() for name, one in arrays.items() if name.startswith("network/")}


@pytest.mark.parametrize(
    "words",
    [
        ["--members", "2", "--dropout", "0.3", "--seed", "7"],
        ["--recipe", "neuron", "--epochs", "5"],
        ["--folds", "2", "--class-weight", "balanced"],
    ],
)
def test_a_run_repeated_by_its_settings_has_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    pl.DataFrame({"x": range(90), "z": [n * n % 17 for n in range(90)], "y": ["a", "b", "b"] * 30}).write_csv(
        "t.csv"
    )
    assert run_command(["train", "t.csv", "-t", "y", "--epochs", "3", "--out", "one", "-q", *words]) == 0
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)  # the path in run.json is meant from where the run was
    assert run_command(["train", "--settings", str(tmp_path / "one"), "--out", "two", "-q"]) == 0
    assert weights(tmp_path / "one") == weights(elsewhere / "two")
    other = ["train", "--settings", "two/run.json", "--seed", "99", "--out", "three", "-q"]
    assert run_command(other) == 0
    first, third = load(elsewhere / "two/model.glassnet").fitted, load("three/model.glassnet").fitted
    assert (first.settings.seed, third.settings.seed) != (99, 0)
    assert third.settings == replace(first.settings, seed=99)
    assert weights(elsewhere / "three") != weights(tmp_path / "one")


def test_a_run_on_a_table_in_memory_needs_a_source(tmp_path: Path) -> None:
    table = {"x": list(range(40)), "y": [0, 1] * 20}
    folder = write_run(glassnet.fit(table, "y", epochs=1), tmp_path / "run", [], Sources(table=table))
    with pytest.raises(SettingsError, match="was on a table in memory; name a SOURCE"):
        read_run(folder)


def test_settings_that_a_file_cannot_hold_are_refused(tmp_path: Path, model: Model) -> None:
    def own(truth: object, prediction: object) -> float:
        return 0.0

    fitted = replace(model.fitted, settings=replace(model.fitted.settings, metric=own))
    with pytest.raises(SettingsError, match=r"metric is your own '.*own', which a file cannot hold"):
        read_run(written(Model(fitted), tmp_path / "run"))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 2}', '{"format": 1}', "\0\1"])
def test_a_file_that_is_no_run_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(SettingsError, match=r"is no run\.json"):
        read_run(tmp_path)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_any_value_becomes_strict_json(value: object) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    assert json.loads(json_text(value), parse_constant=refuse) == plain(value)


def test_every_default_setting_comes_back(model: Model, tmp_path: Path) -> None:
    fitted = replace(model.fitted, settings=Settings(example="wine"))
    repeat = read_run(written(Model(fitted), tmp_path / "run"))
    facts = model.fitted.facts
    assert repeat.settings == Settings(example="wine", threads=facts.threads, engine=facts.engine)

"""report.json keeps to its published schema, whatever the run; its schema refuses what does not."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from jsonschema import Draft202012Validator, ValidationError

import glassnet
from glassnet.doctor import diagnose
from glassnet.errors import SourceError
from glassnet.pipeline import Sources
from glassnet.report.machine import json_report, report_facts, write_json_report
from glassnet.report.verdict import sentences
from glassnet.run_folder import write_run
from glassnet.store.fitted import load_fitted, save_fitted

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "report.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
generator = np.random.default_rng(1)
A, B = generator.normal(size=120), generator.normal(size=120)
TABLES = {
    "binary": {"y": np.where(A > 0, "yes", "no\x01<b>")},
    "classes": {"y": np.round(A).clip(-1, 1).astype(int)},
    "numbers": {"y": A * 3 + B},
    "two numbers": {"u": A * 2, "v": B - A},
    "answers": {"p": A > 0, "q": B > 0},
}


def fit(name, **changes):
    more = TABLES[name]
    settings = {"epochs": 3, "hidden": 4, "threads": 1, **changes}
    return glassnet.fit(pl.DataFrame({"a": A, "b": B, **more}), tuple(more), **settings)


@pytest.fixture(scope="module")
def models():
    return {name: fit(name, members=2) for name in TABLES}


def strict(text):
    def refuse(constant):
        raise AssertionError(f"the file holds {constant}")

    return json.loads(text, parse_constant=refuse)


def checked(fitted):
    found = strict(json_report(fitted))
    VALIDATOR.validate(found)
    return found


def test_the_schema_is_one():
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", TABLES)
def test_every_task_keeps_to_the_schema(models, name):
    fitted = models[name].fitted
    found = checked(fitted)
    assert found["verdict"]["sentences"] == sentences(fitted)
    assert [one["name"] for one in found["findings"]] == [one.name for one in diagnose(fitted)]
    assert [one["value"] for one in found["evaluation"]["scores"]] == [
        score.value for score in fitted.evaluation.scores
    ]
    assert [one["layer"] for one in found["inside"]["layers"]] == ["hidden.0", "last"]
    assert len(found["training"]["epochs"]) == found["training"]["epochs_run"] == 3


def test_figures_are_those_of_the_evaluation(models):
    found = checked(models["binary"].fitted)["in_depth"]["classes"]
    counts = np.array(found["true_by_predicted"])
    assert counts.sum() == len(models["binary"].fitted.evaluation.truth)
    assert found["by_class"][1]["found"]["share"] == pytest.approx(counts[1, 1] / counts[1].sum())
    half = next(one for one in found["positive"]["thresholds"] if one["threshold"] == 0.5)
    assert half["found"] == pytest.approx(found["by_class"][1]["found"]["share"])
    numbers = checked(models["numbers"].fitted)
    by_metric = {one["metric"]: one["value"] for one in numbers["evaluation"]["scores"]}
    assert numbers["in_depth"]["numbers"][0]["rmse"] == pytest.approx(by_metric["rmse"])


def test_runs_at_the_edge(models):
    fitted = models["binary"].fitted
    checked(fit("numbers", test_share=0.0, validation_share=0.0).fitted)
    checked(fit("binary", records=False).fitted)
    nothing = replace(fitted.evaluation, scores=(), importance=())
    checked(replace(fitted, evaluation=nothing))
    one_class = replace(
        fitted.evaluation,
        truth=np.ones_like(fitted.evaluation.truth),
        confusion_CC=np.array([[0.0, 0.0], [3.0, 21.0]]),
    )
    found = checked(replace(fitted, evaluation=one_class))
    assert found["in_depth"]["classes"]["positive"]["roc"] == []
    assert found["in_depth"]["classes"]["by_class"][0]["found"] is None


def test_own_code_is_named(models):
    fitted = models["binary"].fitted
    own = replace(fitted, settings=replace(fitted.settings, metric=max))
    assert checked(own)["made"]["settings"]["metric"] == {"own": "max"}


def test_many_epochs_are_thinned(models):
    found = checked(fit("binary", recipe="sequential", epochs=1200, hidden="auto").fitted)["training"]
    assert found["epochs_run"] == 1200
    assert len(found["epochs"]) == 500
    assert (found["epochs"][0]["epoch"], found["epochs"][-1]["epoch"]) == (1, 1200)


@pytest.mark.parametrize("change", [{"format": 2}, {"more": 1}, {"task": "magic"}, {"rows": {}}])
def test_the_schema_refuses_what_is_none(models, change):
    with pytest.raises(ValidationError):
        VALIDATOR.validate(report_facts(models["numbers"].fitted) | change)


def test_a_loaded_model_gives_the_same_facts(tmp_path, models):
    for name, model in models.items():
        path = tmp_path / f"{name}.glassnet"
        save_fitted(model.fitted, path)
        assert json_report(load_fitted(path, None)) == json_report(model.fitted)


def test_a_run_holds_it_whole(tmp_path, models):
    folder = write_run(models["classes"], tmp_path / "run", [], Sources())
    assert (folder / "report.json").read_text(encoding="utf-8") == json_report(models["classes"].fitted)
    with pytest.raises(SourceError, match=r"cannot be written: .*folder that you may write to"):
        write_json_report(models["classes"].fitted, tmp_path / "nowhere" / "report.json")


def test_what_was_seen_from_outside_keeps_to_the_schema(mixed):
    """Every kind of column, some cells missing: levels are texts, dates ISO 8601, missing cells null."""
    table = mixed(500, 4).drop("more", "rich", "level", "left", "right")
    facts = strict(json_report(glassnet.fit(table, "score", epochs=8, hidden=16, threads=1).fitted))
    VALIDATOR.validate(facts)
    cells = {
        one["column"]: [place["cell"] for place in one["cells"]] for one in facts["insight"]["dependence"]
    }
    assert {"Bonn", None} <= set(cells["city"])
    assert cells["since"][0].startswith("2020-0")
    assert cells["member"] == [0, 1] or cells["member"] == ["no", "yes"]
    assert isinstance(cells["age"][0], float)
    assert facts["insight"]["segments"]["found"]
    assert facts["insight"]["reasons"]["columns"][0]["size"] > 0
    rows = sum(one["rows"] for one in facts["insight"]["left_over"][0]["cells"])
    assert rows == facts["evaluation"]["rows"]
    assert sum(one["rows"] for one in facts["in_depth"]["numbers"][0]["by_truth"]) == rows
    assert facts["quality"]["columns"][0]["name"] == "score"
    assert facts["training"]["learning_rates"]

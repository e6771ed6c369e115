"""What scripts and notebooks look like, and which runs are refused."""

import json
import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from glassnet.errors import GlassnetError, SettingsError, SourceError
from glassnet.model import fit
from glassnet.script.values import listing, quoted
from glassnet.script.write import write_notebook, write_script

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
PLAIN = {"engine": "eager", "threads": 1}
ALONE = PLAIN | {"sharing": "none"}  # one network where no members are asked for
# Every choice of the recipe, so that the document does not change with its defaults.
PINNED = {
    "hidden": (32,),
    "activation": "relu",
    "dropout": 0.1,
    "normalization": "none",
    "members": 1,
    "numbers": "robust",
    "bins": 0,
    "learning_rate": 0.003,
    "weight_decay": 0.02,
    "clip": 1.0,
    "schedule": "cosine",
    "warmup": 0.02,
    "optimizer": "adamw",
    "batch_size": 32,
    "patience": 0,
    "validation_share": 0.2,
    "test_share": 0.2,
    "calibrate": "none",
}
SHOWN = {
    "neuron.py": ({"example": "classification", "recipe": "neuron"}, "modules"),
    "neuron_from_scratch.py": ({"example": "classification", "recipe": "neuron"}, "scratch"),
    "sequential.py": ({"example": "random", "recipe": "sequential"}, "modules"),
    "breast_cancer.py": ({"example": "breast_cancer", **PINNED}, "modules"),
}


@pytest.fixture(scope="module")
def small(mixed):
    return fit(mixed, target="rich", hidden=(8,), epochs=2, drop="household", **ALONE).fitted


@pytest.mark.parametrize("name", SHOWN)
def test_the_examples_in_the_documents_are_what_is_written(name):
    settings, style = SHOWN[name]
    shown = (EXAMPLES / name).read_text(encoding="utf-8")
    # Two epochs write the same script as many, but for their number.
    written = write_script(fit(**settings, **PLAIN, epochs=2).fitted, style)
    assert re.sub(r"^EPOCHS = \d+$", "EPOCHS = 2", shown, flags=re.MULTILINE) == written


def test_nothing_of_ours_is_imported(small):
    assert not re.search(r"^\s*(import|from) glassnet", write_script(small), re.MULTILINE)


@pytest.mark.parametrize("style", ["modules", "scratch"])
def test_a_script_reads_as_people_format_it(mixed, tmp_path, style):
    model = fit(mixed, target="income", optimizer="sgd", one_hot=20, epochs=1, drop="household", **ALONE)
    path = tmp_path / "script.py"
    path.write_text(write_script(model.fitted, style, str(mixed)), encoding="utf-8")
    # Longer than 110 is only the line with the path, which is the test's.
    ruff = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--isolated",
        "--select",
        "F,I,E,W",
        "--line-length",
        "110",
    ]
    done = subprocess.run([*ruff, str(path)], capture_output=True, text=True, check=False)
    faults = [line for line in done.stdout.splitlines() if "read_csv" in line]
    assert done.returncode == 0 or faults, done.stdout


def test_a_notebook_holds_the_same_code(small, run_text):
    book = json.loads(write_notebook(small))
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in book["cells"]}) == len(book["cells"])
    code = ["".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "code"]
    assert "plt.show()" in "\n".join(code)
    text = "\n\n".join(code).replace("plt.show()", "")
    assert run_text(text)["training_loss"] == small.trained.history.training_loss_EK[:, 0].tolist()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"folds": 3, "time": "since"}, "its folds are cut by time or by group"),
        ({"weight": "paid"}, "counts rows by a weight column"),
    ],
)
def test_runs_without_a_script_are_refused_with_the_reason(mixed, changes, why):
    model = fit(mixed, target="rich", hidden=(4,), epochs=1, drop="household", **PLAIN, **changes)
    with pytest.raises(SettingsError, match=why):
        write_script(model.fitted)


def test_a_table_in_memory_is_asked_for_as_a_file(mixed):
    model = fit(pl.read_csv(mixed), target="rich", hidden=(4,), epochs=1, drop="household", **PLAIN)
    with pytest.raises(SettingsError, match=r"save it as CSV or Parquet and name it with --source"):
        write_script(model.fitted)
    assert str(mixed) in write_script(model.fitted, source=str(mixed))


def test_another_table_is_not_taken_for_the_runs(small, tmp_path, mixed):
    pl.read_csv(mixed).head(100).write_csv(tmp_path / "less.csv")
    with pytest.raises(SourceError, match=r"100 rows with a target now, but the run had 160"):
        write_script(small, source=str(tmp_path / "less.csv"))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"optimizer": "adamw", "one_hot": 20}, "optimiser 'adamw' keeps more than weights"),
        ({"optimizer": "sgd", "members": 2, "one_hot": 20}, "it has 2 members"),
        ({"optimizer": "sgd", "average": 0.9, "one_hot": 20}, "it averages weights over the steps"),
        ({"optimizer": "sgd"}, "it has embeddings"),
        ({"optimizer": "sgd", "one_hot": 20, "normalization": "layer"}, "layer normalisation"),
    ],
)
def test_what_is_not_written_from_scratch(mixed, changes, why):
    model = fit(mixed, target="rich", hidden=(4,), epochs=1, drop="household", **ALONE, **changes)
    with pytest.raises(SettingsError, match=why):
        write_script(model.fitted, "scratch")


def test_an_unknown_style_is_named(small):
    with pytest.raises(GlassnetError, match=r"no style is called 'scrach'. Did you mean 'scratch'\?"):
        write_script(small, "scrach")


@pytest.mark.parametrize("text", ["plain", 'a "quoted" one', "back\\slash", "tab\t", "Ümläut", "new\nline"])
def test_texts_are_code(text):
    assert eval(quoted(text)) == text  # our own output
    assert eval(listing([text] * 30)) == [text] * 30


def test_long_lists_are_wrapped():
    assert max(len(line) for line in listing([f"column {n}" for n in range(60)]).splitlines()) <= 104

"""The options of `glassnet train`: a frozen list, every setting among them, words read as they were meant."""

import csv
import io

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from glassnet.cli import glassnet, parse
from glassnet.cli.options import ROWS, changed
from glassnet.cli.train import train
from glassnet.errors import SettingsError
from glassnet.settings import SETTING_NAMES, Settings

# A new option is a promise for years: think before a line is added here.
OPTIONS = {
    "--activation",
    "--batch-size",
    "--bins",
    "--calibrate",
    "--bounds",
    "--class-weight",
    "--clip",
    "--columns",
    "--comment",
    "--data-seed",
    "--dates",
    "--db-table",
    "--decimal",
    "--delimiter",
    "--drop",
    "--dropout",
    "--dry-run",
    "--effort",
    "--embedding",
    "--encoding",
    "--engine",
    "--epochs",
    "--escape",
    "--example",
    "--features",
    "--folds",
    "--footer-lines",
    "--group",
    "--header",
    "--hidden",
    "--json",
    "--keep",
    "--kind",
    "--label-smoothing",
    "--learning-rate",
    "--loss",
    "--members",
    "--metric",
    "--missing",
    "--momentum",
    "--second-moment",
    "--rate-factors",
    "--decay-factors",
    "--average",
    "--network",
    "--noise",
    "--normalization",
    "--numbers",
    "--one-hot",
    "--optimizer",
    "--out",
    "--output",
    "--patience",
    "--plot",
    "--positive",
    "--precision",
    "--quantile",
    "--query",
    "--quiet",
    "--quote",
    "--rare",
    "--recipe",
    "--records",
    "--rows",
    "--schedule",
    "--seed",
    "--sharing",
    "--input-scaling",
    "--settings",
    "--skip-lines",
    "--target",
    "--target-means",
    "--target-scale",
    "--task",
    "--test",
    "--test-share",
    "--threads",
    "--threshold",
    "--time",
    "--time-limit",
    "--validation",
    "--validation-share",
    "--warmup",
    "--weight",
    "--weight-decay",
    "-o",
    "-q",
    "-t",
}

NAMES = st.lists(st.text(min_size=1).filter(lambda s: s == s.strip() and s and s.isprintable()), min_size=1)


def test_the_list_of_options_is_frozen() -> None:
    found = {flag for one in train.params for flag in one.opts if flag.startswith("-")}
    assert found == OPTIONS


def test_every_setting_has_an_option() -> None:
    assert {row.setting for row in ROWS} == set(SETTING_NAMES)


def test_nothing_given_changes_nothing() -> None:
    assert changed(Settings(), {}) == Settings()


def test_help_shows_every_option_under_a_heading() -> None:
    shown = CliRunner().invoke(glassnet, ["train", "--help"]).output
    assert all(flag in shown for flag in OPTIONS)
    for heading in ("Table:", "Columns:", "Split:", "Network:", "Training:", "Run:", "Examples:"):
        assert heading in shown
    assert max(len(line) for line in shown.splitlines()) <= 88


def test_words_become_settings() -> None:
    words = {
        "target": ("a", "b"),
        "kinds": ("age=category", "x=y=number"),
        "hidden": ("128,64",),
        "class_weight": ("yes=2,no=0.5",),
        "missing": ("?,NA", ""),
        "rate_factors": ("scales=6, biases=0.1", "last=0.5"),
        "epochs": ("7",),
        "dropout": ("auto",),
        "records": ("no",),
        "time_limit": ("60",),
    }
    settings = changed(Settings(), words)
    assert settings.target == ("a", "b")
    assert settings.kinds == (("age", "category"), ("x=y", "number"))
    assert settings.hidden == (128, 64)
    assert settings.class_weight == (("yes", 2.0), ("no", 0.5))
    assert settings.rate_factors == (("scales", 6.0), ("biases", 0.1), ("last", 0.5))
    assert settings.missing == ("?", "NA", "")
    assert settings.records is False
    assert (settings.epochs, settings.dropout, settings.time_limit) == (7, "auto", 60.0)


def test_no_hidden_layer_is_none() -> None:
    assert changed(Settings(), {"hidden": ("none",)}).hidden == ()


@given(NAMES)
def test_names_written_as_csv_are_read_back(names: list[str]) -> None:
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="").writerow(names)
    assert list(parse.names("--drop", [line.getvalue()])) == names


@pytest.mark.parametrize(
    ("setting", "word", "message"),
    [
        ("epochs", "ten", "--epochs must be a whole number, but it is 'ten'"),
        ("folds", "few", "--folds must be a whole number, but it is 'few'"),
        ("dropout", "half", "--dropout must be a number, but it is 'half'"),
        ("dropout", "nan", "--dropout must be a number, but it is 'nan'"),
        ("hidden", "64,wide", "--hidden must be widths such as 128,64"),
        ("kinds", "age", "--kind must be NAME=VALUE, but it is 'age'"),
        ("kinds", "=number", "--kind must be NAME=VALUE, but it is '=number'"),
        ("kinds", "age=", "--kind must be NAME=VALUE, but it is 'age='"),
        ("class_weight", "even", "--class-weight must be none, balanced or a weight for each class"),
        ("class_weight", "a=x", "--class-weight of 'a' must be a number, but it is 'x'"),
        ("drop", "a,,b", "--drop has an empty name in 'a,,b'"),
        ("test_share", "2", "test_share must be a number of at least 0 and below 1"),
    ],
)
def test_a_wrong_word_is_named(setting: str, word: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        changed(Settings(), {setting: (word,)})

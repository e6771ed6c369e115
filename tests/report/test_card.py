"""The model card: Markdown that no name or cell can break, written by the command in each format."""

import json
import re

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import glassnet
from glassnet.cli.report import report
from glassnet.errors import SettingsError
from glassnet.report.card import card, escaped

A = np.random.default_rng(2).normal(size=100)


@pytest.fixture(scope="module")
def model():
    table = pl.DataFrame({"a|b": A, "<script>": A * 2, "`c`": A**2, "y": np.where(A > 0, "*yes*", "no_")})
    return glassnet.fit(table, "y", epochs=2, hidden=4, threads=1)


def test_the_card_says_what_the_report_says(model):
    text = card(model.fitted)
    assert text.startswith("---\nlibrary_name: glassnet\npipeline_tag: tabular-classification\n")
    for heading in ("How good it is", "What it is for", "What matters", "The data", "How it was trained"):
        assert f"\n## {heading}\n" in text
    assert text.count("Only you can say this") == 2
    assert "model = glassnet.fit(table, target='y'" in text


def test_names_cannot_break_it(model):
    prose = card(model.fitted).split("```")[0]
    assert "<script>" not in prose
    assert "*yes*" not in prose
    for line in re.findall(r"^\|.*\|$", prose, flags=re.M):
        bars = len(re.findall(r"(?<!\\)\|", line))
        assert bars in (4, 6)


@given(st.text(max_size=30))
def test_escaped_is_one_line_and_reads_back(text):
    line = escaped(text)
    assert "\n" not in line
    assert not re.search(r"(?<!\\)(\\\\)*[`*_\[\]<>#|]", line)
    assert not re.match(r"[-+]|\d+[.)]", line)


def test_numbers_without_test_rows():
    model = glassnet.fit(pl.DataFrame({"a": A, "y": A * 2}), "y", epochs=1, hidden=4, threads=1, test_share=0)
    text = card(model.fitted)
    assert "tabular-regression" in text
    assert "Measured on the training rows" in text


@pytest.mark.parametrize(
    ("words", "file", "begins"),
    [
        ([], "report.html", "<!doctype html>"),
        (["--format", "json"], "report.json", "{"),
        (["--format", "card"], "model_card.md", "---"),
        (["--format", "card", "--out", "README.md"], "README.md", "---"),
    ],
)
def test_the_command_writes_each_format(tmp_path, monkeypatch, model, words, file, begins):
    monkeypatch.chdir(tmp_path)
    model.save("m.glassnet")
    done = CliRunner().invoke(report, ["m.glassnet", *words], catch_exceptions=False)
    assert done.exit_code == 0
    assert done.output.endswith(f"is in {file}.\n")
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert text.startswith(begins)
    if file.endswith("json"):
        assert json.loads(text)["task"] == "binary"


def test_an_unknown_format_is_refused_before_the_model_is_read():
    with pytest.raises(SettingsError, match=r"no format is called 'crad'. Did you mean 'card'\?"):
        CliRunner().invoke(report, ["nowhere.glassnet", "--format", "crad"], catch_exceptions=False)

"""The report of small real runs: whole, offline, escaped, the same twice."""

import base64
import hashlib
import html.parser
import re
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from glassnet.errors import SourceError
from glassnet.pipeline import Sources, fit
from glassnet.report.page import page, write_report
from glassnet.settings import Settings, change
from glassnet.store.fitted import load_fitted, save_fitted

EVIL = "<script>alert(1)</script>"


def run(table, **changes):
    settings = change(Settings(), **{"epochs": 3, "hidden": (8,), "threads": 1, **changes})
    return fit(Sources(table=table), settings)


def numbers(rows=120, seed=0):
    generator = np.random.default_rng(seed)
    a, b = generator.normal(size=rows), generator.normal(size=rows)
    return a, b, generator.normal(size=rows)


@pytest.fixture(scope="module")
def binary():
    a, b, noise = numbers(400)
    answer = np.where(a + 0.3 * noise > 0, "stays & pays", '"leaves" </td>')
    table = pl.DataFrame({EVIL: a, "$\\frac$": b, "city": np.where(b > 0, "<b>Rome", "Oslo"), "y": answer})
    return run(table, target="y", keep="city")


@pytest.fixture(scope="module")
def regression():
    a, b, noise = numbers()
    return run(pl.DataFrame({"a": a, "b": b, "y": 1000 * a + noise}), target="y", members=2)


class Reader(html.parser.HTMLParser):
    """Tags in order, ids, references and all text; closing tags must match."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.references, self.tags, self.words = [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            if name in ("href", "src", "xlink:href", "action", "data", "srcset", "aria-labelledby"):
                self.references.append(value)
        if tag not in ("meta", "input"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def read(text):
    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    return reader


def check(text):
    """What every report keeps to; returns what was read."""
    reader = read(text)
    assert len(text.encode()) < 2_000_000
    assert len(reader.ids) == len(set(reader.ids))
    known = {f"#{one}" for one in reader.ids} | set(reader.ids)
    assert set(reader.references) <= known
    assert set(re.findall(r"url\(([^)]*)\)", text)) <= known
    assert not {"iframe", "img", "link", "object"} & set(reader.tags)
    scripts = re.findall(r"<script>(.*?)</script>", text, flags=re.DOTALL)
    assert reader.tags.count("script") == len(scripts) <= 1
    for script in scripts:  # the browser runs it only where the policy names its hash
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"script-src &#x27;sha256-{digest}&#x27;" in text
    assert "@import" not in text
    assert "http" not in text.replace('http-equiv="', "")
    assert not re.search(r"\son\w+=", " ".join(re.findall(r"<[^>]*>", text)))
    assert reader.tags.count("svg") == reader.tags.count("figure") > 0
    for figure in re.findall(r"<figure>.*?</figure>", text, flags=re.DOTALL):
        assert 'role="img"' in figure
        assert "<figcaption>" in figure
        assert "<details>" in figure
    assert not re.search(r"\bnan\b|\binf\b|None", " ".join(reader.words[2:]))
    return reader


def test_binary_report_keeps_the_rules(binary):
    reader = check(page(binary))
    words = " ".join(reader.words)
    for heading in ("How good is it?", "Training", "How good, in depth", "What matters", "How it was made"):
        assert heading in words
    assert "linear model" in words
    assert "95 % interval" in words


def test_names_and_cells_are_only_letters(binary):
    text = page(binary)
    assert EVIL not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<b>" not in text
    assert "$\\frac$" in text  # and not taken for a formula
    assert '"leaves" </td>' not in text


def test_colours_are_the_pages(binary):
    svgs = "".join(re.findall(r"<svg.*?</svg>", page(binary), flags=re.DOTALL))
    assert set(re.findall(r"#[0-9a-f]{6}\b", svgs)) == set()
    assert "var(--accent)" in svgs
    assert "prefers-color-scheme: dark" in page(binary)
    assert "@media print" in page(binary)


def test_equal_runs_give_equal_pages(regression):
    assert page(regression) == page(regression)


def test_regression_report_keeps_the_rules(regression):
    reader = check(page(regression))
    words = " ".join(reader.words)
    assert "off by" in words
    assert "2 networks of" in words


def test_training_rows_are_called_so_loudly():
    a, b, noise = numbers(60)
    text = page(run(pl.DataFrame({"a": a, "b": b, "y": a + noise}), target="y", test_share=0.0))
    check(text)
    assert "Measured on the training rows" in text
    assert "test rows" not in re.sub(r"kept.*?testing", "", text)


def test_many_classes():
    place = np.arange(600) % 60
    a = numbers(600)[0]
    table = pl.DataFrame({"a": place + 0.1 * a, "y": [f"class {p}" for p in place]})
    text = page(run(table, target="y"))
    check(text)
    assert "All 60 classes" in text


def test_a_class_never_answered_and_a_tiny_test_set():
    a = numbers(40)[0]
    table = pl.DataFrame({"a": a, "y": ["common"] * 36 + ["rare"] * 4})
    fitted = run(table, target="y", epochs=1, learning_rate=1e-9)
    text = page(fitted)
    check(text)
    if fitted.evaluation.confusion_CC[:, 1].sum() == 0:
        assert "never answers ‘rare’" in text
    assert "only 8 test rows" in text


def test_constant_predictions():
    a, _, noise = numbers(80)
    fitted = run(pl.DataFrame({"a": a, "y": noise}), target="y")
    flat = replace(fitted.evaluation, prediction_RP=np.full_like(fitted.evaluation.prediction_RP, 2.5))
    text = page(replace(fitted, evaluation=flat))
    check(text)
    assert "Every row gets the same prediction" in text


def test_several_numbers_and_several_answers():
    a, b, _ = numbers(150)
    check(page(run(pl.DataFrame({"a": a, "b": b, "u": a * 2, "v": b - a}), target=("u", "v"))))
    table = pl.DataFrame({"a": a, "b": b, "p": a > 0, "q": b > 0})
    check(page(run(table, target=("p", "q"))))


def test_many_columns():
    generator = np.random.default_rng(0)
    table = pl.DataFrame({f"a column number {i}": generator.normal(size=80) for i in range(120)})
    table = table.with_columns(y=table.to_series(3) * 2)
    text = page(run(table, target="y", epochs=1))
    check(text)
    assert "first 20 of 120 columns" in text
    assert "All 120 columns" in text


def test_without_scores(regression):
    """A run whose time ended before anything was measured."""
    bare = replace(regression.evaluation, scores=(), importance=())
    text = page(replace(regression, evaluation=bare))
    check(text)
    assert "no rows to measure" in text


def test_the_file_is_whole_or_not_there(tmp_path, binary):
    path = write_report(binary, tmp_path / "report.html")
    assert path.read_text(encoding="utf-8") == page(binary)
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]
    with pytest.raises(SourceError, match=r"cannot be written: .*folder that you may write to"):
        write_report(binary, tmp_path / "nowhere" / "report.html")


def test_a_loaded_model_gives_the_same_page(tmp_path, regression):
    save_fitted(regression, tmp_path / "m.glassnet")
    assert page(load_fitted(tmp_path / "m.glassnet", None)) == page(regression)


def test_own_code_is_said_to_be_needed(regression):
    own = replace(regression, source="a.csv", settings=replace(regression.settings, metric=max))
    assert "Some choices are code of your own" in page(own)
    assert "metric=max" in page(own)


def test_every_kind_of_column_with_missing_cells(mixed):
    """Dates have an axis of their own, missing cells a mark; a warning of matplotlib would fail here."""
    table = mixed(400, 1).drop("more", "rich", "level", "left", "right")
    text = page(run(table, target="score", members=2))
    check(text)
    for part in ("How predictions go with each column", "Where it is wrong", "How the cells are spread"):
        assert part in text
    assert "What is left over, along the columns" in text

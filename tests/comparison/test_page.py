"""The page of a comparison: whole, offline, escaped, each picture with its sentence and table."""

import json
import re

import pytest

import glassnet
from glassnet.comparison.facts import facts_of
from glassnet.comparison.page import page
from glassnet.errors import SourceError


@pytest.fixture(scope="module")
def three(plain, blind, seeded):
    return glassnet.compare({"plain": plain, "<b>blind</b> & co": blind, "seeded": seeded})


@pytest.fixture(scope="module")
def text(three):
    return page(three.compared)


def test_the_page_needs_nothing_from_outside(text):
    assert "<script" not in text
    assert not re.findall(r'(?:src|href)="(?!#)[^"]*"', text)
    assert "default-src &#x27;none&#x27;" in text
    assert len(text) < 2_000_000


def test_names_are_text(text):
    assert "<b>" not in text
    assert "<i>c" not in text
    assert "&lt;b&gt;blind&lt;/b&gt; &amp; co" in text


def test_every_link_and_label_leads_somewhere_once(text):
    ids = re.findall(r' id="([^"]*)"', text)
    assert len(ids) == len(set(ids))
    for link in re.findall(r'(?:href="#|aria-labelledby=")([^"]*)"', text):
        assert link in ids


def test_every_picture_has_words_and_figures(text):
    pictures = text.count("<svg ")
    assert pictures >= 8  # figures, distances, losses of two kinds of rows in three ways, the metric
    assert text.count('role="img"') == pictures == text.count("<figcaption>")
    assert text.count("The figures</summary>") == pictures


def test_what_the_page_says(text):
    for part in (
        *("Which is better?", "What differs", "How they learned", "Time and size", "How this was measured"),
        *("row by row", "by intervals", "no more than noise", "Holm", "seed"),
        *("Validation loss on a logarithmic scale", "Training loss against time", "in memory"),
    ):
        assert part in text, part


def test_losses_of_different_kinds_are_drawn_relative(prices, plain, blind):
    assert "loss / first" in page(glassnet.compare(list(prices)).compared)
    assert "loss / first" not in page(glassnet.compare([plain, blind]).compared)


def test_runs_in_folders_are_linked_from_where_the_page_lies(folders, tmp_path):
    found = glassnet.compare([folders / "plain", folders / "blind"])
    text = found.report(folders / "compare.html").read_text(encoding="utf-8")
    links = re.findall(r'href="([^#"][^"]*)"', text)
    assert links == ["plain/report.html", "blind/report.html"]
    assert all((folders / link).is_file() for link in links)
    elsewhere = found.report(tmp_path / "page.html").read_text(encoding="utf-8")
    (first, _) = re.findall(r'href="([^#"][^"]*)"', elsewhere)
    assert (tmp_path / first).resolve() == folders / "plain" / "report.html"


def test_the_page_is_written_whole_or_not_at_all(three, tmp_path):
    with pytest.raises(SourceError, match="cannot be written"):
        three.report(tmp_path / "nowhere" / "page.html")


def test_equal_runs_have_a_page_too(plain, twin):
    text = page(glassnet.compare([plain, twin]).compared)
    assert "Nothing: table, settings, decisions and machine are the same." in text


def test_the_longest_names_and_the_most_runs(plain, blind):
    runs = {f"{'a very long name of a run ' * 4}{n}": plain if n % 2 else blind for n in range(2)}
    text = page(glassnet.compare(runs).compared)
    assert text.count("<svg ") >= 8


def test_facts_are_strict_json(three, plain):
    told = json.loads(json.dumps(facts_of(three.compared), allow_nan=False))
    assert [one["name"] for one in told["runs"]] == ["plain", "<b>blind</b> & co", "seeded"]
    assert told["paired"] is False
    assert told["target"] == ["answer"]
    assert told["metrics"][0]["scores"][0]["value"] == plain.fitted.evaluation.scores[0].value
    assert len(told["metrics"][0]["gaps"]) == 3
    assert {one["name"] for one in told["differing"]} >= {"seed", "columns", "a", "split"}

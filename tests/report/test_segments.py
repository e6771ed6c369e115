"""Errors by segment agree with the figures of the whole report, whatever threshold decides."""

import numpy as np
import polars as pl
import pytest

from glassnet.pipeline import Sources, fit
from glassnet.report.page import page
from glassnet.report.segments import by_segment, story, whole_error
from glassnet.settings import Settings, change


@pytest.fixture(scope="module")
def rare():
    """A rare class that the F1 score looks for: a half would hardly ever answer it."""
    generator = np.random.default_rng(0)
    a, b = generator.normal(size=(2, 1200))
    site = generator.choice(["north", "south"], 1200)
    noise = generator.normal(size=1200) * np.where(site == "south", 2.5, 0.3)
    table = pl.DataFrame({"a": a, "b": b, "site": site, "y": np.where(a + noise > 1.6, "ill", "well")})
    settings = change(Settings(), target="y", epochs=12, threads=1, hidden=(16,), metric="f1")
    return fit(Sources(table=table), settings)


def test_the_whole_error_is_that_of_the_confusion_matrix(rare):
    count_CC = rare.evaluation.confusion_CC
    assert whole_error(rare) == pytest.approx(1 - np.trace(count_CC) / count_CC.sum())
    segments = [one for one in rare.evaluation.insight.segments if one.column == "site"]
    assert sum(one.rows for one in segments) == len(rare.evaluation.truth)
    mean = sum(one.rows * one.error for one in segments) / len(rare.evaluation.truth)
    assert mean == pytest.approx(whole_error(rare))


def test_the_noisy_site_is_said_to_be_worse(rare):
    assert "where site is south (" in story(rare)
    part = "".join(by_segment(rare))
    assert "Clearly worse at south; better at north." in part


def test_the_threshold_in_use_is_the_one_shown(rare):
    used = rare.evaluation.threshold
    assert used == rare.threshold.value
    text = page(rare)
    assert f'value="{round(100 * used)}"' in text
    assert "(used)" in text
    if used != 0.5:
        assert f"threshold {round(100 * used, 1):g} %" in text

"""What held-out rows taught is said where it matters, and so is what chose the epoch and what a team is."""

import html
import re
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from glassnet.held_out.values import Calibration, Threshold
from glassnet.pipeline import Sources, fit
from glassnet.report.learning import chosen_by, story, why_stopped
from glassnet.report.making import network_says
from glassnet.report.page import page
from glassnet.report.promises import (
    answers_of,
    calibration_says,
    intervals_says,
    promise,
    promise_gap,
    promised,
    threshold_says,
)
from glassnet.settings import Settings, change


def run(**changes):
    generator = np.random.default_rng(3)
    a, noise = generator.normal(size=(2, 400))
    table = pl.DataFrame({"a": a, "y": np.where(a + noise > 0.8, "ill", "well"), "n": 10 * a + noise})
    usual = {"epochs": 4, "hidden": (8,), "members": 3, "threads": 1, "folds": 0}
    return fit(Sources(table=table), change(Settings(), **(usual | changes)))


@pytest.fixture(scope="module")
def ill():
    return run(target="y", drop="n", metric="auc")


@pytest.fixture(scope="module")
def number():
    return run(target="n", drop="y", sharing="none")


def test_a_metric_that_was_asked_for_is_said_to_choose_the_epoch(ill, number):
    assert "there the AUC on validation rows was best" in story(ill)
    assert chosen_by(number.recipe) == "the validation loss was lowest"
    shared = replace(number.recipe, architecture=replace(number.recipe.architecture, sharing="layers"))
    assert "members' mean answer" in chosen_by(shared)


def test_why_training_ended_stands_behind_because(ill):
    stopped = replace(ill.trained, stopped="no improvement on validation rows for 8 epochs")
    assert why_stopped(stopped).startswith("there was no improvement")
    assert why_stopped(ill.trained) == "all 4 epochs are done"
    long = replace(ill.trained, stopped="all 5000 epochs are done")
    assert why_stopped(long) == "all 5,000 epochs are done"


def test_what_a_team_is_stands_in_plain_words(ill, number):
    assert "3 members learn together and share their layers" in story(ill)
    assert network_says(ill).startswith("3 members share ")
    assert network_says(number).startswith("3 networks of ")
    last = sum(p.numel() for name, p in ill.network.named_parameters() if name.startswith("last.")) // 3
    assert f"Each member has {last} of its own" in network_says(ill)


def test_the_gap_of_exact_probabilities_is_zero(ill):
    is_right_R, share_R = answers_of(ill)
    assert is_right_R.mean() == pytest.approx(
        next(one.value for one in ill.evaluation.scores if one.metric == "accuracy")
    )
    assert (share_R >= 0.5).all()
    assert promise_gap(()) == 0
    assert "percentage points on average" in promise(ill)


def test_calibration_says_what_it_gained_or_why_it_is_not_there(ill):
    reason = "log loss from 0.5 to 0.4 on 80 held-out rows, each measured with a temperature fitted on others"
    kept = Calibration(temperature=1.2, reason=reason, rows=80)
    said = calibration_says(replace(ill, calibration=kept))
    assert "less sure by a temperature of 1.2" in said
    assert said.endswith("from 0.5 to 0.4 on 80 held-out rows.")
    none = Calibration(reason="asked for: calibrate is none")
    assert calibration_says(replace(ill, calibration=none)).endswith("calibrate is none.")
    chance = Calibration(reason="no more than chance", rows=80, before=0.5, gain=0.001)
    assert "0.20\u00a0% of the log loss" in calibration_says(replace(ill, calibration=chance))
    assert calibration_says(replace(ill, calibration=Calibration())) == ""


def test_the_threshold_says_where_it_is_from(ill):
    assert threshold_says(replace(ill, threshold=Threshold())) == ""
    asked = replace(ill, threshold=Threshold(value=0.2, reason="asked for"))
    assert threshold_says(asked) == "It was asked for."
    assert "It was asked for." in html.unescape(page(asked))


def test_intervals_say_what_they_learned_from(number):
    assert intervals_says(number).startswith("They are learned from the errors on ")
    assert "should hold the truth nine times in ten" in promise(number)


def test_the_first_screen_and_the_picture_promise_the_same(ill):
    gap = f"off by {100 * promise_gap(promised(ill)):.1f} percentage points"
    text = html.unescape(page(ill))
    assert len(set(re.findall(r"off by [\d.]+ percentage points", text))) == 1
    assert gap in promise(ill)

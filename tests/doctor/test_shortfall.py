"""What a network did not learn is named: by a limit too short, or by a linear model that did."""

from dataclasses import replace

import numpy as np
import pytest

from glassnet.doctor.findings import diagnose
from glassnet.doctor.shortfall import ENOUGH_STEPS, TO_SPARE, _enough, linear_better
from glassnet.doctor.signs import signs_of
from glassnet.model import fit
from glassnet.pace import SECONDS
from glassnet.settings import Decision

LINEAR = "a linear model does far better"


def straight(rows=300, columns=80):
    """Return many columns that make the answer along a straight line."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=(rows, columns))
    y = x @ draw.normal(size=columns) + 0.5 * draw.normal(size=rows)
    return {f"x{place}": x[:, place] for place in range(columns)} | {"y": y}


def test_a_linear_model_that_does_far_better_is_named(seen):
    found = seen(straight())[LINEAR]
    assert "rmse is" in found.evidence
    assert "on the same inputs has" in found.evidence
    assert "--hidden none --bins 0" in found.remedy
    assert "--epochs" in found.remedy  # which was given here


def test_its_remedy_helps(seen):
    assert LINEAR not in seen(straight(), hidden=(), bins=0, epochs="auto")


def test_what_was_left_to_the_program_is_not_blamed(seen):
    assert seen(straight(), epochs="auto")[LINEAR].remedy.startswith("Try --hidden none --bins 0")


def test_targets_that_no_prediction_may_reach_are_told(seen):
    draw = np.random.default_rng(1)
    when = np.arange(600.0)
    table = {"when": when, "far": when / 100, "z": draw.normal(size=600)}
    table["y"] = 3 * table["far"] + 0.2 * draw.normal(size=600)
    found = seen(table, time="when", epochs="auto")
    assert "--bounds none" in found[LINEAR].remedy


@pytest.fixture(scope="module")
def ordinary():
    draw = np.random.default_rng(2)
    x = draw.normal(size=400)
    return fit({"x": x, "z": draw.normal(size=400), "y": x + draw.normal(size=400)}, "y", epochs=20).fitted


@pytest.mark.parametrize(
    ("figures", "is_named"),
    [
        ({"value": 1.2, "low": 1.1, "high": 1.3, "linear": 1.0}, True),
        ({"value": 1.2, "low": 0.9, "high": 1.5, "linear": 1.0}, False),  # may be chance
        ({"value": 1.05, "low": 1.04, "high": 1.06, "linear": 1.0}, False),  # sure, and little
        ({"value": 0.8, "low": 0.7, "high": 0.9, "linear": 1.0}, False),
        ({"value": 1.2, "low": 1.1, "high": 1.3, "linear": float("nan")}, False),
    ],
)
def test_it_is_surely_and_by_far(ordinary, figures, is_named):
    score = replace(ordinary.evaluation.scores[0], larger_is_better=False, **figures)
    planted = replace(ordinary, evaluation=replace(ordinary.evaluation, scores=(score,)))
    assert (linear_better(signs_of(planted)) is not None) is is_named


@pytest.mark.parametrize(
    ("value", "linear", "is_named"), [(0.8, 0.95, True), (0.95, 0.8, False), (0.982, 1.0, False)]
)
def test_of_shares_the_error_is_what_is_missing(ordinary, value, linear, is_named):
    low, high = (value - 0.075, value + 0.015)
    score = replace(
        ordinary.evaluation.scores[0], larger_is_better=True, value=value, low=low, high=high, linear=linear
    )
    planted = replace(ordinary, evaluation=replace(ordinary.evaluation, scores=(score,)))
    assert (linear_better(signs_of(planted)) is not None) is is_named


def test_a_limit_that_left_hardly_a_step_comes_first():
    draw = np.random.default_rng(3)
    x = draw.normal(size=(6000, 5))
    table = {f"x{place}": x[:, place] for place in range(5)} | {"y": np.where(x[:, 0] > 0, "yes", "no")}
    fitted = fit(table, "y", time_limit=0.05, hidden=(256, 256), members=16, engine="eager").fitted
    (found,) = (one for one in diagnose(fitted) if one.severity == "warning")
    assert found.name == "time limit too short"
    assert "The time limit of 0.05 s ended training after " in found.evidence
    assert "(of 85 epochs (2,720 steps)" in found.evidence  # what was planned without the limit
    assert "Give it at least --time-limit " in found.remedy
    enough = float(found.remedy.split("--time-limit ")[1].split(",")[0])
    assert enough >= 0.1


def test_what_is_enough_holds_where_the_machine_was_busy_meanwhile(ordinary):
    probed = Decision(name=SECONDS, value="1e-05", reason="the least by a probe before training")
    busy = replace(
        ordinary,
        settings=replace(ordinary.settings, time_limit=0.5),
        decisions=(*ordinary.decisions, probed),
        facts=replace(ordinary.facts, seconds={"reading": 0.1, "training": 60.0, "evaluating": 0.9}),
    )
    fastest = np.diff(
        ordinary.trained.history.seconds_E, prepend=0.0
    ).min()  # an epoch is a step here, or two
    for step, one in ((1e-5, busy), (fastest, replace(busy, decisions=()))):  # not 20 s
        assert 1.0 < float(_enough(one, 3)) / TO_SPARE < (1.0 + ENOUGH_STEPS * step) * 1.1


def test_a_limit_that_left_enough_is_not_named(ordinary):
    assert not {"time limit too short", LINEAR} & {one.name for one in diagnose(ordinary)}

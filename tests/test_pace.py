"""A plan fits the clock: its epochs and its schedule end when the time does, and it says why."""

from dataclasses import replace

import numpy as np
import pytest

from glassnet.engine.choose import choose_engine
from glassnet.metric import METRICS
from glassnet.pace import PLANNED, SECONDS, Pace, fit_to_clock, measure_pace, with_fewer_rows
from glassnet.pipeline import Sources, draft_run
from glassnet.settings import Settings

SMALL = Settings(hidden=(8,), epochs=100, batch_size=16, validation_share=0.2, threads=1)


@pytest.fixture(scope="module")
def draft(mixed):
    table = mixed(300, 5).drop("score", "more", "level", "left", "right")
    return draft_run(Sources(table=table), replace(SMALL, target=("rich",)))


@pytest.mark.parametrize("name", ["auto", "eager"])
def test_the_probe_takes_few_steps_and_finds_a_pace(draft, name):
    engine, _ = choose_engine(draft.plan, name)
    pace = measure_pace(draft.plan, engine, METRICS["auc"], 0.2)
    assert 0 < pace.step < 0.1
    assert 0 < pace.look < 1
    assert pace.probing < 2  # on a busy machine
    assert 0 < pace.fastest < pace.step * 1.1
    assert pace.training(draft.plan) == pytest.approx(
        100 * (draft.plan.steps_per_epoch * pace.step + pace.look)
    )


def test_without_validation_rows_there_is_no_look(draft):
    rows = replace(draft.plan.prepared.rows, validation=(draft.rows.validation[0][:0],))
    plan = replace(draft.plan, prepared=replace(draft.plan.prepared, rows=rows))
    engine, _ = choose_engine(plan, "eager")
    assert measure_pace(plan, engine, None, 0.05).look == 0.0


@pytest.mark.parametrize("share", [0.2, 0.5, 0.99])
def test_epochs_and_schedule_are_cut_to_the_time(draft, share):
    pace = Pace(step=0.01, look=0.02, probing=0.0)
    seconds = pace.training(draft.plan) * share
    plan, recipe = fit_to_clock(draft.plan, draft.recipe, pace, seconds)
    assert plan.training.epochs == int(100 * share * PLANNED + 1e-9)
    assert plan.steps == plan.steps_per_epoch * plan.training.epochs  # what the schedule is as long as
    assert recipe.training == plan.training
    (decision,) = (one for one in recipe.decisions if one.name == "epochs")
    assert decision.value == str(plan.training.epochs)
    assert pace.training(plan) <= seconds


def test_what_fits_stays_as_it_is(draft):
    pace = Pace(step=1e-6, look=0.0, probing=0.0)
    assert fit_to_clock(draft.plan, draft.recipe, pace, 10.0) == (draft.plan, draft.recipe)


@pytest.mark.parametrize("seconds", [0.5, 0.0, -3.0])
def test_one_epoch_is_the_least(draft, seconds):
    plan, recipe = fit_to_clock(draft.plan, draft.recipe, Pace(step=1.0, look=0.0, probing=0.0), seconds)
    assert plan.training.epochs == 1
    told = {one.name: one for one in recipe.decisions}
    assert "more than the time limit leaves: it ends within it" in told["epochs"].reason
    assert told[SECONDS].value == "1"


def test_where_no_epoch_fits_one_goes_over_rows_drawn_by_lot(mixed):
    table = mixed(300, 5).drop("score", "more", "level", "left", "right")
    draft = draft_run(Sources(table=table), replace(SMALL, target=("rich",), batch_size=1))
    pace, seconds = Pace(step=0.01, look=0.2, probing=0.0), 1.5
    plan, recipe = fit_to_clock(draft.plan, draft.recipe, pace, seconds)
    assert plan.training.epochs == 1
    assert plan.steps == int((seconds * PLANNED - 0.2) / 0.01)
    assert pace.training(plan) <= seconds
    assert set(plan.prepared.rows.fit[0]) < set(draft.rows.fit[0])
    np.testing.assert_array_equal(plan.prepared.rows.validation[0], draft.rows.validation[0])
    assert "of the training rows by lot" in plan.prepared.rows.how
    (decision,) = (one for one in recipe.decisions if one.name == "training rows")
    assert decision.value == f"{plan.steps:,}"
    assert "drawn by lot" in decision.reason


def test_rows_drawn_by_lot_are_as_many_as_asked_for(draft):
    fit = draft.rows.fit[0]
    (drawn,) = with_fewer_rows(draft.plan, 50).prepared.rows.fit
    assert len(drawn) == len(set(drawn)) == 50
    assert set(drawn) < set(fit)
    assert (np.diff(drawn) > 0).all()
    assert abs(np.mean(drawn) - np.mean(fit)) < 4 * np.std(fit) / np.sqrt(50)
    assert with_fewer_rows(draft.plan, len(fit)) is draft.plan

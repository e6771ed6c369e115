"""What follows training is known before it begins, and what would end too late is left out."""

import math
import time
from dataclasses import replace

import numpy as np
import pytest

from glassnet.appraise import AFTER_MOST, MARGIN, Candidate, appraise, predicting, seconds_after
from glassnet.engine.choose import choose_engine
from glassnet.evaluate.baseline import pick_rows
from glassnet.evaluate.insight import NOTHING_SEEN
from glassnet.held_out.lessons import learn_lessons
from glassnet.pipeline import Draft, Listener, Sources, draft_run, fit
from glassnet.predict import predictor_of
from glassnet.settings import Settings
from glassnet.train import Watch, train


@pytest.fixture(scope="module")
def draft(mixed) -> Draft:
    table = mixed(300, 5).drop("score", "more", "level", "left", "right")
    settings = Settings(target=("rich",), hidden=(8,), epochs=2, validation_share=0.2, threads=1)
    return draft_run(Sources(table=table), settings)


def after_training(draft: Draft) -> Candidate:
    engine, _ = choose_engine(draft.plan, "eager")
    trained = train(draft.plan, engine, Watch())
    return Candidate(
        plan=draft.plan,
        predictor=predictor_of(draft.plan, trained.network, trained.members),
        lessons=learn_lessons(draft.plan, trained, Settings(), draft.metrics[0]),
        schema=draft.gathered.schema,
        frame=draft.gathered.frame,
        metrics=draft.metrics,
    )


def test_as_much_of_a_limit_is_kept_as_a_probe_says_and_the_caller_needs(draft):
    columns, metrics = len(draft.gathered.schema.inputs), len(draft.metrics)
    assert seconds_after(draft.plan, columns, metrics, 1e-6) == pytest.approx(AFTER_MOST * 1e-6)
    needed = seconds_after(draft.plan, columns, metrics, math.inf)
    assert 0 < needed < 30  # of any limit, however long: it is of so few rows
    own = seconds_after(draft.plan, columns, metrics, math.inf, own=1000.0)
    assert own >= 1000.0 * MARGIN
    assert seconds_after(draft.plan, columns, metrics, 60.0, own=1000.0) == pytest.approx(AFTER_MOST * 60)


def test_a_table_of_few_rows_tells_what_a_row_takes(draft):
    predictor = predictor_of(draft.plan, draft.plan.network, tuple(range(draft.plan.members)))
    encoded = draft.plan.prepared.encoded
    pace = predicting(predictor, pick_rows(encoded, np.arange(5)))
    assert 0 <= pace.row < 1e-3  # not the call's own time shared by five rows
    assert 0 <= pace.call < 0.5
    assert pace.seconds(2, 10) == pytest.approx(2 * pace.call + 10 * pace.row)


def test_what_would_end_too_late_is_left_out_and_the_figures_stay(draft):
    these = after_training(draft)
    whole = appraise(these)
    assert whole.importance
    assert whole.insight.dependence
    late = appraise(these, by=time.monotonic() - 1.0)
    assert late.importance == ()
    assert late.insight == NOTHING_SEEN
    assert [one.value for one in late.scores] == [one.value for one in whole.scores]
    assert all(np.isnan(one.linear) for one in late.scores)
    assert all(np.isfinite(one.linear) for one in whole.scores if one.metric == "accuracy")


def test_rows_drawn_for_a_time_limit_are_those_counted(mixed):
    table = mixed(3000, 5).drop("score", "more", "level", "left", "right")
    settings = Settings(
        target=("rich",), batch_size=1, epochs=1, hidden=(256, 256), members=8, validation_share=0.1
    )
    fitted = fit(Sources(table=table), replace(settings, time_limit=2.0, engine="eager"), Listener())
    drawn = [one for one in fitted.decisions if one.name == "training rows"]
    if drawn:  # a fast machine may take all of them
        assert fitted.row_counts[0] == int(drawn[0].value.replace(",", ""))
        assert "by lot" in fitted.split

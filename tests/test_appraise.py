"""What follows training is known before it begins, and what would end too late is left out."""

import math
import time
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from glassnet.appraise import AFTER_MOST, MARGIN, Candidate, appraise, predicting, seconds_after
from glassnet.engine.choose import choose_engine
from glassnet.evaluate.baseline import pick_rows
from glassnet.evaluate.insight import NOTHING_SEEN
from glassnet.held_out.lessons import learn_lessons
from glassnet.model import Model
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
        frame=draft.gathered.frame[draft.plan.prepared.rows.test],
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


def table_of(rows: int) -> pl.DataFrame:
    """Return a table of a weak answer, which a network learns by heart."""
    draw = np.random.default_rng(4)
    x = draw.normal(size=(rows, 8))
    return pl.DataFrame({f"x{n}": x[:, n] for n in range(8)}).with_columns(
        y=pl.Series(x[:, 0] + 2 * draw.normal(size=rows))
    )


HEART = Settings(
    target=("y",),
    hidden=(128,),
    epochs=60,
    patience=0,
    threads=1,
    test_share=0.0,
    metric="rmse",
    bounds="none",
)


def test_without_test_rows_the_figures_are_out_of_fold():
    table, new = table_of(300), table_of(3000).tail(2700)
    model = Model(fit(Sources(table=table), replace(HEART, folds=3, members=6)))
    evaluation = model.fitted.evaluation
    assert evaluation.on == "held-out"
    np.testing.assert_array_equal(evaluation.rows, np.arange(300))
    held = evaluation.scores[0].value
    seen = float(np.sqrt(np.mean((model.predict(table) - table["y"].to_numpy()) ** 2)))
    truly = float(np.sqrt(np.mean((model.predict(new) - new["y"].to_numpy()) ** 2)))
    assert seen < 0.96 * held  # most of these members were fitted on the row
    assert abs(held - truly) < 0.15 * truly
    assert evaluation.scores[0].linear > 1.9  # out of fold as well
    assert evaluation.importance[0].loss > 0  # of the whole network, on these rows
    assert evaluation.coverage == ()  # intervals were learned from these rows


def test_without_folds_they_are_of_the_rows_that_chose_the_epoch():
    fitted = fit(Sources(table=table_of(300)), replace(HEART, validation_share=0.2))
    assert fitted.evaluation.on == "held-out"
    assert len(fitted.evaluation.rows) == fitted.row_counts[1] == 60
    none = fit(Sources(table=table_of(300)), replace(HEART, validation_share=0.0, epochs=2))
    assert none.evaluation.on == "training"

"""The whole flow: every kind of run ends in finite figures, and everything decided is written down."""

from dataclasses import replace

import numpy as np
import pytest

from glassnet.errors import SettingsError
from glassnet.pipeline import Listener, Sources, draft_run, fit
from glassnet.settings import Settings

TARGETS = ("score", "more", "rich", "level", "left", "right")
SMALL = Settings(hidden=(8,), epochs=2, threads=1)
RUNS = {
    "two classes": (("rich",), {}),
    "classes": (("level",), {}),
    "a number": (("score",), {}),
    "numbers": (("score", "more"), {}),
    "answers": (("left", "right"), {"task": "multilabel"}),
    "members": (("rich",), {"members": 3}),
    "folds": (("rich",), {"folds": 4}),
    "folds without test rows": (("score",), {"folds": 3, "test_share": 0.0}),
    "along time": (("score",), {"time": "since"}),
    "by group": (("rich",), {"group": "street"}),
    "weights": (("level",), {"weight": "income", "class_weight": "balanced"}),
    "squared error of classes": (("level",), {"loss": "squared"}),
    "softmax of two": (("rich",), {"loss": "cross_entropy", "label_smoothing": 0.1}),
    "quantile": (("score",), {"loss": "quantile", "quantile": 0.9}),
    "absolute": (("score", "more"), {"loss": "absolute"}),
    "no validation": (("rich",), {"validation_share": 0.0}),
    "no numbers left": (("rich",), {"columns": ("city",)}),
    "float64": (("rich",), {"precision": "float64"}),
    "one row a step": (("rich",), {"batch_size": 1, "epochs": 1}),
    "all rows a step": (("rich",), {"batch_size": 0}),
}


@pytest.mark.parametrize("case", RUNS)
def test_every_kind_of_run_ends_in_figures(mixed, case):
    targets, changes = RUNS[case]
    table = mixed(150, 8).drop([name for name in TARGETS if name not in targets])
    fitted = fit(Sources(table=table), replace(SMALL, target=targets, **changes))
    scores = fitted.evaluation.scores
    assert all(np.isfinite([score.value, score.low, score.high, score.baseline]).all() for score in scores)
    assert all(score.low <= score.value <= score.high for score in scores)
    assert np.isfinite(fitted.evaluation.prediction_RP).all()
    assert np.isfinite(fitted.trained.history.training_loss_EK).all()
    assert all(decision.name and decision.value and decision.reason for decision in fitted.decisions)
    names = [decision.name for decision in fitted.decisions]
    assert {"task", "split", "engine", "threads"} <= set(names)
    assert {f"column '{column.name}'" for column in fitted.schema.columns} <= set(names)
    assert set(fitted.facts.seconds) == {"reading", "preparing", "training", "evaluating"}
    assert set(fitted.facts.versions) == {"glassnet", "python", "torch", "numpy", "polars"}
    assert sum(fitted.row_counts) == 150 or fitted.settings.folds  # of folds, each row trains in some
    assert fitted.evaluated_rows.size == fitted.evaluation.rows.size


def test_a_draft_trains_nothing_and_is_what_the_run_does(mixed):
    table = mixed(100, 9)
    settings = replace(SMALL, target=("rich",), drop=("score", "more", "level", "left", "right"))
    draft = draft_run(Sources(table=table), settings)
    fitted = fit(Sources(table=table), settings)
    assert fitted.recipe == draft.recipe
    assert fitted.split == draft.rows.how
    np.testing.assert_array_equal(fitted.evaluation.rows, draft.rows.test)
    assert draft.plan.steps == draft.plan.steps_per_epoch * 2


def test_own_rows_go_where_they_were_meant_for(mixed):
    drop = ("score", "more", "level", "left", "right")
    settings = replace(SMALL, target=("rich",), drop=drop, keep=("income",))
    validation, test = mixed(40, 11), mixed(50, 12)
    fitted = fit(Sources(table=mixed(100, 10), test=test, validation=validation), settings)
    assert fitted.row_counts == (100, 40, 50)
    assert fitted.evaluation.on == "test"
    assert fitted.evaluated_rows.tolist() == list(range(50))
    assert fitted.kept["income"].to_list() == test["income"].to_list()
    with pytest.raises(SettingsError, match="folds hold out training rows in turn"):
        fit(Sources(table=mixed(100, 10), validation=validation), replace(settings, folds=3))


def test_a_listener_hears_the_phases_and_may_stop_the_run(mixed):
    phases, epochs = [], []
    listener = Listener(
        phase=phases.append,
        progress=lambda progress: epochs.append(progress.epoch),
        should_stop=lambda: len(epochs) > 3,
    )
    settings = replace(SMALL, target=("rich",), columns=("age", "income"), epochs=100_000)
    fitted = fit(Sources(table=mixed(100, 9)), settings, listener)
    assert phases == ["reading", "preparing", "training", "evaluating"]
    assert fitted.trained.interrupted
    assert fitted.evaluation.scores  # the report is still made


@pytest.mark.parametrize("engine", ["auto", "eager"])
def test_a_time_limit_is_of_the_whole_run(mixed, engine):
    settings = replace(SMALL, target=("rich",), columns=("age", "income"), epochs=10_000_000, engine=engine)
    # A process's first optimiser has torch import its compiler, which may take the whole limit.
    fit(Sources(table=mixed(100, 9)), replace(settings, epochs=1))
    fitted = fit(Sources(table=mixed(100, 9)), replace(settings, time_limit=1.5))
    assert sum(fitted.facts.seconds.values()) < 4  # on a busy machine
    epochs = fitted.recipe.training.epochs
    assert 1 < epochs < 10_000_000
    (decision,) = (one for one in fitted.decisions if one.name == "epochs")
    assert decision.value == str(epochs)
    assert "of 10,000,000 epochs (" in decision.reason
    assert "so many fit before the time limit" in decision.reason
    assert fitted.trained.stopped in (f"all {epochs} epochs are done", "the time limit was reached")
    assert all(epoch > 0 for epoch in fitted.trained.best_epoch_K)


def test_a_time_limit_that_leaves_room_changes_nothing(mixed):
    settings = replace(SMALL, target=("rich",), columns=("age", "income"))
    free = fit(Sources(table=mixed(100, 9)), settings)
    limited = fit(Sources(table=mixed(100, 9)), replace(settings, time_limit=600.0))
    assert limited.recipe == free.recipe
    assert limited.decisions == free.decisions
    for one, other in zip(free.network.parameters(), limited.network.parameters(), strict=True):
        assert (one == other).all()


def test_nothing_learned_depends_on_the_test_rows(mixed):
    table = mixed(120, 13).select("age", "income", "city", "street", "rich")
    settings = replace(SMALL, target=("rich",), validation_share=0.2, test_share=0.3)
    before = fit(Sources(table=table), settings)
    test = set(before.evaluation.rows.tolist())
    ages = [1000.0 + n if n in test else age for n, age in enumerate(table["age"].to_list())]
    changed = table.with_columns(age=np.array(ages, dtype=float)).with_columns(
        age=np.array([np.nan if age is None else age for age in ages])
    )
    after = fit(Sources(table=changed.fill_nan(None)), settings)
    assert after.evaluation.rows.tolist() == before.evaluation.rows.tolist()
    for name, tensor in before.network.state_dict().items():
        assert (tensor == after.network.state_dict()[name]).all(), name

"""How long a run takes is told from a trial of it: what is possible, what is likely, and what is known."""

import math
import time
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from glassnet.cli.rehearsal import (
    GAINING,
    SURE,
    Patience,
    estimate_run,
    expected_epochs,
    may_stop,
    possible_epochs,
)
from glassnet.engine.choose import choose_engine
from glassnet.pipeline import Draft, Sources, draft_run
from glassnet.settings import Settings
from glassnet.shared import Shared
from glassnet.train import Progress, Trained, Watch, train

SOME = Settings(target=("y",), hidden=(8,), epochs=100, patience=10, validation_share=0.2, threads=1)


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    draw = np.random.default_rng(0)
    x = draw.normal(size=400)
    return pl.DataFrame({"x": x, "z": draw.normal(size=400), "y": x + draw.normal(size=400)})


def drafted(table: pl.DataFrame, **changes: object) -> Draft:
    return draft_run(Sources(table=table), replace(SOME, **changes))


def broken_off(draft: Draft, epochs: int) -> Trained:
    engine, _ = choose_engine(draft.plan, "auto")
    ran: list[int] = [0]

    def count(progress: Progress) -> None:
        ran[0] = progress.epoch

    return train(draft.plan, engine, Watch(progress=count, should_stop=lambda: ran[0] >= epochs))


def test_a_run_that_ended_within_its_trial_is_known(table):
    draft = drafted(table)
    trained = broken_off(draft, 1000)
    ran = trained.history.epochs
    assert ran < 100  # it stopped early
    assert possible_epochs(draft.plan, trained) == (ran, ran)
    assert expected_epochs(draft.plan, trained) == pytest.approx(ran)


def test_while_rows_gain_the_middle_of_what_is_possible_is_expected(table):
    draft = drafted(table, learning_rate=1e-4)
    trained = broken_off(draft, 5)
    assert max(trained.best_epoch_K) == 5
    assert possible_epochs(draft.plan, trained) == (15, 100)
    assert expected_epochs(draft.plan, trained) == pytest.approx(15 * (100 / 15) ** GAINING)


def test_the_longer_nothing_was_gained_the_sooner_it_ends(table):
    draft = drafted(table, patience=40)
    whole = broken_off(draft, 1000)
    best = max(whole.best_epoch_K)
    waiting = [expected_epochs(draft.plan, broken_off(draft, best + waited)) for waited in (1, 20, 39)]
    assert waiting == sorted(waiting, reverse=True)
    assert waiting[-1] == pytest.approx(whole.history.epochs, rel=0.05)


def test_without_patience_or_rows_held_out_all_epochs_are_run(table):
    for draft in (drafted(table, patience=0), drafted(table, validation_share=0.0)):
        assert not may_stop(draft.plan)
        assert possible_epochs(draft.plan, broken_off(draft, 3)) == (100, 100)


def as_if_trained(trial: Patience, wall: float, used: float, epochs: int) -> Patience:
    """Return the trial as if it had begun so many seconds, and seconds of the processor, ago."""
    trial.phase("training")
    trial.began -= wall
    trial.used -= used
    trial.epochs = epochs
    return trial


def test_a_trial_lasts_until_it_is_sure_or_too_long(table):
    trial = Patience(drafted(table).plan, math.inf)
    enough = math.ceil(SURE * 100 - 10)
    assert not as_if_trained(trial, 0.0, 0.0, enough).should_stop()
    assert not as_if_trained(trial, 5.0, 5.0, enough - 1).should_stop()
    assert as_if_trained(trial, 5.0, 5.0, enough).should_stop()
    assert as_if_trained(trial, 20.0, 20.0, 0).should_stop()
    # On a busy machine it had little of the processor, and lasts longer, but not for ever.
    assert not as_if_trained(trial, 20.0, 4.0, 0).should_stop()
    assert as_if_trained(trial, 60.0, 4.0, 0).should_stop()


def test_a_long_patience_is_sure_at_once(table):
    trial = Patience(drafted(table, patience=80).plan, math.inf)
    assert as_if_trained(trial, 5.0, 5.0, 0).should_stop()


def test_the_parts_of_a_small_run_are_those_of_the_run(table):
    shared, sources = Shared(), Sources(table=table)
    draft = draft_run(sources, SOME, shared=shared)
    before = time.monotonic()
    estimate = estimate_run(draft, sources, SOME, shared, starting=1.0)
    took = time.monotonic() - before
    assert estimate.starting == 1.0
    assert 0 < estimate.shortest_training <= estimate.training <= estimate.longest_training
    assert 0 < estimate.training + estimate.evaluating + estimate.writing <= took
    parts = (estimate.reading, estimate.preparing, estimate.training, estimate.evaluating, estimate.writing)
    assert estimate.total == pytest.approx(1.0 + sum(parts))


def test_a_time_limit_bounds_what_training_is_told_to_take(table):
    settings = replace(SOME, epochs=1_000_000, patience=0, time_limit=2.0)
    shared, sources = Shared(), Sources(table=table)
    draft = draft_run(sources, settings, shared=shared)
    estimate = estimate_run(draft, sources, settings, shared, starting=0.0)
    assert estimate.training <= estimate.longest_training < 2.5

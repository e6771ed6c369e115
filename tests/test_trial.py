"""Short trials decide whether numbers get bins."""

import time

import numpy as np
import polars as pl
import pytest

from glassnet import fit
from glassnet.errors import SettingsError
from glassnet.pipeline import Draft, Listener, Sources, draft_run
from glassnet.settings import Settings, change
from glassnet.shared import Shared

QUICK = {"epochs": 60, "hidden": (64,), "threads": 1}


def smooth(rows: int = 400, columns: int = 10) -> pl.DataFrame:
    """Return a target of all columns together: a step in one of them says nothing."""
    draw = np.random.default_rng(3)
    x_RN = draw.normal(size=(rows, columns))
    target_R = np.abs(x_RN.sum(axis=1)) + 0.1 * draw.normal(size=rows)
    return pl.DataFrame(x_RN, schema=[f"x{n}" for n in range(columns)]).with_columns(y=pl.Series(target_R))


def stepped(rows: int = 400) -> pl.DataFrame:
    """Return a target of steps, which bins follow and a smooth network does not."""
    draw = np.random.default_rng(4)
    x_R = draw.uniform(0, 8, rows)
    target_R = np.where(np.floor(x_R * 2) % 2 > 0, 1.0, -1.0) + 0.05 * draw.normal(size=rows)
    return pl.DataFrame({"x": x_R, "y": target_R})


def drafted(table: pl.DataFrame, shared: Shared | None = None, **changes: object) -> Draft:
    settings = change(Settings(), target="y", **(QUICK | changes))
    return draft_run(Sources(table=table), settings, Listener(evaluates=False), shared)


def reason(draft: Draft) -> str:
    return next((one.reason for one in draft.recipe.decisions if one.name == "bins"), "")


def test_a_smooth_table_gets_no_bins_and_errs_less():
    draft = drafted(smooth())
    assert draft.recipe.preparing.bins == 0
    assert not draft.plan.prepared.preparation.bins.count_N.any()
    assert "short trials err" in reason(draft)
    error = {}
    for bins in ("auto", 32):
        fitted = fit(smooth(), target="y", bins=bins, **QUICK).fitted
        error[bins] = next(one.value for one in fitted.evaluation.scores if one.metric == "rmse")
    assert error["auto"] < 0.8 * error[32]


def test_a_stepped_table_keeps_its_bins():
    draft = drafted(stepped())
    assert draft.recipe.preparing.bins == 32
    assert "bend" in reason(draft)


@pytest.mark.parametrize(
    "changes",
    [{"effort": "fast"}, {"time_limit": 60.0}, {"validation_share": 0.2}, {"members": 1}],
    ids=str,
)
def test_there_are_no_trials_where_there_is_no_time_or_nothing_held_out_in_turn(changes):
    assert drafted(smooth(), **changes).recipe.preparing.bins == 32


@pytest.mark.parametrize("bins", [0, 8])
def test_the_users_bins_stay(bins):
    draft = drafted(smooth(), bins=bins)
    assert draft.recipe.preparing.bins == bins
    assert not reason(draft)


def test_trials_are_made_once_for_runs_that_share():
    shared = Shared()
    first = drafted(smooth(), shared)
    again = drafted(smooth(), shared)
    assert again.recipe == first.recipe
    assert again.seconds["preparing"] < 0.5 * first.seconds["preparing"]


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_classes_are_tried_too(task):
    table = smooth()
    cuts = {"binary": [2.0], "multiclass": [1.0, 2.0, 4.0]}[task]
    classes = np.searchsorted(cuts, table["y"].to_numpy())
    table = table.with_columns(y=pl.Series([f"class {place}" for place in classes]))
    assert drafted(table).recipe.preparing.bins == 0


def test_what_cannot_be_prepared_is_still_told():
    with pytest.raises(SettingsError, match="no setting is called"):
        drafted(smooth(), bin=3)


def skewed(*, adds: bool) -> pl.DataFrame:
    """Return a skewed target of effects that add up, or that multiply."""
    draw = np.random.default_rng(5)
    x_RN = draw.uniform(0, 1, size=(600, 3))
    jump = 100.0 * (draw.uniform(size=600) < 0.1)
    parts_R = 20 * x_RN[:, 0] + 10 * x_RN[:, 1] + 0.5 * draw.normal(size=600) + 2
    target_R = np.maximum(parts_R + jump, 0.0) if adds else np.exp(parts_R / 10)
    return pl.DataFrame(x_RN, schema=["a", "b", "c"]).with_columns(jump=jump, y=pl.Series(target_R))


@pytest.mark.parametrize(("adds", "scale"), [(True, "standard"), (False, "soft_log")])
def test_a_logarithm_that_trials_speak_against_is_not_learned(adds, scale):
    draft = drafted(skewed(adds=adds))
    assert draft.recipe.preparing.target_scale == scale
    said = next(one.reason for one in draft.recipe.decisions if one.name == "target_scale")
    assert ("short trials err" in said) is adds


def test_a_run_of_very_many_epochs_has_trials_of_a_few():
    before = time.monotonic()
    assert drafted(stepped(), epochs=2_000_000, patience=0).plan.training.epochs == 2_000_000
    assert time.monotonic() - before < 60  # not hours


def test_numbers_without_bins_are_prepared_as_in_their_trial():
    found, asked = drafted(smooth()), drafted(smooth(), bins=0)
    assert found.recipe.preparing == asked.recipe.preparing

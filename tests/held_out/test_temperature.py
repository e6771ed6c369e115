"""A temperature is found where outputs are too sure, left at 1 where it may be chance, used everywhere."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from glassnet.held_out.outputs import held_out_outputs
from glassnet.held_out.temperature import fit_temperature, row_log_loss
from glassnet.model import fit, load
from glassnet.pipeline import Sources, draft_run
from glassnet.predict import network_outputs
from glassnet.settings import Settings
from glassnet.why import why

SMALL = Settings(hidden=(8,), bins=0, epochs=4, threads=1, seed=1, validation_share=0.2, batch_size=32)
OTHERS = ("score", "more", "left", "right")


@pytest.fixture(scope="module")
def draft(mixed):
    table = mixed(900, 5).drop(*OTHERS, "level")
    return draft_run(Sources(table=table), replace(SMALL, target=("rich",), validation_share=0.5))


def sharpened(draft, factor: float):
    """Return a held-out set whose log-odds are true ones times a factor: it needs that temperature."""
    held = held_out_outputs(draft.plan, draft.plan.network, (0,))
    (part,) = held.parts
    generator = np.random.default_rng(0)
    true_n = generator.normal(0.0, 2.0, len(part.rows))
    class_n = (generator.random(len(part.rows)) < 1 / (1 + np.exp(-true_n))).astype(float)
    target_RT = draft.plan.prepared.target_RT.copy()
    target_RT[part.rows, 0] = class_n
    prepared = replace(draft.plan.prepared, target_RT=target_RT)
    part = replace(part, output={0: factor * true_n[:, None]})
    return replace(draft.plan, prepared=prepared), replace(held, parts=(part,))


@pytest.mark.parametrize("factor", [0.6, 1.6, 2.5])
def test_a_temperature_is_found_and_lowers_log_loss(draft, factor):
    plan, held = sharpened(draft, factor)
    found = fit_temperature(plan, held, "auto")
    assert found.temperature == pytest.approx(factor, rel=0.25)  # 360 rows, and a prior towards 1
    assert abs(np.log(found.temperature)) < abs(np.log(factor)) + 0.1
    assert found.gain > 0
    before, after = (row_log_loss(plan, held, t).mean() for t in (1.0, found.temperature))
    assert after < before
    assert before == pytest.approx(found.before)
    assert "held-out rows" in found.reason


def test_outputs_that_are_right_are_left_alone(draft):
    plan, held = sharpened(draft, 1.0)
    found = fit_temperature(plan, held, "auto")
    assert found.temperature == 1.0
    assert "no more than chance" in found.reason


def test_rows_that_are_all_right_do_not_make_it_sure(draft):
    plan, held = sharpened(draft, 1.0)
    (part,) = held.parts
    sure = np.where(plan.prepared.target_RT[part.rows] > 0.5, 6.0, -6.0)
    held = replace(held, parts=(replace(part, output={0: sure}),))
    assert fit_temperature(plan, held, "auto").temperature > 0.6


def test_weights_are_rows(draft):
    plan, held = sharpened(draft, 1.8)
    weight_R = np.ones_like(plan.prepared.weight_R)
    half = held.rows[::2]
    weight_R[half] = 0.0
    weighted = replace(plan, prepared=replace(plan.prepared, loss_weight_R=weight_R))
    few = fit_temperature(weighted, held, "auto")
    alone = fit_temperature(plan, held.picked(np.arange(1, len(held.rows), 2)), "auto")
    assert few.temperature == pytest.approx(alone.temperature, rel=1e-9)
    assert few.before == pytest.approx(alone.before, rel=1e-9)


@pytest.mark.parametrize(
    ("changes", "target", "reason"),
    [
        ({"calibrate": "none"}, "rich", "asked for"),
        ({}, "score", "only probabilities of classes"),
        ({"loss": "squared"}, "rich", "loss 'squared' gives no log-odds"),
        ({"validation_share": 0.0}, "rich", "0 held-out rows are too few"),
    ],
)
def test_what_has_no_temperature_says_why(mixed, changes, target, reason):
    names = ("rich", "level", *OTHERS)
    table = mixed(120, 2).drop([name for name in names if name != target])
    fitted = fit(table, target, settings=replace(SMALL, epochs=1, **changes)).fitted
    assert fitted.calibration.temperature == 1.0
    assert reason in fitted.calibration.reason
    told = [one for one in fitted.decisions if one.name == "calibration"]
    assert [one.value for one in told] == (
        ["none"] if target == "rich" else []
    )  # of numbers, nothing is said


@pytest.mark.parametrize(("folds", "members"), [(0, 3), (3, 3), (2, 4)])
def test_held_out_outputs_are_those_of_the_members_not_fitted_on_the_rows(mixed, folds, members):
    table = mixed(150, 4).drop("rich", *OTHERS)
    settings = replace(SMALL, target=("level",), folds=folds, members=members, validation_share=0.2)
    plan = draft_run(Sources(table=table), settings).plan
    held = held_out_outputs(plan, plan.network, tuple(range(members)))
    assert sorted(held.rows) == sorted(np.concatenate(plan.prepared.rows.validation))
    for fold, part in enumerate(held.parts):
        assert tuple(part.output) == tuple(k for k in range(members) if plan.fold(k) == fold)
        whole_KRT = network_outputs(part.predictor, plan.prepared.encoded)
        for member, output_nT in part.output.items():
            # A product of other members beside it may round in another order.
            np.testing.assert_allclose(output_nT, whole_KRT[member][part.rows], rtol=1e-4, atol=1e-5)
    places = np.arange(0, len(held.rows), 3)
    some = held.picked(places)
    assert some.rows.tolist() == held.rows[places].tolist()
    np.testing.assert_array_equal(some.predictions(2.0), held.predictions(2.0)[places])


def hot(model, temperature: float):
    """Return the model with this temperature, as a calibration would have set it."""
    calibration = replace(model.fitted.calibration, temperature=temperature)
    return type(model)(replace(model.fitted, calibration=calibration))


@pytest.mark.parametrize("target", ["rich", "level"])
def test_a_temperature_is_in_every_probability_and_in_the_file(mixed, tmp_path, target):
    names = ("rich", "level", *OTHERS)
    table = mixed(150, 6).drop([name for name in names if name != target])
    model = fit(table, target, settings=replace(SMALL, members=1))
    cold, warm = model.predict_proba(table), hot(model, 2.0).predict_proba(table)
    assert (warm.max(axis=1) < cold.max(axis=1)).all()
    root = np.sqrt(cold)  # one member: dividing its outputs by 2 takes the root of its odds
    np.testing.assert_allclose(warm, root / root.sum(axis=1, keepdims=True), rtol=1e-9)
    again = load(hot(model, 2.0).save(tmp_path / "m.glassnet"))
    assert again.predict_proba(table).tobytes() == warm.tobytes()


def test_an_explanation_adds_up_to_the_probability(mixed):
    table = mixed(150, 6).drop("level", *OTHERS)
    model = hot(fit(table, "rich", settings=replace(SMALL, members=1)), 1.7)
    row = table[3].drop("rich")
    told = why(model, row, label="yes")
    share = float(model.predict_proba(row)[0, 1])
    assert told.output == pytest.approx(np.log(share / (1 - share)), abs=1e-5)
    assert sum(part.part for part in told.parts) == pytest.approx(told.output - told.start, abs=0.05)


@pytest.mark.parametrize("folds", [0, 3])
def test_a_run_that_was_held_back_is_calibrated(folds):
    generator = np.random.default_rng(3)
    x = generator.normal(size=(1500, 3))
    y = np.where(generator.random(1500) < 1 / (1 + np.exp(-4 * x[:, 0])), "yes", "no")
    table = pl.DataFrame({f"x{n}": x[:, n] for n in range(3)}).with_columns(y=pl.Series(y))
    settings = Settings(hidden=(16,), epochs=15, label_smoothing=0.5, folds=folds, threads=1)
    model = fit(table, "y", settings=settings)
    calibration = model.fitted.calibration
    assert 0.3 < calibration.temperature < 0.9  # half of each label was spread: it is too unsure
    (decision,) = (one for one in model.fitted.decisions if one.name == "calibration")
    assert decision.value == f"temperature {calibration.temperature:.3g}"
    assert decision.reason == calibration.reason
    scores = {score.metric: score.value for score in model.fitted.evaluation.scores}
    cold = {score.metric: score.value for score in hot(model, 1.0).evaluate(table).scores}
    assert scores["log_loss"] < cold["log_loss"] - 0.02

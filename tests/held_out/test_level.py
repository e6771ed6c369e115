"""The level of a target whose logarithm is learned."""

import numpy as np
import polars as pl
import pytest

from glassnet import fit
from glassnet.estimators.regressor import GlassnetRegressor

ROWS = 600
SHORT = {"epochs": 6, "hidden": (8,), "threads": 1}


def prices(seed: int = 0, *, noise: float = 0.8) -> pl.DataFrame:
    """Return prices whose logarithm is linear and noisy, with a mean well above that of the logarithms."""
    draw = np.random.default_rng(seed)
    size, age, state = draw.normal(size=(ROWS, 3)).T
    price = np.exp(6 + 0.7 * (size + age + state) + noise * draw.normal(size=ROWS))
    return pl.DataFrame({"size": size, "age": age, "state": state, "price": price})


@pytest.mark.parametrize("folds", [0, 4])
def test_predictions_of_held_out_rows_have_the_mean_of_their_targets(folds):
    wanted = {"target_scale": "soft_log", "bounds": "none", "folds": folds, "test_share": 0.0}
    wanted |= {} if folds else {"validation_share": 0.3}
    fitted = fit(prices(), target="price", **wanted, **SHORT).fitted
    (level,) = fitted.preparation.target.level_T
    evaluation = fitted.evaluation
    assert evaluation.on == "held-out"
    assert 1.0 < level < 2.0
    assert evaluation.prediction_RP.mean() == pytest.approx(evaluation.truth.mean(), rel=1e-6)


def test_without_held_out_rows_the_training_rows_tell_the_level():
    fitted = fit(
        prices(), target="price", target_scale="log", validation_share=0.0, test_share=0.0, **SHORT
    ).fitted
    assert fitted.preparation.target.level_T[0] > 1.05


@pytest.mark.parametrize(
    "wanted",
    [{"target_scale": "standard"}, {"target_scale": "soft_log", "loss": "absolute"}],
    ids=str,
)
def test_only_the_mean_of_logarithms_has_a_level(wanted):
    # The median of logarithms is the logarithm of the median.
    assert not fit(prices(), target="price", **wanted, **SHORT).fitted.preparation.target.level_T.size


def test_numbers_of_both_signs_come_back_and_have_no_level():
    table = prices().with_columns(price=pl.col("price") * pl.col("size").sign())
    fitted = fit(table, target="price", target_scale="soft_log", epochs=40, threads=1).fitted
    assert not fitted.preparation.target.level_T.size
    assert fitted.evaluation.prediction_RP.min() < 0 < fitted.evaluation.prediction_RP.max()


def test_a_skewed_target_is_learned_better_as_a_logarithm():
    table = prices(1, noise=0.1)
    error = {}
    for scale in ("standard", "soft_log"):
        fitted = fit(table, target="price", target_scale=scale, epochs=60, threads=1).fitted
        error[scale] = next(one.value for one in fitted.evaluation.scores if one.metric == "rmse")
    assert error["soft_log"] < 0.95 * error["standard"]


def test_an_interval_of_amounts_does_not_reach_below_nothing():
    table = prices(noise=1.5)
    model = GlassnetRegressor(**SHORT).fit(table.drop("price"), table["price"])
    assert model.model_.fitted.recipe.preparing.target_scale == "soft_log"
    interval = model.predict_interval(table.drop("price"), coverage=0.99)
    assert np.asarray(interval).min() >= 0.0


@pytest.mark.parametrize("wild", [[1e9], [9_999_999.0, 9_999_999.0]], ids=str)
def test_a_few_wild_targets_do_not_move_all_predictions(wild):
    table = prices()
    values = table["price"].to_numpy().copy()
    values[: len(wild)] = wild
    settings = {"target": "price", "target_scale": "soft_log", "folds": 4, "test_share": 0.0} | SHORT
    level = fit(table, **settings).fitted.preparation.target.level_T[0]
    assert (
        fit(table.with_columns(price=values), **settings).fitted.preparation.target.level_T[0] <= 1.5 * level
    )


def test_a_part_of_a_stream_moves_no_level():
    table = prices()
    model = GlassnetRegressor(target_scale="soft_log", threads=1)
    model.partial_fit(table.drop("price"), table["price"])
    before = model.predict(table.drop("price")).mean()
    low = table.sort("price")[:3]
    model.partial_fit(low.drop("price"), low["price"])
    assert model.predict(table.drop("price")).mean() > 0.8 * before


def test_a_run_that_goes_on_with_another_loss_leaves_its_level():
    table = prices()
    inputs, target = table.drop("price"), table["price"]
    model = GlassnetRegressor(target_scale="soft_log", warm_start=True, **SHORT).fit(inputs, target)
    assert model.model_.fitted.preparation.target.level_T.size
    model.set_params(loss="absolute").fit(inputs, target)
    assert not model.model_.fitted.preparation.target.level_T.size

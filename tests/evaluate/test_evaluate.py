"""Intervals hold the truth, baselines are what they say, and importance finds the column that matters."""

import warnings
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from glassnet import chance
from glassnet.errors import SourceError
from glassnet.evaluate.baseline import constant_prediction
from glassnet.evaluate.score import Held, Reference, confusion, evaluate_rows, interval
from glassnet.metric import METRICS, choose_metrics
from glassnet.model import fit
from glassnet.pipeline import Listener, Sources, draft_run
from glassnet.pipeline import fit as run_pipeline
from glassnet.predict import predict
from glassnet.prepare.assemble import apply, encode
from glassnet.report.matters import matters
from glassnet.settings import Settings
from glassnet.table.values import Task

SMALL = Settings(hidden=(16,), epochs=15, threads=1)


def planted(rows: int, seed: int = 0) -> pl.DataFrame:
    generator = np.random.default_rng(seed)
    signal, noise, other = generator.normal(size=(3, rows))
    city = generator.choice(["a", "b", "c"], rows)
    y = 3 * signal + 1.5 * (city == "a") + generator.normal(0, 0.1, rows)
    return pl.DataFrame({"noise": noise, "signal": signal, "city": city, "other": other, "y": y})


@pytest.fixture(scope="module")
def model():
    return fit(planted(900), "y", settings=SMALL)


# ---- intervals ----


@pytest.mark.parametrize("name", ["accuracy", "auc", "log_loss"])
def test_intervals_hold_the_whole_populations_figure(name):
    metric = METRICS[name]
    generator = np.random.default_rng(0)

    def population(rows: int) -> tuple[np.ndarray, np.ndarray]:
        share = generator.random(rows)
        return (generator.random(rows) < share).astype(float), np.stack([1 - share, share], axis=1)

    truth, share = population(200_000)
    real = metric.score(truth, share, np.ones(200_000))
    held = 0
    for repeat in range(40):
        truth, share = population(150)
        low, high = interval(metric, truth, share, np.ones(150), repeat)
        value = metric.score(truth, share, np.ones(150))
        assert low < value < high
        held += low <= real <= high
    # 95 % of 40 are 38; fewer than 33 would happen to sound intervals about once in a thousand times.
    assert held >= 33


def test_more_rows_make_a_narrower_interval():
    generator = np.random.default_rng(1)
    truth = (generator.random(4000) < 0.7).astype(float)
    share = np.tile([0.3, 0.7], (4000, 1))
    widths = []
    for rows in (40, 400, 4000):
        low, high = interval(METRICS["accuracy"], truth[:rows], share[:rows], np.ones(rows), 0)
        widths.append(high - low)
    assert widths[0] > 2 * widths[1] > 4 * widths[2]


def test_an_interval_is_a_function_of_the_seed():
    truth, share = np.arange(50) % 2.0, np.tile([0.4, 0.6], (50, 1))
    args = (METRICS["accuracy"], truth, share, np.ones(50))
    assert interval(*args, 3) == interval(*args, 3)
    assert np.isnan(interval(METRICS["accuracy"], truth[:1], share[:1], np.ones(1), 0)).all()


def test_rows_without_weight_are_not_scored():
    truth = np.array([0.0, 1.0, 0.0, 1.0, 1.0])
    share = np.eye(2)[[0, 1, 1, 0, 1]]
    weight = np.array([1.0, 1.0, 0.0, 0.0, 1.0])
    metrics = [METRICS["accuracy"]]
    held = Held(on="test", rows=np.arange(5), target_RT=truth[:, None], weight_R=weight, task=Task.BINARY)
    found = evaluate_rows(held, share, metrics, Reference(), 0)
    assert [found.scores[0].value, found.scores[0].high] == [1, 1]
    # Wilson's lower end where all of n rows are right is n / (n + z^2); three rows count here.
    assert found.scores[0].low == pytest.approx(3 / (3 + 1.959964**2))
    assert found.confusion_CC.tolist() == [[1, 0], [0, 2]]


def test_confusion_counts_true_by_likeliest():
    truth = np.array([0.0, 0.0, 1.0, 2.0, 2.0])
    share = np.eye(3)[[0, 1, 1, 0, 2]]
    counts = confusion(truth, share, np.array([1, 2, 1, 1, 5.0]))
    assert counts.tolist() == [[1, 2, 0], [0, 1, 0], [1, 0, 5]]


# ---- baselines ----


def linear_inputs(draft):
    """The network's inputs without the bins of numbers, which come last."""
    preparation = draft.plan.prepared.preparation
    dense = apply(draft.plan.prepared.encoded, preparation, 0).dense_RD
    return dense[:, : dense.shape[1] - int(preparation.bins.count_N.sum())].astype(float)


def test_baselines_of_classes(mixed):
    table = mixed(300, 4).drop("score", "more", "rich", "left", "right")
    settings = replace(SMALL, target=("level",), epochs=1, one_hot=20, bins=0, weight="income")
    draft = draft_run(Sources(table=table), settings)
    fitted = run_pipeline(Sources(table=table), settings)
    prepared, rows = draft.plan.prepared, draft.rows
    fit_rows = rows.fit[0]
    share = constant_prediction(prepared, fit_rows, Task.MULTICLASS, 3)
    weight, target = prepared.weight_R, prepared.target_RT[:, 0]
    wanted = [weight[fit_rows][target[fit_rows] == c].sum() for c in range(3)]
    np.testing.assert_allclose(share, np.array(wanted) / sum(wanted), rtol=1e-12)
    scores = {score.metric: score for score in fitted.evaluation.scores}
    tested = rows.test
    right = np.average(target[tested] == share.argmax(), weights=weight[tested])
    assert scores["accuracy"].baseline == pytest.approx(right)
    inputs = linear_inputs(draft)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it may stop before it has converged, as the baseline does
        linear = LogisticRegression(max_iter=100, solver="newton-cholesky")
        linear.fit(inputs[fit_rows], target[fit_rows], sample_weight=weight[fit_rows])
    guess = linear.predict(inputs[tested])
    assert scores["accuracy"].linear == pytest.approx(
        np.average(guess == target[tested], weights=weight[tested])
    )


def test_baselines_of_numbers(model):
    table = planted(900)
    draft = draft_run(Sources(table=table), replace(SMALL, target=("y",)))
    fit_rows, tested = draft.rows.fit[0], draft.rows.test
    y = table["y"].to_numpy()
    score = model.fitted.evaluation.scores[0]
    assert score.metric == "rmse"
    assert score.baseline == pytest.approx(np.sqrt(np.mean((y[tested] - y[fit_rows].mean()) ** 2)))
    inputs = linear_inputs(draft)
    guess = Ridge().fit(inputs[fit_rows], y[fit_rows]).predict(inputs[tested])
    assert score.linear == pytest.approx(np.sqrt(np.mean((y[tested] - guess) ** 2)))
    assert score.low < score.value < score.high < score.baseline


def test_the_evaluation_is_of_the_test_rows_and_says_so(model):
    evaluation = model.fitted.evaluation
    assert evaluation.on == "test"
    assert evaluation.rows.size == model.fitted.row_counts[2] == 180
    np.testing.assert_array_equal(evaluation.truth[:, 0], planted(900)["y"].to_numpy()[evaluation.rows])
    other = fit(planted(60), "y", settings=replace(SMALL, test_share=0.0, epochs=1))
    assert other.fitted.evaluation.on == "training"


# ---- importance ----


def test_importance_finds_the_planted_column(model):
    found = {one.column: one for one in model.fitted.evaluation.importance}
    assert [one.column for one in model.fitted.evaluation.importance][:2] == ["signal", "city"]
    assert set(found) == {"signal", "city", "noise", "other"}
    assert found["signal"].loss > 5 * abs(found["noise"].loss)
    rmse = model.fitted.evaluation.scores[0].value
    assert abs(found["noise"].loss) < 0.3 * rmse
    assert abs(found["other"].loss) < 0.3 * rmse
    assert all(one.spread >= 0 and one.repeats == 5 for one in found.values())
    assert model.fitted.evaluation.importance_rows == 180


def test_of_many_columns_those_are_shuffled_that_move_predictions_most():
    columns = np.random.default_rng(0).normal(size=(300, 200)).astype(np.float32)
    table = pl.DataFrame({f"x{n}": column for n, column in enumerate(columns)} | {"y": 3 * columns[217]})
    found = fit(table, "y", settings=replace(SMALL, bins=0, epochs=30, members=1, folds=0))
    importance = found.fitted.evaluation.importance
    assert importance[0].column == "x217"
    assert len(importance) == 250  # a shuffle of each of 2,000 columns took two hundred times the training
    assert "of 300 columns the 250 that move predictions most were each" in str(matters(found.fitted))


def test_copies_predicted_together_are_as_by_themselves(model):
    importance = {one.column: one.loss for one in model.fitted.evaluation.importance}
    evaluation, predictor = model.fitted.evaluation, model.fitted.predictor
    frame, encoding = planted(900)[evaluation.rows], predictor.preparation.encoding
    rmse, places, weight_R = METRICS["rmse"], np.arange(frame.height), np.ones(frame.height)
    whole = rmse.score(evaluation.truth, predict(predictor, encode(frame, encoding)), weight_R)
    for number, column in enumerate(("noise", "signal", "city", "other")):
        losses = []
        for repeat in range(5):
            order = chance.order(0, chance.Purpose.IMPORTANCE, places.size, epoch=repeat, step=number)
            shuffled = encode(frame.with_columns(frame[column][order]), encoding)
            losses.append(rmse.score(evaluation.truth, predict(predictor, shuffled), weight_R) - whole)
        assert np.mean(losses) == importance[column]


def test_an_unused_column_has_no_importance():
    table = planted(300).with_columns(copy=pl.lit("same"))
    found = fit(table, "y", settings=replace(SMALL, epochs=2, drop=("other",)))
    assert {one.column for one in found.fitted.evaluation.importance} == {"signal", "noise", "city"}


def test_importance_is_of_the_whole_column_with_its_parts(mixed):
    table = mixed(200, 6).drop("more", "rich", "level", "left", "right")
    found = fit(table, "score", settings=replace(SMALL, epochs=1))
    # A date has many inputs and "age" a missing mark; each column of the table has one line.
    columns = [one.column for one in found.fitted.evaluation.importance]
    assert sorted(columns) == ["age", "city", "income", "member", "since", "street"]


# ---- another table ----


def test_another_table_is_evaluated(model):
    table = planted(200, seed=9)
    found = model.evaluate(table)
    assert found.on == "given"
    guess, y = model.predict(table), table["y"].to_numpy()
    assert found.scores[0].value == pytest.approx(np.sqrt(np.mean((guess - y) ** 2)))
    with_gap = table.with_columns(y=pl.when(pl.int_range(200) < 50).then(None).otherwise("y"))
    assert model.evaluate(with_gap).rows.size == 150
    with pytest.raises(SourceError, match="have no column 'y' to compare with"):
        model.evaluate(table.drop("y"))


def test_an_own_metric_is_shown_first():
    def worst(truth, prediction):
        return -float(np.abs(truth - prediction).max())

    found = fit(planted(120), "y", settings=replace(SMALL, epochs=2, metric=worst))
    scores = found.fitted.evaluation.scores
    assert [score.metric for score in scores] == ["worst", "rmse", "mae", "r2"]
    assert scores[0].low <= scores[0].value <= scores[0].high


def test_nothing_is_evaluated_where_nobody_listens():
    settings = replace(SMALL, target=("y",), epochs=1)
    fitted = run_pipeline(Sources(table=planted(60)), settings, Listener(evaluates=False))
    assert fitted.evaluation.scores == ()
    assert choose_metrics("auto", Task.REGRESSION)[0].name == "rmse"

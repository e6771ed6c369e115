"""Comparing real small runs: better, noise, equal; the same rows or others; metrics that not all have."""

import math
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

import glassnet
from glassnet.comparison.told import gap_between
from glassnet.model import Model


def with_evaluation(model, **changes):
    return Model(replace(model.fitted, evaluation=replace(model.fitted.evaluation, **changes)))


def test_a_run_without_the_column_that_matters_is_worse(plain, blind):
    found = glassnet.compare({"plain": plain, "blind": blind})
    assert str(found).startswith("‘plain’ is better than ‘blind’ by accuracy:")
    assert "more than the choice of rows explains (p < 0.001)." in str(found)
    assert repr(found).startswith("<glassnet comparison of 2 runs: ‘plain’ is better")
    assert found.compared.rows == "All were measured on the same 80 test rows."
    assert found.compared.is_paired
    first = found.gaps.row(0, named=True)
    assert (first["metric"], first["verdict"], first["paired"]) == ("accuracy", "better", True)
    assert 0 < first["low"] < first["difference"] < first["high"]
    turned = glassnet.compare({"blind": blind, "plain": plain}).gaps.row(0, named=True)
    assert turned["verdict"] == "worse"
    assert turned["difference"] == -first["difference"]
    assert turned["p"] == first["p"]


def test_figures_are_those_of_the_runs(plain, blind):
    table = glassnet.compare({"plain": plain, "blind": blind}).table
    assert table.columns == ["metric", "run", "value", "low", "high"]
    for model, name in ((plain, "plain"), (blind, "blind")):
        for score in model.fitted.evaluation.scores:
            row = table.row(
                by_predicate=(pl.col("run") == name) & (pl.col("metric") == score.metric), named=True
            )
            assert (row["value"], row["low"], row["high"]) == (score.value, score.low, score.high)
    assert table["run"][0] == "plain"  # the best first


def test_equal_networks_are_called_equal(plain, twin):
    found = glassnet.compare([plain, twin])
    assert str(found) == "‘run 1’ and ‘run 2’ give every row the same prediction."
    assert set(found.gaps["verdict"]) == {"equal"}
    assert found.gaps["difference"].to_list() == [0.0] * 3
    assert found.settings.height == 0


def test_a_small_difference_is_noise(prices):
    found = glassnet.compare(
        {
            "squared": prices[0],
            "squared again": with_evaluation(
                prices[0],
                prediction_RP=prices[0].fitted.evaluation.prediction_RP
                + np.random.default_rng(0).normal(0, 0.01, (80, 1)),
            ),
        }
    )
    assert set(found.gaps["verdict"]) == {"noise"}
    assert "cannot be told apart" in str(found)
    assert "which the choice of rows alone may explain (p = " in str(found)


def test_other_rows_are_compared_by_intervals(plain, seeded):
    found = glassnet.compare({"plain": plain, "seeded": seeded})
    assert not found.compared.is_paired
    assert not found.gaps["paired"].any()
    assert found.compared.rows == (
        "‘plain’ and ‘seeded’ were measured on different rows,"
        " since the seed decides which are kept for testing."
    )
    assert any("differ only by their seed" in one for one in found.compared.caveats)
    assert any("give all the same --test rows" in one for one in found.compared.caveats)
    one, two = plain.fitted.evaluation.scores[0], seeded.fitted.evaluation.scores[0]
    gap = found.gaps.row(0, named=True)
    half = math.hypot(one.high - one.low, two.high - two.low) / 2
    assert gap["high"] - gap["difference"] == pytest.approx(half)


def test_runs_on_the_same_rows_are_paired_beside_one_on_others(plain, blind, seeded):
    found = glassnet.compare({"plain": plain, "seeded": seeded, "blind": blind})
    paired = {(a, b): paired for a, b, paired in found.gaps.select("first", "second", "paired").rows()}
    assert paired == {("plain", "seeded"): False, ("plain", "blind"): True, ("seeded", "blind"): False}
    assert found.compared.rows.endswith("Runs on the same rows are still compared row by row.")
    alone = glassnet.compare({"plain": plain, "blind": blind}).gaps.row(0, named=True)
    here = gap_between(found.compared.measured[0], "plain", "blind")
    assert here is not None
    assert (here.low, here.high, here.p) == (alone["low"], alone["high"], alone["p"])
    assert here.p_corrected == pytest.approx(3 * alone["p"], rel=1)  # corrected for three pairs
    assert here.p_corrected > here.p


def test_three_runs_are_told_in_groups(plain, blind, twin):
    found = glassnet.compare({"plain": plain, "blind": blind, "twin": twin})
    said = found.compared.sentences
    assert said[0].startswith("By accuracy, ‘plain’ comes first with ")
    assert said[1:] == ("Worse by more than noise: ‘blind’.", "Equal to it in every row: ‘twin’.")
    assert found.gaps.height == 9


def test_a_metric_that_one_run_did_not_show_is_measured_now(plain, blind):
    scores = tuple(one for one in blind.fitted.evaluation.scores if one.metric != "auc")
    found = glassnet.compare({"plain": plain, "blind": with_evaluation(blind, scores=scores)})
    whole = glassnet.compare({"plain": plain, "blind": blind})
    for column in ("value", "low", "high"):  # intervals are from other resamples
        assert found.table[column].to_list() == pytest.approx(whole.table[column].to_list(), abs=0.05)


def test_an_own_metric_is_compared_where_both_have_it(plain, blind):
    def renamed(model):
        first, *others = model.fitted.evaluation.scores
        return with_evaluation(model, scores=(replace(first, metric="profit"), *others))

    both = glassnet.compare({"plain": renamed(plain), "blind": renamed(blind)})
    gap = both.gaps.row(0, named=True)
    assert (gap["metric"], gap["paired"]) == ("profit", False)
    assert any(one.startswith("profit: a metric of your own") for one in both.compared.caveats)
    one = glassnet.compare({"plain": renamed(plain), "blind": blind})
    assert str(one).startswith("Only ‘plain’ was measured by profit:")
    assert one.table.filter(pl.col("metric") == "profit").height == 1


def test_training_rows_are_called_so(plain):
    def trained(**changes):
        table = {"a": np.arange(60.0), "y": np.tile(["p", "q"], 30)}
        return glassnet.fit(table, "y", epochs=2, threads=1, test_share=0.0, **changes)

    found = glassnet.compare([trained(hidden=(4,)), trained(hidden=(8,))])
    assert found.compared.rows == "All were measured on the same 60 training rows."
    assert any("learned by heart" in one for one in found.compared.caveats)


def test_one_class_named_first_in_one_run_and_second_in_the_other():
    table = {"a": np.arange(200.0) % 17, "y": np.where(np.arange(200) % 17 > 8, "up", "down")}
    small = {"epochs": 6, "hidden": (8,), "threads": 1}
    up, down = (glassnet.fit(table, "y", positive=name, **small) for name in ("up", "down"))
    found = glassnet.compare({"up": up, "down": down})
    assert found.compared.is_paired
    accuracy = found.gaps.row(0, named=True)
    assert accuracy["low"] <= accuracy["difference"] <= accuracy["high"]
    assert found.settings.row(by_predicate=pl.col("name") == "positive") == ("positive", "up", "down")


def test_a_single_test_row_says_nothing(plain):
    def one_row(model):
        evaluation = model.fitted.evaluation
        scores = tuple(replace(one, low=math.nan, high=math.nan) for one in evaluation.scores)
        cut = replace(
            evaluation,
            truth=evaluation.truth[:1],
            prediction_RP=evaluation.prediction_RP[:1] * 0.9,
            weight_R=evaluation.weight_R[:1],
            scores=scores,
        )
        return Model(replace(model.fitted, evaluation=cut, evaluated_rows=model.fitted.evaluated_rows[:1]))

    first = one_row(plain)
    second = with_evaluation(first, prediction_RP=first.fitted.evaluation.prediction_RP * 0.9)
    found = glassnet.compare([first, second])
    assert set(found.gaps["verdict"]) <= {"noise", "unknown"}


def test_weights_that_differ_are_named(plain, blind):
    other = with_evaluation(blind, weight_R=blind.fitted.evaluation.weight_R * 2)
    found = glassnet.compare({"plain": plain, "blind": other})
    assert found.compared.rows == "‘plain’ and ‘blind’ give the same rows different weights."


def test_truths_that_differ_are_named(plain, blind):
    other = with_evaluation(blind, truth=1 - blind.fitted.evaluation.truth)
    found = glassnet.compare({"plain": plain, "blind": other})
    assert "rows of the same numbers hold other answers" in found.compared.rows


def test_comparing_again_gives_the_same(plain, blind):
    one, two = (glassnet.compare([plain, blind]) for _ in range(2))
    assert one.gaps.equals(two.gaps)

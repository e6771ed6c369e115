"""What a look from outside finds in tables whose making is known."""

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.evaluate import reasons
from glassnet.evaluate.pairs import holm
from glassnet.evaluate.segments import _fisher
from glassnet.pipeline import Sources, fit
from glassnet.predict import predict
from glassnet.prepare.values import Encoded
from glassnet.settings import Settings, change
from glassnet.why import why


def run(table, **changes):
    settings = change(Settings(), **{"epochs": 30, "hidden": (32,), "threads": 1, "seed": 1, **changes})
    return fit(Sources(table=table), settings)


@pytest.fixture(scope="module")
def made():
    """y = 3 a + 2 b c + noise; the noise is five times as large for the levels of `group` called loud."""
    generator = np.random.default_rng(0)
    a, b, c, idle = generator.uniform(-1, 1, (4, 1500))
    group = generator.choice(["calm", "loud", "plain"], 1500)
    noise = generator.normal(size=1500) * np.where(group == "loud", 0.5, 0.1)
    lost = np.where(generator.random(1500) < 0.05, None, a)
    table = pl.DataFrame(
        {"a": lost.astype(np.float64), "b": b, "c": c, "idle": idle, "group": group}
    ).with_columns(pl.col("a").fill_nan(None))
    return run(table.with_columns(y=3 * a + 2 * b * c + noise), target="y", epochs=60)


def test_dependence_has_the_slope_that_the_table_was_made_with(made):
    (of_a,) = [one for one in made.evaluation.insight.dependence if one.scale.column == "a"]
    place, mean = of_a.scale.place_G, of_a.mean_GP[:, 0]
    assert math.isnan(place[-1])  # missing cells are looked at too
    slope = np.polyfit(place[:-1], mean[:-1], 1)[0]
    assert slope == pytest.approx(3.0, abs=0.3)
    assert of_a.single_NG.shape == (30, place.size)
    assert of_a.scale.share_G.sum() == pytest.approx(1.0)


def test_dependence_on_a_level_is_the_mean_prediction_of_rows_with_that_cell(made):
    (of_group,) = [one for one in made.evaluation.insight.dependence if one.scale.column == "group"]
    assert set(of_group.scale.names) == {"calm", "loud", "plain"}
    assert np.ptp(of_group.mean_GP[:, 0]) < 0.3  # the group moves only the noise


def test_only_the_pair_that_was_made_is_named(made):
    insight = made.evaluation.insight
    sure = [set(one.columns) for one in insight.pairs if one.chance < 0.05]
    assert sure == [{"b", "c"}]
    assert insight.surface is not None
    assert {one.column for one in insight.surface.scales} == {"b", "c"}
    strongest = insight.pairs[0]
    assert strongest.strength == pytest.approx(2 / 3, abs=0.25)  # deviation of 2 b c
    assert strongest.worse == pytest.approx(strongest.strength**2, rel=0.5)


def test_pairs_of_an_additive_table_are_not_named():
    generator = np.random.default_rng(3)
    a, b, c, noise = generator.normal(size=(4, 900))
    fitted = run(pl.DataFrame({"a": a, "b": b, "c": c, "y": a + b - c + noise}), target="y")
    assert fitted.evaluation.insight.surface is None
    assert len(fitted.evaluation.insight.pairs) == 3


def test_rows_that_trained_prove_no_pair():
    generator = np.random.default_rng(3)
    a, b = generator.normal(size=(2, 200))
    fitted = run(pl.DataFrame({"a": a, "b": b, "y": a * b}), target="y", test_share=0.0)
    assert fitted.evaluation.insight.pairs == ()
    assert fitted.evaluation.insight.dependence


def test_the_loud_level_is_the_segment_that_differs(made):
    found = {(one.column, one.name): one for one in made.evaluation.insight.segments if one.name}
    assert found["group", "loud"].chance < 1e-6
    assert found["group", "loud"].error > 2 * found["group", "calm"].error
    low, high = found["group", "loud"].error_low, found["group", "loud"].error_high
    assert low < found["group", "loud"].error < high
    of_idle = [one for one in made.evaluation.insight.segments if one.column == "idle"]
    assert len(of_idle) == 5
    assert all(one.chance > 0.05 for one in of_idle)


def test_segments_of_a_number_hold_all_rows_that_have_it(made):
    of_a = [one for one in made.evaluation.insight.segments if one.column == "a"]
    assert sum(one.rows for one in of_a) == len(made.evaluation.truth)
    assert sum(math.isnan(one.low) for one in of_a) == 1  # the missing cells


def test_left_over_is_counted_along_the_columns(made):
    (of_a,) = [one for one in made.evaluation.insight.left_over if one.scale.column == "a"]
    assert of_a.count_G.sum() == len(made.evaluation.truth)
    assert (np.diff(of_a.error_GQ, axis=1) >= 0).all()
    width = of_a.error_GQ[:-1, -1] - of_a.error_GQ[:-1, 0]
    assert 0.1 < np.median(width) < 1.2


def test_reasons_are_the_mean_of_why(made):
    """The same parts as `why` finds, row by row, but for its finer steps."""
    by_name = {one.column: one for one in made.evaluation.insight.reasons}
    generator = np.random.default_rng(5)
    sizes: dict[str, list[float]] = {name: [] for name in by_name}
    for _ in range(60):
        a, b, c, idle = generator.uniform(-1, 1, 4)
        row = {"a": a, "b": b, "c": c, "idle": idle, "group": "calm"}
        for part in why(made, row).parts:
            sizes[part.column].append(abs(part.part))
    for name in ("a", "b", "c"):
        assert by_name[name].size == pytest.approx(np.mean(sizes[name]), rel=0.35)
    assert by_name["a"].size > 5 * by_name["idle"].size


def test_reasons_of_rows_in_pieces_are_those_of_all_at_once(made, monkeypatch):
    generator = np.random.default_rng(6)
    codes = generator.integers(0, 3, (40, 1)).astype(np.int32)
    sample = Encoded(number_RN=generator.normal(size=(40, 4)).astype(np.float32), code_RC=codes)
    columns = [column.name for column in made.schema.inputs]

    def found():
        told = predict(made.predictor, sample)
        every = reasons.reasons_of(made.predictor, sample, told, columns, ends_in_sigmoid=False)
        return {one.column: (one.mean, one.size) for one in every}

    whole = found()
    monkeypatch.setattr(reasons, "AT_ONCE", 1)  # so each row is a piece
    for column, parts in found().items():
        assert parts == pytest.approx(whole[column], rel=1e-4, abs=1e-6)  # sums of float32 in other orders


@pytest.mark.parametrize("task", ["binary", "multiclass", "multilabel", "folds"])
def test_every_task_is_looked_at(mixed, task):
    table = mixed(400, 2)
    targets = {"binary": "rich", "multiclass": "level", "multilabel": ("left", "right"), "folds": "rich"}
    others = {"score", "more", "rich", "level", "left", "right"} - {*np.atleast_1d(targets[task])}
    more = {"folds": 3, "members": 3} if task == "folds" else {}
    fitted = run(table.drop(others), target=targets[task], epochs=3, **more)
    insight = fitted.evaluation.insight
    kinds = {str(one.scale.kind) for one in insight.dependence}
    assert kinds == {"number", "category", "yes/no", "date"}
    assert all(np.isfinite(one.mean_GP).all() for one in insight.dependence)
    assert insight.segments
    assert len(insight.reasons) == len(fitted.schema.inputs)


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_keeps_order_and_only_grows(chances):
    counted = holm(chances)
    assert all(after >= before for before, after in zip(chances, counted, strict=True))
    assert all(one <= 1 for one in counted)
    by_before = sorted(range(len(chances)), key=lambda one: chances[one])
    assert [counted[one] for one in by_before] == sorted(counted)


def test_holm_of_known_numbers():
    """Three looked at: 3 x 0.01, 2 x 0.02, 1 x 0.03 (not below those before it); NaN is not counted."""
    assert holm([0.03, 0.01, math.nan, 0.02])[0:2] == [pytest.approx(0.04), pytest.approx(0.03)]


def test_fisher_of_a_table_counted_by_hand():
    """Of 8 rows 4 are wrong; all 4 drawn ones are wrong: 1 of 70 ways, doubled."""
    wrong = np.array([1.0, 1, 1, 1, 0, 0, 0, 0])
    assert _fisher(wrong[:4], wrong) == pytest.approx(2 / 70)


@pytest.mark.parametrize("unit", [1e-60, 1e60, 1e95])
def test_a_target_of_any_unit_is_looked_at_alike(unit):
    a, b = np.random.default_rng(5).normal(size=(2, 200))
    ones, others = (
        run(pl.DataFrame({"a": a, "b": b, "y": (a + b / 4 + a * b) * one}), target="y", epochs=5).evaluation
        for one in (1.0, unit)
    )
    for here, there in zip(others.insight.reasons, ones.insight.reasons, strict=True):
        assert here.size / unit == pytest.approx(there.size, rel=1e-3)
    for here, there in zip(others.insight.dependence, ones.insight.dependence, strict=True):
        np.testing.assert_allclose(here.single_NG / unit, there.single_NG, rtol=1e-3)
    for here, there in zip(others.insight.pairs, ones.insight.pairs, strict=True):
        assert here.chance == pytest.approx(there.chance, rel=0.01)

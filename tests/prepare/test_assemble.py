"""Whole tables: learned on the fit rows alone, finite whatever comes, and the same in any order."""

import math
import tracemalloc
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from glassnet.prepare.assemble import BASELINE_ROWS, PIECE, apply, dense_sources, encode, prepare
from glassnet.prepare.category import apply_slots
from glassnet.prepare.quantile import drawn_places
from glassnet.prepare.values import Prepared, Weights
from glassnet.settings import Preparing
from glassnet.table.values import Column, Kind, Rows, Schema, Target, Task

NUMBER, CATEGORY, YES_NO, DATE = Kind.NUMBER, Kind.CATEGORY, Kind.YES_NO, Kind.DATE
KINDS = {"number": NUMBER, "category": CATEGORY, "flag": YES_NO, "when": DATE}
DTYPES = {NUMBER: pl.Float64, CATEGORY: pl.String, YES_NO: pl.Boolean, DATE: pl.Datetime("us")}
HOW = ("robust", "standard", "none")


def schema_of(frame: pl.DataFrame, kinds: dict[str, Kind]) -> Schema:
    return Schema(
        columns=tuple(Column(name=n, kind=kinds[n], reason="", used=True) for n in frame.columns),
        targets=(Target(name="y", dtype="float"),),
        task=Task.REGRESSION,
        task_reason="",
    )


def prepared_of(
    frame: pl.DataFrame,
    fit: list[list[int]],
    choices: Preparing | None = None,
    weight: np.ndarray | None = None,
    target: np.ndarray | None = None,
) -> Prepared:
    kinds = {name: KINDS[name.rstrip("0123456789")] for name in frame.columns}
    weight = np.ones(frame.height) if weight is None else weight
    target = np.arange(frame.height, dtype=float)[:, None] if target is None else target
    every = set(range(frame.height))
    rows = Rows(
        fit=tuple(np.array(one) for one in fit),
        validation=tuple(np.array(sorted(every - set(one)), dtype=np.int64) for one in fit),
        test=np.zeros(0, dtype=np.int64),
        how="",
    )
    weights = Weights(row_R=weight, loss_R=weight)
    return prepare(frame, schema_of(frame, kinds), target, weights, rows, choices or Preparing())


def table(rows: int, seed: int) -> pl.DataFrame:
    generator = np.random.default_rng(seed)
    lost = generator.random((rows, 4)) < 0.2
    plain = {
        "number": generator.normal(50, 20, rows),
        "category": generator.choice(list("abcdefghijklmn"), rows),
        "flag": generator.random(rows) < 0.5,
        "when": [datetime(2021, 3, 1 + int(d), int(d) % 24) for d in generator.integers(0, 28, rows)],
    }
    return pl.DataFrame(
        {
            name: pl.Series(
                [None if gone else value for value, gone in zip(values, lost[:, place], strict=True)],
                dtype=DTYPES[KINDS[name]],
            )
            for place, (name, values) in enumerate(plain.items())
        }
    )


def same(one: object, other: object) -> bool:
    """Return whether two learned values agree in every array and field."""
    if is_dataclass(one):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    return one == other


STRANGE = pl.DataFrame(
    {
        "number": [math.inf, -math.inf, 1e38, -1e300, None, 0.0],
        "category": ["never seen", None, "", "a", "<script>", "ä"],
        "flag": [None, True, False, None, True, False],
        "when": [datetime(1, 1, 1), datetime(9999, 12, 31), None, datetime(1970, 1, 1), None, None],
    },
    schema={name: DTYPES[kind] for name, kind in KINDS.items()},
)


# ---- learned on the fit rows alone ----


@pytest.mark.parametrize("bins", [0, 4])
@pytest.mark.parametrize("how", HOW)
def test_other_rows_change_nothing_learned(how, bins):
    frame, choices = table(160, 1), Preparing(numbers=how, bins=bins)
    fit = list(range(0, 160, 2))
    before = prepared_of(frame, [fit], choices)
    assert (before.preparation.bins.count_N.sum() > 0) == (bins > 0)
    replaced = pl.concat([STRANGE] * 5)
    places = [place for place in range(160) if place % 2]
    changed = frame.clone()
    for column in frame.columns:
        values = frame[column].to_list()
        for number, place in enumerate(places):
            values[place] = replaced[column][number % replaced.height]
        changed = changed.with_columns(pl.Series(column, values, dtype=frame[column].dtype))
    target = np.arange(160.0)[:, None]
    target[places] = 1e9
    after = prepared_of(changed, [fit], choices, target=target)
    assert not changed.equals(frame)
    assert same(before.preparation, after.preparation)
    seen = apply(encode(frame, before.preparation.encoding), before.preparation, 0)
    again = apply(after.encoded, after.preparation, 0)
    np.testing.assert_array_equal(seen.dense_RD[fit], again.dense_RD[fit])
    np.testing.assert_array_equal(seen.slot_RE[fit], again.slot_RE[fit])


def test_a_fit_row_does_change_what_is_learned():
    frame = table(60, 1)
    fit = list(range(0, 60, 2))
    changed = frame.with_columns(pl.Series("number", [1e3] * 8 + frame["number"].to_list()[8:]))
    assert not same(prepared_of(frame, [fit]).preparation, prepared_of(changed, [fit]).preparation)


@pytest.mark.parametrize("how", ["robust", "standard"])
def test_no_fold_sees_anothers_rows(how):
    frame = table(60, 2)
    folds = [[r for r in range(60) if r % 3 != fold] for fold in range(3)]
    choices = Preparing(numbers=how, one_hot=20)
    before = prepared_of(frame, folds, choices)
    held = [r for r in range(60) if r % 3 == 0]  # fold 0 holds these out; the others fit on them
    number, category = frame["number"].to_list(), frame["category"].to_list()
    for place in held:
        number[place], category[place] = 100.0 + place, "zzz"
    changed = frame.with_columns(
        pl.Series("number", number, dtype=pl.Float64), pl.Series("category", category)
    )
    target = np.arange(60.0)[:, None]
    target[held] *= 100
    after = prepared_of(changed, folds, choices, target=target)
    fit = folds[0]
    assert before.preparation.dense_names[0] == after.preparation.dense_names[0] == "number"
    old, new = (apply(one.encoded, one.preparation, 0).dense_RD for one in (before, after))
    # The offset that all folds share moves; the fold's own scaling takes it away, but for rounding.
    np.testing.assert_allclose(new[fit, 0], old[fit, 0], atol=1e-5)
    level = after.preparation.encoding.levels[0].index("zzz")
    assert after.preparation.slots.slot_FL[:, level].tolist()[0] == 0  # unseen by fold 0
    assert (after.preparation.slots.slot_FL[1:, level] > 0).all()
    for name in ("location_FT", "scale_FT"):
        own = getattr(before.preparation.target, name)[0]
        assert np.array_equal(own, getattr(after.preparation.target, name)[0])
        assert not np.array_equal(
            getattr(before.preparation.target, name)[1], getattr(after.preparation.target, name)[1]
        )


def test_a_fold_learns_what_it_would_learn_alone():
    frame = table(60, 3)
    folds = [[r for r in range(60) if r % 3 != fold] for fold in range(3)]
    together = prepared_of(frame, folds, Preparing(one_hot=30))
    for fold in range(3):
        alone = prepared_of(frame, [folds[fold]], Preparing(one_hot=30))
        offset = together.preparation.encoding.offset_N - alone.preparation.encoding.offset_N
        location = together.preparation.scales.location_FN[fold] + offset
        np.testing.assert_allclose(location, alone.preparation.scales.location_FN[0], atol=1e-4)
        np.testing.assert_allclose(
            together.preparation.scales.scale_FN[fold], alone.preparation.scales.scale_FN[0], rtol=1e-5
        )
        target = together.preparation.target
        assert target.location_FT[fold] == alone.preparation.target.location_FT[0]
        assert target.scale_FT[fold] == alone.preparation.target.scale_FT[0]


# ---- finite, whatever comes ----


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize(("one_hot", "bins"), [(0, 0), (50, 0), (0, 4)])
def test_strange_cells_become_finite_inputs(how, one_hot, bins):
    choices = Preparing(numbers=how, one_hot=one_hot, bins=bins)
    prepared = prepared_of(table(160, 4), [list(range(160))], choices)
    inputs = apply(encode(STRANGE, prepared.preparation.encoding), prepared.preparation, 0)
    assert np.isfinite(inputs.dense_RD).all()
    assert inputs.dense_RD.dtype == np.float32
    assert inputs.dense_RD.shape == (6, prepared.preparation.dense)
    for place, slots in enumerate(prepared.preparation.embedded):
        assert ((inputs.slot_RE[:, place] >= 0) & (inputs.slot_RE[:, place] < slots)).all()


cells = {
    "number": st.one_of(
        st.none(), st.floats(allow_nan=False), st.sampled_from([0.0, 1.0, 1e38, -1e-300, math.inf])
    ),
    "category": st.one_of(st.none(), st.sampled_from("abc"), st.text(max_size=3)),
    "flag": st.one_of(st.none(), st.booleans()),
    "when": st.one_of(st.none(), st.datetimes()),
}
frames = st.integers(1, 12).flatmap(
    lambda rows: st.fixed_dictionaries(
        {name: st.lists(one, min_size=rows, max_size=rows) for name, one in cells.items()}
    )
).map(lambda d: pl.DataFrame({n: pl.Series(v, dtype=DTYPES[KINDS[n]]) for n, v in d.items()}))  # fmt: skip


@given(
    known=frames,
    new=frames,
    how=st.sampled_from(HOW),
    rare=st.integers(1, 3),
    one_hot=st.integers(0, 9),
    bins=st.integers(0, 3),
)
@hypothesis_settings(max_examples=60, deadline=None)
def test_any_table_becomes_finite_inputs(known, new, how, rare, one_hot, bins):
    choices = Preparing(numbers=how, rare=rare, one_hot=one_hot, bins=bins)
    known = pl.concat([known] * 41)  # bins need rows
    prepared = prepared_of(known, [list(range(known.height))], choices)
    for frame in (known, new, STRANGE):
        inputs = apply(encode(frame, prepared.preparation.encoding), prepared.preparation, 0)
        assert np.isfinite(inputs.dense_RD).all()
        assert inputs.dense_RD.shape == (frame.height, prepared.preparation.dense)
        assert len(dense_sources(prepared.preparation)) == prepared.preparation.dense
        assert (inputs.slot_RE >= 0).all()
        assert (inputs.slot_RE < np.array(prepared.preparation.embedded, dtype=int)).all()
    slots = prepared.preparation.slots
    used = apply_slots(prepared.encoded.code_RC, slots, 0)
    assert (used == 0).any(axis=0).all()  # slot 0 of every category is trained


# ---- orders change nothing ----


@given(seed=st.integers(0, 2**32 - 1), how=st.sampled_from(HOW))
@hypothesis_settings(max_examples=25, deadline=None)
def test_the_order_of_rows_changes_nothing(seed, how):
    frame = table(40, seed % 7)
    order = np.random.default_rng(seed).permutation(40)
    weight = np.arange(40) % 3 + 1.0
    target = np.arange(40.0)[:, None] ** 2
    one = prepared_of(frame, [list(range(30))], Preparing(numbers=how), weight, target)
    moved_fit = np.sort(np.argsort(order)[:30]).tolist()
    other = prepared_of(frame[order], [moved_fit], Preparing(numbers=how), weight[order], target[order])
    left, right = one.preparation, other.preparation
    assert left.encoding.levels == right.encoding.levels
    assert same(left.slots, right.slots)
    assert np.array_equal(left.encoding.offset_N, right.encoding.offset_N)
    for name in ("location_FN", "scale_FN"):
        # Means are sums in the order of the rows.
        np.testing.assert_allclose(
            getattr(left.scales, name), getattr(right.scales, name), rtol=1e-12, atol=1e-12
        )
    a, b = (apply(p.encoded, p.preparation, 0).dense_RD for p in (one, other))
    np.testing.assert_allclose(a[order], b, rtol=1e-6, atol=1e-6)


def test_the_order_of_columns_moves_the_inputs_and_no_more():
    frame = table(40, 5)
    one = prepared_of(frame, [list(range(40))])
    other = prepared_of(frame.select("when", "flag", "category", "number"), [list(range(40))])
    names = one.preparation.dense_names
    assert sorted(names) == sorted(other.preparation.dense_names)
    places = [other.preparation.dense_names.index(name) for name in names]
    a, b = (apply(p.encoded, p.preparation, 0).dense_RD for p in (one, other))
    np.testing.assert_array_equal(a, b[:, places])


@given(cuts=st.lists(st.integers(0, 40), max_size=4), seed=st.integers(0, 9))
@hypothesis_settings(max_examples=25, deadline=None)
def test_a_row_is_encoded_by_itself(cuts, seed):
    frame = table(40, seed)
    prepared = prepared_of(frame, [list(range(30))])
    whole = encode(frame, prepared.preparation.encoding)
    ends = [0, *sorted(cuts), 40]
    parts = [encode(frame[a:b], prepared.preparation.encoding) for a, b in pairwise(ends)]
    np.testing.assert_array_equal(np.concatenate([p.number_RN for p in parts]), whole.number_RN)
    np.testing.assert_array_equal(np.concatenate([p.code_RC for p in parts]), whole.code_RC)


# ---- weights ----


@given(
    values=st.lists(st.integers(-50, 50), min_size=1, max_size=12),
    counts=st.lists(st.integers(1, 4), min_size=12, max_size=12),
    how=st.sampled_from(HOW),
)
@hypothesis_settings(max_examples=80, deadline=None)
def test_a_weight_is_the_row_so_many_times(values, counts, how):
    rows = len(values)
    counts = np.array(counts[:rows])
    frame = pl.DataFrame({"number": np.array(values, dtype=float), "category": [str(v % 5) for v in values]})
    repeated = frame[np.repeat(np.arange(rows), counts)]
    target = np.array(values, dtype=float)[:, None]
    choices = Preparing(numbers=how)
    weighted = prepared_of(frame, [list(range(rows))], choices, counts.astype(float), target)
    plain = prepared_of(
        repeated, [list(range(repeated.height))], choices, target=np.repeat(target, counts, axis=0)
    )
    a, b = weighted.preparation, plain.preparation
    assert same(a.slots, b.slots)
    # In the table's unit: the offset that keeps the digits is taken from the rows without their weights.
    location = [p.scales.location_FN + p.encoding.offset_N for p in (a, b)]
    if how == "robust":
        assert np.array_equal(location[0], location[1])
        assert np.array_equal(a.scales.scale_FN, b.scales.scale_FN)
    else:
        np.testing.assert_allclose(location[0], location[1], rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(a.scales.scale_FN, b.scales.scale_FN, rtol=1e-12)
    np.testing.assert_allclose(a.target.location_FT, b.target.location_FT, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(a.target.scale_FT, b.target.scale_FT, rtol=1e-12)


def test_a_row_without_weight_teaches_nothing():
    frame = table(40, 6)
    weight = np.ones(40)
    weight[30:] = 0
    fit = list(range(40))
    changed = frame.with_columns(pl.Series("number", frame["number"].to_list()[:30] + [1e6] * 10))
    one = prepared_of(frame, [fit], weight=weight).preparation
    other = prepared_of(changed, [fit], weight=weight).preparation
    assert np.allclose(
        one.scales.location_FN + one.encoding.offset_N, other.scales.location_FN + other.encoding.offset_N
    )
    assert np.allclose(one.scales.scale_FN, other.scales.scale_FN)


# ---- names ----


def test_inputs_have_names():
    prepared = prepared_of(table(60, 7), [list(range(60))], Preparing(one_hot=30, rare=1))
    names, sources = prepared.preparation.dense_names, dense_sources(prepared.preparation)
    assert len(names) == len(set(names)) == len(sources)
    assert set(sources) == {"number", "category", "flag", "when"}
    assert "number is missing" in names
    assert "category = rare or unseen" in names
    assert "category = missing" in names
    assert "when: week (sine)" in names
    inputs = apply(prepared.encoded, prepared.preparation, 0).dense_RD
    mark = inputs[:, names.index("number is missing")]
    np.testing.assert_array_equal(mark, table(60, 7)["number"].is_null().to_numpy())


def test_an_unused_column_is_not_encoded():
    frame = table(20, 8)
    kinds = KINDS
    schema = schema_of(frame, kinds)
    columns = tuple(replace(column, used=column.name != "category") for column in schema.columns)
    rows = Rows(fit=(np.arange(20),), validation=(np.zeros(0, int),), test=np.zeros(0, int), how="")
    weights = Weights(row_R=np.ones(20), loss_R=np.ones(20))
    prepared = prepare(frame, replace(schema, columns=columns), np.zeros((20, 1)), weights, rows, Preparing())
    assert prepared.preparation.encoding.categories == ()
    assert apply(prepared.encoded, prepared.preparation, 0).slot_RE.shape == (20, 0)


def test_many_rows_are_applied_as_a_few_of_them_are():
    prepared = prepared_of(table(60, 3), [list(range(60))], Preparing(bins=4))
    places = np.arange(2 * PIECE + 7) % 60
    whole = apply(prepared.encoded.picked(places), prepared.preparation, 0)
    few = apply(prepared.encoded, prepared.preparation, 0)
    np.testing.assert_array_equal(whole.dense_RD, few.dense_RD[places])
    np.testing.assert_array_equal(whole.slot_RE, few.slot_RE[places])


@pytest.mark.parametrize("weights", ["equal", "only_undrawn"])
def test_the_mean_of_many_rows_is_that_of_some_and_never_of_rows_without_weight(weights):
    rows = BASELINE_ROWS + 100_000
    value_R = np.random.default_rng(0).normal(5.0, 2.0, rows)
    weight_R = np.ones(rows)
    if weights == "only_undrawn":
        weight_R[drawn_places(rows, BASELINE_ROWS)] = 0.0
    prepared = prepared_of(
        pl.DataFrame({"number": value_R}), [list(range(rows))], Preparing(numbers="standard"), weight_R
    )
    # Scaled numbers have mean 0 and deviation 1 over all rows that count.
    bound = 0.01 if weights == "equal" else 1e-4
    assert abs(prepared.preparation.baseline.dense_FD[0, 0]) < bound


def test_hardly_more_memory_is_taken_than_the_inputs_need():
    prepared = prepared_of(table(60, 3), [list(range(60))], Preparing(bins=4))
    encoded = prepared.encoded.picked(np.arange(250_000) % 60)
    tracemalloc.start()
    inputs = apply(encoded, prepared.preparation, 0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.3 * (inputs.dense_RD.nbytes + inputs.slot_RE.nbytes)

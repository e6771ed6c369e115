"""Numbers in bins as compiled engines are given them: the same network, by another way."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.extra.numpy as arrays
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from glassnet.engine.fused import FusedEngine
from glassnet.engine.inputs import compiled_inputs, divide, rows_of
from glassnet.prepare.assemble import apply
from glassnet.prepare.bins import apply_bins, locate_bins
from glassnet.prepare.values import (
    Bins,
    Encoded,
    Encoding,
    LevelSlots,
    NumberScales,
    Preparation,
    TargetMeans,
    TargetScale,
)
from glassnet.settings import Architecture, Preparing, Training

pytest.importorskip("glassnet.engine._fused", reason="built without a C++ compiler")
FLOATS = st.floats(width=32, allow_nan=True, allow_infinity=True)
EDGES = st.floats(-(2.0**120), 2.0**120, width=32)


@given(st.lists(EDGES, min_size=3, max_size=20, unique=True), st.integers(0, 3), st.data())
@settings(max_examples=200, deadline=None)
def test_a_place_among_bins_says_what_the_shares_say(edges, missing_edges, data):
    edge_FE = np.array([sorted(edges) + [np.inf] * missing_edges], np.float32)
    bins = Bins(edge_FE=edge_FE, count_N=np.array([0, edge_FE.shape[1] - 1]))
    # Numbers on the edges too.
    some = st.one_of(FLOATS, st.sampled_from([float(e) for e in edge_FE[0]]))
    number_RN = data.draw(arrays.arrays(np.float32, (12, 2), elements=some))
    bin_RB, share_RB = locate_bins(number_RN, bins, 0)
    place_P = np.arange(edge_FE.shape[1] - 1)
    shares_RP = np.where(place_P < bin_RB, 1.0, np.where(place_P == bin_RB, share_RB, 0.0))
    expected_RP = apply_bins(number_RN, bins, 0)
    if (
        number_RN[:, 1] == np.inf
    ).any():  # an infinite number passes bins that no row reaches by one rule only
        reached = np.isfinite(edge_FE[0, 1:])
        np.testing.assert_array_equal(shares_RP[:, reached], expected_RP[:, reached])
        return
    np.testing.assert_array_equal(shares_RP, expected_RP)


def shown(rows, encoded, division, number=np.float32):
    """Return what compiled code makes of all rows: dense inputs, bins, shares and slots."""
    numbers, embedded = len(division.bins_B), len(division.dense.embedded)
    dense_RD = np.empty((encoded.rows, division.dense_inputs), number)
    bin_RB, share_RB = (np.empty((encoded.rows, numbers), kind) for kind in (np.uint16, number))
    slot_RE = np.empty((encoded.rows, embedded), np.int32)
    rows.show(dense_RD, bin_RB, share_RB, slot_RE)
    return dense_RD, bin_RB, share_RB, slot_RE


def test_columns_are_the_networks(make_plan):
    plan = make_plan(dense=5, slots=(4, 7), bins=(3, 0, 8, 20), folds=2)
    inputs = compiled_inputs(plan, 8)
    assert inputs.bins_B == (8, 20)
    assert inputs.dense == 5 + 3
    assert sorted(c for c in inputs.column if c >= 0) == list(range(5 + 3 + 2 * 3))
    assert [c for c in inputs.column if c < 0] == [-1 - row for row in range(28)]
    preparation, encoded = plan.prepared.preparation, plan.prepared.encoded
    for fold in (0, 1):
        dense_RD = apply(encoded, preparation, fold).dense_RD
        found_RD = shown(inputs.rows_F[fold], encoded, divide(preparation, 3, 8))[0]
        for column, place in enumerate(inputs.column[: plan.inputs.dense]):
            if place >= 0:
                np.testing.assert_array_equal(found_RD[:, place - 6], dense_RD[:, column])


def random_table(draw, numbers, sizes, folds, kind):
    """Return rows with missing and infinite numbers and cells of levels that nobody has seen."""
    rows = int(draw.integers(1, 300))
    number_RN = (draw.standard_normal((rows, numbers)) * 10.0 ** draw.integers(-3, 6, numbers)).astype(
        np.float32
    )
    odd = draw.random((rows, numbers))
    for share, value in ((0.1, np.nan), (0.13, np.inf), (0.16, -np.inf), (0.19, 3e38), (0.22, 0.0)):
        number_RN[(odd < share) & (odd >= share - (0.1 if np.isnan(value) else 0.03))] = value
    columns = [draw.integers(-2, size, rows) for size in sizes]
    code_RC = np.array(columns, kind).reshape(len(sizes), rows).T
    return Encoded(number_RN=number_RN, code_RC=np.ascontiguousarray(code_RC))


def random_scales(draw, numbers, folds):
    """Return scales of all sorts: no spread at all, clipped or not, held or not, with marks or without."""
    shape = (folds, numbers)
    scale_FN = np.where(draw.random(shape) < 0.1, np.inf, draw.exponential(size=shape) + 1e-30)
    low_FN = draw.standard_normal(shape) - 3
    return NumberScales(
        location_FN=draw.standard_normal(shape),
        scale_FN=scale_FN,
        low_FN=low_FN,
        high_FN=low_FN + draw.exponential(5.0, shape),
        clipped_N=draw.random(numbers) < draw.choice([0.0, 0.5, 1.0]),
        marked_M=np.flatnonzero(draw.random(numbers) < 0.4),
        is_held=bool(draw.integers(2)),
    )


def random_slots(draw, sizes, folds):
    """Return slots of each level, of which the smaller half become 0/1 columns."""
    slots_C = np.array([int(draw.integers(1, size + 2)) for size in sizes], np.int64)
    tables = [draw.integers(0, many, (folds, size)) for many, size in zip(slots_C, sizes, strict=True)]
    return LevelSlots(
        slot_FL=np.concatenate([np.zeros((folds, 0)), *tables], axis=1).astype(np.int32),
        first_C=np.cumsum([0, *sizes])[:-1].astype(np.int64),
        missing_FC=np.array([draw.integers(0, many, folds) for many in slots_C], np.int32)
        .reshape(len(sizes), folds)
        .T,
        slots_C=slots_C,
        one_hot_C=slots_C <= 4,
    )


def random_means(draw, sizes, folds):
    """Return means of the larger categories."""
    category_M = np.array([c for c, size in enumerate(sizes) if size > 5], np.int64)
    size_M = np.array([sizes[c] + 2 for c in category_M], np.int64)
    values = int(draw.integers(1, 4))
    return TargetMeans(
        category_M=category_M,
        first_M=np.cumsum(size_M) - size_M,
        size_M=size_M,
        table_FLV=draw.standard_normal((folds, int(size_M.sum()), values)).astype(np.float32),
        names=tuple(f"mean {i}" for i in range(values * category_M.size)),
    )


def random_bins(draw, folds, counts):
    """Return bins with random edges; in the last of several folds the last bin is one that no row reaches."""
    edges = [np.sort(draw.standard_normal((folds, one + 1)), axis=1) for one in counts if one]
    for edge_FE in edges:
        edge_FE[1:, -1] = np.inf
    edge_FE = np.concatenate([np.zeros((folds, 0)), *edges], axis=1).astype(np.float32)
    return Bins(edge_FE=edge_FE, count_N=np.array(counts, np.int64))


def random_preparation(draw, numbers, sizes, counts, folds):
    """Return a preparation with something of everything."""
    slots, means = random_slots(draw, sizes, folds), random_means(draw, sizes, folds)
    scales, bins = random_scales(draw, numbers, folds), random_bins(draw, folds, counts)
    zero_one = int(slots.slots_C[slots.one_hot_C].sum())
    dense = numbers + scales.marked_M.size + zero_one + len(means.names) + sum(counts)
    return Preparation(
        choices=Preparing(),
        encoding=Encoding(
            numbers=tuple(f"n{i}" for i in range(numbers)),
            sources=(),
            parts=(),
            offset_N=np.zeros(numbers),
            categories=tuple(f"c{i}" for i in range(len(sizes))),
            levels=tuple(tuple(map(str, range(size))) for size in sizes),
        ),
        scales=scales,
        bins=bins,
        slots=slots,
        target=TargetScale(location_FT=np.zeros((folds, 1)), scale_FT=np.ones((folds, 1))),
        dense_names=tuple(map(str, range(dense))),
        means=means,
    )


@pytest.mark.parametrize("number", [np.float32, np.float64])
@pytest.mark.parametrize("kind", [np.int8, np.int16, np.int32])
def test_rows_are_to_the_byte_what_numpy_makes_of_them(kind, number):
    for seed in range(40):
        draw = np.random.default_rng(seed)
        numbers, folds = int(draw.integers(0, 40)), int(draw.integers(1, 3))
        sizes = tuple(int(draw.integers(0, 40)) for _ in range(draw.integers(0, 5)))
        counts = tuple(int(one) for one in draw.choice([0, 0, 2, 7, 8, 20, 100, 300], numbers))
        preparation = random_preparation(draw, numbers, sizes, counts, folds)
        encoded = random_table(draw, numbers, sizes, folds, kind)
        inputs = len(preparation.means.names)
        own_FRX = draw.standard_normal((folds, encoded.rows, inputs)).astype(np.float32)
        own_FRX[draw.random(own_FRX.shape) < 0.5] = np.nan
        if seed % 2:
            encoded = replace(encoded, own_FRX=own_FRX)
        division = divide(preparation, 3, 8)
        for fold in range(folds):
            expected = apply(encoded, division.dense, fold)
            bin_RB, share_RB = locate_bins(encoded.number_RN, division.looked_up, fold)
            wanted = (expected.dense_RD.astype(number), bin_RB, share_RB.astype(number), expected.slot_RE)
            rows = rows_of(encoded, division, fold, number)
            for kept in (False, True):
                if kept:
                    rows.keep()
                for one, other in zip(shown(rows, encoded, division, number), wanted, strict=True):
                    np.testing.assert_array_equal(one, other)


def test_what_is_made_by_batch_trains_to_the_same_bytes(make_plan):
    for network, bins, batch_size in (("mlp", (9, 0, 3), 300), ("mlp", (), 0), ("neuron", (), 64)):
        plan = make_plan(
            rows=700,
            dense=6,
            slots=(5, 9) if network == "mlp" else (),
            bins=bins,
            folds=2,
            weighted=True,
            architecture=Architecture(network=network, hidden=(30,) if network == "mlp" else (), members=3),
            training=Training(batch_size=batch_size, epochs=9, training_loss="rows"),
            threads=2,
        )
        kept, made = FusedEngine(plan), FusedEngine(plan, kept=0)
        assert compiled_inputs(plan, 8).rows_F[0].is_kept()
        assert not compiled_inputs(plan, 8, 0).rows_F[0].is_kept()
        steps = 2 * plan.steps_per_epoch
        first, second = kept.advance(0, steps), made.advance(0, steps)
        np.testing.assert_array_equal(first.loss_SK, second.loss_SK)
        np.testing.assert_array_equal(first.epoch_loss_EK, second.epoch_loss_EK)
        for name, tensor in kept.weights().items():
            assert tensor.equal(made.weights()[name])
        rows = np.arange(0, 700, 3)
        np.testing.assert_array_equal(kept.outputs(rows, 1), made.outputs(rows, 1))


def test_a_code_without_a_level_is_refused(make_plan):
    plan = make_plan(slots=(4,))
    plan.prepared.encoded.code_RC[7, 0] = 4
    with pytest.raises(ValueError, match="no such level"):
        compiled_inputs(plan, 8)


def test_without_a_hidden_layer_nothing_is_looked_up(make_plan):
    plan = make_plan(bins=(9, 9), architecture=Architecture(hidden=()))
    assert compiled_inputs(plan, 2).bins_B == ()


def test_bins_wider_than_float32_stay_dense(make_plan):
    plan = make_plan(bins=(9, 9))
    plan.prepared.preparation.bins.edge_FE[0, [0, 1]] = [-3e38, 3e38]
    assert compiled_inputs(plan, 2).bins_B == ()


@pytest.mark.parametrize("members", [1, 3])
@pytest.mark.parametrize("batch_size", [1, 100, 512])
def test_looking_up_is_multiplying(make_plan, members, batch_size):
    plan = make_plan(
        rows=700,
        dense=8,
        slots=(5,),
        bins=(2, 32, 0, 100, 7),
        folds=2,
        architecture=Architecture(hidden=(65, 30), members=members),
        training=Training(precision="float64", batch_size=batch_size, weight_decay=0.1, clip=0.1, epochs=99),
        threads=2,
    )
    looked_up, dense = FusedEngine(plan, fewest_bins=2), FusedEngine(plan, fewest_bins=10**6)
    looked_up.advance(0, 40)
    dense.advance(0, 40)
    for name, tensor in dense.weights().items():
        np.testing.assert_allclose(looked_up.weights()[name], tensor, rtol=0, atol=1e-10 * tensor.abs().max())

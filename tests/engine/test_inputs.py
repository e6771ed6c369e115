"""Numbers in bins as compiled engines are given them: the same network, by another way."""

from __future__ import annotations

import hypothesis.extra.numpy as arrays
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from glassnet.engine.fused import FusedEngine
from glassnet.engine.inputs import compiled_inputs
from glassnet.prepare.assemble import apply
from glassnet.prepare.bins import apply_bins, locate_bins
from glassnet.prepare.values import Bins
from glassnet.settings import Architecture, Training

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


def test_columns_are_the_networks(make_plan):
    plan = make_plan(dense=5, slots=(4, 7), bins=(3, 0, 8, 20), folds=2)
    inputs = compiled_inputs(plan, 8)
    assert inputs.bins_B == (8, 20)
    assert inputs.dense_PD.shape == (200, 5 + 3)
    assert sorted(c for c in inputs.column if c >= 0) == list(range(5 + 3 + 2 * 3))
    assert [c for c in inputs.column if c < 0] == [-1 - row for row in range(28)]
    preparation = plan.prepared.preparation
    for fold in (0, 1):
        dense_RD = apply(plan.prepared.encoded, preparation, fold).dense_RD
        here = slice(100 * fold, 100 * (fold + 1))
        for column, place in enumerate(inputs.column[: plan.inputs.dense]):
            if place >= 0:
                np.testing.assert_array_equal(inputs.dense_PD[here, place - 6], dense_RD[:, column])


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

"""What compiled code predicts is what torch does, and depends on the row alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.engine.outputs import compiled_network
from glassnet.network.own import own_module
from glassnet.prepare.assemble import apply
from glassnet.settings import Architecture, Training

pytest.importorskip("glassnet.engine._fused", reason="built without a C++ compiler")

SHAPES = st.fixed_dictionaries(
    {
        "rows": st.integers(2, 300),
        "dense": st.integers(1, 20),
        "slots": st.lists(st.integers(1, 9), max_size=3),
        "bins": st.lists(st.sampled_from((0, 3, 8, 17)), max_size=4),
        "outputs": st.integers(1, 20),
        "folds": st.integers(1, 2),
    }
)


def torch_outputs(plan, fold):
    """Return the network's own outputs for all rows, `(K, R, T)`."""
    inputs = apply(plan.prepared.encoded, plan.prepared.preparation, fold)
    members = plan.members
    dtype = next(plan.network.parameters()).dtype
    with torch.no_grad():
        dense_KRD = torch.from_numpy(inputs.dense_RD).to(dtype).expand(members, -1, -1)
        slot_KRE = torch.from_numpy(inputs.slot_RE).long().expand(members, -1, -1)
        return plan.network(dense_KRD, slot_KRE).double().numpy()


def compiled(plan, members=None):
    mine = range(plan.members) if members is None else members
    return compiled_network(plan.network, plan.prepared.preparation, mine)


@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-5), ("float64", 1e-10)])
@given(
    shape=SHAPES,
    hidden=st.lists(st.integers(1, 70), max_size=3),
    activation=st.sampled_from(("relu", "silu", "tanh", "sigmoid")),
    output=st.sampled_from(("linear", "sigmoid")),
    members=st.integers(1, 3),
)
@settings(max_examples=40, deadline=None)
def test_outputs_are_torchs(make_plan, precision, tolerance, shape, hidden, activation, output, members):
    plan = make_plan(
        **shape | {"slots": tuple(shape["slots"]), "bins": tuple(shape["bins"])},
        architecture=Architecture(
            hidden=tuple(hidden),
            network="mlp",
            activation=activation,
            output=output,
            members=members * shape["folds"],
        ),
        training=Training(precision=precision),
    )
    for fold in range(shape["folds"]):
        expected = torch_outputs(plan, fold)
        found = compiled(plan).of(plan.prepared.encoded, fold, 1)
        assert np.abs(found - expected).max() <= tolerance * np.abs(expected).max()


@pytest.fixture(scope="module")
def large(make_plan):
    return make_plan(
        rows=3000,
        dense=7,
        slots=(5, 30),
        bins=(9, 0, 20),
        outputs=3,
        architecture=Architecture(hidden=(90, 37), members=3, activation="silu"),
    )


@pytest.fixture(scope="module")
def whole(large):
    return compiled(large).of(large.prepared.encoded, 0, 1)


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_threads_change_no_byte(large, whole, threads):
    assert compiled(large).of(large.prepared.encoded, 0, threads).tobytes() == whole.tobytes()


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 3000))
@settings(max_examples=15, deadline=None)
def test_a_row_is_the_same_among_any_others(large, whole, seed, count):
    places = np.random.default_rng(seed).permutation(3000)[:count]
    found = compiled(large).of(large.prepared.encoded.picked(places), 0, 2)
    assert found.tobytes() == np.ascontiguousarray(whole[:, places]).tobytes()


def test_some_members_are_as_they_are_among_all(large, whole):
    found = compiled(large, (2, 0)).of(large.prepared.encoded, 0, 1)
    assert found.tobytes() == whole[[2, 0]].tobytes()


def test_weights_are_those_of_the_moment(make_plan):
    plan = make_plan(architecture=Architecture(hidden=(8,)))
    before = compiled(plan).of(plan.prepared.encoded, 0, 1)
    with torch.no_grad():
        plan.network.last.bias += 1.0
    after = compiled(plan).of(plan.prepared.encoded, 0, 1)
    np.testing.assert_allclose(after, before + 1.0, rtol=1e-6)


def test_no_rows_are_no_outputs(large):
    encoded = large.prepared.encoded.picked(np.arange(0))
    assert compiled(large).of(encoded, 0, 2).shape == (3, 0, 3)


def test_an_infinite_weight_is_not_hidden(make_plan):
    plan = make_plan(rows=50, architecture=Architecture(hidden=(20,), activation="relu"))
    with torch.no_grad():
        plan.network.last.weight[0, 0, 3] = float("nan")
    assert np.isnan(compiled(plan).of(plan.prepared.encoded, 0, 1)).all()


@pytest.mark.parametrize(
    "architecture",
    [
        Architecture(hidden=(8,), activation="gelu"),
        Architecture(hidden=(8,), normalization="layer"),
    ],
)
def test_what_has_no_compiled_form_is_left_to_torch(make_plan, architecture):
    assert compiled(make_plan(architecture=architecture)) is None


def test_an_own_module_is_left_to_torch(make_plan):
    plan = make_plan(dense=5)
    own = own_module(torch.nn.Linear(5, 1), 5, 1, 0, torch.float32)
    assert compiled(replace(plan, network=own)) is None


def test_a_slot_that_the_network_does_not_have_is_refused(large):
    network = compiled(large)
    other = replace(network, division=replace(network.division, dense=other_slots(network.division.dense)))
    with pytest.raises(ValueError, match="a category has no such slot"):
        other.of(large.prepared.encoded, 0, 1)


def other_slots(preparation):
    slots = preparation.slots
    return replace(preparation, slots=replace(slots, slot_FL=slots.slot_FL + 30))

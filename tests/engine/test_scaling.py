"""Networks of their own that scale their columns: the engines agree, and the scales are learned."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from glassnet.engine.eager import EagerEngine
from glassnet.engine.fused import FusedEngine
from glassnet.network.build import build_network
from glassnet.settings import Architecture, Training

SCALED = Architecture(hidden=(70, 33), input_scaling="learned")
TRAINING = Training(precision="float64", learning_rate=0.01, weight_decay=0.1, batch_size=64, epochs=40)
TABLE = {"rows": 300, "dense": 6, "slots": (5, 9), "bins": (0, 12, 3)}


def largest_difference(a, b):
    return max(float((a[n] - b[n]).abs().max() / a[n].abs().max().clamp(min=1e-30)) for n in a)


KINDS = {
    "one": {},
    "three": {"members": 3},
    "dropout": {"members": 2, "dropout": 0.3},
    "one layer, no bins": {"hidden": (9,), "bins": ()},
    "clipped and averaged": {"members": 3, "clip": 0.05, "average": 0.9},
    "folds": {"members": 4, "folds": 2},
    "more folds than threads": {"members": 3, "folds": 3},
    "sgd": {"optimizer": "sgd", "momentum": 0.9},
    "adam, all rows": {"optimizer": "adam", "batch_size": 0},
}


def parts(kind):
    """Return the arguments of a plan of this kind."""
    names = {"table": {**TABLE, "folds": 1}, "architecture": {}, "training": {}}
    for name, value in KINDS[kind].items():
        place = "table" if name in ("bins", "folds") else "training"
        names["architecture" if hasattr(SCALED, name) else place][name] = value
    return {
        **names["table"],
        "architecture": replace(SCALED, **names["architecture"]),
        "training": replace(TRAINING, **names["training"]),
    }


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("threads", [1, 2])
def test_the_engines_agree_after_200_steps(make_plan, kind, threads):
    plan = make_plan(**parts(kind), threads=threads, records=True)
    steps = min(200, plan.steps)
    eager, fused = EagerEngine(plan), FusedEngine(plan)
    theirs, ours = eager.advance(0, steps), fused.advance(0, steps)
    np.testing.assert_allclose(ours.loss_SK, theirs.loss_SK, rtol=1e-5)
    assert largest_difference(eager.weights(), fused.weights()) < 1e-9
    scales = eager.team_weights().scale_KG
    np.testing.assert_allclose(fused.team_weights().scale_KG, scales, rtol=1e-8)
    assert np.abs(scales - 1).max() > 0.01
    for mine, other in zip(ours.records, theirs.records, strict=True):
        for quantity, value_KL in other.quantities.items():
            np.testing.assert_allclose(
                mine.quantities[quantity], value_KL, rtol=1e-3, atol=1e-7, err_msg=quantity
            )
    rows = np.arange(20)
    np.testing.assert_allclose(fused.outputs(rows, 0), eager.outputs(rows, 0), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("make", [EagerEngine, FusedEngine])
@pytest.mark.parametrize("looked_up", [0, 12])
def test_it_starts_as_the_network_that_scales_nothing(make_plan, make, looked_up):
    plan = make_plan(**TABLE | {"bins": (looked_up,)}, architecture=SCALED, training=TRAINING)
    plain = replace(plan, architecture=replace(SCALED, input_scaling="none"))
    rows = np.arange(30)
    np.testing.assert_array_equal(make(plan).outputs(rows, 0), make(plain).outputs(rows, 0))
    assert make(plain).team_weights() is None


def test_a_step_is_that_of_a_network_that_multiplies_its_inputs(make_plan):
    training = replace(TRAINING, optimizer="sgd", learning_rate=0.1, weight_decay=0.0, batch_size=0)
    plan = make_plan(rows=50, dense=4, bins=(3,), architecture=SCALED, training=training)
    engine = FusedEngine(plan)
    given = EagerEngine(plan)
    x, target = given.dense[given.plan.passed_rows[0]], given.target[given.plan.passed_rows[0]]
    groups = torch.tensor(plan.inputs.groups)
    assert groups.tolist() == [0, 1, 2, 3, 0, 0, 0]
    scale = torch.ones(4, dtype=torch.float64, requires_grad=True)
    output = plan.network((x * scale[groups])[None])[0]
    (output - target).square().mean().backward()
    engine.advance(0, 1)
    expected = 1 - 0.1 * scale.grad.numpy()
    np.testing.assert_allclose(engine.team_weights().scale_KG[0], expected, rtol=1e-12)


@pytest.mark.parametrize("members", [1, 2, 5])
@pytest.mark.parametrize("size", [{"rows": 250, "hidden": (20,)}, {"rows": 2000, "hidden": (90, 40)}])
def test_the_bytes_are_the_same_for_any_number_of_threads(make_plan, members, size):
    architecture = replace(SCALED, hidden=size["hidden"], members=members)
    training = replace(TRAINING, precision="float32", batch_size=0, clip=0.1, average=0.9)
    table = TABLE | {"rows": size["rows"], "architecture": architecture, "training": training}
    weights = []
    for threads in (1, 2, 3, 4):
        engine = FusedEngine(make_plan(**table, threads=threads))
        engine.advance(0, 6)
        weights.append(engine.weights())
    for other in weights[1:]:
        for name, tensor in weights[0].items():
            assert tensor.numpy().tobytes() == other[name].numpy().tobytes(), name


def test_members_learn_as_if_each_were_alone(make_plan):
    many = make_plan(**TABLE, architecture=replace(SCALED, members=3), training=TRAINING, threads=2)
    engine = FusedEngine(many)
    engine.advance(0, 20)
    alone = replace(many, architecture=SCALED, network=first_of(many))
    single = FusedEngine(alone)
    single.advance(0, 20)
    for name, tensor in single.weights().items():
        assert tensor[0].numpy().tobytes() == engine.weights()[name][0].numpy().tobytes(), name


def first_of(plan):
    """Return the network of the plan's first member alone."""
    made = {"seed": plan.training.seed, "precision": plan.training.precision}
    return build_network(SCALED, plan.inputs, plan.outputs, **made)


@pytest.mark.parametrize("make", [EagerEngine, FusedEngine])
def test_it_goes_on_from_weights_and_scales(make_plan, make):
    plan = make_plan(
        **TABLE, architecture=replace(SCALED, members=2), training=replace(TRAINING, optimizer="sgd")
    )
    whole, part = make(plan), make(plan)
    whole.advance(0, 6)
    part.advance(0, 3)
    plan.network.load_state_dict(part.weights())
    again = make(replace(plan, team=part.team_weights()))
    again.advance(3, 3)
    for name, tensor in whole.weights().items():
        torch.testing.assert_close(again.weights()[name], tensor, rtol=1e-12, atol=0)

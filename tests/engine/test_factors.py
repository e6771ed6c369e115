"""Parts of a network that learn at rates and decays of their own: both engines, and torch's own groups."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from glassnet.engine.eager import EagerEngine
from glassnet.engine.fused import FusedEngine
from glassnet.network.parts import by_part
from glassnet.optimizer import factors_of
from glassnet.settings import PARTS, Architecture, Training

DEEP = Architecture(hidden=(30, 20, 10), members=2, input_scaling="learned")
TRAINING = Training(
    precision="float64", learning_rate=0.01, weight_decay=0.3, batch_size=32, epochs=60, schedule="one_cycle"
)
TABLE = {"rows": 130, "dense": 4, "slots": (5, 9), "bins": (0, 12)}


def named(weights):
    """Return the weights' names by part; scales have none of their own."""
    return {part: set(names) for part, names in by_part((name, name) for name in weights).items()}


def moved(make, plan, steps=20):
    """Return how far each part moved."""
    engine = make(plan)
    before, scales = engine.weights(), engine.team_weights()
    engine.advance(0, steps)
    after = engine.weights()
    far = {
        part: max(float((after[name] - before[name]).abs().max()) for name in names)
        for part, names in named(before).items()
    }
    if scales is not None:
        far["scales"] = float(np.abs(engine.team_weights().scale_KG - scales.scale_KG).max())
        first = engine.team_weights().first_FOI - scales.first_FOI
        far["first"] = float(np.abs(first).max())
    return far


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sgd"])
@pytest.mark.parametrize("average", [0.0, 0.9])
@pytest.mark.parametrize("sharing", ["none", "layers"])
def test_the_engines_agree_after_200_steps(make_plan, optimizer, average, sharing):
    factors = tuple(zip(PARTS, (0.5, 1.5, 0.25, 0.1, 3, 6.0), strict=True))
    decays = (("biases", 1.0), ("first", 0.0), ("scales", 2.0), ("embeddings", 0.5))
    training = replace(
        TRAINING, optimizer=optimizer, rate_factors=factors, decay_factors=decays, average=average, clip=0.5
    )
    if optimizer != "adamw":
        training = replace(training, weight_decay=0.01)
    plan = make_plan(**TABLE, architecture=replace(DEEP, sharing=sharing), training=training, threads=2)
    eager, fused = EagerEngine(plan), FusedEngine(plan)
    theirs, ours = eager.advance(0, 200), fused.advance(0, 200)
    np.testing.assert_allclose(ours.loss_SK, theirs.loss_SK, rtol=1e-5)
    for name, tensor in eager.weights().items():
        assert float((fused.weights()[name] - tensor).abs().max() / tensor.abs().max()) < 1e-9, name


@pytest.mark.parametrize("make", [EagerEngine, FusedEngine])
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_a_part_at_rate_0_stands_still(make_plan, make, part, optimizer):
    training = replace(TRAINING, optimizer=optimizer, rate_factors=((part, 0.0),))
    far = moved(make, make_plan(**TABLE, architecture=DEEP, training=training))
    assert set(far) == set(PARTS)
    assert {name for name, way in far.items() if way == 0.0} == {part}


@pytest.mark.parametrize("make", [EagerEngine, FusedEngine])
def test_a_first_step_of_adam_is_as_long_as_its_rate(make_plan, make):
    factors = dict(zip(PARTS, (0.5, 1.5, 0.25, 0.1, 3.0, 6.0), strict=True))
    training = replace(TRAINING, weight_decay=0.0, schedule="constant", rate_factors=tuple(factors.items()))
    far = moved(make, make_plan(**TABLE, architecture=DEEP, training=training), steps=1)
    for part, factor in factors.items():
        assert far[part] == pytest.approx(0.01 * factor, rel=1e-3), part


@pytest.mark.parametrize("make", [EagerEngine, FusedEngine])
@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sgd"])
def test_the_defaults_written_out_take_the_same_steps(make_plan, make, optimizer):
    training = replace(TRAINING, optimizer=optimizer, precision="float32")
    told = factors_of(training)
    written = replace(
        training,
        rate_factors=tuple((part, rate) for part, (rate, _) in told.items()),
        decay_factors=tuple((part, decay) for part, (_, decay) in told.items()),
    )
    assert [decay for _, decay in told.values()] == [
        1,
        1,
        1,
        *([0, 1, 0] if optimizer == "adamw" else [1] * 3),
    ]
    found = []
    for one in (training, written):
        engine = make(make_plan(**TABLE, architecture=DEEP, training=one))
        engine.advance(0, 30)
        found.append(b"".join(tensor.numpy().tobytes() for tensor in engine.weights().values()))
    assert found[0] == found[1]


def test_decayed_biases_are_those_of_torch(make_plan):
    training = replace(TRAINING, batch_size=0, schedule="constant", decay_factors=(("biases", 1.0),))
    architecture = replace(DEEP, hidden=(9,), members=1, input_scaling="none")
    plan = make_plan(**TABLE, architecture=architecture, training=training)
    engine, ours = EagerEngine(plan), FusedEngine(plan)
    optimizer = torch.optim.AdamW(engine.network.parameters(), lr=0.01, weight_decay=0.3)
    dense, slots, target, _ = engine._batch(0, 0)
    for _ in range(50):
        optimizer.zero_grad()
        (engine.network(dense, slots) - target).square().mean().backward()
        optimizer.step()
    ours.advance(0, 50)
    for name, parameter in engine.network.named_parameters():
        torch.testing.assert_close(ours.weights()[name], parameter.detach(), rtol=1e-9, atol=1e-12)


def test_the_networks_without_hidden_layers_have_a_last_one(make_plan):
    training = replace(TRAINING, rate_factors=(("last", 0.0), ("biases", 2.0)))
    neuron = Architecture(network="neuron", hidden=())
    for make in (EagerEngine, FusedEngine):
        far = moved(make, make_plan(rows=60, dense=3, architecture=neuron, training=training))
        assert far["last"] == 0.0
        assert far["biases"] > 0.01

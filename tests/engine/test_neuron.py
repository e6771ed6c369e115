"""A neuron's own path in the fused engine, and members that are left alone once their loss is not finite.

Tolerances are those of principle 3 (1e-9 in float64); bytes are compared where nothing may differ.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from glassnet.engine.eager import EagerEngine
from glassnet.engine.fused import WEIGHTS, FusedEngine
from glassnet.settings import Architecture, Training

native = pytest.importorskip("glassnet.engine._fused", reason="built without a C++ compiler")


@pytest.mark.parametrize("dense", [1, 4, 16, 17])  # the last has one input too many for the path
@pytest.mark.parametrize("loss", ["squared", "binary_cross_entropy", "quantile"])
@pytest.mark.parametrize("rows", [7, 130, 5000])  # 5000 are too many to be kept column by column
def test_a_neuron_takes_eagers_steps(make_plan, dense, loss, rows):
    plan = make_plan(
        rows=rows,
        dense=dense,
        folds=2,
        weighted=True,
        architecture=Architecture(network="neuron", hidden=(), members=2),
        training=Training(
            loss=loss,
            optimizer="sgd",
            learning_rate=0.05,
            batch_size=50,
            training_loss="rows",
            precision="float64",
            epochs=20,
        ),
        records=True,
    )
    eager, engine = EagerEngine(plan), FusedEngine(plan)
    steps = min(plan.steps, 200)
    theirs, ours = eager.advance(0, steps), engine.advance(0, steps)
    for name, weight in eager.weights().items():
        torch.testing.assert_close(engine.weights()[name], weight, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(ours.loss_SK, theirs.loss_SK, rtol=1e-6)
    np.testing.assert_allclose(ours.epoch_loss_EK, theirs.epoch_loss_EK, rtol=1e-9)
    places = np.arange(rows)
    np.testing.assert_allclose(engine.outputs(places, 1), eager.outputs(places, 1), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_failed_member_stops_and_the_others_do_not(make_plan, threads):
    plan = make_plan(
        architecture=Architecture(hidden=(8,), members=3),
        training=Training(batch_size=20, training_loss="rows", epochs=30),
        threads=threads,
    )
    sound, broken = FusedEngine(plan), FusedEngine(plan)
    weights = broken.tensors(WEIGHTS)
    weights["hidden.0.weight"][1] = float("nan")
    broken.load(weights)
    expected, taken = sound.advance(0, 100), broken.advance(0, 100)
    others = [0, 2]
    assert taken.loss_SK[:, others].tobytes() == expected.loss_SK[:, others].tobytes()
    assert taken.epoch_loss_EK[:, others].tobytes() == expected.epoch_loss_EK[:, others].tobytes()
    assert np.isnan(taken.loss_SK[:, 1]).all()
    assert np.isnan(taken.epoch_loss_EK[:, 1]).all()
    for name, weight in sound.weights().items():
        assert torch.equal(broken.weights()[name][others], weight[others])
    assert [broken.trainer.steps(member) for member in range(3)] == [100, 1, 100]

"""Teams in the fused engine take eager's steps: the same losses, weights, averages and records."""

from dataclasses import replace

import numpy as np
import pytest

from glassnet.engine.eager import EagerEngine
from glassnet.engine.fused import FusedEngine
from glassnet.pipeline import Sources, draft_run
from glassnet.settings import Settings

BASE = Settings(
    target=("score",),
    drop=("more", "rich", "level", "left", "right"),
    hidden=(17, 9),
    dropout=0.2,
    one_hot=6,
    embedding=3,
    epochs=3,
    batch_size=16,
    bins=6,
    precision="float64",
    members=4,
    sharing="layers",
    clip=0.5,
)
KINDS = {
    "one team": {},
    "a team a fold": {"folds": 2},
    "averaged": {"average": 0.9, "second_moment": 0.95},
    "one hidden layer": {"hidden": (40,)},
    "no bins": {"bins": 0},
    "sgd": {"optimizer": "sgd", "momentum": 0.9, "weight_decay": 0.01, "learning_rate": 0.05},
    "adam, no clipping": {"optimizer": "adam", "clip": 0.0},
    "tanh": {"activation": "tanh"},
    "one batch": {"batch_size": 0, "epochs": 5},
}


def plan_of(table, **changes):
    return draft_run(Sources(table=table), replace(BASE, **changes)).plan


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fewest_bins", [2, 10_000])
def test_the_engines_agree(mixed, kind, fewest_bins):
    plan = plan_of(mixed(150, 4), threads=1, **KINDS[kind])
    eager, fused = EagerEngine(plan), FusedEngine(plan, fewest_bins=fewest_bins)
    theirs, ours = eager.advance(0, plan.steps), fused.advance(0, plan.steps)
    np.testing.assert_allclose(ours.loss_SK, theirs.loss_SK, rtol=1e-5)
    for name, tensor in eager.weights().items():
        np.testing.assert_allclose(
            fused.weights()[name].numpy(), tensor.numpy(), rtol=1e-6, atol=1e-9, err_msg=name
        )
    assert len(ours.records) == len(theirs.records) > 0
    for mine, other in zip(ours.records, theirs.records, strict=True):
        for quantity, value_KL in other.quantities.items():
            np.testing.assert_allclose(
                mine.quantities[quantity], value_KL, rtol=1e-3, atol=1e-7, err_msg=quantity
            )
    rows = plan.prepared.rows.validation[0]
    np.testing.assert_allclose(fused.outputs(rows, 0), eager.outputs(rows, 0), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("folds", [0, 2, 3])
def test_the_bytes_are_the_same_for_any_number_of_threads(mixed, folds):
    members = 6
    weights = []
    for threads in (1, 2, 3):
        plan = plan_of(
            mixed(400, 4), folds=folds, members=members, threads=threads, hidden=(64, 33), precision="float32"
        )
        engine = FusedEngine(plan)
        engine.advance(0, 20)
        weights.append(engine.weights())
    for other in weights[1:]:
        for name, tensor in weights[0].items():
            assert tensor.numpy().tobytes() == other[name].numpy().tobytes(), name


def test_steps_may_be_cut_anywhere(mixed):
    plan = plan_of(mixed(150, 4), average=0.9)
    whole, parts = FusedEngine(plan), FusedEngine(plan)
    whole.advance(0, 10)
    for first, count in ((0, 1), (1, 4), (5, 5)):
        parts.advance(first, count)
    for name, tensor in whole.weights().items():
        assert tensor.numpy().tobytes() == parts.weights()[name].numpy().tobytes(), name

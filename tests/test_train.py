"""The loop: what it keeps, when it stops, what it says of numbers that are not finite, what it draws."""

import hashlib
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import torch
from torch import nn

from glassnet.engine.eager import EagerEngine
from glassnet.engine.plan import Plan
from glassnet.errors import TrainingError
from glassnet.metric import METRICS
from glassnet.model import fit
from glassnet.pipeline import Draft, Sources, draft_run
from glassnet.predict import network_outputs, predict, predictor_of
from glassnet.settings import Settings
from glassnet.train import Trained, Watch, train

BASE = Settings(
    example="moons",
    example_rows=200,
    hidden=(8,),
    epochs=12,
    batch_size=32,
    patience=0,
    threads=1,
    learning_rate=0.02,
    sharing="none",
)


def draft_of(**changes: object) -> Draft:
    return draft_run(Sources(), replace(BASE, **changes))


def run(plan: Plan, watch: Watch | None = None) -> Trained:
    return train(plan, EagerEngine(plan), watch)


def state(trained: Trained) -> dict[str, torch.Tensor]:
    return dict(trained.network.state_dict())


def equal(one: Trained, other: Trained) -> bool:
    return all(torch.equal(tensor, state(other)[name]) for name, tensor in state(one).items())


def validation_loss(plan: Plan, trained: Trained) -> np.ndarray:
    """Return the validation loss of the returned network itself, `(K,)`."""
    ready = replace(plan, network=trained.network)
    losses = np.zeros(plan.members)
    for fold, rows in enumerate(plan.prepared.rows.validation):
        mine = [k for k in range(plan.members) if plan.fold(k) == fold]
        output = torch.from_numpy(EagerEngine(ready).outputs(rows, fold))
        target = torch.from_numpy(plan.target_FRT[fold][rows]).double().expand_as(output)
        losses[mine] = plan.loss.rows(output, target).mean(dim=1).numpy()
    return losses


# ---- which epoch is kept ----


@pytest.mark.parametrize("changes", [{}, {"members": 3}, {"folds": 3}, {"members": 4, "folds": 2}], ids=str)
def test_the_best_epoch_is_returned(changes):
    # A wild learning rate on few rows: the validation loss jumps, and its best epoch is not the last.
    wild = {"example_rows": 60, "example_noise": 0.5, "learning_rate": 0.3, "schedule": "constant"}
    wild |= {"validation_share": 0.2, "batch_size": 16, "weight_decay": 0.0}
    plan = draft_of(**wild, **changes).plan
    trained = run(plan)
    history = trained.history.validation_loss_EK
    assert [int(best) - 1 for best in trained.best_epoch_K] == history.argmin(axis=0).tolist()
    assert any(best < 12 for best in trained.best_epoch_K)
    np.testing.assert_allclose(validation_loss(plan, trained), history.min(axis=0), rtol=1e-12)


def test_patience_stops_and_still_returns_the_best():
    plan = draft_of(learning_rate=0.2, schedule="constant", epochs=200, patience=3).plan
    trained = run(plan)
    epochs = trained.history.epochs
    assert epochs < 200
    assert epochs - trained.best_epoch_K[0] == 3
    assert trained.stopped == "no improvement on validation rows for 3 epochs"
    best = trained.history.validation_loss_EK.min()
    np.testing.assert_allclose(validation_loss(plan, trained), best, rtol=1e-12)


def test_patience_waits_for_every_member():
    trained = run(draft_of(learning_rate=0.2, schedule="constant", epochs=200, patience=4, members=3).plan)
    epochs = trained.history.epochs
    assert all(epochs - best >= 4 for best in trained.best_epoch_K)
    assert min(epochs - best for best in trained.best_epoch_K) == 4


def test_without_validation_the_last_epoch_is_kept():
    plan = draft_of(validation_share=0.0, members=2).plan
    trained = run(plan)
    assert trained.best_epoch_K == (12, 12)
    assert np.isnan(trained.history.validation_loss_EK).all()
    engine = EagerEngine(plan)
    engine.advance(0, plan.steps)
    assert all(torch.equal(tensor, engine.weights()[name]) for name, tensor in state(trained).items())


def test_a_network_comes_back_ready_to_use():
    trained = run(draft_of(epochs=1).plan)
    assert not trained.network.training
    assert all(torch.isfinite(tensor).all() for tensor in state(trained).values())


def test_the_history_is_of_every_epoch():
    plan = draft_of(members=2).plan
    seen = []
    trained = run(plan, Watch(progress=seen.append, metric=METRICS["accuracy"]))
    history = trained.history
    assert history.epochs == 12
    assert history.training_loss_EK.shape == history.validation_loss_EK.shape == (12, 2)
    assert history.step_loss_SK.shape == (12 * history.steps_per_epoch, 2)
    assert history.step_stride == 1
    assert ((history.metric_E >= 0) & (history.metric_E <= 1)).all()
    assert (np.diff(history.seconds_E) >= 0).all()
    sizes = np.diff([*range(0, plan.longest, plan.batch_size), plan.longest])
    by_epoch = history.step_loss_SK.reshape(12, history.steps_per_epoch, 2)
    wanted = (by_epoch * sizes[None, :, None]).sum(axis=1) / plan.longest
    np.testing.assert_allclose(history.training_loss_EK, wanted, rtol=1e-12)
    assert [p.epoch for p in seen if p.epoch_ended] == list(range(1, 13))
    assert seen[-1].seconds_left == 0
    assert all(p.epochs == 12 and p.rows_per_second > 0 for p in seen)


def test_the_validation_metric_is_of_the_averaged_members():
    draft = draft_of(members=3, epochs=3, patience=0)
    plan = draft.plan
    trained = run(plan, Watch(metric=METRICS["log_loss"]))
    engine = EagerEngine(plan)
    engine.advance(0, plan.steps)
    rows = plan.prepared.rows.validation[0]
    share = (1.0 / (1.0 + np.exp(-engine.outputs(rows, 0)[..., 0]))).mean(axis=0)
    truth = plan.prepared.target_RT[rows, 0]
    wanted = -np.log(np.where(truth == 1, share, 1 - share)).mean()
    assert trained.history.metric_E[-1] == pytest.approx(wanted, rel=1e-12)


# ---- members that fail ----


def broken(plan: Plan, member: int, value: float = float("nan")) -> Plan:
    """Return the plan with one member's first weights absurd."""
    with torch.no_grad():
        for parameter in plan.network.parameters():
            parameter[member] = value
    return plan


@pytest.mark.parametrize("share", [0.2, 0.0], ids=["validation", "none"])
@pytest.mark.parametrize("member", [0, 1, 2])
@pytest.mark.parametrize("value", [float("nan"), 1e38])
def test_a_failed_member_leaves_the_others_bit_equal(member, share, value):
    sound = run(draft_of(members=3, validation_share=share).plan)
    failing = run(broken(draft_of(members=3, validation_share=share).plan, member, value))
    others = [k for k in range(3) if k != member]
    assert failing.failed == (member,)
    assert failing.members == tuple(others)
    assert failing.best_epoch_K[member] == 0
    for name, tensor in state(sound).items():
        assert torch.equal(tensor[others], state(failing)[name][others])
        assert torch.isfinite(state(failing)[name]).all()
    np.testing.assert_array_equal(
        sound.history.training_loss_EK[:, others], failing.history.training_loss_EK[:, others]
    )
    assert any(f"member {member + 1} met numbers that are not finite" in w for w in failing.warnings)
    assert "left out" in failing.warnings[0]


@pytest.mark.parametrize("failing", [{0}, {1}, {2}, {0, 1}, {1, 2}, {0, 2}], ids=str)
@pytest.mark.parametrize("network", ["mlp", "neuron"])
def test_the_remaining_members_predict(failing, network):
    draft = draft_of(members=3, network=network, hidden=(8,) if network == "mlp" else "auto", epochs=2)
    plan = draft.plan
    for member in failing:
        plan = broken(plan, member)
    trained = run(plan)
    predictor = predictor_of(plan, trained.network, trained.members)
    output = network_outputs(predictor, plan.prepared.encoded)
    assert output.shape == (3, plan.prepared.encoded.rows, 1)
    alive = [k for k in range(3) if k not in failing]
    assert np.isfinite(output[alive]).all()
    assert np.isnan(output[sorted(failing)]).all()
    share = 1.0 / (1.0 + np.exp(-output[alive][..., 0]))
    np.testing.assert_allclose(
        predict(predictor, plan.prepared.encoded)[:, 1], share.mean(axis=0), rtol=1e-12
    )


def test_a_member_that_fails_late_keeps_its_best_epoch():
    class FailsAt(EagerEngine):
        def advance(self, first, count):
            advance = super().advance(first, count)
            if first <= 20 < first + count:
                with torch.no_grad():
                    for p in self.parameters:
                        p[1] = float("inf")
            return advance

    plan = draft_of(members=2).plan
    trained = train(plan, FailsAt(plan))
    assert trained.failed == (1,)
    last = 20 // plan.steps_per_epoch  # the last whole epoch before it
    assert 1 <= trained.best_epoch_K[1] <= last
    assert trained.members == (0, 1)
    assert trained.warnings[0].endswith(f"its epoch {trained.best_epoch_K[1]} is kept.")
    assert all(torch.isfinite(tensor).all() for tensor in state(trained).values())


@pytest.mark.parametrize("share", [0.2, 0.0], ids=["validation", "none"])
def test_all_members_failing_names_the_layer_and_remedies(share):
    plan = draft_of(members=2, validation_share=share, clip=0.0, numbers="none").plan
    plan = broken(broken(plan, 0), 1)
    with pytest.raises(TrainingError, match=r"not finite in epoch 1, step 1: layer '[\w.]+' holds") as caught:
        run(plan)
    text = str(caught.value)
    assert "Nothing was saved" in text
    assert "smaller learning rate (it is 0.02)" in text
    assert "gradient clipping (clip 1)" in text
    assert "numbers robust" in text


def test_an_absurd_learning_rate_is_a_training_error():
    plan = draft_of(example="diabetes", optimizer="sgd", learning_rate=1e30, clip=0.0, warmup=0.0).plan
    with pytest.raises(TrainingError, match="smaller learning rate"):
        run(plan)


def test_nothing_left_ends_the_run_at_once():
    plan = draft_of(members=2, epochs=10_000, example_rows=2000).plan
    plan = broken(broken(plan, 0), 1)
    started = time.monotonic()
    with pytest.raises(TrainingError):
        run(plan)
    assert time.monotonic() - started < 5  # 10,000 epochs would take minutes


# ---- who may stop it ----


def test_a_time_limit_keeps_the_best_so_far():
    plan = draft_of(epochs=100_000).plan
    started = time.monotonic()
    trained = run(plan, Watch(deadline=started + 0.3))
    assert time.monotonic() - started < 3
    assert trained.stopped == "the time limit was reached"
    assert not trained.interrupted
    history = trained.history.validation_loss_EK[:, 0]
    assert 0 < len(history) < 100_000
    assert trained.best_epoch_K[0] == int(np.nanargmin(history)) + 1
    np.testing.assert_allclose(validation_loss(plan, trained), np.nanmin(history), rtol=1e-12)


@pytest.mark.parametrize("share", [0.2, 0.0], ids=["validation", "none"])
def test_an_interruption_keeps_the_best_so_far(share):
    seen = []

    def should_stop() -> bool:
        return len(seen) >= 9

    plan = draft_of(epochs=100_000, validation_share=share).plan
    trained = run(plan, Watch(progress=seen.append, should_stop=should_stop))
    assert trained.interrupted
    assert trained.stopped == "interrupted by the user"
    assert trained.best_epoch_K[0] >= 1
    assert all(torch.isfinite(tensor).all() for tensor in state(trained).values())
    if share:
        np.testing.assert_allclose(
            validation_loss(plan, trained), np.nanmin(trained.history.validation_loss_EK), rtol=1e-12
        )


def test_stopped_within_the_first_epoch():
    plan = draft_of(example_rows=4000, batch_size=1).plan
    trained = run(plan, Watch(should_stop=lambda: True))
    assert trained.interrupted
    assert trained.history.epochs == 0
    assert trained.members == (0,)
    assert not equal(trained, replace(trained, network=plan.network))  # a step was taken


# ---- the same seed, the same bytes ----

PROGRAM = """
import hashlib
import glassnet
model = glassnet.fit(example="moons", example_rows=200, hidden=(8,), epochs=5, batch_size=32, members=2,
                     threads=1, seed={seed})
tensors = model.network.state_dict().items()
print(hashlib.sha256(b"".join(n.encode() + t.numpy().tobytes() for n, t in sorted(tensors))).hexdigest())
"""


def sha(seed: int) -> str:
    model = fit(
        example="moons",
        example_rows=200,
        hidden=(8,),
        epochs=5,
        batch_size=32,
        members=2,
        threads=1,
        seed=seed,
    )
    tensors = sorted(model.network.state_dict().items())
    return hashlib.sha256(b"".join(n.encode() + t.numpy().tobytes() for n, t in tensors)).hexdigest()


def test_the_same_seed_gives_the_same_bytes_here_and_in_a_new_process():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(seed=7)], capture_output=True, text=True, check=True
    )
    torch.manual_seed(1)  # whatever the global generators hold
    np.random.seed(2)
    first = sha(7)
    torch.rand(5)
    assert first == sha(7) == done.stdout.strip()
    assert sha(8) != first


class Dropping(nn.Module):
    """A user's module that draws from torch's global generator while it trains."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(inputs, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, outputs))

    def forward(self, x):
        return self.layers(x)


@pytest.mark.parametrize("network", ["mlp", Dropping], ids=["mlp", "own"])
def test_no_global_generator_is_touched(network):
    torch.manual_seed(11)
    before = (torch.get_rng_state(), np.random.get_state()[1].copy())
    table = pl.DataFrame({"x": np.linspace(0, 1, 80), "y": np.arange(80) % 2})
    first = fit(table, "y", network=network, epochs=3, threads=1)
    assert torch.equal(torch.get_rng_state(), before[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])
    torch.manual_seed(12)
    second = fit(table, "y", network=network, epochs=3, threads=1)
    for name, tensor in first.network.state_dict().items():
        assert torch.equal(tensor, second.network.state_dict()[name]), name
    other = fit(table, "y", network=network, epochs=3, threads=1, seed=1)
    assert any(
        not torch.equal(tensor, other.network.state_dict()[name])
        for name, tensor in first.network.state_dict().items()
    )

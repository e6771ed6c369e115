"""The two tutorials' networks, against the plain PyTorch programs that the tutorials would write.

Both programs get the run's own rows, batches and starting weights; nothing else of Glassnet is in them.
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn

from glassnet.errors import GlassnetWarning, SettingsError
from glassnet.model import Model
from glassnet.pipeline import Draft, Fitted, Sources, draft_run, fit
from glassnet.settings import Settings

SEQUENTIAL = Settings(example="random", recipe="sequential", threads=1)
NEURON = Settings(example="classification", recipe="neuron", threads=1)


@dataclass(frozen=True)
class Run:
    draft: Draft
    fitted: Fitted


@pytest.fixture(scope="module")
def sequential() -> Run:
    return Run(draft_run(Sources(), SEQUENTIAL), fit(Sources(), SEQUENTIAL))


@pytest.fixture(scope="module")
def neuron() -> Run:
    return Run(draft_run(Sources(), NEURON), fit(Sources(), NEURON))


def _table(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """Return the inputs and targets of all rows as they were read."""
    gathered = run.draft.gathered
    names = [column.name for column in gathered.schema.inputs]
    return gathered.frame.select(names).to_numpy(), gathered.target_RT


# ---- the second tutorial: nn.Sequential ----


def test_sequential_losses_are_equal_to_the_plain_programs(sequential):
    inputs, targets = _table(sequential)
    rows = sequential.draft.rows.fit[0]
    X = torch.tensor(inputs[rows], dtype=torch.float32)
    y = torch.tensor(targets[rows], dtype=torch.float32)

    model = nn.Sequential(nn.Linear(10, 15), nn.ReLU(), nn.Linear(15, 1), nn.Sigmoid())
    start = sequential.draft.plan.network.state_dict()
    with torch.no_grad():
        model[0].weight.copy_(start["hidden.0.weight"][0])
        model[0].bias.copy_(start["hidden.0.bias"][0])
        model[2].weight.copy_(start["last.weight"][0])
        model[2].bias.copy_(start["last.bias"][0])
    loss_fn = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

    losses = []
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    for _ in range(5000):
        y_pred = model(X)
        loss = loss_fn(y_pred, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    torch.set_num_threads(threads)

    history = sequential.fitted.trained.history
    assert history.training_loss_EK[:, 0].tolist() == losses
    assert history.step_loss_SK[:, 0].tolist() == losses

    trained = sequential.fitted.network.state_dict()
    assert torch.equal(trained["hidden.0.weight"][0], model[0].weight)
    assert torch.equal(trained["last.bias"][0], model[2].bias)
    with torch.no_grad():
        accuracy = ((model(X) > 0.5).float() == y).float().mean().item()
    assert sequential.fitted.evaluation.scores[0].metric == "accuracy"
    assert sequential.fitted.evaluation.scores[0].value == pytest.approx(accuracy, abs=1e-7)  # float32's mean


def test_sequential_is_the_tutorials(sequential):
    fitted, draft = sequential.fitted, sequential.draft
    assert [len(draft.rows.fit[0]), len(draft.rows.validation[0]), len(draft.rows.test)] == [100, 0, 0]
    assert fitted.evaluation.on == "training"
    assert fitted.trained.best_epoch_K == (5000,)
    shapes = {name: tuple(tensor.shape) for name, tensor in fitted.network.state_dict().items()}
    assert shapes == {
        "hidden.0.weight": (1, 15, 10),
        "hidden.0.bias": (1, 15),
        "last.weight": (1, 1, 15),
        "last.bias": (1, 1),
    }
    losses = fitted.trained.history.training_loss_EK[:, 0]
    assert losses[-1] < losses[0]  # it fits noise, a little


# ---- the first tutorial: a neuron from scratch ----


def test_neuron_losses_are_the_plain_programs(neuron):
    inputs, targets = _table(neuron)
    rows, held = neuron.draft.rows.fit[0], neuron.draft.rows.test
    assert [len(rows), len(held)] == [800, 200]
    mean, std = inputs[rows].mean(axis=0), inputs[rows].std(axis=0)
    X = torch.tensor((inputs - mean) / std, dtype=torch.float32)
    y = torch.tensor(targets, dtype=torch.float32)

    w = torch.zeros(4, 1, requires_grad=True)
    b = torch.zeros(1, requires_grad=True)
    learning_rate = 0.01
    losses = []
    for epoch in range(200):
        order, _ = neuron.draft.plan.order(0, epoch)
        for start in range(0, 800, 50):
            batch = order[start : start + 50]
            y_hat = X[batch] @ w + b
            loss = ((y_hat - y[batch]) ** 2).mean()
            loss.backward()
            with torch.no_grad():
                w -= learning_rate * w.grad
                b -= learning_rate * b.grad
            w.grad.zero_()
            b.grad.zero_()
        with torch.no_grad():
            losses.append(((X[rows] @ w + b - y[rows]) ** 2).mean().item())

    found = neuron.fitted.trained.history.training_loss_EK[:, 0]
    assert found.shape == (200,)
    # Two ways to the same standardised float32 inputs, which differ in their last bit.
    np.testing.assert_allclose(found, losses, rtol=0, atol=1e-6)
    with torch.no_grad():
        guess = (X[held] @ w + b > 0.5).numpy()
    accuracy = float((guess == (targets[held] == 1)).mean())
    assert neuron.fitted.evaluation.on == "test"
    assert neuron.fitted.evaluation.scores[0].value == accuracy
    assert accuracy > 0.8  # it learned


def test_neuron_orders_are_shuffles_that_differ(neuron):
    plan = neuron.draft.plan
    orders = [plan.order(0, epoch)[0] for epoch in range(3)]
    assert all(np.array_equal(np.sort(order), neuron.draft.rows.fit[0]) for order in orders)
    assert not np.array_equal(orders[0], orders[1])
    assert not np.array_equal(orders[1], orders[2])


def test_neuron_starts_at_zero_and_keeps_its_last_epoch(neuron):
    assert all(not tensor.any() for tensor in neuron.draft.plan.network.state_dict().values())
    assert neuron.fitted.trained.best_epoch_K == (200,)
    assert np.isnan(neuron.fitted.trained.history.validation_loss_EK).all()


def test_squared_error_classifiers_give_probabilities(neuron):
    model = Model(neuron.fitted)
    far = {f"x{n}": [-1e6, 1e6, 0.0, float("nan"), float("inf")] for n in range(1, 5)}
    with pytest.warns(GlassnetWarning, match="1 cell is infinite"):
        share_RC = model.predict_proba(far)
    assert share_RC.shape == (5, 2)
    assert (share_RC >= 0).all()
    assert (share_RC <= 1).all()
    np.testing.assert_array_equal(share_RC.sum(axis=1), 1.0)
    assert {0.0, 1.0} <= set(share_RC[:2].ravel())  # both ends are reached: the linear output was clipped


@pytest.mark.parametrize("recipe", ["neuron", "sequential"])
@pytest.mark.parametrize("example", ["wine", "diabetes", "breast_cancer"])
def test_tutorials_run_on_any_table(recipe, example):
    fitted = fit(Sources(), Settings(example=example, recipe=recipe, epochs=2, threads=1))
    assert np.isfinite(fitted.evaluation.scores[0].value)
    if fitted.schema.targets[0].labels:
        share_RC = fitted.evaluation.prediction_RP
        np.testing.assert_allclose(share_RC.sum(axis=1), 1.0, atol=1e-12)  # one division of sums
        assert ((share_RC >= 0) & (share_RC <= 1)).all()


def test_a_sigmoid_does_not_pass_through_a_logistic_loss_twice():
    with pytest.raises(SettingsError, match="choose loss 'squared' or output 'linear'"):
        draft_run(Sources(), Settings(example="random", recipe="sequential", loss="binary_cross_entropy"))

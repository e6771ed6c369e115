"""The loss at its best temperature, against a fine grid and against outputs that were made too sure."""

import numpy as np
import pytest
import torch

from glassnet.loss.refined import LEAST, MOST, refined_loss
from glassnet.loss.registry import make_loss
from glassnet.settings import Training
from glassnet.table.values import Task


def table(task: Task, seed: int = 0, rows: int = 300) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return outputs `(R, T)` that are honest log-odds, targets drawn by them, and weights."""
    draw = np.random.default_rng(seed)
    weight_R = draw.uniform(0.1, 3.0, rows)
    if task is Task.BINARY:
        output_RT = draw.normal(0.0, 2.0, (rows, 1))
        target_RT = (draw.uniform(size=(rows, 1)) < 1 / (1 + np.exp(-output_RT))).astype(float)
        return output_RT, target_RT, weight_R
    output_RT = draw.normal(0.0, 1.5, (rows, 4))
    share_RT = np.exp(output_RT) / np.exp(output_RT).sum(axis=1, keepdims=True)
    target_RT = np.array([[draw.choice(4, p=share_T)] for share_T in share_RT], dtype=float)
    return output_RT, target_RT, weight_R


def loss_of(task: Task) -> object:
    return make_loss(Training(loss="binary_cross_entropy" if task is Task.BINARY else "cross_entropy"), task)


@pytest.mark.parametrize("task", [Task.BINARY, Task.MULTICLASS])
@pytest.mark.parametrize("times", [0.3, 1.0, 4.0])
def test_it_is_the_least_of_a_fine_grid(task, times):
    output_RT, target_RT, weight_R = table(task)
    loss = loss_of(task)
    every = [
        np.average(
            loss.rows(torch.from_numpy(times * factor * output_RT)[None], torch.from_numpy(target_RT)[None])[
                0
            ],
            weights=weight_R,
        )
        for factor in np.exp(np.linspace(np.log(LEAST), np.log(MOST), 2000))
    ]
    found = refined_loss(loss, times * output_RT, target_RT, weight_R)
    assert found == pytest.approx(min(every), abs=2e-4)


@pytest.mark.parametrize("task", [Task.BINARY, Task.MULTICLASS])
def test_being_too_sure_is_forgiven_and_a_wrong_order_is_not(task):
    output_RT, target_RT, weight_R = table(task)
    loss = loss_of(task)
    honest = refined_loss(loss, output_RT, target_RT, weight_R)
    assert refined_loss(loss, 3.0 * output_RT, target_RT, weight_R) == pytest.approx(honest, abs=1e-4)
    noise_RT = np.random.default_rng(1).normal(0.0, 2.0, output_RT.shape)
    assert refined_loss(loss, output_RT + noise_RT, target_RT, weight_R) > honest + 0.02


def test_rows_that_weigh_nothing_do_not_count():
    output_RT, target_RT, weight_R = table(Task.BINARY)
    weight_R[:100] = 0.0
    loss = loss_of(Task.BINARY)
    assert refined_loss(loss, output_RT, target_RT, weight_R) == pytest.approx(
        refined_loss(loss, output_RT[100:], target_RT[100:], weight_R[100:]), abs=1e-6
    )

"""Averaged weights: torch's own numbers, in both engines, and in what a run keeps."""

import numpy as np
import pytest
import torch
from torch.optim.swa_utils import AveragedModel

from glassnet.engine.average import Average, share_kept
from glassnet.engine.eager import EagerEngine
from glassnet.engine.fused import WEIGHTS, FusedEngine, refuses
from glassnet.settings import Architecture, Training


def test_the_average_is_that_of_torchs_averaged_model():
    network = torch.nn.Linear(4, 3)
    parameters = list(network.parameters())

    def averaged(old, new, count):
        return old + (1.0 - share_kept(0.9, int(count))) * (new - old)

    theirs = AveragedModel(network, avg_fn=averaged)
    ours = Average(parameters, 0.9)
    for _ in range(40):
        with torch.no_grad():
            for parameter in parameters:
                parameter += torch.randn(parameter.shape)
        theirs.update_parameters(network)
        ours.update()
    newest = [p.detach().clone() for p in parameters]
    with ours.shown():
        for mine, yours in zip(parameters, theirs.module.parameters(), strict=True):
            assert torch.equal(mine, yours)
    assert all(torch.equal(p, n) for p, n in zip(parameters, newest, strict=True))


def test_a_young_average_forgets_its_start():
    assert share_kept(0.99, 0) == 0.0
    assert share_kept(0.99, 1) == 2 / 11
    assert share_kept(0.99, 10**6) == 0.99


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_engines_average_alike_and_train_on_with_the_newest(make_plan, optimizer):
    if refuses(make_plan()):
        pytest.skip("built without a C++ compiler")
    training = {"precision": "float64", "optimizer": optimizer, "batch_size": 32, "training_loss": "rows"}
    architecture = Architecture(hidden=(20, 9), members=2)
    arguments = {"rows": 200, "bins": (9, 20), "slots": (5,), "folds": 2, "architecture": architecture}
    averaging = make_plan(training=Training(average=0.95, **training), **arguments)
    plain = make_plan(training=Training(**training), **arguments)
    engines = EagerEngine(averaging), FusedEngine(averaging)
    newest = EagerEngine(plain), FusedEngine(plain)
    rows = np.arange(100)
    for first in range(0, 40, 20):
        taken = [engine.advance(first, 20) for engine in engines]
        others = [engine.advance(first, 20) for engine in newest]
        # The steps themselves are those without an average; what is looked at is not.
        np.testing.assert_array_equal(taken[0].loss_SK, others[0].loss_SK)
        np.testing.assert_array_equal(taken[1].loss_SK, others[1].loss_SK)
        np.testing.assert_allclose(taken[0].epoch_loss_EK, taken[1].epoch_loss_EK, rtol=1e-9)
        assert (taken[0].epoch_loss_EK != others[0].epoch_loss_EK).all()
        np.testing.assert_allclose(engines[0].outputs(rows, 1), engines[1].outputs(rows, 1), rtol=1e-8)
    ours, theirs = engines[1].weights(), engines[0].weights()
    for name, tensor in theirs.items():
        torch.testing.assert_close(ours[name], tensor, rtol=1e-9, atol=1e-12)
        assert not torch.equal(engines[1].tensors(WEIGHTS)[name], tensor)

"""What counts as stretching rows against rows, and that looking on leaves torch as it was."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional
from torch.overrides import TorchFunctionMode, _get_current_function_mode_stack

from glassnet.doctor.broadcast import LossWatch, stretched


@given(st.integers(2, 50), st.lists(st.integers(1, 3), max_size=2))
def test_stretched_is_symmetric_and_needs_two_ranks(rows, before):
    one, other = (*before, rows), (*before, rows, 1)
    assert stretched(one, other) == stretched(other, one)
    assert stretched((rows,), (rows, 1))
    assert not stretched(one, one)
    assert not stretched((rows, 1), (1, rows))  # written so on purpose


@pytest.mark.parametrize(
    ("loss", "is_found"),
    [
        (lambda p, t: (p - t).square().mean(), True),
        (lambda p, t: (t - p).abs().mean(), True),
        (lambda p, t: functional.l1_loss(p, t), True),
        (lambda p, t: torch.sub(p, t).square().mean(), True),
        (lambda p, t: (p * t).mean(), True),  # weights
        (lambda p, t: (p.squeeze(1) - t).square().mean(), False),
        (lambda p, t: (p - t[:, None]).square().mean(), False),
        (lambda p, t: (p - p.squeeze(1)).square().mean(), False),  # pairs on purpose
        (lambda p, t: (p @ t[None, :]).mean(), False),
        (lambda p, t: functional.binary_cross_entropy_with_logits(p, (t > 0).float()[:, None]), False),
    ],
)
@pytest.mark.filterwarnings("ignore:Using a target size")
def test_losses(loss, is_found):
    predicted, target = torch.randn(9, 1, requires_grad=True), torch.randn(9)
    with LossWatch() as watch:
        value = loss(predicted, target)
        value.backward()
    assert bool(watch.found) is is_found
    assert watch.loss == float(value.detach())
    assert not is_found or "(9, 9)" in watch.found


class Other(TorchFunctionMode):
    """A mode of the user's own."""


def test_stopping_leaves_the_modes_of_others_on():
    watch, other = LossWatch(), Other()
    watch.start()
    with other:
        watch.stop()
        assert _get_current_function_mode_stack() == [other]
        watch.stop()
    assert _get_current_function_mode_stack() == []

"""The built-in losses as compiled code knows them."""

from __future__ import annotations

from typing import Final

from glassnet.engine.compiled import _fused
from glassnet.engine.plan import Plan

# The order is that of the enumeration in native/kernels/table.h.
LOSSES: Final = (
    "squared",
    "absolute",
    "huber",
    "quantile",
    "poisson",
    "binary_cross_entropy",
    "cross_entropy",
)


def set_loss(setup: _fused.Setup, plan: Plan) -> None:
    """Say which loss a plan trains with."""
    training = plan.training
    assert isinstance(training.loss, str)
    setup.loss = LOSSES.index(training.loss)
    setup.smoothing, setup.level = training.label_smoothing, training.quantile
    setup.outputs = plan.outputs


def compiled_loss(plan: Plan) -> _fused.Setup | None:
    """Return the plan's loss as plain numbers, or None where it has no compiled form."""
    if _fused is None or plan.training.loss not in LOSSES:
        return None
    setup = _fused.Setup()
    set_loss(setup, plan)
    return setup

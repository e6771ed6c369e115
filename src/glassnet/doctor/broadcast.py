"""Looks at a loss while it is computed: shapes `(N,)` and `(N, 1)` that silently become `(N, N)`.

PyTorch stretches a prediction `(N, 1)` and a target `(N,)` against each other, and the mean over all pairs
pulls every prediction to the mean of the targets. Only an operation on one tensor with a gradient and one
without is taken for a prediction against a target: `x[:, None] - x`, as pairwise losses write it, is not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode, _get_current_function_mode_stack, _pop_mode, _push_mode

from glassnet.settings import Training
from glassnet.table.values import Task

# Functions that take their operands element by element, as losses do.
ELEMENTWISE: Final = frozenset(
    (
        "sub",
        "subtract",
        "__sub__",
        "__rsub__",
        "rsub",
        "add",
        "__add__",
        "__radd__",
        "mul",
        "multiply",
        "__mul__",
        "__rmul__",
        "div",
        "divide",
        "true_divide",
        "__truediv__",
        "__rtruediv__",
        "pow",
        "__pow__",
        "mse_loss",
        "l1_loss",
        "smooth_l1_loss",
        "huber_loss",
        "poisson_nll_loss",
        "gaussian_nll_loss",
        "hinge_embedding_loss",
        "soft_margin_loss",
        "maximum",
        "minimum",
        "xlogy",
    )
)
PROBE_ROWS: Final = 7  # no other size of a probe is 7


def stretched(one: Sequence[int], other: Sequence[int]) -> bool:
    """Return whether two shapes of different rank are stretched along each other to the same size.

    >>> stretched((5,), (5, 1)), stretched((5,), (5,)), stretched((5, 1), (1, 5)), stretched((3,), (5, 1))
    (True, False, False, False)
    """
    if len(one) == len(other):
        return False
    rank = max(len(one), len(other))
    a, b = ((1,) * (rank - len(shape)) + tuple(shape) for shape in (one, other))
    grown_a = {y for x, y in zip(a, b, strict=True) if x == 1 and y > 1}
    grown_b = {x for x, y in zip(a, b, strict=True) if y == 1 and x > 1}
    return bool(grown_a & grown_b)


class LossWatch(TorchFunctionMode):
    """Notes the loss that `backward` is called on, and operands that are stretched against each other.

    It calls every function as it is and changes no result.
    """

    def __init__(self) -> None:
        super().__init__()
        self.loss = math.nan
        self.found: str = ""  # what was stretched, in words; the first time

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        name = getattr(func, "__name__", "")
        if name in ELEMENTWISE:
            self._compare(name, [one for one in (*args, *(kwargs or {}).values()) if isinstance(one, Tensor)])
        elif name == "backward" and args and isinstance(args[0], Tensor) and args[0].numel() == 1:
            self.loss = float(args[0].detach())
        return func(*args, **(kwargs or {}))

    def start(self) -> None:
        """Look on from here, in this thread."""
        self.stop()
        _push_mode(self)  # type: ignore[no-untyped-call]  # torch's

    def stop(self) -> None:
        """Stop looking on, wherever on torch's stack it stands; modes entered since stay on."""
        if not any(one is self for one in _get_current_function_mode_stack()):  # type: ignore[no-untyped-call]  # torch's
            return
        above = []
        while (top := _pop_mode()) is not self:  # type: ignore[no-untyped-call]  # torch's
            above.append(top)
        for one in reversed(above):
            _push_mode(one)  # type: ignore[no-untyped-call]  # torch's

    def _compare(self, name: str, operands: Sequence[Tensor]) -> None:
        if self.found or len(operands) < 2:
            return
        one, other = operands[:2]
        if one.requires_grad != other.requires_grad and stretched(one.shape, other.shape):
            shape = tuple(np.broadcast_shapes(tuple(one.shape), tuple(other.shape)))
            self.found = (
                f"{name.strip('_')} of shapes {tuple(one.shape)} and {tuple(other.shape)} gives {shape}"
            )


def probe_loss(training: Training, task: Task, members: int, outputs: int) -> str:
    """Return what a run's own loss stretches, in words; empty where it does not, or is none of its own.

    The function is called once more on seven made-up rows of the run's shape.
    """
    if isinstance(training.loss, str):
        return ""
    count = members * PROBE_ROWS * outputs
    target = torch.arange(count) % 2 if task is not Task.REGRESSION else torch.linspace(-1.0, 1.0, count)
    predicted = torch.linspace(0.1, 0.9, count).reshape(members, PROBE_ROWS, outputs).requires_grad_()
    with LossWatch() as watch:
        training.loss(predicted, target.float().reshape(members, PROBE_ROWS, outputs))
    found: str = watch.found
    return found

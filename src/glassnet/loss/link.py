"""How a network's outputs become predictions: links, averaged over members.

Shapes: K members, R rows, T outputs, P numbers of a prediction (one per class; for regression T).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from glassnet.table.values import Task

Floats = NDArray[np.float64]


def _sigmoid(output: Floats) -> Floats:
    # Each branch keeps exp's argument negative, so nothing overflows.
    small = np.exp(-np.abs(output))
    return np.where(output >= 0, 1.0 / (1.0 + small), small / (1.0 + small))


def _softmax(output: Floats) -> Floats:
    raised = np.exp(output - output.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


def _clip(output: Floats) -> Floats:
    return np.clip(output, 0.0, 1.0)


def _exp(output: Floats) -> Floats:
    return np.asarray(np.exp(np.minimum(output, 700.0)))


LINKS: Final[dict[str, Callable[[Floats], Floats]]] = {
    "identity": lambda output: output,
    "sigmoid": _sigmoid,
    "softmax": _softmax,
    "clip": _clip,
    "exp": _exp,
}


def linked(output: Floats, link: str, task: Task) -> Floats:
    """Return predictions `(..., P)` of outputs `(..., T)`; the probabilities of classes sum to 1.

    A binary target with one output gets two columns; outputs that are clipped to [0, 1] and belong to three
    or more classes are divided by their sum (evenly, where all are 0).
    """
    value = LINKS[link](output)
    if task is Task.BINARY and value.shape[-1] == 1:
        return np.concatenate([1.0 - value, value], axis=-1)
    if link == "clip" and task in (Task.MULTICLASS, Task.BINARY):
        total = value.sum(axis=-1, keepdims=True)
        return np.where(total > 0, value / np.where(total > 0, total, 1.0), 1.0 / value.shape[-1])
    return value

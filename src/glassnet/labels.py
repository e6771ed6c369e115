"""From predictions to what people read: labels in their original type, columns with names.

Shapes: R rows, P numbers of a prediction, T targets.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glassnet.metric import at_threshold
from glassnet.prepare.values import Floats64
from glassnet.table.values import Schema, Target, Task


def labels_of(
    value_RP: Floats64, targets: Sequence[Target], task: Task, threshold: float = 0.5
) -> NDArray[Any]:
    """Return labels, or numbers, of predictions: `(R,)`, or `(R, T)` for several targets.

    Of two classes the positive one is the answer from the threshold on; of more, the likeliest.
    """
    if task is Task.REGRESSION:
        return value_RP[:, 0] if len(targets) == 1 else value_RP
    if task is Task.MULTILABEL:
        columns = [_labels(t, (value_RP[:, i] >= 0.5).astype(float), task) for i, t in enumerate(targets)]
        return np.stack(columns, axis=1)
    return _labels(targets[0], at_threshold(value_RP, threshold).argmax(axis=1).astype(float), task)


def _labels(target: Target, value_R: Floats64, task: Task) -> NDArray[Any]:
    """Return class numbers as labels of their original type; numbers stay."""
    if task is Task.REGRESSION:
        return value_R
    return np.array(target.labels)[value_R.astype(np.int64)]


def prediction_columns(value_RP: Floats64, schema: Schema, threshold: float = 0.5) -> list[pl.Series]:
    """Return the columns of predictions: `prediction` and a `probability_...` of each class."""
    targets, task = schema.targets, schema.task
    labels = labels_of(value_RP, targets, task, threshold)
    if len(targets) == 1:
        columns = [pl.Series("prediction", labels)]
    else:
        columns = [pl.Series(f"prediction_{t.name}", labels[:, i]) for i, t in enumerate(targets)]
    if task is Task.REGRESSION:
        return columns
    names = [t.name for t in targets] if task is Task.MULTILABEL else targets[0].labels
    return columns + [pl.Series(f"probability_{name}", value_RP[:, i]) for i, name in enumerate(names)]


def truth_columns(truth: Floats64, schema: Schema) -> list[pl.Series]:
    """Return the column `truth`, of several targets each with its name."""
    targets, task = schema.targets, schema.task
    if len(targets) == 1:
        return [pl.Series("truth", _labels(targets[0], truth.reshape(len(truth)), task))]
    return [pl.Series(f"truth_{t.name}", _labels(t, truth[:, i], task)) for i, t in enumerate(targets)]


def interval_columns(interval_RT2: Floats64, targets: Sequence[Target]) -> list[pl.Series]:
    """Return the columns `lower` and `upper`, of several targets each with its name."""
    several = len(targets) > 1
    return [
        pl.Series(f"{end}_{target.name}" if several else end, interval_RT2[:, place, side])
        for place, target in enumerate(targets)
        for side, end in enumerate(("lower", "upper"))
    ]


def uniquely_named(columns: Sequence[pl.Series]) -> list[pl.Series]:
    """Return the columns with names that occur once: a kept column called "prediction" keeps its name."""
    seen: set[str] = set()
    renamed = []
    for column in columns:
        name = column.name
        while name in seen:
            name += "_"
        seen.add(name)
        renamed.append(column.alias(name))
    return renamed

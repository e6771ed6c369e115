"""Permutation importance: how much worse the metric gets when one column is shuffled.

Shapes: R rows, N numbers, C categories.
Source: L. Breiman, "Random Forests", Machine Learning 2001; on columns of the table, not of the network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from glassnet import chance
from glassnet.evaluate.values import Evaluation, Importance
from glassnet.metric import Metric
from glassnet.predict import Predictor, predict
from glassnet.prepare.values import Encoded
from glassnet.table.values import RowNumbers

ROWS: Final = 5000  # at most so many rows
REPEATS: Final = 5  # shuffles of each column
FORWARDS: Final = 250  # forward passes in all: with many columns there are fewer repeats
WORK: Final = 8e10  # multiplications in all, four seconds of one core: a large network looks at fewer rows
FEWEST: Final = 500  # rows whatever the work


def with_importance(
    evaluation: Evaluation,
    predictor: Predictor,
    encoded: Encoded,
    columns: Sequence[str],
    metric: Metric,
    seed: int,
) -> Evaluation:
    """Return the evaluation with each column's importance, most important first.

    `encoded` holds the evaluation's rows, in its order.
    """
    places = np.arange(encoded.rows)
    repeats, most = importance_size(predictor, len(columns), encoded.rows)
    if encoded.rows > most:
        places = np.sort(chance.order(seed, chance.Purpose.SAMPLE, encoded.rows)[:most])
    some = Encoded(number_RN=encoded.number_RN[places], code_RC=encoded.code_RC[places])
    truth, weight_R = evaluation.truth[places], evaluation.weight_R[places]
    sign = 1.0 if metric.larger_is_better else -1.0
    # Of the same network: an evaluation out of fold has each row predicted by some of its members only.
    whole = metric.score(truth, predict(predictor, some), weight_R)
    found = []
    for number, column in enumerate(columns):
        losses = []
        for repeat in range(repeats):
            order = chance.order(seed, chance.Purpose.IMPORTANCE, places.size, epoch=repeat, step=number)
            shuffled = _shuffled(some, predictor, column, order)
            losses.append(sign * (whole - metric.score(truth, predict(predictor, shuffled), weight_R)))
        spread = float(np.std(losses))
        found.append(Importance(column=column, loss=float(np.mean(losses)), spread=spread, repeats=repeats))
    ranked = sorted(found, key=lambda one: -one.loss)
    return replace(evaluation, importance=tuple(ranked), importance_rows=int(places.size))


def importance_size(predictor: Predictor, columns: int, rows: int) -> tuple[int, int]:
    """Return how often each column is shuffled, and over how many rows of so many."""
    repeats = max(1, min(REPEATS, FORWARDS // max(columns, 1)))
    weights = sum(p.numel() for p in predictor.network.parameters())
    most = int(np.clip(WORK / max(weights * repeats * columns, 1), FEWEST, ROWS))
    return repeats, min(rows, most)


def _shuffled(encoded: Encoded, predictor: Predictor, column: str, order: RowNumbers) -> Encoded:
    """Return the rows with all that comes from one column of the table in another order."""
    encoding = predictor.preparation.encoding
    numbers = [n for n, source in enumerate(encoding.sources) if source == column]
    categories = [c for c, name in enumerate(encoding.categories) if name == column]
    number_RN, code_RC = encoded.number_RN.copy(), encoded.code_RC.copy()
    number_RN[:, numbers] = encoded.number_RN[order][:, numbers]
    code_RC[:, categories] = encoded.code_RC[order][:, categories]
    return Encoded(number_RN=number_RN, code_RC=code_RC)

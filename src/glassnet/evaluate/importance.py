"""Permutation importance: how much worse the metric gets when one column is shuffled.

Of more than 250 columns those are shuffled that move predictions most, by the network's slopes.

Shapes: R rows, N numbers, C categories, Z rows of several shuffled copies.
Source: L. Breiman, "Random Forests", Machine Learning 2001; on columns of the table, not of the network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from glassnet import chance
from glassnet.evaluate.reasons import reasons_of
from glassnet.evaluate.values import Evaluation, Importance
from glassnet.metric import Metric
from glassnet.network.own import OwnModule
from glassnet.predict import Predictor, predict
from glassnet.prepare.values import Codes, Encoded, Floats32, Floats64
from glassnet.table.values import RowNumbers

ROWS: Final = 5000  # at most so many rows
REPEATS: Final = 5  # shuffles of each column
FORWARDS: Final = 250  # forward passes in all: with many columns there are fewer repeats
WORK: Final = 8e10  # multiplications in all, four seconds of one core: a large network looks at fewer rows
FEWEST: Final = 500  # rows whatever the work
LEAST_COLUMNS: Final = 50  # of many, whatever the work
SLOPE_ROWS: Final = 16  # by which of many columns the ones to shuffle are chosen
CELLS: Final = 4_000_000  # of shuffled copies predicted at once: a call for each copy of few rows costs more


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
    count, repeats, most = importance_size(predictor, len(columns), encoded.rows)
    if encoded.rows > most:
        places = np.sort(chance.order(seed, chance.Purpose.SAMPLE, encoded.rows)[:most])
    some = Encoded(number_RN=encoded.number_RN[places], code_RC=encoded.code_RC[places])
    truth, weight_R = evaluation.truth[places], evaluation.weight_R[places]
    sign = 1.0 if metric.larger_is_better else -1.0
    # Of the same network: an evaluation out of fold has each row predicted by some of its members only.
    whole_RP = predict(predictor, some)
    whole = metric.score(truth, whole_RP, weight_R)
    chosen = _that_move_most(predictor, some, whole_RP, columns, count)
    shuffles = [(number, repeat) for number in chosen for repeat in range(repeats)]
    losses: dict[int, list[float]] = {number: [] for number in chosen}
    predictions = _shuffled_predictions(predictor, some, columns, shuffles, seed)
    for (number, _), prediction_RP in zip(shuffles, predictions, strict=True):
        losses[number].append(sign * (whole - metric.score(truth, prediction_RP, weight_R)))
    found = [
        Importance(
            column=columns[number], loss=float(np.mean(lost)), spread=float(np.std(lost)), repeats=repeats
        )
        for number, lost in losses.items()
    ]
    ranked = sorted(found, key=lambda one: -one.loss)
    return replace(evaluation, importance=tuple(ranked), importance_rows=int(places.size))


def _that_move_most(
    predictor: Predictor, some: Encoded, prediction_RP: Floats64, columns: Sequence[str], count: int
) -> list[int]:
    """Return the places of so many columns, in the table's order: those that move predictions most."""
    if count >= len(columns):
        return list(range(len(columns)))
    few = np.arange(min(some.rows, SLOPE_ROWS))
    ranked = reasons_of(predictor, some.picked(few), prediction_RP[few], columns, ends_in_sigmoid=False)
    place = {column: number for number, column in enumerate(columns)}
    return sorted(place[one.column] for one in ranked[:count])


def _shuffled_predictions(
    predictor: Predictor,
    some: Encoded,
    columns: Sequence[str],
    shuffles: Sequence[tuple[int, int]],
    seed: int,
) -> Iterator[Floats64]:
    """Yield the predictions of the rows for each (column, repeat), with that column shuffled.

    What is predicted for a row depends on the row alone, so that copies may be predicted together.
    """
    rows = some.rows
    copies = max(1, CELLS // max(rows * (some.number_RN.shape[1] + some.code_RC.shape[1]), 1))
    for start in range(0, len(shuffles), copies):
        here = shuffles[start : start + copies]
        number_ZN, code_ZC = np.tile(some.number_RN, (len(here), 1)), np.tile(some.code_RC, (len(here), 1))
        for copy, (number, repeat) in enumerate(here):
            order = chance.order(seed, chance.Purpose.IMPORTANCE, rows, epoch=repeat, step=number)
            part = slice(copy * rows, (copy + 1) * rows)
            _shuffle(number_ZN[part], code_ZC[part], some, predictor, columns[number], order)
        value_ZP = predict(predictor, Encoded(number_RN=number_ZN, code_RC=code_ZC))
        yield from value_ZP.reshape(len(here), rows, -1)


def importance_size(predictor: Predictor, columns: int, rows: int) -> tuple[int, int, int]:
    """Return how many columns are shuffled, how often each, and over how many rows of so many."""
    weights = sum(p.numel() for p in predictor.network.parameters())
    if columns > FORWARDS and not isinstance(predictor.network, OwnModule):
        affordable = WORK / max(weights * min(rows, FEWEST), 1)
        columns = int(np.clip(affordable, LEAST_COLUMNS, FORWARDS))
    repeats = max(1, min(REPEATS, FORWARDS // max(columns, 1)))
    most = int(np.clip(WORK / max(weights * repeats * columns, 1), FEWEST, ROWS))
    return columns, repeats, min(rows, most)


def _shuffle(
    number_RN: Floats32,
    code_RC: Codes,
    some: Encoded,
    predictor: Predictor,
    column: str,
    order: RowNumbers,
) -> None:
    """Put all that comes from one column of the table into another order, in a copy of the rows."""
    encoding = predictor.preparation.encoding
    numbers = np.flatnonzero([source == column for source in encoding.sources])
    categories = np.flatnonzero([name == column for name in encoding.categories])
    number_RN[:, numbers] = some.number_RN[np.ix_(order, numbers)]
    code_RC[:, categories] = some.code_RC[np.ix_(order, categories)]

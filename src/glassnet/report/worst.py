"""The rows that the network was most wrong about: where a look at the table pays.

Shapes: R rows.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from glassnet.metric import at_threshold
from glassnet.pipeline import Fitted
from glassnet.report.markup import Html, folded, paragraph, table
from glassnet.report.words import count, number, percent, several, short
from glassnet.table.values import Task

SHOWN: Final = 20
KEPT: Final = 5  # kept columns shown beside a row


def worst_rows(fitted: Fitted) -> list[Html]:
    """Return the rows with the largest errors; nothing where several columns are predicted."""
    if len(fitted.schema.targets) != 1 or not len(fitted.evaluation.truth):
        return []
    is_number = fitted.schema.task is Task.REGRESSION
    chosen, cells = _numbers(fitted) if is_number else _classes(fitted)
    if not chosen.size:
        return []
    kept = fitted.kept.get_columns()[:KEPT] if fitted.kept.height == len(fitted.evaluation.truth) else []
    rows = [
        (count(int(fitted.evaluated_rows[r]) + 1), *(short(column[int(r)], 30) for column in kept), *one)
        for r, one in zip(chosen, cells, strict=True)
    ]
    last: tuple[str, ...] = (
        ("truth", "predicted", "off by")
        if is_number
        else ("truth", "answer", "its probability", "the truth's")
    )
    head = ("row", *(short(column.name, 30) for column in kept), *last)
    right = range(1 + len(kept) + (0 if is_number else 2), len(head))
    title = f"The {several(len(rows), 'row')} that the network was most wrong about"
    hint = "Rows are counted from 1 as they stand in the source. A wrong label or a slip often shows up here."
    return [folded(title, paragraph(hint), table("Most wrong first", head, rows, numbers=right))]


def _numbers(fitted: Fitted) -> tuple[NDArray[np.int64], list[tuple[str, ...]]]:
    true_R, predicted_R = fitted.evaluation.truth[:, 0], fitted.evaluation.prediction_RP[:, 0]
    error_R = predicted_R - true_R
    chosen = np.argsort(-np.abs(error_R), kind="stable")[:SHOWN]
    return chosen, [tuple(number(float(v[r])) for v in (true_R, predicted_R, error_R)) for r in chosen]


def _classes(fitted: Fitted) -> tuple[NDArray[np.int64], list[tuple[str, ...]]]:
    """Return the wrong answers, those with the least probability for the truth first."""
    evaluation, labels = fitted.evaluation, fitted.schema.targets[0].labels
    true_R = evaluation.truth.astype(np.int64)
    share_RC = evaluation.prediction_RP
    answer_R = at_threshold(share_RC, evaluation.threshold).argmax(axis=1)
    given_R = share_RC[np.arange(true_R.size), true_R]
    order = np.argsort(given_R, kind="stable")
    chosen = order[(answer_R != true_R)[order]][:SHOWN]
    cells: list[tuple[str, ...]] = [
        (
            short(labels[true_R[r]], 30),
            short(labels[answer_R[r]], 30),
            percent(float(share_RC[r, answer_R[r]])),
            percent(float(given_R[r])),
        )
        for r in chosen
    ]
    return chosen, cells

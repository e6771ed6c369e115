"""How good in depth, as values for machines: the figures behind the report's pictures.

Shapes: R rows, C classes, T targets.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.metric import mae, r2, rmse
from glassnet.pipeline import Fitted
from glassnet.prepare.values import Floats64
from glassnet.report.amounts import QUANTILES
from glassnet.report.classes import THRESHOLDS
from glassnet.report.curves import DRAWN, reliability, roc_curve, wilson
from glassnet.report.gradients import clipped_share
from glassnet.report.inside import edges
from glassnet.report.number_plots import parts_of
from glassnet.report.plots import thinned
from glassnet.table.values import Task
from glassnet.telemetry import QUANTITIES, Records


def in_depth(fitted: Fitted) -> dict[str, Any]:
    """Return the figures of each target's answers: `classes`, `answers` or `numbers`, whichever there are."""
    evaluation, task, targets = fitted.evaluation, fitted.schema.task, fitted.schema.targets
    found: dict[str, Any] = {"classes": None, "answers": [], "numbers": []}
    if not len(evaluation.truth):
        return found
    weight_R = evaluation.weight_R
    if task is Task.REGRESSION:
        pairs = (
            (t.name, evaluation.truth[:, p], evaluation.prediction_RP[:, p]) for p, t in enumerate(targets)
        )
        found["numbers"] = [_number(*pair, weight_R) for pair in pairs]
    elif task is Task.MULTILABEL:
        found["answers"] = [
            {"target": t.name}
            | _one_class(evaluation.truth[:, p] >= 0.5, evaluation.prediction_RP[:, p], weight_R)
            for p, t in enumerate(targets)
        ]
    elif evaluation.confusion_CC is not None:
        found["classes"] = _classes(fitted, evaluation.confusion_CC)
    return found


def _classes(fitted: Fitted, count_CC: Floats64) -> dict[str, Any]:
    evaluation, labels = fitted.evaluation, fitted.schema.targets[0].labels
    found: dict[str, Any] = {
        "labels": list(labels),
        "true_by_predicted": count_CC.tolist(),
        "by_class": [_class(count_CC, c, label) for c, label in enumerate(labels)],
        "positive": None,
    }
    if fitted.schema.task is Task.BINARY:
        of_second = _one_class(evaluation.truth == 1, evaluation.prediction_RP[:, 1], evaluation.weight_R)
        found["positive"] = {"label": labels[1]} | of_second
    return found


def _class(count_CC: Floats64, c: int, label: object) -> dict[str, Any]:
    true, called, hit = (float(one) for one in (count_CC[c].sum(), count_CC[:, c].sum(), count_CC[c, c]))
    return {
        "label": label,
        "rows": true,
        "answered": called,
        "found": _share(hit, true),
        "right": _share(hit, called),
    }


def _share(hit: float, whole: float) -> dict[str, float] | None:
    """Return a share with its 95 % interval; None of nothing."""
    if whole <= 0:
        return None
    low, high = wilson(hit / whole, max(round(whole), 1))
    return {"share": hit / whole, "low": low, "high": high}


def _one_class(is_class_R: NDArray[np.bool_], share_R: Floats64, weight_R: Floats64) -> dict[str, Any]:
    """Return the ROC curve, thresholds and calibration of one class against the rest."""
    bins = reliability(is_class_R, share_R, weight_R)
    found: dict[str, Any] = {
        "share": float(np.average(is_class_R, weights=weight_R)),
        "calibration": [
            {"given": one.given, "true": one.true, "low": one.low, "high": one.high, "rows": one.rows}
            for one in bins
        ],
        "roc": [],
        "thresholds": [],
    }
    if is_class_R.all() or not is_class_R.any():
        return found
    curve = roc_curve(is_class_R, share_R, weight_R)
    found["roc"] = [
        {
            "threshold": min(float(curve.threshold[p]), 1.0),
            "false_alarms": float(curve.alarm[p]),
            "found": float(curve.found[p]),
        }
        for p in thinned(curve.alarm.size, DRAWN)
    ]
    for threshold in THRESHOLDS:
        p = max(curve.place(threshold), 0)
        names = ("answered", "found", "right", "false_alarms")
        shares = (float(one[p]) for one in (curve.called, curve.found, curve.right, curve.alarm))
        found["thresholds"].append({"threshold": threshold} | dict(zip(names, shares, strict=True)))
    return found


def _number(name: str, true_R: Floats64, predicted_R: Floats64, weight_R: Floats64) -> dict[str, Any]:
    one = (true_R[:, None], predicted_R[:, None], weight_R)
    error_R = np.abs(true_R - predicted_R)
    return {
        "target": name,
        "rmse": rmse(*one),
        "mae": mae(*one),
        "r2": r2(*one),
        "by_truth": [asdict(one) for one in parts_of(true_R, predicted_R)],
        "errors": [{"share": q, "at_most": float(np.quantile(error_R, q))} for q in QUANTILES],
    }


def layers_inside(records: Records | None) -> list[dict[str, Any]]:
    """Return each layer's quantities at the beginning and the end, and how often clipping cut in."""
    if records is None or not records.count:
        return []
    found = []
    for layer in records.layers:
        ends = {name: edges(records, name, layer) for name in QUANTITIES if name != "non_finite"}
        lost = int((records.values("non_finite", layer) > 0).any(axis=1).sum())
        found.append(
            {"layer": layer}
            | {name: {"first": first, "last": last} for name, (first, last) in ends.items()}
            | {"clipped_share": clipped_share(records, layer), "not_finite_steps": lost}
        )
    return found

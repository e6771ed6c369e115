"""How columns are used, where the network is wrong and what the table's rows say, as values for machines.

Shapes: G cells, P numbers of a prediction, Q quantiles.
"""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np

from glassnet.evaluate.insight import Dependence, LeftOver, Scale
from glassnet.evaluate.pairs import SURE
from glassnet.pipeline import Fitted
from glassnet.quality.values import ColumnSummary
from glassnet.report.cells import cell
from glassnet.report.outputs import output_names
from glassnet.report.segments import are_rates, differs, whole_error
from glassnet.table.values import Kind


def insight_facts(fitted: Fitted) -> dict[str, Any]:
    """Return what a look at the network from outside told; empty lists where nothing was looked at."""
    insight = fitted.evaluation.insight
    return {
        "dependence": [_dependence(fitted, one) for one in insight.dependence],
        "pairs": [asdict(one) | {"is_sure": one.chance <= SURE} for one in insight.pairs],
        "reasons": {
            "about": insight.reasons_about,
            "rows": insight.reasons_rows,
            "columns": [asdict(one) for one in insight.reasons],
        },
        "segments": {
            "unit": "share of wrong answers" if are_rates(fitted) else "mean absolute error",
            "whole": whole_error(fitted),
            "found": [asdict(one) | {"differs": differs(one)} for one in insight.segments],
        },
        "left_over": [_left_over(one) for one in insight.left_over],
    }


def cells_of(scale: Scale) -> list[float | str | None]:
    """Return the cells of a scale: numbers, levels as texts, dates as ISO 8601; None for a missing cell."""
    found: list[float | str | None] = []
    for place, value in enumerate(scale.place_G.tolist()):
        if math.isnan(value):
            found.append(None)
        elif place < len(scale.names):
            found.append(scale.names[place])
        else:
            found.append(cell(value, Kind.DATE) if scale.kind is Kind.DATE else value)
    return found


def _dependence(fitted: Fitted, one: Dependence) -> dict[str, Any]:
    low_G, high_G = np.quantile(one.single_NG.astype(np.float64), [0.1, 0.9], axis=0)
    rows = zip(
        cells_of(one.scale),
        one.scale.share_G.tolist(),
        one.mean_GP.tolist(),
        low_G.tolist(),
        high_G.tolist(),
        strict=True,
    )
    names = ("cell", "share", "means", "first_low", "first_high")
    return {
        "column": one.scale.column,
        "kind": str(one.scale.kind),
        "rows": one.rows,
        "outputs": output_names(fitted, one.outputs),
        "cells": [dict(zip(names, row, strict=True)) for row in rows],
    }


def _left_over(one: LeftOver) -> dict[str, Any]:
    names = ("cell", "rows", "quantiles")
    rows = zip(cells_of(one.scale), one.count_G.tolist(), one.error_GQ.tolist(), strict=True)
    return {"column": one.scale.column, "cells": [dict(zip(names, row, strict=True)) for row in rows]}


def quality_facts(fitted: Fitted) -> dict[str, Any]:
    """Return what the table's rows said before training: findings, and how each column's cells are spread."""
    quality = fitted.quality
    return {
        "sampled": quality.sampled,
        "findings": [_finding(asdict(one)) for one in quality.findings],
        "columns": [_spread(one) for one in quality.columns],
    }


def _finding(found: dict[str, Any]) -> dict[str, Any]:
    return found | {"figures": dict(found["figures"])}


def _spread(one: ColumnSummary) -> dict[str, Any]:
    return asdict(one) | {"kind": str(one.kind)}

"""How often the truth lies inside the intervals, on rows that nothing was fitted on.

Shapes: K members, R rows, T targets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from glassnet.errors import SettingsError
from glassnet.evaluate.score import wilson
from glassnet.evaluate.values import FITTED, Coverage, Evaluation
from glassnet.held_out.interval import intervals_around
from glassnet.held_out.values import Intervals
from glassnet.predict import Predictor
from glassnet.prepare.values import Floats64

LEVELS: Final = (0.5, 0.8, 0.9, 0.95)


def with_coverage(
    evaluation: Evaluation,
    predictor: Predictor,
    output_KRT: Floats64,
    intervals: Intervals,
    targets: Sequence[str],
) -> Evaluation:
    """Return the evaluation with the share of its rows inside their intervals, where there are such.

    `output_KRT` are the members' outputs for its rows. Training rows are not measured: their errors are
    smaller than those of new rows. Nor are those that the intervals were learned from.
    """
    if not intervals.rows or evaluation.on in FITTED or not len(evaluation.truth):
        return evaluation
    found: list[Coverage] = []
    for asked in LEVELS:
        try:
            _, interval_RT2 = intervals_around(predictor, output_KRT, intervals, asked)
        except SettingsError:  # too few held-out rows for so much
            break
        inside_RT = (interval_RT2[..., 0] <= evaluation.truth) & (evaluation.truth <= interval_RT2[..., 1])
        for place, target in enumerate(targets):
            share = float(np.average(inside_RT[:, place], weights=evaluation.weight_R))
            low, high = wilson(share, evaluation.weight_R)
            width_R = interval_RT2[:, place, 1] - interval_RT2[:, place, 0]
            width = float(np.average(width_R, weights=evaluation.weight_R))
            found.append(Coverage(target=target, asked=asked, found=share, low=low, high=high, width=width))
    return replace(evaluation, coverage=tuple(found))

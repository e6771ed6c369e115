"""From which probability on the positive class is the answer: given, or the one that suits a metric best.

Shapes: n held-out rows, C = 2 classes, H thresholds tried.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from glassnet import chance
from glassnet.engine.plan import Plan
from glassnet.errors import SettingsError
from glassnet.held_out.outputs import HeldOut
from glassnet.held_out.values import LIKELIEST, Threshold
from glassnet.metric import METRICS, Metric, at_threshold
from glassnet.prepare.values import Floats64
from glassnet.table.values import Task

TRIED: Final = 200  # thresholds: between quantiles of the held-out probabilities
PARTS: Final = 5
LEAST_ROWS: Final = 50


def choose_threshold(
    plan: Plan, held: HeldOut, wanted: float | str, metric: Metric, temperature: float
) -> Threshold:
    """Return the threshold asked for; for "auto" the best for the metric on held-out rows.

    Raises SettingsError for a target that is not binary.
    """
    check_threshold(wanted, plan.task)
    if wanted == LIKELIEST.value:
        return LIKELIEST
    if not isinstance(wanted, str):
        return Threshold(value=wanted, reason="asked for")
    # A threshold changes nothing for a metric of probabilities; accuracy is the usual one of answers.
    chosen = metric if metric.of_answers else METRICS["accuracy"]
    counts_n = plan.prepared.weight_R[held.rows] > 0
    if counts_n.sum() < LEAST_ROWS:
        few = f"{int(counts_n.sum())} held-out rows are too few to choose one; it takes {LEAST_ROWS}"
        return Threshold(reason=few)
    return _best(plan, held.picked(np.flatnonzero(counts_n)), chosen, temperature)


def check_threshold(wanted: float | str, task: Task) -> None:
    """Raise SettingsError where a threshold is asked for and there are no two classes."""
    if wanted != LIKELIEST.value and task is not Task.BINARY:
        words = {Task.REGRESSION: "the target is a number", Task.MULTICLASS: "the target has more classes"}
        raise SettingsError(
            f"threshold {wanted} needs a target of two classes, but"
            f" {words.get(task, 'there are several targets')}; leave it out."
        )


def _best(plan: Plan, held: HeldOut, metric: Metric, temperature: float) -> Threshold:
    """Return the threshold of the best metric, if one chosen on other rows does better than a half too."""
    share_nC = held.predictions(temperature)
    truth_n, weight_n = plan.prepared.target_RT[held.rows, 0], plan.prepared.weight_R[held.rows]
    sign = 1.0 if metric.larger_is_better else -1.0
    tried_H = _tried(share_nC[:, 1])

    def score(bent_nC: Floats64, here_n: np.ndarray) -> float:
        return sign * metric.score(truth_n[here_n], bent_nC[here_n], weight_n[here_n])

    def best(here_n: np.ndarray) -> float:
        score_H = [score(at_threshold(share_nC, t), here_n) for t in tried_H]
        top = np.flatnonzero(np.array(score_H) >= max(score_H) - 1e-12)
        return float(tried_H[top[np.argmin(np.abs(tried_H[top] - np.median(tried_H[top])))]])

    part_n = np.empty(len(truth_n), dtype=np.int64)
    order = chance.order(plan.training.seed, chance.Purpose.SAMPLE, len(truth_n), epoch=3)
    part_n[order] = np.arange(len(truth_n)) % PARTS
    crossed_nC = share_nC.copy()
    for part in range(PARTS):
        here_n = part_n == part
        crossed_nC[here_n] = at_threshold(share_nC[here_n], best(~here_n))
    every_n = np.ones(len(truth_n), dtype=bool)
    plain, crossed = score(share_nC, every_n), score(crossed_nC, every_n)
    rows = f"{metric.name} from {abs(plain):.4g} to {abs(crossed):.4g} on {len(truth_n):,} held-out rows"
    if not crossed > plain:
        return Threshold(reason=f"thresholds chosen on other rows take {rows}: a half is as good")
    return Threshold(value=best(every_n), reason=f"{rows}, each by a threshold chosen on others")


def _tried(share_n: Floats64) -> Floats64:
    """Return a half and the middles between neighbouring probabilities, at most some 200, ascending."""
    known = np.unique(share_n)
    if known.size > TRIED:
        known = np.unique(np.quantile(known, np.linspace(0.0, 1.0, TRIED)))
    middle = (known[1:] + known[:-1]) / 2
    return np.unique(np.concatenate([[0.5], middle[(middle > 0.0) & (middle < 1.0)]]))

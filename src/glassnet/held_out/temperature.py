"""Temperature scaling: one number that outputs are divided by, so that probabilities keep their promise.

It is fitted by log loss on rows that no member was fitted on, with a prior that holds it near 1: where all of
a few held-out rows are right, nothing else keeps it from 0. It is kept only where it is better than chance:
the log likelihood gains more than 1.92 (a likelihood ratio that chance exceeds once in 20 tables), and rows
gain on the whole from a temperature fitted on others, in five parts.

Source: C. Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, arXiv 1706.04599.

Shapes: n held-out rows, C classes, G temperatures of the grid.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from glassnet import chance
from glassnet.engine.plan import Plan
from glassnet.held_out.outputs import HeldOut
from glassnet.held_out.values import Calibration
from glassnet.prepare.values import Floats64
from glassnet.table.values import Task

GRID_G: Final = np.exp(
    np.linspace(-np.log(3.0), np.log(3.0), 33)
)  # 1/3 to 3 in steps of 7 %; 1 is in the middle
ONE: Final = 16  # the place of temperature 1 in it
PARTS: Final = 5  # of the rows: each is measured with a temperature fitted on the others
LEAST_ROWS: Final = 50  # fewer say nothing about a temperature
MOST_ROWS: Final = 20_000  # more change nothing and take long
# Deviation of a temperature's logarithm. Of 0.1 to 0.5 and none, 0.2 with both tests did best over 67 runs on
# seven tables, single and folds; no run of a single split became worse (benchmarks/LOG.md, 2026-11-22).
PRIOR: Final = 0.2
SURE: Final = 1.92  # gain of the log likelihood at which chance is 5 %: half of chi-squared's 3.84
LEAST: Final = 1e-15  # probabilities are held this far from 0 in logarithms


def fit_temperature(plan: Plan, held: HeldOut, wanted: str) -> Calibration:
    """Return the temperature for the run's probabilities, or 1 with the reason why it stays."""
    if reason := _refusal(plan, held, wanted):
        return Calibration(reason=reason)
    if len(held.rows) > MOST_ROWS:
        order = chance.order(plan.training.seed, chance.Purpose.SAMPLE, len(held.rows))
        held = held.picked(np.sort(order[:MOST_ROWS]))
    loss_Gn = np.stack([row_log_loss(plan, held, float(temperature)) for temperature in GRID_G])
    weight_n = plan.prepared.loss_weight_R[held.rows]
    # Rows of unequal weights count as their effective number.
    weight_n = weight_n * (weight_n.sum() / np.square(weight_n).sum())
    return _judged(loss_Gn, weight_n, _gains(loss_Gn, weight_n, plan.training.seed))


def _refusal(plan: Plan, held: HeldOut, wanted: str) -> str:
    """Return why no temperature is fitted, or an empty string."""
    if wanted == "none":
        return "asked for: calibrate is none"
    if plan.task not in (Task.BINARY, Task.MULTICLASS):
        return "only probabilities of classes have a temperature"
    if plan.loss.link not in ("sigmoid", "softmax"):
        return f"loss '{plan.loss.name}' gives no log-odds that a temperature could divide"
    rows = int((plan.prepared.loss_weight_R[held.rows] > 0).sum())
    if rows < LEAST_ROWS:
        return f"{rows} held-out rows are too few to fit a temperature on; it takes {LEAST_ROWS}"
    return ""


def row_log_loss(plan: Plan, held: HeldOut, temperature: float) -> Floats64:
    """Return each held-out row's log loss at a temperature, `(n,)`."""
    share_nC = held.predictions(temperature)
    class_n = plan.prepared.target_RT[held.rows, 0].astype(np.int64)
    return np.asarray(-np.log(np.clip(share_nC[np.arange(class_n.size), class_n], LEAST, 1.0)))


def _objective(loss_Gn: Floats64, weight_n: Floats64) -> Floats64:
    """Return minus the log likelihood, with the prior, at each temperature, `(G,)`."""
    return np.asarray(loss_Gn @ weight_n + np.square(np.log(GRID_G) / PRIOR) / 2)


def _gains(loss_Gn: Floats64, weight_n: Floats64, seed: int) -> Floats64:
    """Return what each row gains over temperature 1 at the one that the other parts choose, `(n,)`."""
    rows = weight_n.size
    part_n = np.empty(rows, dtype=np.int64)
    part_n[chance.order(seed, chance.Purpose.SAMPLE, rows, epoch=1)] = np.arange(rows) % PARTS
    gain_n = np.zeros(rows)
    for part in range(PARTS):
        here_n = part_n == part
        others = int(np.argmin(_objective(loss_Gn[:, ~here_n], weight_n[~here_n])))
        gain_n[here_n] = loss_Gn[ONE, here_n] - loss_Gn[others, here_n]
    return gain_n


def _lowest(value_G: Floats64) -> float:
    """Return the temperature of the least value: the lowest point of a parabola through the best three."""
    best = int(np.argmin(value_G))
    if best in (0, len(GRID_G) - 1):
        return float(GRID_G[best])
    before, here, after = value_G[best - 1 : best + 2]
    bend = before - 2 * here + after
    step = 0.5 * (before - after) / bend if bend > 0 else 0.0
    return float(GRID_G[best] * (GRID_G[1] / GRID_G[0]) ** step)


def _judged(loss_Gn: Floats64, weight_n: Floats64, gain_n: Floats64) -> Calibration:
    """Return the temperature if it is better than chance, and what was measured."""
    value_G = _objective(loss_Gn, weight_n)
    temperature = _lowest(value_G)
    likelihood = float((loss_Gn[ONE] - loss_Gn[int(np.argmin(value_G))]) @ weight_n)
    gain = float(np.average(gain_n, weights=weight_n))
    before = float(np.average(loss_Gn[ONE], weights=weight_n))
    rows = len(weight_n)
    measured = f"log loss from {before:.4g} to {before - gain:.4g} on {rows:,} held-out rows"
    if likelihood > SURE and gain > 0:
        reason = f"{measured}, each measured with a temperature fitted on others"
        return Calibration(temperature=temperature, reason=reason, rows=rows, before=before, gain=gain)
    reason = f"a temperature of {temperature:.3g} takes {measured}: no more than chance may do"
    return Calibration(reason=reason, rows=rows, before=before, gain=gain)

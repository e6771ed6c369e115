"""Schedules: how the learning rate moves over the steps of a run.

Each is a pure function of the share of the run that is done, in [0, 1), and gives a factor of the
learning rate.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from glassnet.errors import pick

Schedule = Callable[[float], float]


def constant(done: float) -> float:
    """Return 1 throughout."""
    return 1.0


def step(done: float) -> float:
    """Return 1, then a tenth from half of the run on, then a hundredth in its last quarter."""
    return 1.0 if done < 0.5 else 0.1 if done < 0.75 else 0.01


def cosine(done: float) -> float:
    """Return half a cosine from 1 to 0.

    Source: I. Loshchilov, F. Hutter, "SGDR", 2017, arXiv 1608.03983 (without restarts).
    """
    return 0.5 * (1.0 + math.cos(math.pi * done))


def one_cycle(done: float) -> float:
    """Return a rise from 1/25 to 1 over the first 30 %, then a fall towards 0, both along cosines.

    Source: L. N. Smith, N. Topin, "Super-Convergence", 2018, arXiv 1708.07120.
    """
    low, top = 1.0 / 25.0, 0.3
    if done < top:
        return low + (1.0 - low) * 0.5 * (1.0 - math.cos(math.pi * done / top))
    return 0.5 * (1.0 + math.cos(math.pi * (done - top) / (1.0 - top)))


SCHEDULES: Final[dict[str, Schedule]] = {
    "constant": constant,
    "step": step,
    "cosine": cosine,
    "one_cycle": one_cycle,
}


def rate_factor(name: str, warmup: float, step_number: int, steps: int) -> float:
    """Return the factor of the learning rate at a step, counted from 0, of a run of `steps`.

    In the first share `warmup` of the steps the schedule is multiplied by a straight rise to 1.
    """
    factor = pick(SCHEDULES, name, "schedule")(step_number / steps)
    rising = warmup * steps
    return factor * min(1.0, (step_number + 1) / rising) if rising > 0 else factor

"""The code of each schedule: the factor of the learning rate at a step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from glassnet.script.values import Run, writer


def _constant() -> tuple[str, str]:
    return "it stays as it is", "1.0"


def _step() -> tuple[str, str]:
    return (
        "a tenth from the middle of the run on, a hundredth in its last quarter",
        "1.0 if done < 0.5 else 0.1 if done < 0.75 else 0.01",
    )


def _cosine() -> tuple[str, str]:
    return "half a cosine down to 0", "0.5 * (1.0 + math.cos(math.pi * done))"


def _one_cycle() -> tuple[str, str]:
    return (
        "a rise and a fall along cosines",
        "(\n        1 / 25 + (1.0 - 1 / 25) * 0.5 * (1.0 - math.cos(math.pi * done / 0.3))\n"
        "        if done < 0.3\n"
        "        else 0.5 * (1.0 + math.cos(math.pi * (done - 0.3) / (1.0 - 0.3)))\n    )",
    )


# Each gives what it does in words, and the factor as code of `done`, the share of the run that is over.
SCHEDULE_WRITERS: Final[dict[str, Callable[[], tuple[str, str]]]] = {
    "constant": _constant,
    "step": _step,
    "cosine": _cosine,
    "one_cycle": _one_cycle,
}
REFUSED_SCHEDULES: Final[dict[str, str]] = {}


def is_constant(run: Run) -> bool:
    """Return whether the learning rate never changes."""
    training = run.fitted.recipe.training
    return training.schedule == "constant" and not training.warmup


def schedule_code(run: Run) -> str:
    """Return the function `rate_factor(step)`; an empty string where the rate never changes."""
    training = run.fitted.recipe.training
    words, factor = writer(SCHEDULE_WRITERS, REFUSED_SCHEDULES, training.schedule, "schedule")()
    if is_constant(run):
        return ""
    rise = "a short rise, and " if training.warmup else ""
    lines = [
        "def rate_factor(step):",
        f'    """Return the factor of the learning rate: {rise}{words}."""',
        "    done = step / STEPS",
        f"    factor = {factor}",
        f"    return factor * min(1.0, (step + 1) / ({training.warmup} * STEPS))"
        if training.warmup
        else "    return factor",
    ]
    code = "\n".join(lines)
    if training.warmup:
        return code
    return code.replace("    factor = ", "    return ").replace("\n    return factor", "")

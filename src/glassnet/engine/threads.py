"""How many threads a run's training takes, and how many of them torch may take."""

from __future__ import annotations

from typing import Final

from glassnet.engine.plan import Plan

# Multiply-adds of a step below which one thread is used. Two OpenMP threads that wait for each other at every
# operation gain a third on a quiet machine and lose a factor of ten on a busy one: adult's 42 million took
# 5 s with two threads on two free cores and 83 s beside other work (2026-11-22).
SMALL_STEP: Final = 2e8


def used_threads(plan: Plan, engine: str) -> int:
    """Return the threads that an engine trains with: eager takes one where a step is too small to share."""
    if engine != "eager" or plan.has_given_threads:
        return plan.threads
    weights = sum(p.numel() for p in plan.network.parameters())
    return plan.threads if 3 * weights * plan.batch_size > SMALL_STEP else 1


def torch_share(plan: Plan, engine: str) -> int:
    """Return the threads that torch may take while an engine trains.

    Beside compiled code torch has only the loss of the validation rows to work out. On a busy machine two
    threads took 12 ms for 80 rows of it, and the training of 700 rows six times as long (2026-11-22).
    """
    return used_threads(plan, engine) if engine == "eager" else 1

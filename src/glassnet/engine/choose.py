"""Which engine runs a plan, and why the faster ones do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from glassnet.engine import fused
from glassnet.engine.compiled import MISSING
from glassnet.engine.eager import EagerEngine
from glassnet.engine.plan import Engine, Plan
from glassnet.errors import SettingsError, pick


@dataclass(frozen=True, kw_only=True, slots=True)
class EngineKind:
    """How an engine is made, and what it cannot run."""

    make: Callable[[Plan], Engine]
    refuses: Callable[[Plan], str]  # why it cannot run the plan, in words; empty if it can


# Fastest first.
ENGINES: Final[dict[str, EngineKind]] = {
    "fused": EngineKind(make=fused.FusedEngine, refuses=fused.refuses),
    "eager": EngineKind(make=EagerEngine, refuses=lambda _: ""),
}


def choose_engine(plan: Plan, name: str) -> tuple[Engine, str]:
    """Return the engine of that name, or for "auto" the fastest that can run the plan, and the reason.

    Raises SettingsError in words where the named engine cannot run it.
    """
    if name != "auto":
        kind = pick(ENGINES, name, "engine")
        if why := kind.refuses(plan):
            raise SettingsError(f"engine '{name}' cannot run this network: {why}")
        return kind.make(plan), "asked for"
    passed_over: list[str] = []
    for one, kind in ENGINES.items():
        if not (why := kind.refuses(plan)):
            reason = "; ".join(passed_over) or "the fastest there is"
            return kind.make(plan), reason
        passed_over.append(f"{one} cannot run it: {why}")
    raise AssertionError("eager runs every plan")


def missing_note(reason: str) -> tuple[str, ...]:
    """Return what to tell the user where only the fused engine's compiled part was missing, else nothing."""
    if MISSING not in reason:
        return ()
    return (f"training is many times slower without the fused engine: {MISSING}.",)

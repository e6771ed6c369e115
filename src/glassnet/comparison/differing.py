"""What was done differently: settings with what "auto" made of them, kinds of columns, other decisions."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any, Final

from glassnet.comparison.values import Choice, Differing, Run
from glassnet.pace import SECONDS
from glassnet.pipeline import Fitted
from glassnet.recipe.check import shown
from glassnet.settings import Settings

DEFAULTS: Final = Settings()
COLUMN: Final = "column '"  # how decisions about columns begin
# What the sentences about settings say already, or what is measured and no choice.
TOLD_ELSEWHERE: Final = frozenset({"task", "split", "engine", "threads", SECONDS})


def differing(runs: tuple[Run, ...]) -> tuple[Differing, ...]:
    """Return the table, the settings and the decisions that are not alike in all runs, in that order."""
    fitted = [run.fitted for run in runs]
    found = [
        _row("table", "decision", [Choice(value=_table(one), origin="") for one in fitted]),
        *(_row(field.name, "setting", _choices(fitted, field.name)) for field in fields(Settings)),
        *(_row(name, "column", [_column(one, name) for one in fitted]) for name in _columns(fitted)),
        _row("split", "decision", [Choice(value=one.split, origin="") for one in fitted]),
        *(_row(name, "decision", [_decided(one, name) for one in fitted]) for name in _others(fitted)),
        _row("engine used", "decision", [_engine(one) for one in fitted]),
        _row("threads used", "decision", [Choice(value=str(one.facts.threads), origin="") for one in fitted]),
        _row("machine", "decision", [Choice(value=one.facts.machine, origin="") for one in fitted]),
        _row("versions", "decision", [Choice(value=_versions(one), origin="") for one in fitted]),
    ]
    return tuple(one for one in found if len({choice.value for choice in one.choices}) > 1)


def _row(name: str, kind: Any, choices: list[Choice]) -> Differing:
    return Differing(name=name, kind=kind, choices=tuple(choices))


def _table(fitted: Fitted) -> str:
    return f"{fitted.source}, {fitted.table_rows:,} rows"


def _engine(fitted: Fitted) -> Choice:
    return Choice(value=fitted.facts.engine, origin="chosen", reason=fitted.facts.engine_reason)


def _versions(fitted: Fitted) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(fitted.facts.versions.items()))


def _choices(fitted: list[Fitted], name: str) -> list[Choice]:
    return [_choice(one, name) for one in fitted]


def _choice(fitted: Fitted, name: str) -> Choice:
    """Return a setting's value: what was chosen where it was left open."""
    value = getattr(fitted.settings, name)
    decision = next((one for one in fitted.recipe.decisions if one.name == name), None)
    if value == "auto" and decision is not None and name != "engine":
        return Choice(value=decision.value, origin="chosen", reason=decision.reason)
    is_default = value == getattr(DEFAULTS, name)
    return Choice(value=_said(value), origin="default" if is_default else "set")


def _said(value: Any) -> str:
    if value in (math.inf, ""):
        return "none"
    if isinstance(value, tuple):
        return ", ".join("=".join(map(str, one)) if isinstance(one, tuple) else str(one) for one in value)
    return shown(value)


def _columns(fitted: list[Fitted]) -> list[str]:
    """Return the names of all columns, those of the first run first."""
    return list(dict.fromkeys(column.name for one in fitted for column in one.schema.columns))


def _column(fitted: Fitted, name: str) -> Choice:
    """Return what a run takes a column for."""
    column = next((one for one in fitted.schema.columns if one.name == name), None)
    if column is None:
        return Choice(value="not in the table", origin="")
    value = str(column.kind) if column.used else f"{column.kind}, left out"
    return Choice(value=value, origin="chosen", reason=column.why_unused or column.reason)


def _others(fitted: list[Fitted]) -> list[str]:
    """Return the names of decisions that are neither settings nor columns."""
    settings = {field.name for field in fields(Settings)}
    names = dict.fromkeys(one.name for run in fitted for one in run.decisions)
    return [name for name in names if name not in settings | TOLD_ELSEWHERE and not name.startswith(COLUMN)]


def _decided(fitted: Fitted, name: str) -> Choice:
    decision = next((one for one in fitted.decisions if one.name == name), None)
    if decision is None:
        return Choice(value="–", origin="")
    return Choice(value=decision.value, origin="chosen", reason=decision.reason)

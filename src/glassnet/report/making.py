"""The part on how the run was made: how to repeat it, decisions, layers, time, machine, settings.

Shapes: K members.
"""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Final

from torch import nn

from glassnet.pipeline import Fitted
from glassnet.recipe.choose import shown
from glassnet.report.first import repeat
from glassnet.report.markup import Child, Html, element, facts, folded, paragraph, section, table
from glassnet.report.words import count, seconds, short
from glassnet.settings import Settings

PHASES: Final = ("reading", "preparing", "training", "evaluating")


def made(fitted: Fitted) -> Html:
    """Return the part about how the run was made, and how to repeat it."""
    return section(
        "made",
        "How it was made",
        element("h3", "Repeat it"),
        *repeat(fitted),
        element("h3", "Decisions"),
        paragraph("Everything the program chose by itself, and why. Each can be set instead."),
        _decisions(fitted),
        element("h3", "The network"),
        *network(fitted.network, len(fitted.trained.best_epoch_K)),
        element("h3", "Time and machine"),
        _machine(fitted),
        folded("All settings", _settings(fitted)),
    )


def _decisions(fitted: Fitted) -> Html:
    others = [one for one in fitted.decisions if not one.name.startswith("column '")]
    rows = [(one.name, short(one.value, 90), one.reason) for one in others]
    return table("Decisions", ("what", "chosen", "why"), rows)


def network(module: nn.Module, members: int) -> list[Html]:
    """Return the network's layers with the shapes and counts of their parameters."""
    rows = [(*words, count(many)) for *words, many in layer_rows(module, members)]
    total = sum(p.numel() for p in module.parameters())
    each = f"{count(total)} parameters"
    if members > 1:
        each = (
            f"{count(members)} networks of {count(total // members)} parameters each, {count(total)} in all"
        )
    head = ("layer", "type", "shapes", "parameters of each" if members > 1 else "parameters")
    return [paragraph(f"{each}."), table("Layers, from the columns to the answer", head, rows, numbers=(3,))]


def layer_rows(module: nn.Module, members: int) -> list[tuple[str, str, str, int]]:
    """Return each layer's name, type, shapes in words, and count of parameters of one member."""
    rows = []
    for name, layer in module.named_modules():
        own = list(layer.named_parameters(recurse=False))
        if own:
            shapes = ", ".join(f"{key} {_shape(p.shape, members)}" for key, p in own)
            kind = type(layer).__name__.removeprefix("Member")
            many = sum(p.numel() for _, p in own) // max(members, 1)
            rows.append((name or "(whole)", kind, shapes, many))
    return rows


def _shape(shape: tuple[int, ...], members: int) -> str:
    inner = tuple(shape)[1:] if members > 1 or (len(shape) > 1 and shape[0] == 1) else tuple(shape)
    return " × ".join(count(size) for size in inner) or "1"


def _machine(fitted: Fitted) -> Html:
    run = fitted.facts
    pairs: list[tuple[Child, Child]] = [
        (phase, seconds(run.seconds[phase])) for phase in sorted(run.seconds, key=_turn)
    ]
    pairs += [
        ("machine", run.machine),
        ("threads", count(run.threads)),
        ("engine", run.engine),
        ("seed", str(fitted.settings.seed)),
    ]
    return facts([*pairs, *sorted(run.versions.items())])


def _turn(phase: str) -> int:
    """Return the place of a phase in a run; a model file keeps them in the order of the alphabet."""
    return PHASES.index(phase) if phase in PHASES else len(PHASES)


def _value(value: object) -> str:
    return "none" if value in (math.inf, "") else short(shown(value), 80)


def _settings(fitted: Fitted) -> Html:
    defaults = Settings()
    rows = []
    for field in fields(Settings):
        value = getattr(fitted.settings, field.name)
        mark = "" if value == getattr(defaults, field.name) else "set"
        rows.append((field.name, _value(value), mark))
    return table("All settings", ("setting", "value", ""), rows)

"""The part on how the run was made: how to repeat it, decisions, layers, time, machine, settings.

Shapes: K members.
"""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Final

from torch import nn

from glassnet.pipeline import Fitted
from glassnet.recipe.check import shown
from glassnet.report.first import repeat
from glassnet.report.markup import Child, Html, element, facts, folded, paragraph, section, table
from glassnet.report.words import count, seconds, several, short
from glassnet.settings import Settings

OWN: Final = "last."  # parameters that members which share layers have for themselves: `network.team`
# Decisions that shape a run most; the others open on a click.
FIRST: Final = frozenset(
    {
        *("task", "positive", "split", "network", "hidden", "members", "sharing", "loss", "metric"),
        *("target_scale", "engine", "calibration", "threshold", "intervals"),
    }
)
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
        *_decisions(fitted),
        element("h3", "The network"),
        *network(fitted),
        element("h3", "Time and machine"),
        _machine(fitted),
        folded("All settings", *_settings(fitted)),
    )


def _decisions(fitted: Fitted) -> list[Html]:
    """Return the decisions that shape the run most in a table, and the others in one that opens."""
    head = ("what", "chosen", "why")
    others = [one for one in fitted.decisions if not one.name.startswith("column '")]
    first = [one for one in others if one.name in FIRST]
    rest = [one for one in others if one.name not in FIRST]
    tables = [
        table(title, head, [(one.name, short(one.value, 90), one.reason) for one in some])
        for title, some in (("Decisions about the whole", first), ("Decisions in detail", rest))
    ]
    return [tables[0], folded(several(len(rest), "more decision"), tables[1])] if rest else tables[:1]


def network(fitted: Fitted) -> list[Html]:
    """Return the network's layers with the shapes and counts of their parameters."""
    module, members = fitted.network, len(fitted.trained.best_epoch_K)
    rows = [(*words, count(many)) for *words, many in layer_rows(module, members)]
    head = ("layer", "type", "shapes", "parameters of each" if members > 1 else "parameters")
    layers = table("Layers, from the columns to the answer", head, rows, numbers=(3,))
    return [paragraph(network_says(fitted)), layers]


def network_says(fitted: Fitted) -> str:
    """Return how many networks there are, how large, and what they share."""
    members = len(fitted.trained.best_epoch_K)
    total = sum(one.numel() for one in fitted.network.parameters())
    each = f"{count(total // members)} parameters each, {count(total)} in all"
    if members == 1:
        return f"{count(total)} parameters.{_scaled(fitted)}"
    if fitted.recipe.architecture.sharing == "none":
        return f"{count(members)} networks of {each}, whose answers are averaged.{_scaled(fitted)}"
    named = [(name, one.numel() // members) for name, one in fitted.network.named_parameters()]
    own = sum(many for name, many in named if name.startswith(OWN))
    shared = sum(many for _, many in named) - own
    teams = max(fitted.recipe.folds, 1)
    of_team = f", {count(teams)} such teams, one for each fold" if teams > 1 else ""
    return (
        f"{count(members // teams)} members share {count(shared)} parameters{of_team}. Each member has"
        f" {count(own)} of its own in the last layer, and for each column a scale on which it looks at it."
        f" The answer is the members' mean. Written out for predicting, the scales multiplied in, that is"
        f" {count(members)} networks of {each}."
    )


def _scaled(fitted: Fitted) -> str:
    """Return what is said of networks that scale their columns, each for itself."""
    if fitted.recipe.architecture.input_scaling != "learned":
        return ""
    return (
        " Beside them each column has a learned factor, by which the first layer sees it; written out for"
        " predicting, it is multiplied in."
    )


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


def _settings(fitted: Fitted) -> list[Html]:
    """Return the settings that were chosen in a table, and those at their defaults in a paragraph."""
    defaults = Settings()
    chosen: list[tuple[str, str]] = []
    left: list[tuple[str, str]] = []
    for field in fields(Settings):
        value = getattr(fitted.settings, field.name)
        is_default = value == getattr(defaults, field.name)
        (left if is_default else chosen).append((field.name, _value(value)))
    rest = [f"{name} {value}" for name, value in left]
    said = paragraph(element("strong", "At their defaults: "), f"{'; '.join(rest)}.")
    return [table("Chosen for this run", ("setting", "value"), chosen), said] if chosen else [said]

"""What of a recipe does not go together, and how its values are written."""

from __future__ import annotations

from typing import Any

from glassnet.errors import SettingsError
from glassnet.settings import PARTS, Settings


def check_choices(chosen: dict[str, Any]) -> None:
    """Raise SettingsError where what was chosen does not go together."""
    if chosen["network"] == "neuron" and chosen["hidden"]:
        raise SettingsError(
            f"a neuron has no hidden layer, but hidden is {shown(chosen['hidden'])};"
            " choose network 'mlp' or leave hidden out."
        )
    if chosen["validation_share"] + chosen["test_share"] >= 1.0:
        raise SettingsError(
            f"validation_share {chosen['validation_share']:g} and test_share {chosen['test_share']:g} leave"
            " nothing to train on; together they must be below 1."
        )
    if chosen["folds"] > chosen["members"]:
        raise SettingsError(
            f"{chosen['folds']} folds need at least as many members, but members is {chosen['members']}."
        )
    if chosen["output"] == "sigmoid" and chosen["loss"] in (
        "binary_cross_entropy",
        "cross_entropy",
        "poisson",
    ):
        raise SettingsError(
            f"output 'sigmoid' does not go with loss '{chosen['loss']}', which takes the last layer's sums as"
            " they are; choose loss 'squared' or output 'linear'."
        )
    if chosen["sharing"] != "none":
        _check_sharing(chosen)
    if chosen["input_scaling"] != "none":
        _check_scaling(chosen)
    if not isinstance(chosen["network"], str) and chosen["members"] != 1:
        raise SettingsError("an own module trains as one member; leave members at 1 and folds at 0.")


def _check_sharing(chosen: dict[str, Any]) -> None:
    if chosen["network"] != "mlp" or not chosen["hidden"]:
        raise SettingsError(
            "sharing 'layers' needs hidden layers of the built-in network 'mlp' to share;"
            " choose sharing 'none'."
        )
    if chosen["input_scaling"] == "none":
        raise SettingsError(
            "members with sharing 'layers' differ in how they scale the columns, which input_scaling 'none'"
            " forbids; choose sharing 'none' or leave input_scaling out."
        )
    if chosen["members"] % max(chosen["folds"], 1):
        raise SettingsError(
            f"with sharing 'layers' every fold has a team of its own, but {chosen['members']} members cannot"
            f" be dealt evenly to {chosen['folds']} folds; choose a multiple of it."
        )


def _check_scaling(chosen: dict[str, Any]) -> None:
    if chosen["network"] != "mlp" or not chosen["hidden"]:
        raise SettingsError(
            "input_scaling 'learned' needs hidden layers of the built-in network 'mlp';"
            " choose input_scaling 'none'."
        )


def check_factors(settings: Settings, chosen: dict[str, Any]) -> None:
    """Raise SettingsError where factors of rates or decays are for what this network does not have."""
    for name in ("rate_factors", "decay_factors"):
        for part, _ in getattr(settings, name):
            for own in ("network", "optimizer"):
                if not isinstance(chosen[own], str):
                    raise SettingsError(
                        f"{name} are for built-in networks and optimisers, but the {own} is your own;"
                        f" leave them out."
                    )
            if part not in (had := _parts_of(chosen)):
                raise SettingsError(
                    f"{name} name '{part}' ({PARTS[part]}), which this network does not have; it has"
                    f" {', '.join(had)}."
                )


def _parts_of(chosen: dict[str, Any]) -> list[str]:
    """Return the parts of the network that was chosen; the table decides whether it has embeddings."""
    hidden = len(chosen["hidden"]) if chosen["network"] == "mlp" else 0
    lacks = {"first": hidden == 0, "hidden": hidden < 2, "scales": chosen["input_scaling"] == "none"}
    return [part for part in PARTS if not lacks.get(part, False)]


def shown(value: object) -> str:
    """Return a setting's value as people write it."""
    if isinstance(value, tuple):
        return ", ".join(str(one) for one in value) or "none"
    if isinstance(value, str | int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    return getattr(value, "__name__", type(value).__name__)

"""What the network learns of a number: the number, or its logarithm."""

from __future__ import annotations

from typing import Any, Final

from glassnet.recipe.facts import Chosen, Facts

SKEWED: Final = 1.0  # skewness of a target from which on its logarithm is learned, see benchmarks/LOG.md


def target_scale(facts: Facts, chosen: dict[str, Any]) -> Chosen:
    """Return standard or soft_log, with the reason."""
    if chosen["network"] != "mlp" or chosen["loss"] != "squared" or facts.skewness < SKEWED:
        return "standard", "mean 0 and deviation 1"
    if facts.scale_cost > 0:
        return "standard", f"skewed, but with its logarithm short trials err {facts.scale_cost:.0%} more"
    skewed = f"a long tail of large numbers (skewness {facts.skewness:.1f}) and none below 0"
    return "soft_log", f"{skewed}: logarithms err more evenly"

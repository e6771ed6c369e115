"""What is learned from held-out rows, and kept with the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """The temperature that outputs are divided by before they become probabilities."""

    temperature: float = 1.0  # above 1: probabilities come nearer to one another
    reason: str = "not calibrated"  # one sentence, with the measured effect
    rows: int = 0  # held-out rows it was measured on
    before: float = 0.0  # their log loss without it
    gain: float = 0.0  # what it saves of that, each row with a temperature fitted on others


UNCALIBRATED: Final = Calibration()

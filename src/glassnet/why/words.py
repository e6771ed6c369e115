"""Numbers in words."""

from __future__ import annotations

from typing import Final

import numpy as np

UP: Final = "#2f6f9f"  # raises; blue and orange are told apart by every eye
DOWN: Final = "#c8702a"  # lowers


def short(number: float) -> str:
    """Return a number for people: four digits, thousands separated."""
    if number != 0 and (abs(number) < 1e-3 or abs(number) >= 1e9):
        return f"{number:.3g}"
    digits = max(0, 3 - int(np.floor(np.log10(max(abs(number), 1e-3)))))
    return f"{number:,.{min(digits, 4)}f}"


def signed(number: float) -> str:
    """Return a number with its sign."""
    return ("+" if number >= 0 else "") + short(number)

"""Versions of what decides a run's numbers."""

from __future__ import annotations

import platform

import numpy as np
import polars as pl
import torch

from glassnet._version import __version__


def versions() -> dict[str, str]:
    """Return the versions by name."""
    return {
        "glassnet": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "polars": pl.__version__,
    }

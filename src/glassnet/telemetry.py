"""What a run records of its inside: norms by member, layer and step.

Shapes: K members, L layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One recorded step: quantities by member and layer."""

    epoch: int
    step: int  # within the epoch, counted from 0
    quantities: Mapping[str, NDArray[np.float64]]  # name of the quantity -> (K, L)

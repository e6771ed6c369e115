"""Values as strict JSON holds them: no NaN, no infinity, no code."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def plain(value: object) -> Any:
    """Return the value as JSON can hold it; a user's own function or class by its name."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return {"own": getattr(value, "__qualname__", type(value).__name__)}

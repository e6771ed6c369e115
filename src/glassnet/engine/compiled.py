"""The compiled half of the engines, which a source install without a C++ compiler does not have."""

from __future__ import annotations

from typing import Final

try:
    import glassnet.engine._fused as _fused  # noqa: PLR0402  # never from the package itself
except ImportError:
    _fused = None  # type: ignore[assignment]

__all__ = ["ACTIVATIONS", "MISSING", "_fused"]

# The order is that of the enumeration in native/kernels/table.h.
ACTIVATIONS: Final = ("linear", "relu", "silu", "tanh", "sigmoid")

MISSING: Final = (
    "its compiled part is not installed; install a C++ compiler, then run"
    " `pip install --force-reinstall --no-binary glassnet glassnet`"
)

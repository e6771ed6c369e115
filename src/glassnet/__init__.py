"""Glassnet trains neural networks on tables; every value, gradient and decision can be looked at.

The names below are imported when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from glassnet._version import __version__

if TYPE_CHECKING:
    from glassnet.autograd import explain, watching
    from glassnet.comparison import compare
    from glassnet.errors import (
        GlassnetError,
        GlassnetWarning,
        ModelFileError,
        SettingsError,
        SourceError,
        TrainingError,
    )
    from glassnet.estimators import GlassnetClassifier, GlassnetRegressor
    from glassnet.model import Model, fit, load
    from glassnet.own_loop import watch
    from glassnet.search import GlassnetSearchCV, cross_validate
    from glassnet.settings import Settings
    from glassnet.table.source import read

__all__ = [
    "GlassnetClassifier",
    "GlassnetError",
    "GlassnetRegressor",
    "GlassnetSearchCV",
    "GlassnetWarning",
    "Model",
    "ModelFileError",
    "Settings",
    "SettingsError",
    "SourceError",
    "TrainingError",
    "__version__",
    "compare",
    "cross_validate",
    "explain",
    "fit",
    "load",
    "read",
    "watch",
    "watching",
]

HOMES: Final = {
    "GlassnetClassifier": "estimators",
    "GlassnetError": "errors",
    "GlassnetRegressor": "estimators",
    "GlassnetSearchCV": "search",
    "GlassnetWarning": "errors",
    "Model": "model",
    "ModelFileError": "errors",
    "Settings": "settings",
    "SettingsError": "errors",
    "SourceError": "errors",
    "TrainingError": "errors",
    "compare": "comparison",
    "cross_validate": "search",
    "explain": "autograd",
    "fit": "model",
    "load": "model",
    "read": "table.source",
    "watch": "own_loop",
    "watching": "autograd",
}


if not TYPE_CHECKING:  # type checkers see the imports above, and so find a name that is none of ours

    def __getattr__(name: str) -> object:
        """Import a public name when it is first asked for."""
        if name not in HOMES:
            raise AttributeError(f"module 'glassnet' has no attribute '{name}'")
        found: object = getattr(import_module(f"glassnet.{HOMES[name]}"), name)
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted(__all__)

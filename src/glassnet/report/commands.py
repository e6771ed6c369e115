"""The command and the Python code that repeat a run, and those that go on from it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from glassnet.pipeline import Fitted
from glassnet.settings import Settings

# Options whose name is not the setting's with dashes; each value of a repeated one has its own.
OPTIONS: Final[Mapping[str, str]] = {"kinds": "kind"}
IN_MEMORY: Final = "table"  # what a table that came from no file is called in code


def changed(settings: Settings) -> dict[str, Any]:
    """Return the settings that are not their defaults, by name."""
    defaults = Settings()
    return {
        field.name: getattr(settings, field.name)
        for field in fields(Settings)
        if getattr(settings, field.name) != getattr(defaults, field.name)
    }


def is_in_memory(fitted: Fitted) -> bool:
    """Return whether the table came from no file, query or example."""
    return fitted.source.startswith("<")


def own_choices(fitted: Fitted) -> list[str]:
    """Return the settings that hold a user's own class or function, which no command line can name."""
    return [name for name, value in changed(fitted.settings).items() if not _is_plain(value)]


def _is_plain(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(_is_plain(one) for one in value)
    return isinstance(value, str | int | float | bool)


def train_command(fitted: Fitted) -> str:
    """Return the command that repeats the run; empty where a command line cannot say it."""
    if is_in_memory(fitted) or own_choices(fitted):
        return ""
    words = ["glassnet", "train"]
    if not fitted.settings.example and not fitted.settings.query:
        words.append(fitted.source)
    for name, value in changed(fitted.settings).items():
        words += _option(name, value)
    return " ".join(shlex.quote(word) for word in words)


def _option(name: str, value: Any) -> list[str]:
    option = "--" + OPTIONS.get(name, name).replace("_", "-")
    if not isinstance(value, tuple):
        return [option, _shown(value)]
    if name == "hidden":
        return [option, ",".join(str(width) for width in value)]
    pairs = [
        "=".join(_shown(part) for part in one) if isinstance(one, tuple) else _shown(one) for one in value
    ]
    return [word for one in pairs for word in (option, one)]


def _shown(value: Any) -> str:
    return repr(value) if isinstance(value, float) else str(value)


def python_code(fitted: Fitted) -> str:
    """Return the Python code that repeats the run."""
    settings = changed(fitted.settings)
    if is_in_memory(fitted):
        source, first = IN_MEMORY, f"# {IN_MEMORY}: the {fitted.source.strip('<>')} of this run\n"
    else:
        source = "" if fitted.settings.example or fitted.settings.query else repr(fitted.source)
        first = ""
    parts = [source] if source else []
    parts += [f"{name}={_literal(value)}" for name, value in settings.items()]
    inner = ", ".join(parts)
    if len(inner) > 70:
        inner = "\n    " + ",\n    ".join(parts) + ",\n"
    return f"import glassnet\n\n{first}model = glassnet.fit({inner})\nmodel.save('model.glassnet')"


def _literal(value: Any) -> str:
    if _is_plain(value):
        return (
            repr(value[0])
            if isinstance(value, tuple) and len(value) == 1 and value[0] == str(value[0])
            else repr(value)
        )
    return str(getattr(value, "__name__", type(value).__name__))

"""The command and the Python code that repeat a run."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from glassnet.pipeline import Fitted
from glassnet.recipe.check import shown
from glassnet.settings import Settings

# Options whose name is not the setting's with dashes.
OPTIONS: Final[Mapping[str, str]] = {
    "kinds": "kind",
    "example_rows": "rows",
    "example_features": "features",
    "example_noise": "noise",
    "example_seed": "data-seed",
}
IN_MEMORY: Final = "table"  # what a table that came from no file is called in code
CODE_WIDTH: Final = 70  # signs of a call that stands on one line


def changed(settings: Settings) -> dict[str, Any]:
    """Return the settings that are not their defaults, by name."""
    defaults = Settings()
    values = {field.name: getattr(settings, field.name) for field in fields(Settings)}
    return {name: value for name, value in values.items() if value != getattr(defaults, name)}


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


def own_files(fitted: Fitted) -> list[str]:
    """Return which rows came from files of their own, "validation" and "test"; their paths are not known."""
    return [one for one in ("validation", "test") if f"; own {one} rows" in fitted.split]


def train_command(fitted: Fitted) -> str:
    """Return the command that repeats the run; empty where a command line cannot say it."""
    if is_in_memory(fitted) or own_choices(fitted):
        return ""
    words = ["glassnet", "train"]
    if not fitted.settings.example and not fitted.settings.query:
        words.append(fitted.source)
    for name, value in changed(fitted.settings).items():
        words += ["--" + OPTIONS.get(name, name).replace("_", "-"), _word(value)]
    for one in own_files(fitted):
        words += [f"--{one}", "FILE"]
    return " ".join(shlex.quote(word) for word in words)


def _word(value: Any) -> str:
    """Return a value as the command line reads it: lists between commas, pairs as NAME=VALUE."""
    if not isinstance(value, tuple):
        return repr(value) if isinstance(value, float) else str(value)
    parts = ("=".join(map(str, one)) if isinstance(one, tuple) else str(one) for one in value)
    return ",".join(_cell(one) for one in parts) or "none"


def _cell(value: str) -> str:
    """Return a name, in double quotes where it holds a comma, as in a line of CSV."""
    return '"' + value.replace('"', '""') + '"' if "," in value or '"' in value else value


def python_code(fitted: Fitted) -> str:
    """Return the Python code that repeats the run."""
    settings = fitted.settings
    first = f"# {IN_MEMORY}: the {fitted.source.strip('<>')} of this run\n" if is_in_memory(fitted) else ""
    has_source = not settings.example and not settings.query
    source = [IN_MEMORY if first else repr(fitted.source)] if has_source else []
    parts = source + [f"{name}={_literal(value)}" for name, value in changed(settings).items()]
    parts += [f"{one}='FILE'" for one in own_files(fitted)]
    inner = ", ".join(parts)
    if len(inner) > CODE_WIDTH:
        inner = "\n    " + ",\n    ".join(parts) + ",\n"
    return f"import glassnet\n\n{first}model = glassnet.fit({inner})\nmodel.save('model.glassnet')"


def _literal(value: Any) -> str:
    if not _is_plain(value):
        return shown(value)
    alone = isinstance(value, tuple) and len(value) == 1 and isinstance(value[0], str)
    return repr(value[0]) if alone else repr(value)

"""The errors that a person can act on, and the words they come in.

    GlassnetError            (ValueError) the program is right, something given to it is not
    ├── SourceError          a table cannot be read or does not hold what it should
    ├── SettingsError        a setting is unknown, out of range, or does not go with another
    ├── ModelFileError       a model file is damaged, foreign or of another version
    └── TrainingError        training cannot start or give a usable network

The command line prints them without a traceback and exits with code 2.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import TypeVar

Choice = TypeVar("Choice")


class GlassnetError(ValueError):
    """Something given to Glassnet is wrong; the message says what, and what to do."""


class SourceError(GlassnetError):
    """A table cannot be read, or does not hold what it should."""


class SettingsError(GlassnetError):
    """A setting is unknown, out of its range, or does not go with another."""


class ModelFileError(GlassnetError):
    """A model file is damaged, foreign or of another version."""


class TrainingError(GlassnetError):
    """Training cannot start, or cannot give a usable network."""


class GlassnetWarning(UserWarning):
    """Something was left out or changed that the caller may want to know."""


def near_miss(name: str, known: Iterable[str]) -> str:
    """Return `" Did you mean 'fare'?"`, or an empty string where nothing known is near `name`."""
    by_lower = {one.strip().lower(): one for one in known}
    close = difflib.get_close_matches(name.strip().lower(), by_lower, n=1, cutoff=0.6)
    return f" Did you mean '{by_lower[close[0]]}'?" if close else ""


def listed(names: Iterable[str], limit: int = 12) -> str:
    """Return the names in a row, shortened past `limit` with the number left out."""
    every = list(names)
    shown = ", ".join(every[:limit])
    return shown if len(every) <= limit else f"{shown} and {len(every) - limit} more"


def pick(choices: Mapping[str, Choice], name: str, what: str) -> Choice:
    """Return `choices[name]`.

    Raises SettingsError that names the nearest known name and all of them:
    "no loss is called 'hubber'. Did you mean 'huber'? Known: cross_entropy, huber, squared."
    """
    if name in choices:
        return choices[name]
    raise SettingsError(
        f"no {what} is called '{name}'.{near_miss(name, choices)} Known: {listed(sorted(choices))}."
    )

"""From the words of the command line to the values that Settings keeps."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Sequence
from typing import Any

from glassnet.errors import SettingsError

Parse = Callable[[str, Sequence[str]], Any]  # the option's name, and each text given with it


def text(flag: str, given: Sequence[str]) -> str:
    """Return the last text as it is."""
    del flag
    return given[-1]


def whole(flag: str, given: Sequence[str]) -> int:
    """Return the last text as a whole number."""
    try:
        return int(given[-1])
    except ValueError:
        raise SettingsError(f"{flag} must be a whole number, but it is '{given[-1]}'.") from None


def number(flag: str, given: Sequence[str]) -> float:
    """Return the last text as a number."""
    try:
        value = float(given[-1])
    except ValueError:
        value = math.nan
    if math.isnan(value):
        raise SettingsError(f"{flag} must be a number, but it is '{given[-1]}'.")
    return value


def number_or_auto(flag: str, given: Sequence[str]) -> float | str:
    """Return the last text as a number, or the word auto."""
    return "auto" if given[-1] == "auto" else number(flag, given)


def yes_no(flag: str, given: Sequence[str]) -> bool:
    """Return whether the last text is yes."""
    word = given[-1].strip().lower()
    if word not in ("yes", "no"):
        raise SettingsError(f"{flag} must be yes or no, but it is '{given[-1]}'.")
    return word == "yes"


def names(flag: str, given: Sequence[str]) -> tuple[str, ...]:
    """Return the names between commas, of all texts; a name that holds a comma stands in double quotes."""
    found = [cell.strip() for one in given for cell in cells_of(one)]
    if not all(found):
        raise SettingsError(f"{flag} has an empty name in '{','.join(given)}'.")
    return tuple(found)


def cells(flag: str, given: Sequence[str]) -> tuple[str, ...]:
    """Return the cells between commas, of all texts; an empty text is the empty cell."""
    del flag
    return tuple(cell.strip() for one in given for cell in (cells_of(one) or [""]))


def cells_of(text: str) -> list[str]:
    """Return what stands between the commas of one text, as a line of CSV."""
    return next(csv.reader([text], skipinitialspace=True), [])


def widths(flag: str, given: Sequence[str]) -> tuple[int, ...]:
    """Return layer widths: "128,64" as (128, 64), "none" as ()."""
    if given[-1].strip() in ("none", ""):
        return ()
    try:
        return tuple(int(cell) for cell in given[-1].split(","))
    except ValueError:
        raise SettingsError(
            f"{flag} must be widths such as 128,64 or none, but it is '{given[-1]}'."
        ) from None


def pairs(flag: str, given: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return (name, value) of each "name=value", where the name may hold a "=" itself."""
    found = [one.strip().rpartition("=") for text in given for one in cells_of(text)]
    for name, sign, value in found:
        if not (name and value):
            raise SettingsError(f"{flag} must be NAME=VALUE, but it is '{name}{sign}{value}'.")
    return tuple((name.strip(), value.strip()) for name, _, value in found)


def factors(flag: str, given: Sequence[str]) -> tuple[tuple[str, float], ...]:
    """Return (part, factor) of each "part=factor"."""
    return tuple((name, number(f"{flag} of '{name}'", [value])) for name, value in pairs(flag, given))


def class_weights(flag: str, given: Sequence[str]) -> str | tuple[tuple[str, float], ...]:
    """Return "none", "balanced", or (class, weight) of each "class=weight"."""
    if given[-1] in ("none", "balanced"):
        return given[-1]
    if "=" not in given[-1]:
        raise SettingsError(
            f"{flag} must be none, balanced or a weight for each class, such as yes=2,no=1;"
            f" but it is '{given[-1]}'."
        )
    found = pairs(flag, given)
    return tuple((name, number(f"{flag} of '{name}'", [value])) for name, value in found)

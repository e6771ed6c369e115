"""Column names: trimmed, kept unique, and found again with the near miss named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from glassnet.errors import GlassnetError, SettingsError, listed, near_miss

MOST_NOTES: Final = 12  # on names of one table


def find_column(
    name: str, names: Sequence[str], where: str = "the table", error: type[GlassnetError] = SettingsError
) -> str:
    """Return the one of `names` that `name` means: equal, or equal once both are tidy (see `tidy_names`).

    Raises `error`, with the nearest name and what there is, where none is meant.
    """
    if name in names:
        return name
    trimmed = [one for one in names if one.strip() == _no_pattern(name.strip())]
    if len(trimmed) == 1:
        return trimmed[0]
    have = f"Its columns are: {listed(map(_as_given, names))}." if names else "It has no columns."
    raise error(f"{where} has no column '{name}'.{near_miss(name, names)} {have}{_hint(names)}")


def _as_given(name: str) -> str:
    """Return a name as an option takes it: one that holds a comma, a quote or a line break in quotes."""
    if not set(name) & set(',"\n\r'):
        return name
    return '"' + name.replace('"', '""').replace("\r", "").replace("\n", "\\n") + '"'


def _hint(names: Sequence[str]) -> str:
    """Return what may be wrong where a text file's names are none, or all of them one; else nothing."""
    if names and list(names) == position_names(len(names)):
        return " Where the first line names them: --header yes."
    return " Where another sign parts them: --delimiter names it." if len(names) == 1 else ""


def position_names(count: int) -> list[str]:
    """Return the names of the columns of a file without a header: "1", "2", ... by position."""
    return [str(position) for position in range(1, count + 1)]


def _no_pattern(name: str) -> str:
    """Return a name without the '^' and '$' round it: Polars takes such a name for a pattern everywhere."""
    while len(name) > 1 and name.startswith("^") and name.endswith("$"):
        name = name[1:-1].strip()
    return name


def tidy_names(raw: Iterable[str]) -> tuple[list[str], tuple[str, ...]]:
    """Return the names trimmed and unique, and a note for each change that is more than a trimmed blank.

    A column without a name is called by its position; the second "age" becomes "age_2".
    """
    tidy: list[str] = []
    notes: list[str] = []
    for position, one in enumerate(raw, start=1):
        base = _no_pattern(one.strip()) or str(position)
        name, copy = base, 1
        while name in tidy:
            copy += 1
            name = f"{base}_{copy}"
        if not one.strip():
            notes.append(f"column {position} has no name in the header; it is called '{name}'.")
        elif _no_pattern(one.strip()) != one.strip():
            notes.append(f"column '{one.strip()}' is called '{name}': '^' to '$' is the sign of a pattern.")
        elif copy > 1:
            notes.append(f"the name '{base}' is used twice in the header; column {position} is '{name}'.")
        tidy.append(name)
    return tidy, shortened(notes)


def shortened(notes: Sequence[str]) -> tuple[str, ...]:
    """Return at most a dozen notes, the last of which counts the others."""
    if len(notes) <= MOST_NOTES:
        return tuple(notes)
    left = len(notes) - MOST_NOTES + 1
    return (*notes[: MOST_NOTES - 1], f"{left:,} more names of columns were lacking or used twice.")

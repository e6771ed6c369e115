"""Settings without effect, and which of those about reading belong to which sources."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Final

from glassnet.errors import SettingsError, listed
from glassnet.settings import Settings
from glassnet.table.connection import is_connection
from glassnet.table.examples import EXAMPLES
from glassnet.table.frames import is_in_memory
from glassnet.table.readers import files_of, format_of
from glassnet.table.source import is_named

DEFAULTS: Final = {field.name: field.default for field in fields(Settings)}

# The formats whose readers look at a setting; the keys of READERS, or "table", "query", "example".
READ_FROM: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys(
        ("delimiter", "header", "quote", "escape", "comment", "footer_lines", "encoding"), frozenset({"text"})
    ),
    "skip_lines": frozenset({"text", "excel"}),
}
DRAWN: Final = ("example_rows", "example_features", "example_noise", "example_seed")
FLAGS: Final = {  # where an option is called otherwise than its setting
    "example_rows": "--rows",
    "example_features": "--features",
    "example_noise": "--noise",
    "example_seed": "--data-seed",
    "kinds": "--kind",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Futile:
    """A setting that was given and changes nothing in this run."""

    setting: str
    value: str
    why: str
    remedy: str
    sure: bool  # by the choices alone; False: the table's cells decide, and another table's may not

    def __str__(self) -> str:
        name = FLAGS.get(self.setting, self.setting)
        return f"{name} {self.value} has no effect: {self.why}; {self.remedy}."


def written(value: object) -> str:
    """Return a setting's value as people write it."""
    if isinstance(value, tuple):
        return (
            ", ".join("=".join(map(str, one)) if isinstance(one, tuple) else str(one) for one in value)
            or "none"
        )
    if isinstance(value, float):
        return f"{value:g}"
    return f"'{value}'" if isinstance(value, str) else str(getattr(value, "__name__", value))


def formats_of(sources: Iterable[object], settings: Settings) -> frozenset[str]:
    """Return what the sources are: keys of READERS, or "table" in memory, "query", "example"."""
    every = list(sources)
    found = {_format(one) for one in every[1:] if is_named(one)}
    first = "query" if settings.query else "example"
    return frozenset({*found, _format(every[0]) if is_named(every[0]) else first})


def _format(source: object) -> str:
    if is_connection(source):
        return "query"
    if is_in_memory(source):
        return "table"
    paths = files_of(os.fspath(source))  # type: ignore[call-overload]  # a str or a path, see is_in_memory
    return format_of(paths[0])


def refuse_futile(futile: Iterable[Futile], given: frozenset[str]) -> None:
    """Raise SettingsError for settings of the very call that surely have no effect."""
    if wrong := [str(one) for one in futile if one.sure and one.setting in given]:
        raise SettingsError(" ".join(wrong))


def futile_reading(
    sources: Iterable[object], settings: Settings, given: frozenset[str]
) -> tuple[Futile, ...]:
    """Return the settings about reading that none of the sources heeds. Raises as `refuse_futile` does."""
    formats = formats_of(sources, settings)
    found = []
    for name in (*READ_FROM, *DRAWN):
        value = getattr(settings, name)
        if value == DEFAULTS[name]:
            continue
        why = _why_undrawn(name, settings) if name in DRAWN else _why_unread(name, formats)
        if why:
            found.append(
                Futile(setting=name, value=written(value), why=why, remedy="leave it out", sure=True)
            )
    refuse_futile(found, given)
    return tuple(found)


def _why_unread(name: str, formats: frozenset[str]) -> str:
    if formats & READ_FROM[name]:
        return ""
    takers = "text files and workbooks" if "excel" in READ_FROM[name] else "text files"
    return f"it is for {takers}, and the source is {_called(formats)}"


def _why_undrawn(name: str, settings: Settings) -> str:
    if not settings.example:
        return "it is for tables that are made, and no example is named"
    example = EXAMPLES.get(settings.example)
    if example is None or name in example.takes:  # an unknown one is refused where it is made
        return ""
    if not example.takes:
        return f"example {settings.example} is a table as it is, and not made"
    return f"example {settings.example} takes {listed(FLAGS[one] for one in example.takes)} only"


def _called(formats: frozenset[str]) -> str:
    names = {"table": "in memory", "query": "a query", "example": "an example"}
    return " and ".join(sorted(names.get(one, f"of the format {one}") for one in formats))


def asked(settings: Settings, name: str) -> Any:
    """Return the setting's value where it was given and asks for something, else None."""
    value, default = getattr(settings, name), DEFAULTS[name]
    # 0 is 0.0, but no False.
    is_default = isinstance(value, bool) is isinstance(default, bool) and value == default
    is_off = isinstance(value, str | int | float) and value in OFF.get(name, ())
    return None if is_default or is_off else value


# Values that ask for what is so without them too: those are no mistakes.
OFF: Final[dict[str, tuple[object, ...]]] = {
    "validation_share": (0.0,),
    "test_share": (0.0,),
    "dropout": (0.0,),
    "normalization": ("none",),
    "output": ("linear",),
    "numbers": ("none",),
    "bins": (0,),
    "bounds": ("none",),
    "target_scale": ("standard",),
    "target_means": ("off",),
    "patience": (0,),
}

"""How much memory there is, and a refusal with both figures where more is needed."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from glassnet.errors import GlassnetError

MEMINFO: Final = Path("/proc/meminfo")
CGROUP: Final = Path("/sys/fs/cgroup")  # a container's own limit
UNITS: Final = (("TB", 1e12), ("GB", 1e9), ("MB", 1e6))


def available_memory() -> int:
    """Return the bytes that could still be taken: the machine's, or what is left of a container's limit."""
    found = _of_machine()
    with suppress(OSError, ValueError):  # no container, or one without a limit ("max")
        limit = int((CGROUP / "memory.max").read_text())
        found = min(found, limit - int((CGROUP / "memory.current").read_text()))
    return max(found, 0)


def require_memory(needed: float, what: str, remedy: str, error: type[GlassnetError]) -> None:
    """Raise `error`, with what is needed and what is available, where memory does not suffice."""
    available = available_memory()
    if needed > available:
        raise error(
            f"{what} needs about {size_text(needed)} of memory, and {size_text(available)} are available."
            f" {remedy}"
        )


def size_text(size: float) -> str:
    """Return a number of bytes as people say it: "12 GB"."""
    unit, count = next((one for one in UNITS if size >= one[1]), UNITS[-1])
    return f"{size / count:.3g} {unit}" if size < 1000 * count else f"{size / count:,.0f} {unit}"


def _of_machine() -> int:
    with suppress(OSError):
        for line in MEMINFO.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")

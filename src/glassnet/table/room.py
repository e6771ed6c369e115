"""Whether a file's table will fit into memory: estimated before it is read, which may take minutes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from glassnet.errors import SourceError
from glassnet.memory import require_memory
from glassnet.table.packed import compression_of, open_packed

SMALL: Final = 20_000_000  # bytes up to which a file is just read
SAMPLE: Final = 1 << 16  # bytes of a text file looked at
CELL_ENDS: Final = re.compile(rb"[,;\t|\n]")
# Bytes a cell takes while a table is read, decided on and trained on, above what the file takes. Measured
# (2026-11-22): hflights repeated 29 to train 16 members (1.6 million rows), 11 to describe (14 million);
# numbers that are all different 19. A third is added for what is given back late.
PER_CELL: Final = 40
PACKED: Final = {
    "none": 1.0,
    "gzip": 5.0,
    "zstd": 5.0,
    "bzip2": 6.0,
    "xz": 7.0,
    "zip": 5.0,
}  # times smaller, usually
PER_BYTE: Final = {"parquet": 15.0, "json": 12.0, "excel": 30.0}  # of formats that are not looked into
REMEDY: Final = (
    "Take fewer rows, such as --query \"select * from '{path}' using sample 1000000 rows\", or fewer columns"
    " in the same way."
)


def check_room(path: Path, form: str) -> None:
    """Raise SourceError, with the memory needed and available, for a file whose table will not fit."""
    if path.stat().st_size > SMALL:
        what = f"the table in {path}"
        require_memory(needed_memory(path, form), what, REMEDY.format(path=path), SourceError)


def needed_memory(path: Path, form: str) -> float:
    """Return about how many bytes of memory the table in a file of this format takes."""
    size = path.stat().st_size
    return _of_text(path, size) if form == "text" else size * PER_BYTE.get(form, 5.0)


def _of_text(path: Path, size: int) -> float:
    """Return the bytes that a text file's table takes, from the cells in its beginning."""
    compression = compression_of(path)
    with open_packed(path, compression) as file:
        sample = file.read(SAMPLE)
    whole = size * PACKED[compression]
    cells = whole * len(CELL_ENDS.findall(sample)) / max(len(sample), 1)
    return whole + PER_CELL * cells

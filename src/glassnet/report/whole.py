"""A text file that is written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from pathlib import Path
from typing import Final

from glassnet.errors import SourceError

FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # no space, quota, limit of a file's size


def write_whole(text: str, path: Path, what: str = "report") -> Path:
    """Write the text as UTF-8 beside its place, rename it, and return its path; `what` it is, in words.

    A link stays, and the file it leads to is written; a pipe or device is written to as it is. A lone
    surrogate, which a cell may hold and UTF-8 may not, becomes a question mark. Raises SourceError where the
    disk refuses.
    """
    path = Path(path)
    data = text.encode("utf-8", errors="replace")
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
        else:
            _replace(Path(os.path.realpath(path)), data)
    except OSError as error:
        is_full = error.errno in FULL
        remedy = "Make room there" if is_full else "Give a file in a folder that you may write to"
        raise SourceError(f"{what} {path} cannot be written: {error.strerror}. {remedy}.") from error
    return path


def _replace(path: Path, data: bytes) -> None:
    """Put a file of these bytes in the place of what is there, or leave all as it was and raise OSError."""
    beside = path.parent / f".glassnet-{secrets.token_hex(8)}.tmp"
    try:
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        with contextlib.suppress(OSError):  # it is gone after the rename, or was never made
            beside.unlink()

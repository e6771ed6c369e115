"""A text file that is written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from glassnet.errors import SourceError


def write_whole(text: str, path: Path) -> Path:
    """Write the text as UTF-8 beside its place, rename it, and return its path.

    A lone surrogate, which a cell may hold and UTF-8 may not, becomes a question mark. Raises SourceError
    where the disk refuses.
    """
    path = Path(path)
    beside = path.parent / f".glassnet-{secrets.token_hex(8)}.tmp"
    try:
        with beside.open("xb") as file:
            file.write(text.encode("utf-8", errors="replace"))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise SourceError(
            f"report {path} cannot be written: {error.strerror}."
            " Give a file in a folder that you may write to."
        ) from error
    finally:
        with contextlib.suppress(OSError):  # it is gone after the rename, or was never made
            beside.unlink()
    return path

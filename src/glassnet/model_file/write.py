"""Writing: equal content gives equal bytes, and the file appears whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.errors import ModelFileError, listed
from glassnet.model_file.layout import (
    DIGITS_AT,
    DIMENSION_LIMIT,
    DTYPES,
    FORMAT_VERSION,
    HEADER_LIMIT,
    JSON,
    NO_DIGITS,
    Array,
    check_text,
    plain,
    sha256_of,
)


def write_model_file(path: Path, header: Mapping[str, JSON], arrays: Mapping[str, Array]) -> str:
    """Write the file whole or not at all, over an older one of that name; return its SHA-256, 64 digits.

    Equal content gives equal bytes. Raises ModelFileError where a value does not fit into a model file
    or the disk refuses; then the folder is as it was.
    """
    try:
        parts, sha256 = _encode(header, arrays)
        _write_atomically(Path(os.path.realpath(path)), parts)
    except ModelFileError as error:
        raise ModelFileError(f"model file {path} cannot be written: {error}") from None
    except OSError as error:
        reason = f"{error.strerror}. {_remedy(path, error)}"
        raise ModelFileError(f"model file {path} cannot be written: {reason}") from error
    return sha256


def _encode(header: Mapping[str, JSON], arrays: Mapping[str, Array]) -> tuple[list[bytes | memoryview], str]:
    """Return the file's bytes in parts, the header first, and its SHA-256."""
    values = plain(header, "header", 0)
    laid = sorted(
        ((name, _encoded(name, array)) for name, array in arrays.items()),
        key=lambda one: (-DTYPES[one[1][0]].itemsize, one[0]),  # so each begins at a multiple of its item
    )
    entries: dict[str, Any] = {}
    end = 0
    for name, (dtype, array) in laid:
        begin, end = end, end + array.nbytes
        entries[name] = {"data_offsets": [begin, end], "dtype": dtype, "shape": list(array.shape)}
    head = _head({"format_version": FORMAT_VERSION, "sha256": NO_DIGITS, "values": values}, entries)
    parts: list[bytes | memoryview] = [array.reshape(-1).view(np.uint8).data for _, (_, array) in laid]
    sha256 = sha256_of([head, *parts])
    return [head[:DIGITS_AT] + sha256.encode() + head[DIGITS_AT + 64 :], *parts], sha256


def _head(glassnet: dict[str, Any], entries: dict[str, Any]) -> bytes:
    """Return the length and the header, padded with blanks so that the tensors begin at a multiple of 8."""
    whole = {"__metadata__": {"glassnet": _canonical(glassnet)}}
    whole.update({name: entries[name] for name in sorted(entries)})
    text = json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    if len(text) > HEADER_LIMIT:
        raise ModelFileError(
            f"its header would be {len(text)} bytes long, at most {HEADER_LIMIT} are allowed."
            " Put long lists into arrays."
        )
    return len(text).to_bytes(8, "little") + text


def _canonical(value: JSON) -> str:
    """Return the one JSON text of the value: keys sorted by code point, no blanks, UTF-8 unescaped."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def _encoded(name: str, array: Array) -> tuple[str, Array]:
    """Return the dtype's name and the array in little-endian rows; raises ModelFileError for other dtypes."""
    if not isinstance(name, str) or name == "__metadata__":
        raise ModelFileError(f"no array can be called {name!r}. Give it another name.")
    check_text(name, "the array's name")
    if np.ndim(array) > DIMENSION_LIMIT:
        raise ModelFileError(
            f"array '{name}' has {np.ndim(array)} dimensions, at most {DIMENSION_LIMIT} fit."
        )
    little = np.asarray(array).dtype.newbyteorder("<")
    for known, dtype in DTYPES.items():
        if little == dtype:
            return known, np.asarray(array, dtype=dtype, order="C")
    raise ModelFileError(
        f"array '{name}' holds {little.name}, which has no place in a model file."
        f" Known: {listed(sorted(DTYPES))}; texts go through pack_text."
    )


def _write_atomically(path: Path, parts: Iterable[bytes | memoryview]) -> None:
    """Write to a temporary file beside it, flush to the disk, rename; leaves nothing behind on failure."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    beside = path.parent / f".glassnet-{secrets.token_hex(8)}.tmp"
    try:
        with beside.open("xb") as file:
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        with contextlib.suppress(OSError):  # it is gone after the rename, or was never made
            beside.unlink()
    _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    """Make the rename survive a power cut, where the system can flush a folder."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:  # a folder one may write to but not list, and any folder on Windows
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems flush no folders
            raise
    finally:
        os.close(handle)


def _remedy(path: Path, error: OSError) -> str:
    """Return the sentence that says what to do when the disk refuses."""
    remedies = {
        errno.ENOENT: f"Make the folder {path.parent} first.",
        errno.ENOTDIR: f"{path.parent} is not a folder: save into one.",
        errno.EISDIR: "Give the name of a file in it.",
        errno.ENOSPC: "Free some space, or save to another disk.",
        errno.EDQUOT: "Free some space, or save to another disk.",
        errno.EFBIG: "Files of that size are not allowed there: save to another disk, or raise the limit.",
        errno.ENAMETOOLONG: "Choose a shorter name.",
    }
    return remedies.get(error.errno or 0, "Save into a folder that you may write to.")

"""Reading: every number in the file is checked before it is used; each refusal is a sentence of its own."""

from __future__ import annotations

import json
import math
import os
import stat
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, NoReturn, TypeGuard

import numpy as np

from glassnet.errors import ModelFileError, listed, near_miss
from glassnet.model_file.layout import (
    AGAIN,
    DEPTH_LIMIT,
    DIGITS_AT,
    DIMENSION_LIMIT,
    DTYPES,
    FORMAT_VERSION,
    HEADER_LIMIT,
    NO_DIGITS,
    OPENING,
    Array,
    check_text,
    plain,
    sha256_of,
)

FOREIGN: Final[dict[bytes, str]] = {
    b"\x80": "a pickle, which can run any program when it is opened; Glassnet opens none",
    b"PK\x03\x04": "a zip file, such as torch.save and numpy.savez write; Glassnet does not open it",
    b"\x89HDF": "an HDF5 file; Glassnet does not open it",
    b"\x93NUMPY": "a NumPy array file; Glassnet does not open it",
    b"\x1f\x8b": "a gzip file; Glassnet does not open it",
    b"PAR1": "a Parquet table, not a model",
}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ModelFile:
    """What one model file holds, after every check."""

    header: dict[str, Any]  # JSON values: whatever is no tensor
    arrays: dict[str, Array]  # read-only, by name, names sorted
    sha256: str  # 64 lower-case hexadecimal digits over the whole file, themselves taken as zeros
    version: int  # format version it was written by


@dataclass(frozen=True, kw_only=True, slots=True)
class _Tensor:
    """Where one tensor lies."""

    name: str
    dtype: str  # key of DTYPES
    shape: tuple[int, ...]
    begin: int  # bytes from the start of the tensors
    end: int


def read_model_file(path: Path) -> ModelFile:
    """Return what the file holds, after checking its layout, its version and its SHA-256.

    Raises ModelFileError that names the file and what is wrong with it, for a file that is missing,
    foreign, damaged or of a newer version.
    """
    try:
        return _read(path)
    except ModelFileError as error:
        raise ModelFileError(f"model file {path} {error}") from None
    except OSError as error:
        reason = f"cannot be read: {error.strerror}. Check the path and that you may read it."
        raise ModelFileError(f"model file {path} {reason}") from error
    except MemoryError:
        raise ModelFileError(f"model file {path} does not fit into memory. Close other programs.") from None


def _read(path: Path) -> ModelFile:
    """Return the checked content; errors come without the file's name."""
    _check_is_file(path)
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = _read_head(file, size)
        whole = _parse_head(head[8:])
        glassnet = _glassnet(whole)
        if not head.startswith(OPENING, 8):
            _damaged("it was changed by another program since Glassnet wrote it")
        tensors = _tensors(whole, size - len(head))
        data = file.read(size - len(head) + 1)
    sha256 = _check_sha256(glassnet["sha256"], head, data)
    values = plain(glassnet["values"], "header", 0)
    arrays = {tensor.name: _array(tensor, data) for tensor in sorted(tensors, key=lambda one: one.name)}
    return ModelFile(header=values, arrays=arrays, sha256=sha256, version=FORMAT_VERSION)


def _damaged(what: str) -> NoReturn:
    """Raise ModelFileError with the remedy for a file that is not as it was written."""
    raise ModelFileError(f"is damaged: {what}. {AGAIN}")


def _check_is_file(path: Path) -> None:
    """Raise ModelFileError for a path that is missing, a folder or a device."""
    if not path.exists():
        if not path.parent.is_dir():
            raise ModelFileError(f"does not exist; its folder {path.parent} is missing too. Check the path.")
        there = [one.name for one in path.parent.iterdir() if one.is_file()]
        raise ModelFileError(f"does not exist.{near_miss(path.name, there) or ' Check the path.'}")
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        held = sorted(one.name for one in path.glob("*.glassnet"))
        raise ModelFileError(f"is a folder. Give a file in it{': ' + listed(held) if held else ''}.")
    if not stat.S_ISREG(mode):
        raise ModelFileError("is a device or pipe, not a file on a disk. Copy it to a file first.")


def _read_head(file: BinaryIO, size: int) -> bytes:
    """Return the length and the header; raises ModelFileError for a foreign, cut or oversize file."""
    if size == 0:
        raise ModelFileError(f"is empty. {AGAIN}")
    start = file.read(9)
    length = int.from_bytes(start[:8], "little")
    opened = start[8:] == b"{"
    foreign = [what for signature, what in FOREIGN.items() if start.startswith(signature)]
    if foreign and not (opened and length <= HEADER_LIMIT):  # a length may begin like a pickle: 0x80
        raise ModelFileError(f"is {foreign[0]}. Give the .glassnet file that Glassnet wrote.")
    if size < 9:
        raise ModelFileError(f"is only {size} bytes long, too short for a model. {AGAIN}")
    if not opened:
        raise ModelFileError("is no safetensors file. Give the .glassnet file that Glassnet wrote.")
    if not 2 <= length <= HEADER_LIMIT:
        _damaged(f"its header claims {length} bytes, 2 to {HEADER_LIMIT} are allowed")
    if length > size - 8:
        _damaged(f"it ends inside its header, after {size} of at least {8 + length} bytes")
    return start + file.read(length - 1)


def _parse_head(text: bytes) -> dict[str, Any]:
    """Return the header's JSON object; raises ModelFileError for bad UTF-8, bad JSON and double names."""
    try:
        decoded = text.decode()
    except UnicodeDecodeError as error:
        _damaged(f"its header is not UTF-8 at byte {8 + error.start}")
    return _parse(decoded, "its header")


def _parse(text: str, what: str) -> dict[str, Any]:
    """Return the JSON object in `text`; raises ModelFileError where it is not strict JSON."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            (double, _), *_ = Counter(name for name, _ in pairs).most_common(1)
            _damaged(f"{what} names {double!r:.80} twice")
        return found

    def constant(name: str) -> NoReturn:
        _damaged(f"{what} holds {name}, which is not JSON")

    try:
        value = json.loads(text, object_pairs_hook=once, parse_constant=constant)
    except ModelFileError:
        raise
    except ValueError as error:  # not JSON, or an integer of thousands of digits
        _damaged(f"{what} is not JSON ({error})")
    except RecursionError:
        _damaged(f"{what} is nested deeper than {DEPTH_LIMIT} levels")
    if not isinstance(value, dict):
        _damaged(f"{what} is not a JSON object")
    return value


def _glassnet(whole: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON object under `glassnet`; raises ModelFileError where it is missing or newer."""
    metadata = whole.pop("__metadata__", {})
    text = metadata.get("glassnet") if isinstance(metadata, dict) else None
    if not isinstance(text, str):
        raise ModelFileError(
            "is a safetensors file without the key 'glassnet', so not a model of Glassnet."
            " Give the .glassnet file that Glassnet wrote."
        )
    glassnet = _parse(text, "its text under 'glassnet'")
    version = glassnet.get("format_version")
    if type(version) is not int or not 1 <= version < 1 << 16:
        _damaged(f"its format_version is {version!r:.80}, not a number from 1")
    if version > FORMAT_VERSION:
        raise ModelFileError(
            f"was written by version {version}; this is version {FORMAT_VERSION}."
            f" Upgrade, or save it again with version {FORMAT_VERSION}."
        )
    if glassnet.keys() != {"format_version", "sha256", "values"} or not isinstance(glassnet["values"], dict):
        _damaged("its text under 'glassnet' does not hold exactly format_version, sha256 and values")
    return glassnet


def _tensors(entries: dict[str, Any], space: int) -> list[_Tensor]:
    """Return the tensors in the order they lie; raises ModelFileError unless they fill `space` bytes."""
    tensors = sorted(
        (_tensor(name, entry) for name, entry in entries.items()), key=lambda one: (one.begin, one.end)
    )
    end = 0
    for tensor in tensors:
        if tensor.begin < end:
            _damaged(f"array {tensor.name!r:.80} overlaps the one before it by {end - tensor.begin} bytes")
        if tensor.begin > end:
            _damaged(f"there is a hole of {tensor.begin - end} bytes before array {tensor.name!r:.80}")
        end = tensor.end
    if space < end:
        _damaged(f"it is cut short, {end - space} bytes are missing at its end")
    if space > end:
        _damaged(f"it has {space - end} bytes more than its header names")
    return tensors


def _tensor(name: str, entry: Any) -> _Tensor:
    """Return the tensor that the header's entry describes, its size checked against its shape."""
    if not isinstance(entry, dict) or entry.keys() != {"data_offsets", "dtype", "shape"}:
        _damaged(f"array {name!r:.80} is not described by exactly data_offsets, dtype and shape")
    check_text(name, "the name of an array")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in DTYPES:
        _damaged(f"array {name!r:.80} has the unknown dtype {dtype!r:.80}; known: {listed(sorted(DTYPES))}")
    if not _is_shape(shape):
        _damaged(f"array {name!r:.80} has the impossible shape {shape!r:.80}")
    if not _are_sizes(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
        _damaged(f"array {name!r:.80} has the impossible data_offsets {offsets!r:.80}")
    size = math.prod(shape) * DTYPES[dtype].itemsize
    if size != offsets[1] - offsets[0]:
        _damaged(f"array {name!r:.80} needs {size} bytes by its shape, but has {offsets[1] - offsets[0]}")
    return _Tensor(name=name, dtype=dtype, shape=tuple(shape), begin=offsets[0], end=offsets[1])


def _is_shape(value: Any) -> TypeGuard[list[int]]:
    """Say whether NumPy can hold these sizes: at most 32, and their product without zeros below 2**59."""
    if not _are_sizes(value) or len(value) > DIMENSION_LIMIT:
        return False
    return math.prod(one for one in value if one) < 1 << 59


def _are_sizes(value: Any) -> TypeGuard[list[int]]:
    """Say whether the value is a list of integers from 0 to 2**62."""
    return isinstance(value, list) and all(type(one) is int and 0 <= one <= 1 << 62 for one in value)


def _check_sha256(stated: Any, head: bytes, data: bytes) -> str:
    """Return the file's SHA-256; raises ModelFileError where the file states another."""
    blank = head[:DIGITS_AT] + NO_DIGITS.encode() + head[DIGITS_AT + 64 :]
    found = sha256_of([blank, data])
    if stated != found:
        _damaged(f"it states the SHA-256 {stated!r:.80}, but its bytes give '{found}'")
    return found


def _array(tensor: _Tensor, data: bytes) -> Array:
    """Return the tensor as a read-only view of the file's bytes."""
    array: Array = np.ndarray(tensor.shape, DTYPES[tensor.dtype], buffer=data, offset=tensor.begin)
    if tensor.dtype == "BOOL" and array.size and array.view(np.uint8).max() > 1:
        _damaged(f"array {tensor.name!r:.80} of yes and no holds bytes other than 0 and 1")
    return array

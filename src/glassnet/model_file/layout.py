"""What reader and writer share: limits, dtypes, the place of the digits, the rules for JSON values."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from glassnet.errors import ModelFileError

JSON: TypeAlias = "bool | int | float | str | Sequence[JSON] | Mapping[str, JSON] | None"
Array: TypeAlias = NDArray[Any]

FORMAT_VERSION: Final = 1
HEADER_LIMIT: Final = 100_000_000  # bytes; safetensors' own limit
DEPTH_LIMIT: Final = 100  # lists and objects inside each other
DIMENSION_LIMIT: Final = 32  # what every NumPy can hold
DTYPES: Final[dict[str, np.dtype[Any]]] = {
    name: np.dtype(code)
    for name, code in {
        "BOOL": "|b1", "U8": "|u1", "I8": "|i1", "U16": "<u2", "I16": "<i2", "F16": "<f2",
        "U32": "<u4", "I32": "<i4", "F32": "<f4", "U64": "<u8", "I64": "<i8", "F64": "<f8",
    }.items()
}  # fmt: skip
# The keys sort so that the digits come before everything of variable length: they stand at one place.
OPENING: Final = b'{"__metadata__":{"glassnet":"{\\"format_version\\":1,\\"sha256\\":\\"'
DIGITS_AT: Final = 8 + len(OPENING)
NO_DIGITS: Final = "0" * 64
AGAIN: Final = "Copy it again from where it was made, or save the model again."


def sha256_of(parts: Iterable[bytes | memoryview]) -> str:
    """Return the SHA-256 of the parts in a row, 64 lower-case hexadecimal digits."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def plain(value: Any, place: str, depth: int) -> Any:
    """Return the value in plain dictionaries and lists; raises ModelFileError for what no file may hold."""
    if depth > DEPTH_LIMIT:
        raise ModelFileError(f"{place[:80]}... is nested deeper than {DEPTH_LIMIT} levels. Make it flatter.")
    if isinstance(value, Mapping):
        return {_key(key, place): plain(one, f"{place}.{key}", depth + 1) for key, one in value.items()}
    if isinstance(value, str):
        return check_text(value, place)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return [plain(one, f"{place}[{at}]", depth + 1) for at, one in enumerate(value)]
    return _number(value, place)


def _key(key: Any, place: str) -> str:
    """Return the key of an object; raises ModelFileError where it is no text."""
    if not isinstance(key, str):
        raise ModelFileError(f"{place} has the key {key!r}, which is not a text. Make it one.")
    return check_text(key, f"a key of {place}")


def _number(value: Any, place: str) -> Any:
    """Return None, a bool, an integer of 64 bits or a finite float; raises ModelFileError for the rest."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and -(1 << 63) <= value < 1 << 64:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, float):
        raise ModelFileError(f"{place} is {value}, which JSON cannot hold. Use null or a text.")
    if isinstance(value, int):
        raise ModelFileError(f"{place} is an integer of {value.bit_length()} bits, more than 64. Use a text.")
    kind = type(value)
    raise ModelFileError(f"{place} is a {kind.__module__}.{kind.__qualname__}, not JSON. Convert it first.")


def check_text(text: str, place: str) -> str:
    """Return the text; raises ModelFileError where it cannot be UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ModelFileError(
            f"{place} is not Unicode at character {error.start + 1} (it cannot be UTF-8). Mend the text."
        ) from None
    return text

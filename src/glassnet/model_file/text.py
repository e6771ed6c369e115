"""Texts as arrays: UTF-8 bytes end to end, and the offsets between them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from glassnet.errors import ModelFileError
from glassnet.model_file.layout import AGAIN, check_text


def pack_text(texts: Sequence[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the texts' UTF-8 bytes, end to end, and the n + 1 offsets between them."""
    encoded = [check_text(text, f"text {number}").encode() for number, text in enumerate(texts)]
    offsets = np.zeros(len(encoded) + 1, dtype=np.int64)
    np.cumsum([len(one) for one in encoded], out=offsets[1:])
    return np.frombuffer(b"".join(encoded), dtype=np.uint8), offsets


def unpack_text(utf8: NDArray[np.uint8], offsets: NDArray[np.int64]) -> tuple[str, ...]:
    """Return the texts that `pack_text` packed; raises ModelFileError for anything else."""
    if utf8.dtype != np.uint8 or offsets.dtype != np.int64 or utf8.ndim != 1 or offsets.ndim != 1:
        raise ModelFileError(f"texts need a row of uint8 and a row of int64. {AGAIN}")
    if not offsets.size or offsets[0] != 0 or offsets[-1] != utf8.size or np.any(offsets[1:] < offsets[:-1]):
        raise ModelFileError(f"the offsets of texts do not rise from 0 to their {utf8.size} bytes. {AGAIN}")
    whole = utf8.tobytes()
    bounds = offsets.tolist()
    try:
        return tuple(whole[begin:end].decode() for begin, end in itertools.pairwise(bounds))
    except UnicodeDecodeError as error:
        raise ModelFileError(f"a text is not UTF-8 ({error.reason}). {AGAIN}") from None

"""The bytes of a text file as UTF-8 that DuckDB can read: other encodings are decoded into a copy."""

from __future__ import annotations

import codecs
import gzip
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

from glassnet.errors import SourceError
from glassnet.settings import Settings
from glassnet.table.database import frame_of, literal

BLOCK: Final = 1 << 20  # bytes decoded at once
SAMPLE: Final = 1 << 16  # bytes looked at to find the dialect
GLOB_SIGNS: Final = frozenset("*?[]{}")
MARKS: Final = {  # byte order marks, the longer first
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
COMPRESSIONS: Final = {".gz": "gzip", ".zst": "zstd", ".zstd": "zstd"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Readable:
    """A text file as DuckDB can read it, for as long as its context lasts."""

    path: str  # of the file or of its UTF-8 copy
    compression: str  # none, gzip, zstd
    sample: str  # its first characters
    whole: bool  # whether the sample is all of it
    notes: tuple[str, ...]


def compression_of(path: Path) -> str:
    """Return none, gzip or zstd, by the last suffix."""
    return COMPRESSIONS.get(path.suffix.lower(), "none")


@contextmanager
def readable(path: Path, settings: Settings) -> Iterator[Readable]:
    """Give the file as UTF-8 text: itself where it is that already, else a copy that is deleted after.

    Raises SourceError for an empty or binary file and for an unknown or wrong encoding.
    """
    compression = compression_of(path)
    with tempfile.TemporaryDirectory(prefix="glassnet-") as folder, without_glob_signs(path) as plain:
        if compression == "zstd":
            sample = _lines_by_duckdb(plain, path.name)
            yield Readable(path=str(plain), compression="zstd", sample=sample, whole=False, notes=())
            return
        encoding, notes = _encoding(path, compression, settings.encoding)
        if encoding != "utf-8":
            plain, compression = Path(folder) / "decoded.csv", "none"
            _decode(path, encoding, plain)
        head = _head(plain, compression)
        sample = head[:SAMPLE].decode("utf-8-sig", errors="ignore")
        if not sample.strip():
            raise SourceError(f"{path} is empty.")
        yield Readable(
            path=str(plain), compression=compression, sample=sample, whole=len(head) <= SAMPLE, notes=notes
        )


@contextmanager
def without_glob_signs(path: Path) -> Iterator[Path]:
    """Give a path without the signs that DuckDB would take for a pattern: the file's own or a link to it."""
    if not GLOB_SIGNS & set(str(path)):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="glassnet-") as folder:
        link = Path(folder) / ("linked" + path.suffix)
        os.symlink(path.resolve(), link)
        yield link


def _open(path: Path, compression: str) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path, "rb")) if compression == "gzip" else path.open("rb")


def _head(path: Path, compression: str) -> bytes:
    try:
        with _open(path, compression) as file:
            return file.read(SAMPLE + 1)
    except (gzip.BadGzipFile, EOFError) as error:
        raise SourceError(f"{path} is not a whole gzip file: {error}.") from None


def _lines_by_duckdb(path: Path, name: str) -> str:
    """Return the first lines of a zstd file, which Python's standard library cannot open."""
    sql = (
        f"select * from read_csv({literal(str(path))}, auto_detect=false, columns={{'line': 'VARCHAR'}},"
        " delim='\x01', quote='', escape='', header=false, compression='zstd') limit 500"
    )
    lines = frame_of(sql, (), name)["line"].fill_null("").to_list()
    if not any(line.strip() for line in lines):
        raise SourceError(f"{name} is empty.")
    return "\n".join(lines).removeprefix("\ufeff")[:SAMPLE] + "\n"


def _encoding(path: Path, compression: str, wanted: str) -> tuple[str, tuple[str, ...]]:
    """Return the encoding to decode from and a note where it was a guess."""
    if wanted != "auto":
        try:
            known = codecs.lookup(wanted).name
        except LookupError:
            raise SourceError(
                f"no encoding is called '{wanted}'. Known are utf-8, utf-16, latin-1, cp1252 and more."
            ) from None
        return ("utf-8" if known == "utf-8-sig" else known), ()
    head = _head(path, compression)
    for mark, encoding in MARKS.items():
        if head.startswith(mark):
            return encoding, ()
    if b"\0" in head:
        return _zero_bytes(path, head)
    if _decodes(path, compression, "utf-8"):
        return "utf-8", ()
    guess = "cp1252" if _decodes(path, compression, "cp1252") else "latin-1"
    return guess, (f"{path.name} is not in UTF-8 and was read as {guess}; --encoding names another.",)


def _zero_bytes(path: Path, head: bytes) -> tuple[str, tuple[str, ...]]:
    """Return UTF-16 with its byte order where every second byte is mostly zero; else it is no text."""
    half = max(len(head) // 2, 1)
    for encoding, zeros in (("utf-16-le", head[1::2].count(0)), ("utf-16-be", head[0::2].count(0))):
        if zeros > 0.7 * half:
            return encoding, (f"{path.name} was read as {encoding}; --encoding names another.",)
    raise SourceError(f"{path} holds zero bytes and is no text file. Give a CSV, TSV, JSON lines or Parquet.")


def _blocks(path: Path, compression: str, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    with _open(path, compression) as file:
        while block := file.read(BLOCK):
            yield decoder.decode(block)
        yield decoder.decode(b"", final=True)


def _decodes(path: Path, compression: str, encoding: str) -> bool:
    try:
        for _ in _blocks(path, compression, encoding):
            pass
    except UnicodeDecodeError:
        return False
    except (gzip.BadGzipFile, EOFError) as error:
        raise SourceError(f"{path} is not a whole gzip file: {error}.") from None
    return True


def _decode(path: Path, encoding: str, copy: Path) -> None:
    try:
        with copy.open("w", encoding="utf-8", newline="") as file:
            for text in _blocks(path, compression_of(path), encoding):
                file.write(text)
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{path} is not in {encoding}: byte {error.start} of a block cannot be decoded."
            " Name another encoding with --encoding."
        ) from None

"""Files as bytes: unpacked where they are compressed, and told apart by their first bytes."""

from __future__ import annotations

import bz2
import gzip
import importlib
import importlib.util
import lzma
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, cast

from glassnet.errors import SourceError, listed
from glassnet.table.database import literal, rows_of

GLOB_SIGNS: Final = frozenset("*?[]{}")
SUFFIXES: Final = {
    ".gz": "gzip",
    ".zst": "zstd",
    ".zstd": "zstd",
    ".bz2": "bzip2",
    ".xz": "xz",
    ".zip": "zip",
}
FIRST_BYTES: Final = {  # how files begin, whatever they are called
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
}
BROKEN: Final = (
    OSError,
    EOFError,
    lzma.LZMAError,
    zlib.error,
    zipfile.BadZipFile,
)  # what unpacking a damaged file raises
ZSTD_MODULES: Final = ("compression.zstd", "zstandard")  # Python 3.14's own, and the package


def compression_of(path: Path) -> str:
    """Return none, gzip, zstd, bzip2, xz or zip: by the last suffix, else by the first bytes.

    A zip is known by its suffix alone: workbooks begin with the same bytes.
    """
    by_suffix = SUFFIXES.get(path.suffix.lower())
    return by_suffix or kind_of_bytes(path, FIRST_BYTES) or "none"


def kind_of_bytes(path: Path, kinds: Mapping[bytes, str]) -> str:
    """Return what `kinds` calls a file that begins so, or an empty string.

    Raises SourceError for a file that cannot be read.
    """
    try:
        with path.open("rb") as file:
            head = file.read(max(map(len, kinds)))
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}.") from None
    return next((kind for mark, kind in kinds.items() if head.startswith(mark)), "")


@contextmanager
def open_packed(path: Path, compression: str) -> Iterator[IO[bytes]]:
    """Give the unpacked bytes. Raises SourceError where the file is damaged, on reading too."""
    try:
        with OPENERS[compression](path) as file:
            yield file
    except _broken(compression) as error:
        if compression == "none":
            raise
        raise SourceError(f"{path} is not a whole {compression} file: {error}.") from None


def unpack(path: Path, compression: str, copy: Path) -> Path:
    """Return `copy` with the unpacked bytes in it. Raises SourceError for a damaged file."""
    if compression == "zstd" and not _zstd():
        _unpack_by_duckdb(path, copy)
        return copy
    with open_packed(path, compression) as packed, copy.open("wb") as file:
        shutil.copyfileobj(packed, file, 1 << 20)
    return copy


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


def _plain(path: Path) -> IO[bytes]:
    return path.open("rb")


def _gzip(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path, "rb"))


def _bzip2(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", bz2.open(path, "rb"))


def _xz(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", lzma.open(path, "rb"))


def member_of(path: Path) -> str:
    """Return the name of the one file in a zip archive.

    Raises SourceError for an archive of none or several, a locked or a damaged one.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            files = [one for one in archive.infolist() if not one.is_dir() and not _is_hidden(one.filename)]
    except BROKEN as error:
        raise SourceError(f"{path} is not a whole zip file: {error}.") from None
    if len(files) != 1:
        what = f"{len(files)} files: {listed(one.filename for one in files)}" if files else "no file"
        raise SourceError(f"{path} holds {what}. Unpack it and name the table, or pack one table alone.")
    if files[0].flag_bits & 1:
        raise SourceError(f"{path} is locked by a password. Unpack it and name the table in it.")
    return files[0].filename


def _is_hidden(name: str) -> bool:
    """Return whether a file in an archive is none of the user's, as macOS adds them."""
    return name.startswith("__MACOSX/") or name.split("/")[-1].startswith(".")


def _zip(path: Path) -> IO[bytes]:
    member = member_of(path)
    with zipfile.ZipFile(path) as archive:  # its file stays open as long as the member's
        return archive.open(member)


def _zstandard(path: Path) -> IO[bytes]:
    module: Any = importlib.import_module(_zstd())
    return cast("IO[bytes]", module.open(path, "rb"))


OPENERS: Final[dict[str, Callable[[Path], IO[bytes]]]] = {
    "none": _plain,
    "gzip": _gzip,
    "bzip2": _bzip2,
    "xz": _xz,
    "zstd": _zstandard,
    "zip": _zip,
}


def _zstd() -> str:
    """Return the module that unpacks zstd, or an empty string where none is installed."""
    for name in ZSTD_MODULES:
        try:
            if importlib.util.find_spec(name):
                return name
        except ModuleNotFoundError:  # the package around a module is missing
            continue
    return ""


def _broken(compression: str) -> tuple[type[Exception], ...]:
    """Return what unpacking a damaged file raises: each module of zstd has an error of its own."""
    module: Any = importlib.import_module(_zstd()) if compression == "zstd" else None
    return (*BROKEN, module.ZstdError) if module else BROKEN


def _unpack_by_duckdb(path: Path, copy: Path) -> None:
    """Write the lines of a zstd file in UTF-8, which DuckDB unpacks but keeps to itself."""
    sql = (
        f"select * from read_csv({literal(str(path))}, auto_detect=false, columns={{'line': 'VARCHAR'}},"
        " delim='\x01', quote='', escape='', header=false, compression='zstd')"
    )
    with copy.open("w", encoding="utf-8", newline="") as file:
        for rows in rows_of(sql, str(path)):
            file.writelines(f"{line or ''}\n" for (line,) in rows)

"""The bytes of a text file as UTF-8 that DuckDB can read: other encodings are decoded into a copy."""

from __future__ import annotations

import codecs
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from glassnet.errors import SourceError
from glassnet.settings import Settings
from glassnet.table.packed import compression_of, open_packed, unpack, without_glob_signs

BLOCK: Final = 1 << 20  # bytes decoded at once
SAMPLE: Final = 1 << 16  # bytes looked at to find the dialect, more where lines are long
SAMPLE_LINES: Final = 40  # so many lines at least
LONGEST_SAMPLE: Final = 32 << 20  # bytes, however long its lines are
TAIL: Final = 1 << 14  # bytes looked at to find lines below the last row
MOST_CONTROLS: Final = 0.02  # share of control signs from which a file is no text
CONTROLS: Final = bytes(set(range(32)) - {1, 2, 9, 10, 12, 13, 27, 28, 29, 30, 31})
MARKS: Final = {  # byte order marks, the longer first
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
UNICODE_ENDS: Final = ("\u2028", "\u2029", "\x85")  # of lines, where a program writes no others
QUOTED: Final = re.compile('"[^"]*"')
ESCAPED: Final = re.compile("[\udc80-\udcff]")  # bytes that were no UTF-8, as `surrogateescape` keeps them
MIXED: Final = "utf-8 with single bytes in cp1252"


@dataclass(frozen=True, kw_only=True, slots=True)
class Readable:
    """A text file as DuckDB can read it, for as long as its context lasts."""

    path: str  # of the file or of its UTF-8 copy
    folder: str  # a place for more copies
    compression: str  # none, gzip
    sample: str  # its first characters
    whole: bool  # whether the sample is all of it
    tail: str = ""  # its last characters
    zeros: int = 0  # zero bytes in it
    hash_lines: int = 0  # lines after the first one that begin with #
    longest_line: int = 0  # bytes of its longest line that begins in one block and ends in another
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Survey:
    """What one pass over all bytes of a file sees."""

    good: int  # bytes beyond the first of each UTF-8 character
    bad: int  # bytes that are no UTF-8
    bad_line: int  # the line of the first of them, from 1
    zeros: int
    hash_lines: int
    tail: bytes
    longest_line: int  # bytes, of those that begin in one block and end in another


@contextmanager
def readable(path: Path, settings: Settings) -> Iterator[Readable]:
    """Give the file as UTF-8 text: itself where it is that already, else a copy that is deleted after.

    Raises SourceError for an empty or binary file and for an unknown or wrong encoding.
    """
    compression = compression_of(path)
    with tempfile.TemporaryDirectory(prefix="glassnet-") as folder, without_glob_signs(path) as plain:
        if compression not in ("none", "gzip"):
            plain, compression = unpack(plain, compression, Path(folder) / "unpacked.csv"), "none"
        seen = survey(plain, compression)
        encoding, notes = _encoding(path, plain, compression, seen, settings.encoding)
        if encoding != "utf-8":
            decoded = Path(folder) / "decoded.csv"
            _decode(plain, compression, encoding, decoded, path)
            plain, compression = decoded, "none"
            seen = survey(plain, compression)
        head, whole = _head(plain, compression)
        if separator := _unicode_ends(head):
            again = Path(folder) / "lines.csv"
            _with_line_feeds(plain, compression, separator, again)
            plain, compression, seen = again, "none", survey(again, "none")
            head, whole = _head(plain, compression)
            what = f"U+{ord(separator):04X}"
            notes += (f"{path.name}: lines end with the sign {what}, which was read as a line end.",)
        sample = head.decode("utf-8-sig", errors="ignore").replace("\0", "")
        if not sample.strip(" \t\r\n\ufeff"):
            raise SourceError(f"{path} is empty.")
        yield Readable(
            path=str(plain),
            folder=folder,
            compression=compression,
            sample=sample,
            whole=whole,
            tail=seen.tail.decode("utf-8", errors="ignore").replace("\0", ""),
            zeros=seen.zeros,
            hash_lines=seen.hash_lines,
            longest_line=seen.longest_line,
            notes=notes,
        )


def _unicode_ends(head: bytes) -> str:
    """Return the sign of Unicode that ends the lines, where outside of quoted cells no usual one does."""
    text = head.decode("utf-8-sig", errors="ignore")
    if not any(sign in text for sign in UNICODE_ENDS):
        return ""
    bare = QUOTED.sub("", text)
    if "\n" in bare or "\r" in bare:
        return ""
    return max(UNICODE_ENDS, key=bare.count) if any(sign in bare for sign in UNICODE_ENDS) else ""


def _with_line_feeds(plain: Path, compression: str, separator: str, copy: Path) -> None:
    with copy.open("w", encoding="utf-8", newline="") as file:
        for text in _blocks(plain, compression, "utf-8"):
            file.write(text.replace(separator, "\n"))


def survey(path: Path, compression: str) -> Survey:
    """Return what one pass over the unpacked bytes sees (16 MB: 0.02 s, 2026-11)."""
    good = bad = bad_line = zeros = hashes = lines = longest = run = 0
    before, tail = b"", b""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    with open_packed(path, compression) as file:
        while block := file.read(BLOCK):
            if not block.isascii() or decoder.getstate()[0]:
                text = decoder.decode(block)
                wrong = ESCAPED.search(text)
                if wrong and not bad_line:
                    bad_line = lines + text.count("\n", 0, wrong.start()) + 1
                bad += len(ESCAPED.findall(text)) if wrong else 0
                good += max(0, len(block) - len(text))
            zeros += block.count(0)
            joint = before[-1:] + block
            hashes += joint.count(b"\n#") + joint.count(b"\r#")
            lines += block.count(b"\n")
            spanning, run = _over_the_edge(run, block)
            longest = max(longest, spanning)
            before, tail = block, (tail + block)[-TAIL:]
    unfinished = len(decoder.getstate()[0])
    return Survey(
        good=good,
        bad=bad + unfinished,
        bad_line=bad_line or lines + 1,
        zeros=zeros,
        hash_lines=hashes,
        tail=tail,
        longest_line=max(longest, run),
    )


def _over_the_edge(run: int, block: bytes) -> tuple[int, int]:
    """Return the bytes so far of the line that goes on from the block before, and of the block's last one.

    `run` are those of the former in the blocks before; both are the same where no line ends in the block.
    """
    first = block.find(b"\n")
    carriage = block.find(b"\r", 0, first if first >= 0 else len(block))
    first = carriage if carriage >= 0 else first
    if first < 0:
        return run + len(block), run + len(block)
    last = max(first, block.rfind(b"\n"))
    last = max(last, block.rfind(b"\r", last))
    return run + first, len(block) - last - 1


def count_of(file: Readable, texts: tuple[str, ...]) -> int:
    """Return how often the texts, shorter than a block, occur in the whole file."""
    wanted = [text.encode() for text in texts]
    longest = max(map(len, wanted))
    count, before = 0, b""
    with open_packed(Path(file.path), file.compression) as packed:
        while block := packed.read(BLOCK):
            joint = before + block
            count += sum(joint.count(one) - before.count(one) for one in wanted)
            before = joint[1 - longest :]
    return count


def _head(path: Path, compression: str) -> tuple[bytes, bool]:
    """Return the first bytes of the file, at least some lines of them, and whether that is all."""
    with open_packed(path, compression) as file:
        head = file.read(SAMPLE)
        while _few_lines(head) and (more := file.read(len(head) or 1)):
            head += more
        return head, not file.read(1)


def _few_lines(head: bytes) -> bool:
    few = head.count(b"\n") + head.count(b"\r") < SAMPLE_LINES
    return few and len(head) < LONGEST_SAMPLE


def _encoding(
    path: Path, plain: Path, compression: str, seen: Survey, wanted: str
) -> tuple[str, tuple[str, ...]]:
    """Return the encoding to decode from and a note where it was a guess."""
    if wanted != "auto":
        known = _known(wanted)
        if known == "utf-8" and seen.bad:
            raise SourceError(
                f"{path} is not in utf-8: line {seen.bad_line} cannot be decoded. Name another encoding with"
                " --encoding."
            )
        return known, ()
    with open_packed(plain, compression) as file:
        head = file.read(SAMPLE)
    for mark, encoding in MARKS.items():
        if head.startswith(mark):
            return encoding, ()
    controls = len(head) - len(head.translate(None, CONTROLS))
    if controls > MOST_CONTROLS * len(head):
        return _utf16(path, head)
    if not seen.bad:
        return "utf-8", ()
    if seen.good > seen.bad:
        return MIXED, (
            f"{path.name} is in UTF-8 but for {seen.bad} bytes, the first in line {seen.bad_line}, which were"
            " read as cp1252; --encoding names another.",
        )
    guess = "cp1252" if _decodes(plain, compression, "cp1252") else "latin-1"
    return guess, (f"{path.name} is not in UTF-8 and was read as {guess}; --encoding names another.",)


def _known(wanted: str) -> str:
    try:
        known = codecs.lookup(wanted).name
        if not isinstance(b"".decode(wanted), str):
            raise LookupError
    except (LookupError, TypeError):
        raise SourceError(
            f"no encoding is called '{wanted}'. Known are utf-8, utf-16, latin-1, cp1252 and more."
        ) from None
    return "utf-8" if known == "utf-8-sig" else known


def _utf16(path: Path, head: bytes) -> tuple[str, tuple[str, ...]]:
    """Return UTF-16 with its byte order where every second byte is mostly zero; else it is no text."""
    half = max(len(head) // 2, 1)
    for encoding, zeros in (("utf-16-le", head[1::2].count(0)), ("utf-16-be", head[0::2].count(0))):
        if zeros > 0.7 * half:
            return encoding, (f"{path.name} was read as {encoding}; --encoding names another.",)
    what = "zero bytes" if 0 in head else "control signs"
    raise SourceError(f"{path} holds {what} and is no text file. Give a CSV, TSV, JSON lines or Parquet.")


def _blocks(path: Path, compression: str, encoding: str) -> Iterator[str]:
    mixed = encoding == MIXED
    name, errors = ("utf-8", "surrogateescape") if mixed else (encoding, "strict")
    decoder = codecs.getincrementaldecoder(name)(errors)
    with open_packed(path, compression) as file:
        while block := file.read(BLOCK):
            text = decoder.decode(block)
            yield text.translate(SINGLE_BYTES) if mixed else text
        text = decoder.decode(b"", final=True)
        yield text.translate(SINGLE_BYTES) if mixed else text


def _single_byte(byte: int) -> str:
    one = bytes([byte])
    try:
        return one.decode("cp1252")
    except UnicodeDecodeError:  # five bytes that cp1252 leaves open
        return one.decode("latin-1")


SINGLE_BYTES: Final = {0xDC00 + byte: _single_byte(byte) for byte in range(0x80, 0x100)}


def _decodes(path: Path, compression: str, encoding: str) -> bool:
    try:
        for _ in _blocks(path, compression, encoding):
            pass
    except UnicodeDecodeError:
        return False
    return True


def _decode(plain: Path, compression: str, encoding: str, copy: Path, path: Path) -> None:
    try:
        with copy.open("w", encoding="utf-8", newline="") as file:
            for text in _blocks(plain, compression, encoding):
                file.write(text)
    except UnicodeError as error:
        at = f"byte {error.start} of a block" if isinstance(error, UnicodeDecodeError) else str(error)
        raise SourceError(
            f"{path} is not in {encoding}: {at} cannot be decoded. Name another encoding with --encoding."
        ) from None

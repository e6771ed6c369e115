"""Foreign, damaged and hostile model files are refused by name, quickly and without much memory.

After safetensors' `attacks/`. `sealed` gives a changed file a right SHA-256 again, as an attacker would.
"""

import contextlib
import hashlib
import io
import json
import os
import pickle
import time
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save, save_file

from glassnet.errors import ModelFileError
from glassnet.model_file import read_model_file, write_model_file
from glassnet.model_file.layout import DIGITS_AT, HEADER_LIMIT, OPENING

WEIGHT = {"data_offsets": [0, 8], "dtype": "F32", "shape": [2]}


def whole(tmp_path: Path) -> bytes:
    path = tmp_path / "whole.glassnet"
    write_model_file(path, {"task": "binary"}, {"w": np.ones(2, np.float32), "yes": np.ones(3, bool)})
    return path.read_bytes()


def sealed(content: bytes) -> bytes:
    blank = content[:DIGITS_AT] + b"0" * 64 + content[DIGITS_AT + 64 :]
    return content[:DIGITS_AT] + hashlib.sha256(blank).hexdigest().encode() + content[DIGITS_AT + 64 :]


def framed(header: bytes, data: bytes) -> bytes:
    return len(header).to_bytes(8, "little") + header + data


def built(entries: str, data: bytes, values: str = "{}") -> bytes:
    """A file with these entries and values as they stand, its SHA-256 right."""
    inside = json.dumps('","values":' + values + "}")[1:]
    return sealed(framed(OPENING + b"0" * 64 + (inside + "}" + entries + "}").encode(), data))


def refused(tmp_path: Path, content: bytes) -> str:
    path = tmp_path / "fare.glassnet"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=r"model file .*fare\.glassnet ") as error:
        read_model_file(path)
    assert str(error.value).endswith(".")
    return str(error.value).split("fare.glassnet ", 1)[1]


def entry(**changes: object) -> str:
    return ',"w":' + json.dumps({**WEIGHT, **changes})


def test_the_tools_of_these_tests_make_a_good_file(tmp_path):
    (tmp_path / "m").write_bytes(built(entry(), b"8 bytes.", '{"a":1}'))
    assert read_model_file(tmp_path / "m").header == {"a": 1}
    assert sealed(whole(tmp_path)) == whole(tmp_path)


# ---- files that are something else ----


def test_nothing_there(tmp_path):
    (tmp_path / "fares.glassnet").write_bytes(b"x")
    with pytest.raises(
        ModelFileError, match=r"fare\.glassnet does not exist\. Did you mean 'fares\.glassnet'\?"
    ):
        read_model_file(tmp_path / "fare.glassnet")
    with pytest.raises(ModelFileError, match=r"does not exist\. Check the path"):
        read_model_file(tmp_path / "quite-another-name")
    with pytest.raises(ModelFileError, match=r"its folder .*runs is missing too"):
        read_model_file(tmp_path / "runs" / "fare.glassnet")


def test_a_folder_and_a_device(tmp_path):
    (tmp_path / "model.glassnet").write_bytes(b"x")
    with pytest.raises(ModelFileError, match=r"is a folder\. Give a file in it: model\.glassnet\."):
        read_model_file(tmp_path)
    with pytest.raises(ModelFileError, match="is a device or pipe"):
        read_model_file(Path("/dev/zero"))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ModelFileError, match="is a device or pipe"):
        read_model_file(tmp_path / "pipe")


def test_a_file_one_may_not_read(tmp_path):
    path = tmp_path / "fare.glassnet"
    path.write_bytes(b"x")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(ModelFileError, match=r"cannot be read: Permission denied\. Check"):
        read_model_file(path)


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({}))
    return file.getvalue()


def array_file() -> bytes:
    file = io.BytesIO()
    np.save(file, np.zeros(3))
    return file.getvalue()


class Harm:
    """What a pickle would run when opened."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, ("raise SystemExit('the pickle was run')",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty. Copy it again"),
        *[
            (pickle.dumps(Harm(), protocol), "is a pickle, which can run any program")
            for protocol in (2, 3, 4, 5)
        ],
        (zipped(), "is a zip file, such as torch.save"),
        (array_file(), "is a NumPy array file"),
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "is an HDF5 file"),
        (b"\x1f\x8b\x08\x00" + bytes(20), "is a gzip file"),
        (b"PAR1" + bytes(20), "is a Parquet table"),
        (b"age,fare\n31,7.25\n", "is no safetensors file. Give the .glassnet file"),
        (b'{"a":{"b":1}}', "is no safetensors file"),
        (b"fare", "is only 4 bytes long, too short for a model"),
        (bytes(1000), "is no safetensors file"),
        (b"\xff" * 8 + b"{}", f"is damaged: its header claims {2**64 - 1} bytes, 2 to {HEADER_LIMIT}"),
        ((HEADER_LIMIT + 1).to_bytes(8, "little") + b"{", f"its header claims {HEADER_LIMIT + 1} bytes"),
        (bytes(8) + b"{}", "its header claims 0 bytes"),
        (framed(b"{", b""), "its header claims 1 bytes"),
        (save({"w": np.zeros(2)}), "is a safetensors file without the key 'glassnet'"),
        (save({"w": np.zeros(2)}, {"format": "pt"}), "is a safetensors file without the key 'glassnet'"),
        (save({"w": np.zeros(2)}, {"glassnet": "hello"}), "its text under 'glassnet' is not JSON"),
        (save({"w": np.zeros(2)}, {"glassnet": "[]"}), "its text under 'glassnet' is not a JSON object"),
        (save({"w": np.zeros(2)}, {"glassnet": "{}"}), "its format_version is None, not a number from 1"),
    ],
)
def test_foreign_files(tmp_path, content, message):
    assert message in refused(tmp_path, content)


def test_a_newer_version(tmp_path):
    for version in (2, 3, 12):
        newer = json.dumps({"format_version": version, "nobody": "knows"})
        assert refused(tmp_path, save({"w": np.zeros(2)}, {"glassnet": newer})) == (
            f"was written by version {version}; this is version 1. Upgrade, or save it again with version 1."
        )


@pytest.mark.parametrize(
    "version", ["0", "-1", "true", "1.0", '"1"', "null", "1" + "0" * 3000, "1" + "0" * 5000]
)
def test_a_version_that_is_none(tmp_path, version):
    text = '{"format_version":' + version + "}"
    message = refused(tmp_path, save({}, {"glassnet": text}))
    assert "not a number from 1" in message or "is not JSON" in message
    assert len(message) < 300


def test_a_file_that_another_program_wrote_again(tmp_path):
    (tmp_path / "whole.glassnet").write_bytes(whole(tmp_path))
    text = json.loads(whole(tmp_path)[8:].split(b"   ")[0].rsplit(b"}", 1)[0] + b"}")["__metadata__"]
    spaced = {"glassnet": json.dumps(json.loads(text["glassnet"]))}
    save_file(load_file(tmp_path / "whole.glassnet"), tmp_path / "again", spaced)
    message = refused(tmp_path, (tmp_path / "again").read_bytes())
    assert "is damaged: it was changed by another program since Glassnet wrote it." in message


# ---- files that were damaged ----


def test_every_flipped_bit(tmp_path):
    content = whole(tmp_path)
    for bit in range(8 * len(content)):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        refused(tmp_path, bytes(flipped))


def test_every_cut(tmp_path):
    content = whole(tmp_path)
    for length in range(len(content)):
        message = refused(tmp_path, content[:length])
        assert any(words in message for words in ("it ends", "is empty", "cut short", "too short")), message


def test_bytes_too_many(tmp_path):
    assert "it has 3 bytes more than its header names" in refused(tmp_path, sealed(whole(tmp_path) + b"abc"))


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (b'{"\xff":1}', "its header is not UTF-8 at byte 10"),
        (b'{"a":1,}', "its header is not JSON"),
        (b'{"a":NaN}', "its header holds NaN, which is not JSON"),
        (b"{" + b'"a":' + b"[" * 200_000, "is nested deeper"),
        (b'{"a":1,"a":2}', "its header names 'a' twice"),
        (b'{"a\\u001b[31m":1,"a\\u001b[31m":2}', r"its header names 'a\x1b[31m' twice"),
        (b'{"__metadata__":{"glassnet":"{}","glassnet":"{}"}}', "its header names 'glassnet' twice"),
        (b'{"__metadata__":[1]}', "without the key 'glassnet'"),
        (b'{"__metadata__":{"glassnet":1}}', "without the key 'glassnet'"),
        (b'{"a":' + b"9" * 5000 + b"}", "its header is not JSON"),
        (b'{"a":1} x', "its header is not JSON"),
    ],
)
def test_a_header_that_is_not_strict_json(tmp_path, header, message):
    assert message in refused(tmp_path, framed(header, b""))


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (entry(dtype="BF16"), "array 'w' has the unknown dtype 'BF16'; known: BOOL"),
        (entry(dtype=["F32"]), "array 'w' has the unknown dtype ['F32']"),
        (entry(dtype="object"), "unknown dtype 'object'"),
        (entry(shape=[-2]), "array 'w' has the impossible shape [-2]"),
        (entry(shape=[-1, -2]), "impossible shape [-1, -2]"),
        (entry(shape=[2.0]), "impossible shape [2.0]"),
        (entry(shape=[True, 2]), "impossible shape [True, 2]"),
        (entry(shape=2), "impossible shape 2"),
        (entry(shape=[1] * 32 + [2]), "impossible shape"),
        (entry(shape=[2**62, 2**62, 0], data_offsets=[0, 0]), "impossible shape"),
        (entry(shape=[2**61]), "impossible shape"),
        (entry(shape=[10**4000]), "impossible shape"),
        (entry(shape=[3]), "array 'w' needs 12 bytes by its shape, but has 8"),
        (entry(shape=[2**58]), f"array 'w' needs {2**60} bytes by its shape, but has 8"),
        (entry(data_offsets=[8, 0]), "impossible data_offsets [8, 0]"),
        (entry(data_offsets=[-8, 0]), "impossible data_offsets [-8, 0]"),
        (entry(data_offsets=[0]), "impossible data_offsets [0]"),
        (entry(data_offsets=[0, 8, 8]), "impossible data_offsets"),
        (entry(data_offsets=None), "impossible data_offsets None"),
        (entry(data_offsets=[8, 16]), "there is a hole of 8 bytes before array 'w'"),
        (entry(shape=[2**40], data_offsets=[0, 2**42]), f"it is cut short, {2**42 - 8} bytes are missing"),
        (entry(more=1), "array 'w' is not described by exactly data_offsets, dtype and shape"),
        (',"w":[0,8]', "array 'w' is not described by exactly"),
        (',"w":{}', "array 'w' is not described by exactly"),
        (entry() + entry(), "its header names 'w' twice"),
        (entry() + entry().replace("w", "v"), "array 'v' overlaps the one before it by 8 bytes"),
        (
            entry() + ',"v":{"data_offsets":[4,4],"dtype":"F32","shape":[0]}',
            "array 'v' overlaps the one before it by 4 bytes",
        ),
        ("", "it has 8 bytes more than its header names"),
        (
            ',"a\\ud800":{"data_offsets":[0,8],"dtype":"F32","shape":[2]}',
            "the name of an array is not Unicode",
        ),
        (entry(dtype="BOOL", shape=[8]), "array 'w' of yes and no holds bytes other than 0 and 1"),
    ],
)
def test_arrays_that_cannot_be(tmp_path, entries, message):
    said = refused(tmp_path, built(entries, b"8 bytes."))
    assert message in said
    assert len(said) < 300


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ('{"a":1e999}', "header.a is inf, which JSON cannot hold"),
        ('{"a":NaN}', "its text under 'glassnet' holds NaN, which is not JSON"),
        ('{"a":1,"a":2}', "its text under 'glassnet' names 'a' twice"),
        ('{"a":"\\ud800"}', "header.a is not Unicode at character 1"),
        ('{"a":' + "9" * 40 + "}", "header.a is an integer of 133 bits"),
        ('{"a":' + "[" * 150 + "]" * 150 + "}", "nested deeper than 100 levels"),
        ('{"a":' + "[" * 150_000 + "]" * 150_000 + "}", "nested deeper than 100 levels"),
        ("[]", "does not hold exactly format_version, sha256 and values"),
        ('{},"more":1', "does not hold exactly format_version, sha256 and values"),
    ],
)
def test_values_that_cannot_be(tmp_path, values, message):
    assert message in refused(tmp_path, built(entry(), b"8 bytes.", values))


def test_digits_in_upper_case_or_beside_their_place(tmp_path):
    content = whole(tmp_path)
    digits = content[DIGITS_AT : DIGITS_AT + 64]
    assert "states the SHA-256" in refused(tmp_path, content.replace(digits, digits.upper()))
    assert "states the SHA-256" in refused(tmp_path, content.replace(digits, b"0" * 64))


# ---- chance ----

spans = st.tuples(st.integers(0, 10**4), st.integers(0, 40), st.binary(max_size=40))


def mutated(content: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    for place, length, replacement in changes:
        at = place % (len(content) + 1)
        content = content[:at] + replacement + content[at + length :]
    return content


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(spans, min_size=1, max_size=4))
def test_random_changes(tmp_path, changes):
    content = whole(tmp_path)
    if (changed := mutated(content, changes)) != content:
        refused(tmp_path, changed)


letters = st.sampled_from(
    [b'"', b"{", b"}", b"[", b"]", b",", b":", b"-", b"0", b"1", b"9e9", b"\\", b"null", b" "]
)
strokes = st.tuples(st.integers(0, 10**4), st.integers(0, 3), letters)


@settings(max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(strokes, min_size=1, max_size=3))
def test_random_changes_with_a_right_sha256(tmp_path, changes):
    content = whole(tmp_path)
    length = int.from_bytes(content[:8], "little")
    header = mutated(content[8 + len(OPENING) + 64 : 8 + length], changes)
    path = tmp_path / "fare.glassnet"
    path.write_bytes(sealed(framed(OPENING + b"0" * 64 + header, content[8 + length :])))
    with contextlib.suppress(ModelFileError):
        read = read_model_file(path)
        assert sum(one.nbytes for one in read.arrays.values()) == len(content) - 8 - length


def test_a_small_file_takes_little_memory_and_time_whatever_it_claims(tmp_path):
    huge = [
        (HEADER_LIMIT).to_bytes(8, "little") + b'{"a":',
        built(entry(shape=[2**50], data_offsets=[0, 2**52]), b""),
        built(entry(shape=[2**58, 0], data_offsets=[0, 0]), b"8 bytes."),
        built(entry(shape=[2**62] * 20_000), b"8 bytes."),
    ]
    for content in huge:
        tracemalloc.start()
        started = time.perf_counter()
        refused(tmp_path, content)
        taken = time.perf_counter() - started
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 4_000_000 + 20 * len(content)
        assert taken < 2

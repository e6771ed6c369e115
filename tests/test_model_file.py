"""What is written into a model file comes back, byte for byte, here and for other readers."""

import errno
import json
import os
import re
import subprocess
import sys
from enum import StrEnum
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors import safe_open
from safetensors.numpy import load_file

from glassnet.errors import GlassnetError, ModelFileError
from glassnet.model_file import FORMAT_VERSION, pack_text, read_model_file, unpack_text, write_model_file
from glassnet.model_file.layout import DTYPES, HEADER_LIMIT
from glassnet.model_file.write import _remedy

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "model-file.md"
HEADER = {
    "task": "binary",
    "größe": {"läufe": [1, 2.5, -0.0, 1e16, 1e-5, None, True], "empty": {}, "none": []},
    'quote " \\ \n \x01 \u2028 😀': 'sha256":"' + "0" * 64,
    "big": [-(2**63), 2**64 - 1],
}
LEVELS = ("", "rot", "größe", "😀", "a\nb\x00c", "")


def arrays() -> dict[str, np.ndarray]:
    utf8, offsets = pack_text(LEVELS)
    return {
        "weight.0": np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3),
        "history": np.array([[np.nan, np.inf], [-0.0, 1e-320]]),
        "half": np.array([1.5, np.nan], dtype=np.float16),
        "yes": np.array([True, False, True]),
        "one": np.array(7, dtype=np.int64),
        "none": np.zeros((3, 0, 2), dtype=np.int32),
        'Ärger "quoted"': np.arange(5, dtype=np.uint16),
        "levels.utf8": utf8,
        "levels.offsets": offsets,
    }


def same(left: dict[str, np.ndarray], right: dict[str, np.ndarray]) -> bool:
    def key(one: np.ndarray) -> tuple[str, tuple[int, ...], bytes]:
        return one.dtype.str, one.shape, one.tobytes()

    return {name: key(one) for name, one in left.items()} == {name: key(one) for name, one in right.items()}


def test_comes_back_whole(tmp_path):
    path = tmp_path / "fare.glassnet"
    sha256 = write_model_file(path, HEADER, arrays())
    read = read_model_file(path)
    assert read.header == HEADER
    assert same(read.arrays, arrays())
    assert list(read.arrays) == sorted(arrays())
    assert read.sha256 == sha256
    assert read.version == FORMAT_VERSION
    assert unpack_text(read.arrays["levels.utf8"], read.arrays["levels.offsets"]) == LEVELS
    assert all(one.flags.aligned and not one.flags.writeable for one in read.arrays.values())


def test_saving_twice_gives_equal_bytes_in_any_order_and_process(tmp_path):
    one, two, three = (tmp_path / f"{name}.glassnet" for name in ("one", "two", "three"))
    write_model_file(one, HEADER, arrays())
    write_model_file(two, dict(reversed(HEADER.items())), dict(reversed(arrays().items())))
    assert one.read_bytes() == two.read_bytes()
    program = (
        "import sys; from pathlib import Path\n"
        "from glassnet.model_file import read_model_file, write_model_file\n"
        "read = read_model_file(Path(sys.argv[1]))\n"
        "write_model_file(Path(sys.argv[2]), read.header, read.arrays)\n"
        "assert 'torch' not in sys.modules\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    subprocess.run([sys.executable, "-c", program, str(one), str(three)], check=True, env=environment)
    assert three.read_bytes() == one.read_bytes()


def test_the_layout_is_the_specified_one(tmp_path):
    path = tmp_path / "fare.glassnet"
    write_model_file(
        path, {"b": 1, "a": 2.0}, {"z": np.ones(1), "b": np.ones(1, np.int8), "a": np.ones(3, bool)}
    )
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = (
        r'{"__metadata__":{"glassnet":"{\"format_version\":1,\"sha256\":\"'
        + content[72:136].decode()
        + r'\",\"values\":{\"a\":2.0,\"b\":1}}"},'
        '"a":{"data_offsets":[8,11],"dtype":"BOOL","shape":[3]},'
        '"b":{"data_offsets":[11,12],"dtype":"I8","shape":[1]},'
        '"z":{"data_offsets":[0,8],"dtype":"F64","shape":[1]}}'
    )
    assert content[8 : 8 + length].decode().rstrip(" ") == header
    assert length % 8 == 0
    assert content[8 + length :] == np.ones(1).tobytes() + b"\1\1\1" + b"\1"


def test_other_readers_read_it(tmp_path):
    path = tmp_path / "fare.glassnet"
    write_model_file(path, HEADER, arrays())
    with safe_open(path, framework="np") as file:
        assert json.loads(file.metadata()["glassnet"])["values"] == HEADER
        assert same({name: file.get_tensor(name) for name in file.keys()}, arrays())  # noqa: SIM118
    write_model_file(tmp_path / "empty.glassnet", {}, {})
    assert load_file(tmp_path / "empty.glassnet") == {}


def test_the_page_holds_a_reader(tmp_path):
    path = tmp_path / "fare.glassnet"
    write_model_file(path, HEADER, arrays())
    (program,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    space: dict[str, object] = {}
    exec(compile(program, str(PAGE), "exec"), space)
    values, found = space["read"](path)
    assert values == HEADER
    given = {name: (list(one.shape), one.ravel().tolist()) for name, one in arrays().items()}
    assert repr({name: (shape, list(items)) for name, (shape, items) in sorted(found.items())}) == repr(
        dict(sorted(given.items()))
    )
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(ValueError, match="damaged"):
        space["read"](path)


def test_the_page_names_what_the_code_knows():
    page = PAGE.read_text()
    assert all(f"`{name}`" in page for name in DTYPES)
    assert f"{HEADER_LIMIT:,}" in page
    assert f"**format version {FORMAT_VERSION}**" in page


def test_every_stored_version_is_read():
    stored = sorted((HERE / "data").glob("model-v*.glassnet"))
    assert [one.name for one in stored] == [
        f"model-v{number + 1}.glassnet" for number in range(FORMAT_VERSION)
    ]
    read = read_model_file(HERE / "data" / "model-v1.glassnet")
    assert read.header == HEADER
    assert same(read.arrays, arrays())
    assert read.sha256 == "cbb912c0c81364aa175692a518f3cbefe411e78adf2b26b89957e6747d65cc7f"


def test_the_stored_file_is_written_again_bit_for_bit(tmp_path):
    write_model_file(tmp_path / "again", HEADER, arrays())
    assert (tmp_path / "again").read_bytes() == (HERE / "data" / "model-v1.glassnet").read_bytes()


texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
any_array = st.sampled_from(sorted(DTYPES)).flatmap(
    lambda name: hnp.arrays(DTYPES[name], hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
)


@given(st.dictionaries(texts, values, max_size=4), st.dictionaries(texts, any_array, max_size=5))
def test_anything_allowed_comes_back(tmp_path_factory, header, given_arrays):
    path = tmp_path_factory.getbasetemp() / "any.glassnet"
    write_model_file(path, header, given_arrays)
    read = read_model_file(path)
    assert json.dumps(read.header, sort_keys=True) == json.dumps(header, sort_keys=True)
    assert same(read.arrays, given_arrays)
    assert same(load_file(path), given_arrays)


@given(st.lists(texts, max_size=8))
def test_texts_come_back(given_texts):
    utf8, offsets = pack_text(given_texts)
    assert offsets.shape == (len(given_texts) + 1,)
    assert unpack_text(utf8, offsets) == tuple(given_texts)


def test_other_layouts_in_memory_are_written_as_they_mean(tmp_path):
    path = tmp_path / "fare.glassnet"
    grid = np.arange(12.0).reshape(3, 4)
    write_model_file(
        path,
        {},
        {"turned": grid.T, "big": grid.astype(">f8"), "part": grid[::2, ::-1], "number": np.float32(3)},
    )
    read = read_model_file(path).arrays
    np.testing.assert_array_equal(read["turned"], grid.T)
    np.testing.assert_array_equal(read["big"], grid)
    np.testing.assert_array_equal(read["part"], grid[::2, ::-1])
    assert read["number"].shape == ()
    assert {one.dtype.str for one in read.values()} == {"<f8", "<f4"}


def test_tuples_and_words_of_our_own_are_plain_json(tmp_path):
    word = StrEnum("word", {"YES": "yes/no"})
    write_model_file(tmp_path / "m", {"kinds": (word.YES, np.float64(0.5))}, {})
    assert read_model_file(tmp_path / "m").header == {"kinds": ["yes/no", 0.5]}


def test_a_length_that_begins_like_a_pickle_is_no_pickle(tmp_path):
    path = tmp_path / "fare.glassnet"
    for letters in range(400):
        write_model_file(path, {"text": "x" * letters}, {})
        if path.read_bytes()[0] == 0x80:
            assert read_model_file(path).header == {"text": "x" * letters}
            return
    pytest.fail("no header of 128 more bytes came up")


deep: list[object] = []
for _ in range(5000):
    deep = [deep]
BAD_HEADERS = [
    ({"metrics": {"auc": float("nan")}}, r"header\.metrics\.auc is nan, which JSON cannot hold\. Use null"),
    ({"runs": [1.0, float("-inf")]}, r"header\.runs\[1\] is -inf"),
    ({"seed": 2**64}, r"header\.seed is an integer of 65 bits, more than 64"),
    ({"rows": np.int64(3)}, r"header\.rows is a numpy\.int64, not JSON"),
    ({"raw": b"x"}, r"header\.raw is a builtins\.bytes, not JSON"),
    ({"levels": {1: "a"}}, r"header\.levels has the key 1, which is not a text"),
    ({"name": "a\ud800"}, r"header\.name is not Unicode at character 2"),
    ({"a\ud800": 1}, r"a key of header is not Unicode"),
    ({"deep": deep}, r"nested deeper than 100 levels"),
]
BAD_ARRAYS = [
    ({"w": np.array(["a"])}, r"array 'w' holds str32, which has no place.*pack_text"),
    ({"w": np.array([1j])}, r"array 'w' holds complex128"),
    ({"w": np.array([None])}, r"array 'w' holds object"),
    ({"__metadata__": np.zeros(1)}, r"no array can be called '__metadata__'"),
    ({3: np.zeros(1)}, r"no array can be called 3"),
    ({"\udfff": np.zeros(1)}, r"the array's name is not Unicode"),
    ({"w": np.zeros((1,) * 40)}, r"has 40 dimensions, at most 32"),
]


@pytest.mark.parametrize(("header", "message"), BAD_HEADERS)
def test_a_header_that_is_not_json_is_refused(tmp_path, header, message):
    with pytest.raises(ModelFileError, match=message):
        write_model_file(tmp_path / "m.glassnet", header, {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("given_arrays", "message"), BAD_ARRAYS)
def test_an_array_that_does_not_fit_is_refused(tmp_path, given_arrays, message):
    with pytest.raises(ModelFileError, match=r"m\.glassnet cannot be written: .*" + message):
        write_model_file(tmp_path / "m.glassnet", {}, given_arrays)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("utf8", "offsets", "message"),
    [
        (b"ab", [0, 1], "do not rise from 0 to their 2 bytes"),
        (b"ab", [1, 2], "do not rise"),
        (b"ab", [0, 2, 1, 2], "do not rise"),
        (b"ab", [], "do not rise"),
        ("ä".encode(), [0, 1, 2], "a text is not UTF-8"),
        (b"\xff", [0, 1], "a text is not UTF-8"),
    ],
)
def test_texts_that_nobody_packed_are_refused(utf8, offsets, message):
    with pytest.raises(ModelFileError, match=message):
        unpack_text(np.frombuffer(utf8, np.uint8), np.array(offsets, np.int64))


def test_texts_of_another_dtype_are_refused():
    with pytest.raises(ModelFileError, match="a row of uint8 and a row of int64"):
        unpack_text(np.zeros(1, np.int8), np.array([0, 1]))
    with pytest.raises(ModelFileError, match="text 1 is not Unicode"):
        pack_text(["a", "\ud800"])


def test_a_folder_that_is_missing_is_named(tmp_path):
    with pytest.raises(
        GlassnetError, match=r"no/m\.glassnet cannot be written: No such file.*Make the folder .*no first"
    ):
        write_model_file(tmp_path / "no" / "m.glassnet", {}, {})
    (tmp_path / "file").touch()
    with pytest.raises(ModelFileError, match="is not a folder: save into one"):
        write_model_file(tmp_path / "file" / "m.glassnet", {}, {})
    with pytest.raises(ModelFileError, match="cannot be written: it is a folder"):
        write_model_file(tmp_path, {}, {})
    with pytest.raises(ModelFileError, match="Choose a shorter name"):
        write_model_file(tmp_path / ("m" * 300), {}, {})
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_folder_that_may_not_be_written_to_is_named():
    for folder in (Path("/proc/self"), Path("/sys/kernel")):
        if folder.is_dir():
            with pytest.raises(ModelFileError, match=r"m\.glassnet cannot be written: .*\."):
                write_model_file(folder / "m.glassnet", {}, {})
    assert "may write to" in _remedy(Path("m"), OSError(errno.EACCES, "Permission denied"))
    assert "Free some space" in _remedy(Path("m"), OSError(errno.ENOSPC, "No space left on device"))


def test_a_disk_that_stops_in_the_middle_leaves_the_old_file(tmp_path):
    path = tmp_path / "m.glassnet"
    write_model_file(path, {"old": True}, {})
    program = (
        "import resource, sys; from pathlib import Path; import numpy as np\n"
        "from glassnet.model_file import write_model_file\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "write_model_file(Path(sys.argv[1]), {}, {'w': np.zeros(1_000_000)})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False
    )
    assert "m.glassnet cannot be written: File too large." in done.stderr
    assert list(tmp_path.iterdir()) == [path]
    assert read_model_file(path).header == {"old": True}


def test_an_older_file_and_a_link_to_it_are_replaced(tmp_path):
    path, link = tmp_path / "m.glassnet", tmp_path / "link.glassnet"
    write_model_file(path, {"number": 1}, {})
    link.symlink_to(path)
    write_model_file(link, {"number": 2}, {})
    assert link.is_symlink()
    assert read_model_file(path).header == {"number": 2}

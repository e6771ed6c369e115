"""The fuzzing harnesses by hypothesis, and on what they found: bytes are read, or refused in words."""

import base64
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from glassnet.settings import Settings
from glassnet.table.source import read_table


def _harness() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fuzz_harness", Path(__file__).parent / "harness.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


HARNESS = _harness()
SEEDS = HARNESS.seeds()
CALM = hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
MANY = hypothesis_settings(CALM, max_examples=150)
SOME = hypothesis_settings(CALM, max_examples=40)

# What was found, by harness (2026-11-22): each is a file or text that raised something else than a refusal.
FOUND = {
    # A blank line in a file of one column without a header was taken for a repeated header.
    "csv": [
        "AHllczwxLDIzNAphbiBKCmlkfG9rfG4KMHx5ZXN8MSwyMzSQMnxub3w1LDY3OAoKdG90YWx8MnwK",
        "AAAAAAAKCjEKMgoz",
        # A column called '*', which Polars takes for all columns.
        "AAAAIgAAAAAAAAD/AP/+YfEsACoACgAxACwA6QAKADIALCEA/AAKAA==",
    ],
    # A number where a file's header should hold a name.
    "load": ["FBD/AwD/AwA="],
}


def mutations(name: str) -> st.SearchStrategy[bytes]:
    """Bytes near a seed: some of it replaced, left out or said twice; or any at all."""

    def changed(seed: bytes, at: int, length: int, put: bytes) -> bytes:
        start = at % (len(seed) + 1)
        return seed[:start] + put + seed[start + length :]

    near = st.builds(
        changed, st.sampled_from(SEEDS[name]), st.integers(0, 2000), st.integers(0, 9), st.binary(max_size=9)
    )
    return st.one_of(near, near, st.binary(max_size=200))


@pytest.mark.parametrize("name", FOUND)
def test_what_was_found_before_is_mended(name: str) -> None:
    for one in FOUND[name]:
        HARNESS.HARNESSES[name](base64.b64decode(one))


@given(mutations("csv"))
@SOME
def test_tables(data: bytes) -> None:
    HARNESS.csv(data)


@given(mutations("expression"))
@MANY
def test_expressions(data: bytes) -> None:
    HARNESS.expression(data)


@given(mutations("model_file"))
@MANY
def test_model_files(data: bytes) -> None:
    HARNESS.model_file(data)


@given(st.binary(min_size=4, max_size=12))
@SOME
def test_edited_headers_of_models(data: bytes) -> None:
    HARNESS.load(data)


def test_a_hostile_width_takes_no_memory() -> None:
    """A header that names a layer of 2**62 units is refused by its tensors before the layer is made."""
    places = range(0, 400, 1)
    for place in places[::7]:
        HARNESS.load(bytes([place % 256, place // 256, 1, HARNESS.VALUES.index(2**62)]))


def test_odd_names_are_names(tmp_path: Path) -> None:
    """Polars takes '*' for all columns and '^a$' for a pattern where it may; that one is called otherwise."""
    (tmp_path / "odd.csv").write_text("*,^a$,a\n1,2,x\n3,4,y\n")
    table = read_table(str(tmp_path / "odd.csv"), Settings())
    assert table.frame.columns == ["*", "a", "a_2"]
    assert table.frame["*"].to_list() == ["1", "3"]


def test_a_blank_line_in_one_column_is_a_missing_cell(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("4\n5\n\n6\n")
    table = read_table(str(tmp_path / "one.csv"), Settings(header="no"))
    assert table.frame.to_series().to_list() == pl.Series(["4", "5", None, "6"]).to_list()

"""Text kept as codes is read, counted and conformed exactly as the text it stands for."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st

from glassnet.errors import SourceError
from glassnet.gather import gather
from glassnet.settings import Settings
from glassnet.table import source
from glassnet.table.cells import conform, conform_targets, read_cells
from glassnet.table.coded import MARK, by_cell, coded, is_coded, plain
from glassnet.table.database import columns_in, connect
from glassnet.table.facts import facts_of_table
from glassnet.table.schema import decide_schema
from glassnet.table.source import drop_rows_without_target, read_table
from glassnet.table.values import CellFormat, Kind, Table

WORDS = ["1", " 1", "2.50", "-7", "NA", "", "yes", "no", "2020-01-31", "Köln", "x ", "1,5", "?", "inf"]


def columns(size: int = 60) -> st.SearchStrategy[list[str | None]]:
    few = st.lists(st.sampled_from([*WORDS, None]), min_size=1, max_size=4)
    return few.flatmap(lambda some: st.lists(st.sampled_from(some), min_size=size, max_size=size))


@how(deadline=None, max_examples=25)
@given(columns(), columns())
def test_facts_and_cells_are_those_of_the_text(first, second):
    frame = pl.DataFrame({"a": first, "b": second}, schema={"a": pl.String, "b": pl.String})
    codes = pl.DataFrame([coded(one) for one in frame.get_columns()])
    assert is_coded(codes["a"].dtype)
    assert plain(codes).equals(frame)
    told, found = facts_of_table(frame, Settings()), facts_of_table(codes, Settings())
    for name in frame.columns:
        assert found[name].counts.equals(told[name].counts)
        assert [getattr(found[name], one) for one in ("dtype", "cells", "missing", "notes")] == [
            getattr(told[name], one) for one in ("dtype", "cells", "missing", "notes")
        ]
        for kind in (Kind.NUMBER, Kind.CATEGORY, Kind.YES_NO, Kind.DATE):
            expected = read_cells(frame[name], kind, told[name].dtype, told[name].cells)
            assert read_cells(codes[name], kind, told[name].dtype, told[name].cells).equals(expected)


def test_a_cell_that_is_no_number_is_counted_where_it_stands():
    texts = ["1", "2", None, "two", "3"] * 20
    frame = pl.DataFrame({"x": texts, "y": ["a", "b", "a", "b", "b"] * 20})
    settings = Settings(target=("y",), kinds=(("x", "number"),))
    schema = decide_schema(Table(frame=frame, name="t", source="t"), settings)
    codes = pl.DataFrame([coded(one) for one in frame.get_columns()])
    expected, told = conform(frame, schema)
    found, said = conform(codes, schema)
    assert found.equals(expected)
    assert said == told != ()
    assert (conform_targets(codes, schema) == conform_targets(frame, schema)).all()


def test_cells_that_hardly_repeat_stay_text():
    assert not is_coded(coded(pl.Series([f"{i}" for i in range(1000)])).dtype)
    assert not is_coded(coded(pl.Series([1, 2, 3] * 9)).dtype)
    assert not is_coded(coded(pl.Series([MARK, "a"] * 9)).dtype)
    assert not is_coded(pl.Series(["a", "b"], dtype=pl.Categorical).dtype)
    assert not is_coded(pl.Enum(["a", "b"]))


def test_by_cell_asks_once_for_each_different_cell():
    asked = []

    def length(cells: pl.Series) -> pl.Series:
        asked.extend(cells.to_list())
        return cells.str.len_chars()

    found = by_cell(coded(pl.Series("x", ["aa", "b", None, "aa"] * 5)), length)
    assert found.to_list() == [2, 1, None, 2] * 5
    assert sorted(asked) == ["aa", "b", MARK]


@pytest.fixture
def large(tmp_path, monkeypatch):
    """A file that counts as large, with rows that lack a target."""
    monkeypatch.setattr(source, "LARGE", 0)
    path = tmp_path / "large.csv"
    body = "".join(f"{i % 7},{'ab'[i % 2]},{i},{'' if i % 5 == 0 else i % 3}\n" for i in range(300))
    path.write_text('day,"we""ird ^.*$",row,y\n' + body)
    return path


def test_a_large_file_is_the_same_table(large):
    settings = Settings(target=("y",))
    whole, compact = read_table(str(large), settings), read_table(str(large), settings, compact=True)
    assert [is_coded(one.dtype) for one in compact.frame.get_columns()] == [True, True, False, True]
    assert plain(compact.frame).equals(whole.frame)
    assert compact.notes == whole.notes
    both = [drop_rows_without_target(one, settings) for one in (whole, compact)]
    assert decide_schema(both[0], settings) == decide_schema(both[1], settings)


def test_a_run_over_a_large_file_gathers_what_it_would_of_a_small_one(large, monkeypatch):
    settings = Settings(target=("y",), keep=("row", 'we"ird ^.*$'))
    found = gather(str(large), None, None, settings)
    monkeypatch.setattr(source, "LARGE", 1 << 40)
    expected = gather(str(large), None, None, settings)
    assert found.frame.equals(expected.frame)
    assert found.kept.equals(expected.kept)
    assert (found.target_RT == expected.target_RT).all()


def test_what_cannot_be_read_column_by_column_is_told():
    with connect() as connection, pytest.raises(SourceError, match=r"nothing\.csv cannot be read"):
        list(columns_in(connection, "select * from read_csv('nothing.csv')", "nothing.csv"))
    with connect() as connection:
        connection.execute('create table t as select 1 as "a""b", \'x\' as c')
        assert [one.name for one in columns_in(connection, "select * from t", "t")] == ['a"b', "c"]


def test_missing_words_are_missing_in_codes_too():
    series = coded(pl.Series("x", ["?", "1", "2"] * 10))
    found = read_cells(series, Kind.NUMBER, "int", CellFormat(missing=("?",)))
    assert found.to_list() == [None, 1.0, 2.0] * 10


def test_many_cells_that_repeat_among_all_rows_are_codes():
    rows = np.random.default_rng(0).integers(0, 60_000, 400_000)  # of 20,000 looked at, five in six differ
    series = pl.Series(rows).cast(pl.String)
    assert series.gather_every(20).n_unique() > 0.8 * 20_000
    assert is_coded(coded(series).dtype)
    assert plain(pl.DataFrame([coded(series)])).to_series().equals(series)

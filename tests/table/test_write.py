"""What is written is read back, safe to open in a spreadsheet, whole or not at all."""

from pathlib import Path

import polars as pl
import pytest

from glassnet.errors import SettingsError
from glassnet.settings import Settings
from glassnet.table.source import read_table
from glassnet.table.write import RowWriter

FRAME = pl.DataFrame(
    {"name": ["a,b", 'say "x"', "two\nlines", None, "é"], "number": [1.5, None, -2.0, 0.1, 1e-7]}
)


def test_csv_in_chunks_is_the_table(tmp_path):
    path = tmp_path / "out.csv"
    with RowWriter(path) as writer:
        for chunk in FRAME.iter_slices(2):
            writer.write(chunk)
    assert writer.rows == 5
    back = read_table(str(path), Settings(header="yes")).frame
    assert back["name"].to_list() == FRAME["name"].to_list()
    assert back["number"].cast(pl.Float64).equals(FRAME["number"])


@pytest.mark.parametrize("rows", [1, 2, 9])
def test_parquet_in_chunks_is_the_table(tmp_path, rows):
    path = tmp_path / "out.parquet"
    with RowWriter(path) as writer:
        for chunk in FRAME.iter_slices(rows):
            writer.write(chunk)
    assert pl.read_parquet(path).equals(FRAME)
    assert list(tmp_path.iterdir()) == [path]


def test_cells_are_safe_in_a_spreadsheet(tmp_path):
    path = tmp_path / "out.csv"
    cells = ["=1+1", "+cmd", "-2", "-x", "@a", "\tb", "plain", "+3.5e2", None]
    with RowWriter(path) as writer:
        writer.write(pl.DataFrame({"=name": cells, "n": [-1.5] * len(cells)}))
    frame = pl.read_csv(path)
    assert frame.columns == ["'=name", "n"]
    expected = ["'=1+1", "'+cmd", "-2", "'-x", "'@a", "'\tb", "plain", "+3.5e2", None]
    assert frame["'=name"].to_list() == expected
    assert frame["n"].to_list() == [-1.5] * len(cells)


def write_and_fail(path: Path) -> None:
    with RowWriter(path) as writer:
        writer.write(FRAME)
        assert 1 / (writer.rows - FRAME.height)


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path, name):
    path: Path = tmp_path / name
    path.write_text("old")
    with pytest.raises(ZeroDivisionError, match="division"):
        write_and_fail(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_where_it_cannot_be_written_is_said(tmp_path):
    with pytest.raises(SettingsError, match=r"\.csv or \.parquet"), RowWriter(tmp_path / "out.xlsx"):
        pass
    with pytest.raises(SettingsError, match="cannot be written"), RowWriter(tmp_path / "none" / "out.csv"):
        pass

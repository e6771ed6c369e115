"""Databases, workbooks and Arrow files hold the same table as a CSV, and are only read."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import duckdb
import polars as pl
import pytest

from glassnet.errors import SettingsError, SourceError
from glassnet.settings import Settings
from glassnet.table.cells import conform
from glassnet.table.schema import decide_schema
from glassnet.table.source import read_chunks, read_table

ROWS = [(i, i / 4 if i % 5 else None, ["Köln", "Bonn", None][i % 3], "np"[i % 2]) for i in range(50)]
FRAME = pl.DataFrame(
    ROWS, schema={"n": pl.Int64, "x": pl.Float64, "town": pl.String, "y": pl.String}, orient="row"
)
WANTED = Settings(target=("y",))


@pytest.fixture
def database(tmp_path: Path) -> str:
    path = tmp_path / "shop #1.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table sales (n, x, town, y)")
        connection.executemany("insert into sales values (?, ?, ?, ?)", ROWS)
        connection.execute("create table mixed (a, b)")
        connection.executemany("insert into mixed values (?, ?)", [(1, 2.0), ("x", 3), (2.0, 4.5), (None, 1)])
        connection.commit()
    return str(path)


def test_sqlite_by_table_and_by_query(database):
    table = read_table(database, Settings(db_table="sales"))
    assert table.frame.equals(FRAME)
    query = Settings(
        query="select town, count(*) as many from sales where town is not null group by 1 order by 1;"
    )
    assert read_table(database, query).frame.rows() == [("Bonn", 17), ("Köln", 17)]
    unordered = read_table(database, Settings(query="select n from sales"))
    assert "no ORDER BY" in unordered.notes[0]


def test_a_column_of_mixed_types_is_text_as_the_schema_knows_it(database):
    frame = read_table(database, Settings(db_table="mixed")).frame
    assert frame.rows() == [("1", 2.0), ("x", 3.0), ("2", 4.5), (None, 1.0)]


@pytest.mark.parametrize("rows", [1, 7, 1000])
def test_chunks_of_a_database_change_nothing(database, rows):
    told = Settings(target=("y",), db_table="sales")
    schema = decide_schema(read_table(database, told), told)
    chunks = list(read_chunks(database, told, schema, rows))
    assert max(chunk.height for chunk in chunks) <= rows
    assert pl.concat(chunks).equals(FRAME)
    with closing(sqlite3.connect(database)) as connection:
        parts = [conform(part, schema)[0] for part in read_chunks(connection, told, schema, rows)]
    assert pl.concat(parts).equals(conform(FRAME, schema)[0])


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({}, "has the tables mixed, sales. Name one with --db-table"),
        ({"db_table": "sale"}, "Did you mean 'sales'"),
        ({"query": "delete from sales"}, "must be one SELECT"),
        ({"query": "select 1; select 2"}, "must be one SELECT"),
        ({"query": "select * from nowhere"}, "no such table"),
        ({"query": "select load_extension('x')"}, "must be one SELECT"),
        ({"query": "select 1", "db_table": "sales"}, "not two of them"),
    ],
)
def test_what_a_database_cannot_give_is_refused(database, told, says):
    before = Path(database).read_bytes()
    with pytest.raises(SettingsError, match=says):
        read_table(database, Settings(**told))
    assert Path(database).read_bytes() == before


def test_a_file_that_only_looks_like_a_database(tmp_path):
    path = tmp_path / "a.db"
    path.write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(SourceError, match="no SQLite database"):
        read_table(str(path), WANTED)


def test_any_connection_or_cursor_takes_a_query(database):
    query = Settings(query="select * from sales order by n", target=("y",))
    with closing(sqlite3.connect(database)) as connection:
        assert read_table(connection, query).frame.equals(FRAME)
        assert read_table(connection.cursor(), query).frame.equals(FRAME)
        assert read_table(connection, Settings(db_table="sales")).frame.equals(FRAME)
        assert connection.execute("select 1").fetchone() == (1,)  # still open
        with pytest.raises(SettingsError, match="needs a query"):
            read_table(connection, WANTED)
        with pytest.raises(SettingsError, match="needs a query"):
            read_table(connection, Settings(query="drop table sales"))
        with pytest.raises(SourceError, match="the query failed on sqlite3: no such table"):
            read_table(connection, Settings(query="select * from nowhere"))
    with closing(duckdb.connect()) as connection:
        connection.execute("create table t as select 1 as a, 'x' as b")
        assert read_table(connection, Settings(db_table="t")).frame.rows() == [(1, "x")]


def test_adbc_hands_over_arrow(database):
    adbc = pytest.importorskip("adbc_driver_sqlite.dbapi")
    with adbc.connect(database) as connection:
        assert read_table(connection, Settings(query="select * from sales order by n")).frame.equals(FRAME)


@pytest.mark.parametrize("suffix", ["arrow", "feather", "ipc"])
def test_arrow_files(tmp_path, suffix):
    path = str(tmp_path / f"t.{suffix}")
    FRAME.write_ipc(path) if suffix != "ipc" else FRAME.write_ipc_stream(path)
    assert read_table(path, WANTED).frame.equals(FRAME)
    schema = decide_schema(read_table(path, WANTED), WANTED)
    assert pl.concat(list(read_chunks(path, WANTED, schema, 7))).equals(FRAME)
    (tmp_path / "broken.arrow").write_bytes(b"ARROW1 no more")
    with pytest.raises(SourceError, match="no Arrow file"):
        read_table(str(tmp_path / "broken.arrow"), WANTED)


@pytest.fixture
def workbook(tmp_path: Path) -> str:
    pytest.importorskip("fastexcel")
    xlsxwriter = pytest.importorskip("xlsxwriter")
    path = str(tmp_path / "book.xlsx")
    with xlsxwriter.Workbook(path) as book:
        for name, rows in (("sales", ROWS), ("empty", [])):
            sheet = book.add_worksheet(name)
            for at, row in enumerate([FRAME.columns, *rows]):
                sheet.write_row(at, 0, row)
    return path


def test_workbooks(workbook):
    table = read_table(workbook, Settings(db_table="sales"))
    assert table.frame.cast(FRAME.schema).equals(FRAME)
    first = read_table(workbook, WANTED)
    assert first.frame.equals(table.frame)
    assert "the sheet 'sales' was read, not empty; --db-table settles it" in first.notes[0]
    with pytest.raises(SettingsError, match=r"no sheet 'sale'.*Did you mean 'sales'"):
        read_table(workbook, Settings(db_table="sale"))


def test_a_title_above_a_sheets_names_is_left_out_and_told(tmp_path):
    pytest.importorskip("fastexcel")
    xlsxwriter = pytest.importorskip("xlsxwriter")
    path = str(tmp_path / "book.xlsx")
    rows = [["Report of 2023"], ["by hand", 2023], [], ["id", "price", "", "town"], [1, 2.5, "x", "Bonn"]]
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("sales")
        for at, row in enumerate(rows):
            sheet.write_row(at + 2, 1, row)  # the sheet begins with empty rows, too
    table = read_table(path, Settings())
    assert table.frame.columns == ["id", "price", "3", "town"]
    assert table.frame.rows() == [(1, 2.5, "x", "Bonn")]
    assert "3 rows stand above the names of the columns ('Report of 2023')" in table.notes[0]
    assert "column 3 has no name in the header; it is called '3'" in table.notes[1]
    assert read_table(path, Settings(skip_lines=0)).frame.columns[0] == "Report of 2023"


def test_a_workbook_without_its_reader_is_refused_in_words(tmp_path, monkeypatch):
    path = tmp_path / "book.xlsx"
    path.write_bytes(b"PK")
    monkeypatch.setitem(sys.modules, "fastexcel", None)
    with pytest.raises(SourceError, match=r"pip install 'glassnet\[excel\]'"):
        read_table(str(path), WANTED)

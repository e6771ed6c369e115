"""What comes in is what the file holds, whatever its format, dialect, encoding or chunking."""

import gzip
import json
import re
import zipfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import zstandard
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from glassnet.errors import SettingsError, SourceError
from glassnet.settings import Settings
from glassnet.table.cells import conform, conform_counted
from glassnet.table.encoding import _over_the_edge
from glassnet.table.odd import merge_odd
from glassnet.table.schema import decide_schema
from glassnet.table.source import drop_rows_without_target, read_chunks, read_table
from glassnet.table.values import Kind

TEXT = 'age,town,y\n31,Köln,yes\n?, Bonn ,no\n45.5,"a, ""b""\nc",yes\n'
SAME = [("31", "Köln", "yes"), ("?", " Bonn ", "no"), ("45.5", 'a, "b"\nc', "yes")]
WANTED = Settings(target=("y",))


def written(tmp_path: Path, data: bytes | str, name: str = "table.csv") -> str:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return str(path)


def test_every_cell_is_read_as_text(tmp_path):
    table = read_table(written(tmp_path, TEXT), WANTED)
    assert table.frame.columns == ["age", "town", "y"]
    assert table.frame.rows() == SAME
    assert (table.name, table.notes) == ("table", ())


@pytest.mark.parametrize(
    ("name", "pack"),
    [("t.csv.gz", gzip.compress), ("t.csv.zst", zstandard.compress), ("t [1]*.csv", bytes)],
)
def test_compressed_files_and_names_with_pattern_signs(tmp_path, name, pack):
    table = read_table(written(tmp_path, pack(TEXT.encode()), name), WANTED)
    assert table.frame.rows() == SAME
    assert table.name in ("t", "t 1")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-16-le", "latin-1", "cp1252"])
def test_other_encodings_are_decoded(tmp_path, encoding):
    table = read_table(written(tmp_path, TEXT.encode(encoding)), WANTED)
    assert table.frame.rows() == SAME
    guessed = encoding in ("utf-16-le", "latin-1", "cp1252")
    assert guessed == any("--encoding" in note for note in table.notes)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_separators_and_line_ends(tmp_path, sign, end):
    text = sign.join(["age", "town"]) + end + "".join(f"{i}{sign}town {i}{end}" for i in range(30))
    table = read_table(written(tmp_path, text), Settings(target=("age",)))
    assert table.frame.columns == ["age", "town"]
    assert table.frame.rows()[29] == ("29", "town 29")


def test_a_file_without_header_names_columns_by_position(tmp_path):
    table = read_table(written(tmp_path, "1, a, yes\n2, b, no\n3, a, no\n"), Settings(target=("3",)))
    assert table.frame.columns == ["1", "2", "3"]
    assert table.frame.height == 3
    assert any("--header" in note for note in table.notes)


@pytest.mark.parametrize("text", [",,y\n1,2,3\n4,5,6\n", "5,6,y\n1,2,3\n4,5,6\n", "k,y\na,b\nk,a\nb,y\n"])
def test_a_first_row_that_holds_the_targets_name_is_a_header(tmp_path, text):
    path = tmp_path / "rows.csv"
    path.write_text(text)
    assert read_table(path, Settings(target=("y",))).frame.columns[-1] == "y"
    assert read_table(path, Settings()).frame.columns[-1] != "y"


def test_the_header_can_be_told(tmp_path):
    path = written(tmp_path, "2019,2020\n1,2\n3,4\n")
    assert read_table(path, Settings(header="yes", target=("2020",))).frame.columns == ["2019", "2020"]
    assert read_table(path, Settings(header="no", target=("1",))).frame.height == 3


def test_names_are_trimmed_and_unique(tmp_path):
    table = read_table(written(tmp_path, " age ,age,,y\n1,2,3,a\n4,5,6,b\n"), WANTED)
    assert table.frame.columns == ["age", "age_2", "3", "y"]
    assert len(table.notes) == 2


def test_a_pattern_reads_all_files_in_order(tmp_path):
    for part in (2, 1):
        written(tmp_path, f"a,b\n{part},x\n{part},y\n", f"part{part}.csv")
    table = read_table(str(tmp_path / "part*.csv"), Settings(target=("b",)))
    assert table.frame["a"].to_list() == ["1", "1", "2", "2"]
    written(tmp_path, "a,c\n1,x\n2,y\n", "part3.csv")
    with pytest.raises(SourceError, match=r"part3\.csv has no column 'b'"):
        read_table(str(tmp_path / "part*.csv"), Settings(target=("b",)))


def test_sql_over_files(tmp_path):
    left = written(tmp_path, "id,a\n1,10\n2,20\n", "left.csv")
    right = str(tmp_path / "right.parquet")
    pl.DataFrame({"id": [1, 2], "y": ["n", "p"]}).write_parquet(right)
    query = f"select a, y from '{left}' join '{right}' using (id) order by id;"
    table = read_table("", Settings(query=query, target=("y",)))
    assert table.frame.rows() == [(10, "n"), (20, "p")]
    assert table.notes == ()


@pytest.mark.parametrize(
    "query",
    [
        "copy (select 1) to 'x.csv'",
        "select 1; select 2",
        "install httpfs",
        "attach 'a.db'",
        "create table t(i int)",
    ],
)
def test_sql_may_only_read(query):
    with pytest.raises(SettingsError, match="one SELECT statement"):
        read_table("", Settings(query=query))


def test_sql_reaches_no_network():
    with pytest.raises(SourceError, match="--query"):
        read_table("", Settings(query="select * from 'https://example.org/a.parquet'"))


def test_json_lines_keep_their_text(tmp_path):
    lines = [{"a": 1, "b": "007"}, {"b": None, "a": 2.5, "c": True}]
    path = written(tmp_path, "\n".join(json.dumps(line) for line in lines), "t.jsonl")
    table = read_table(path, Settings(target=("a",)))
    assert table.frame.rows() == [("1", "007", None), ("2.5", None, "true")]


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b" \n \n", "is empty"),
        ("a.csv", b"\x00\x01\x02\x00\xff" * 50, "no text file"),
        (
            "a.csv",
            b"a,b\n1,2\n3\n4\n5\n6,7,8\n9\n1,2\n",
            r"5 of 7 rows have more or fewer cells than the 2 columns",
        ),
        ("a.xlsx", b"PK", "Excel file"),
        ("a.csv.gz", b"nothing", "not a whole gzip file"),
        ("a.csv", b"(\xb5/\xfda,b,c\n1,2,x\n3,4,y\n5,,z\n", "not a whole zstd file"),
        ("a.parquet", b"PAR1 broken", "cannot be read"),
        ("a.jsonl", b"{not json", "cannot be read"),
    ],
)
def test_unreadable_files_are_refused_in_words(tmp_path, name, data, says):
    with pytest.raises(SourceError, match=says):
        read_table(written(tmp_path, data, name), WANTED)


def test_a_missing_file_has_a_near_miss(tmp_path):
    written(tmp_path, "a,b\n1,2\n", "titanic.csv")
    with pytest.raises(SourceError, match=r"Did you mean 'titanic\.csv'"):
        read_table(str(tmp_path / "titanc.csv"), WANTED)
    with pytest.raises(SourceError, match="is a folder"):
        read_table(str(tmp_path), WANTED)


def test_only_one_source_may_be_named(tmp_path):
    with pytest.raises(SettingsError, match="not two of them"):
        read_table("a.csv", Settings(example="wine"))
    with pytest.raises(SettingsError, match="not two of them"):
        read_table(written(tmp_path, TEXT), Settings(query="select 1"))
    with pytest.raises(SettingsError, match="no database and no workbook"):
        read_table(written(tmp_path, TEXT), Settings(db_table="sales"))
    with pytest.raises(SettingsError, match="no table is named"):
        read_table("", Settings())


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=6)


@given(
    rows=st.lists(
        st.tuples(CELLS, st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False)),
        min_size=1,
        max_size=30,
    )
)
@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_table_comes_back_from_every_format(tmp_path, rows):
    frame = pl.DataFrame(rows, schema={"text": pl.String, "int": pl.Int64, "float": pl.Float64}, orient="row")
    texts = frame.with_columns(pl.col("int").cast(pl.String))
    frame.write_csv(tmp_path / "t.csv", quote_style="always")
    frame.write_ndjson(tmp_path / "t.jsonl")
    frame.write_parquet(tmp_path / "t.parquet")
    told = Settings(target=("int",), header="yes", delimiter=",", encoding="utf-8")
    assert read_table(str(tmp_path / "t.parquet"), told).frame.equals(frame)
    for name in ("t.csv", "t.jsonl"):
        back = read_table(str(tmp_path / name), told).frame
        assert back["text"].fill_null("").to_list() == texts["text"].fill_null("").to_list()
        assert back["int"].to_list() == texts["int"].to_list()
        assert back["float"].cast(pl.Float64).equals(frame["float"])


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_the_chunk_size_changes_nothing(tmp_path, suffix):
    rng = np.random.default_rng(0)
    frame = pl.DataFrame(
        {
            "number": [None if i % 7 == 0 else float(x) for i, x in enumerate(rng.normal(size=500))],
            "town": [["Köln", "Bonn", None, "a,b\nc"][i % 4] for i in range(500)],
            "odd": [f"x{i}" if i % 100 == 50 else str(i % 40) for i in range(500)],
            "y": [i % 2 for i in range(500)],
        }
    )
    writers = {"csv": frame.write_csv, "jsonl": frame.write_ndjson, "parquet": frame.write_parquet}
    path = str(tmp_path / f"t.{suffix}")
    writers[suffix](path)
    told = Settings(target=("y",), kinds=(("odd", "number"),), missing=("NA",))
    table = read_table(path, told)
    schema = decide_schema(table, told)
    whole, warnings = conform(table.frame, schema)
    assert len(warnings) == 1
    assert "5 cells are no number" in warnings[0]
    assert "the first 'x50' in row 51" in warnings[0]
    for rows in (1, 7, 1000):
        parts, unread, first = [], [], 0
        for chunk in read_chunks(path, told, schema, rows):
            part, lost = conform_counted(chunk, schema, first)
            parts.append(part)
            unread.append(lost)
            first += chunk.height
        assert pl.concat(parts).equals(whole)
        assert tuple(str(one) for one in merge_odd(unread)) == warnings
        assert max(part.height for part in parts) <= rows


def test_chunks_of_frames_patterns_and_sql(tmp_path):
    for part in (1, 2):
        written(tmp_path, "a,y\n" + "".join(f"{part}{i},{'np'[i % 2]}\n" for i in range(5)), f"p{part}.csv")
    told = Settings(target=("y",))
    pattern = str(tmp_path / "p*.csv")
    table = read_table(pattern, told)
    schema = decide_schema(table, told)
    for source, settings in (
        (pattern, told),
        (table.frame, told),
        ("", Settings(query=f"select * from read_csv('{pattern}', all_varchar=true)", target=("y",))),
    ):
        chunks = list(read_chunks(source, settings, schema, 3))
        assert pl.concat(chunks).equals(table.frame)
    with pytest.raises(SettingsError, match="rows_per_chunk"):
        list(read_chunks(pattern, told, schema, 0))


def test_rows_to_predict_may_lack_the_target(tmp_path):
    path = written(tmp_path, "".join(f"{i},{'np'[i % 2]},{i % 5}.5\n" for i in range(30)))
    told = Settings(target=("2",))
    schema = decide_schema(read_table(path, told), told)
    (chunk,) = read_chunks(written(tmp_path, "7,1.5\n8,2.5\n", "new.csv"), told, schema, 10)
    assert chunk.columns == ["1", "3"]
    frame, _ = conform(chunk, schema)
    assert frame["3"].to_list() == [1.5, 2.5]


def test_rows_without_a_target_are_dropped_and_counted(tmp_path):
    path = written(tmp_path, "a,y\n" + "".join(f"{i},{['n', 'p', '?', ''][i % 4]}\n" for i in range(40)))
    table = drop_rows_without_target(read_table(path, WANTED), WANTED)
    assert (table.frame.height, table.dropped_without_target) == (20, 20)
    assert table.row_numbers is not None
    assert table.row_numbers.tolist() == [i for i in range(40) if i % 4 < 2]
    assert drop_rows_without_target(table, WANTED) is table


def test_no_extension_is_loaded_by_itself():
    from glassnet.table.database import connect

    query = "select name, value from duckdb_settings() where name like 'auto%known_extensions'"
    with connect() as connection:
        assert dict(connection.sql(query).fetchall()) == {
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }


def test_names_in_memory_are_kept(tmp_path):
    table = read_table({"Life expectancy ": [1.0, 2.0], "a": [1, 2]}, Settings(target=("Life expectancy ",)))
    schema = decide_schema(table, Settings(target=("Life expectancy ",)))
    assert schema.targets[0].name == "Life expectancy"
    assert schema.columns[0].kind is Kind.NUMBER


SPOILT = """# by us
id,name,v
(no),(text),(EUR)
1,a,2.5
2,"b, c",3
# half
3,d
4,e,5.5
5,f,6,7
6,g,8

the end
"""


def test_spoilt_lines_are_named(tmp_path):
    table = read_table(written(tmp_path, SPOILT), Settings())
    assert table.frame.columns == ["id (no)", "name (text)", "v (EUR)"]
    assert table.frame["v (EUR)"].to_list() == ["2.5", "3", None, "5.5", "6", "8"]
    said = " ".join(table.notes)
    for words in (
        "line 1 ('# by us') stands above the table and was left out; --skip-lines 0",
        "the first 2 lines hold words above columns of numbers",
        "line 7 has 2 cells of 3; what lacks at the end counts as missing",
        "line 9 has more than 3 cells; what is beyond was left out, first '7'",
        "line 6 begins with '#' and was left out as a comment; --comment none",
        "line 12 at the end was left out as a remark, first 'the end'; --footer-lines 0",
    ):
        assert words in said


@pytest.mark.parametrize(
    ("told", "text", "rows"),
    [
        ({"skip_lines": 1}, "made by\nid,v\n1,2\n", [("1", "2")]),
        ({"skip_lines": 0, "header": "no"}, "a,b\nc,d\n", [("a", "b"), ("c", "d")]),
        ({"header": "2"}, "2019,2019\nQ1,Q2\n1,2\n", [("1", "2")]),
        ({"footer_lines": 2}, "id,v\n1,2\n3,4\nsum,6\n", [("1", "2")]),
        ({"footer_lines": 0}, "a,b,c\n1,2,3\nend\n", [("1", "2", "3"), ("end", None, None)]),
        ({"comment": "//"}, "id,v\n1,2\n// 3,4\n5,6\n", [("1", "2"), ("5", "6")]),
        ({"comment": "none"}, "id,v\n1,2\n#3,4\n", [("1", "2"), ("#3", "4")]),
        ({"quote": "none"}, "id,v\n1,\"2\n3,4\"\n", [("1", '"2'), ("3", '4"')]),
        ({"quote": "'"}, "id,v\n1,'2,3'\n", [("1", "2,3")]),
        ({"escape": "none"}, 'id,v\n1,"C:\\"\n2,"D:\\"\n', [("1", "C:\\"), ("2", "D:\\")]),
        ({"delimiter": "||"}, "id||v\n1||2\n", [("1", "2")]),
    ],
)  # fmt: skip
def test_what_is_said_of_a_text_file_is_done(tmp_path, told, text, rows):
    assert read_table(written(tmp_path, text), Settings(**told)).frame.rows() == rows


def test_single_bytes_of_another_encoding_are_read_and_named(tmp_path):
    data = "id,town\n" + "1,Köln\n" * 30
    table = read_table(written(tmp_path, data.encode() + "2,Würzburg €\n".encode("cp1252")), Settings())
    assert table.frame["town"].to_list() == ["Köln"] * 30 + ["Würzburg €"]
    assert "but for 2 bytes, the first in line 32" in table.notes[0]


def test_chunks_tell_what_the_reader_noted(tmp_path):
    path = written(tmp_path, "id,y\n" + "".join(f"{i},{'np'[i % 2]}\n" for i in range(40)) + "40\n")
    schema = decide_schema(read_table(path, WANTED), WANTED)
    chunks = read_chunks(path, WANTED, schema, 7)
    assert sum(chunk.height for chunk in chunks) == 41
    assert any("line 42 has 1 cell of 2" in note for note in chunks.notes)


@pytest.mark.parametrize("line", ['2,,a,"so ""so""",x', "2,,a,b,x,", "2,a,b,x,,", '2,a,b,"so ""so""",'])
def test_a_separator_too_many_is_never_overlooked(tmp_path, line):
    even = "".join(f'{i},a,"so ""so {i}""",x\n' for i in range(20))
    table = read_table(written(tmp_path, f"id,name,said,v\n{even}{line}\n{even}"), Settings())
    assert table.frame.height == 41
    assert any("line 22 has more than 4 cells" in note for note in table.notes)


def test_duckdb_overlooks_no_long_line(tmp_path):
    even = '1,b,c,"a ""great"" thing",u,"said ""ok"""\n'
    long = '2,,b,c,"a ""great"" thing",u,"said ""ok"""\n'
    table = read_table(written(tmp_path, f"id,b,c,d,u,v\n{even * 20}{long}{even * 20}"), Settings())
    assert any("line 22 has more than 6 cells" in note for note in table.notes)


def test_a_cell_may_be_a_book(tmp_path):
    book = "word " * 2_000_000
    table = read_table(written(tmp_path, f'id,text\n1,"{book}"\n2,short\n'), Settings())
    assert table.frame["text"].str.len_chars().to_list() == [len(book), 5]


def test_an_example_of_the_size_asked_for():
    assert read_table("", Settings(example="random")).frame.height == 100
    assert read_table("", Settings(example="random", example_rows=1000)).frame.height == 1000


def zipped(folder: Path, **members: str) -> str:
    path = folder / "t.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "/", 1) if name.startswith("in__") else name, text)
    return str(path)


def test_a_zip_of_one_table_is_read(tmp_path):
    path = zipped(tmp_path, **{"in__people.csv": TEXT, "__MACOSX/._people.csv": "x", ".hidden": "y"})
    table = read_table(path, WANTED)
    assert table.frame.rows() == SAME
    assert table.name == "t"
    assert read_table(zipped(tmp_path, **{"p.txt": TEXT.encode("utf-16")}), WANTED).frame.rows() == SAME


def test_other_zips_are_refused_with_the_remedy(tmp_path):
    for members, said in (
        ({"a.csv": TEXT, "b.csv": TEXT}, r"holds 2 files: a\.csv, b\.csv\. Unpack it and name the table"),
        ({}, "holds no file"),
        ({"a.parquet": "PAR1"}, r"holds a\.parquet, which is read only when it is unpacked"),
    ):
        with pytest.raises(SourceError, match=said):
            read_table(zipped(tmp_path, **members), WANTED)
    whole = Path(zipped(tmp_path, **{"a.csv": TEXT * 50})).read_bytes()
    with pytest.raises(SourceError, match="not a whole zip file"):
        read_table(written(tmp_path, whole[: len(whole) // 2], "half.zip"), WANTED)
    locked = bytearray(whole)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[whole.index(mark) + at] |= 1
    with pytest.raises(SourceError, match="locked by a password"):
        read_table(written(tmp_path, bytes(locked), "locked.zip"), WANTED)


def test_line_separators_end_lines_only_where_nothing_else_does(tmp_path):
    table = read_table(written(tmp_path, TEXT.replace("\n", "\u2028").replace("\u2028c", "\nc")), WANTED)
    assert table.frame.rows() == SAME
    assert any("U+2028" in note for note in table.notes)
    prose = "a,b\n" + "x\u2028y\u2028z\u2028,1\n" * 9
    table = read_table(written(tmp_path, prose), WANTED)
    assert table.frame.rows() == [("x\u2028y\u2028z\u2028", "1")] * 9
    units = "a\x1eb\x1ec\n" + "1\x1e2\x1e3\n" * 9
    assert read_table(written(tmp_path, units), WANTED).frame.columns == ["a", "b", "c"]


def test_json_is_read_as_such_whatever_it_is_called(tmp_path):
    rows = [{"a": 1, "b": "x, y"}, {"a": 2, "b": "z"}]
    for text in (json.dumps(rows), "\n".join(map(json.dumps, rows)) + "\n", json.dumps(rows, indent=2)):
        (tmp_path / "rows.csv").write_text(text)
        table = read_table(str(tmp_path / "rows.csv"), Settings())
        assert table.frame.rows() == [("1", "x, y"), ("2", "z")]
        assert table.notes == ("rows.csv holds JSON and was read so.",)
    (tmp_path / "cells.csv").write_text('{"a": 1};2\n{"a": 3};4\n{"a": 5};6\n')
    assert read_table(str(tmp_path / "cells.csv"), Settings(header="no")).frame.shape == (3, 2)


def test_one_object_that_holds_many_is_told_with_the_query_that_reads_them(tmp_path):
    path = tmp_path / "nested.json"
    path.write_text(json.dumps({"data": [{"a": 1}, {"a": 2}], "count": 2}))
    table = read_table(str(path), Settings())
    assert table.frame.height == 1
    (note,) = table.notes
    query = note.split('--query "')[1].split('"')[0]
    assert read_table("", Settings(query=query)).frame["a"].to_list() == [1, 2]


def test_an_address_is_not_fetched(tmp_path):
    with pytest.raises(SourceError, match="is an address, and nothing is fetched from the network"):
        read_table("https://example.com/rows.csv", Settings())


def test_many_notes_on_names_are_counted(tmp_path):
    (tmp_path / "rows.csv").write_text(",".join(["a"] * 40) + "\n" + ",".join(["1"] * 40) + "\n")
    notes = read_table(str(tmp_path / "rows.csv"), Settings(header="yes")).notes
    assert len(notes) == 12
    assert notes[-1] == "28 more names of columns were lacking or used twice."


@pytest.mark.parametrize("end", ["", "\n", "\r\n\r\n", "\n   \n", "\n\0\0\0\n"])
@pytest.mark.parametrize("before", [0, 3])
def test_a_last_row_longer_than_two_buffers_is_read_and_never_lost(tmp_path, end, before):
    path = tmp_path / "book.csv"
    path.write_text("a,b\n" + "1,x\n" * before + "2," + "x" * 9_000_000 + end)
    assert read_table(path, Settings()).frame["a"].to_list() == ["1"] * before + ["2"]


def test_a_long_row_above_a_remark_is_never_lost(tmp_path):
    path = tmp_path / "book.csv"
    path.write_text("a,b\n1,x\n2," + "x" * 9_000_000 + "\nTotal: 2 rows\n")
    for footer, last in (("auto", ["Total: 2 rows"]), (1, [])):
        assert read_table(path, Settings(footer_lines=footer)).frame["a"].to_list() == ["1", "2", *last]


@given(st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\r\n", b"\r"]), max_size=12), st.integers(1, 9))
def test_the_longest_line_is_as_long_in_blocks_as_at_once(parts, size):
    text, longest, run = b"".join(parts), 0, 0
    for block in (text[at : at + size] for at in range(0, len(text), size)):
        spanning, run = _over_the_edge(run, block)
        longest = max(longest, spanning)
    lines = re.split(rb"[\r\n]", text)
    at_once = max(map(len, lines))
    assert max(longest, run) <= at_once
    if at_once >= size:  # of two blocks at least, or the whole of one
        assert max(longest, run) == at_once


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1,2\n3,4\n", r"Its columns are: 1, 2\. Where the first line names them: --header yes\."),
        ("a       k\n1.5     2\n2.5     4\n", r"Where another sign parts them: --delimiter names it\."),
        ('"a, b","c ""d"""\n1,2\n3,4\n', r'Its columns are: "a, b", "c ""d"""\.'),
    ],
)
def test_an_unknown_column_says_how_others_are_named_and_what_may_be_wrong(tmp_path, text, says):
    path = tmp_path / "rows.csv"
    path.write_text(text)
    settings = Settings(target=("y",))
    with pytest.raises(SettingsError, match=says):
        decide_schema(read_table(path, settings), settings)

"""Random cells in a random dialect come back, or the user is told; random bytes are a table or refused."""

import contextlib
import csv
import io
from pathlib import Path

import polars as pl
from hypothesis import HealthCheck, given, note
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from glassnet.errors import SourceError
from glassnet.settings import Settings
from glassnet.table.lines import Signs, records
from glassnet.table.schema import decide_schema
from glassnet.table.source import read_chunks, read_table

PROFILE = hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
DELIMITERS = st.sampled_from([",", ";", "\t", "|", "~", "||"])
ENDS = st.sampled_from(["\n", "\r\n", "\r"])
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"])
WORDS = st.text(st.sampled_from("abcäß0159 .,;|~\t\"'#\\-\n"), max_size=8)


@st.composite
def tables(draw):
    """Draw a width and rows of so many cells, the first cell of each a word that begins no comment."""
    width = draw(st.integers(2, 5))
    cells = st.lists(WORDS, min_size=width - 1, max_size=width - 1)
    rows = draw(st.lists(cells, min_size=2, max_size=25))
    return [[f"r{at}", *row] for at, row in enumerate(rows)]


def text_of(rows: list[list[str]], delimiter: str, end: str, escape: str, every: bool) -> str:
    """Return the rows as a file; a quotation mark inside a cell is escaped, or doubled."""

    def cell_text(cell: str) -> str:
        if not every and not any(sign in cell for sign in (delimiter[0], '"', "\n", "\\", " ", "'")):
            return cell
        inside = cell.replace("\\", "\\\\") if escape else cell
        return '"' + inside.replace('"', (escape or '"') + '"') + '"'

    return "".join(delimiter.join(map(cell_text, row)) + end for row in rows)


def cells_of(frame: pl.DataFrame) -> list[list[str]]:
    return [[cell or "" for cell in row] for row in frame.rows()]


@given(tables(), DELIMITERS, ENDS, ENCODINGS, st.sampled_from(["", "\\"]), st.booleans())
@PROFILE
def test_what_is_told_is_read_exactly(tmp_path: Path, rows, delimiter, end, encoding, escape, every):
    path = tmp_path / "t.csv"
    names = [f"name{at}" for at in range(len(rows[0]))]
    path.write_bytes(text_of([names, *rows], delimiter, end, escape, every).encode(encoding))
    told = Settings(delimiter=delimiter, header="yes", quote='"', escape=escape or "none", comment="none",
                    skip_lines=0, footer_lines=0)  # fmt: skip
    table = read_table(str(path), told)
    note(str(table.notes))
    assert table.frame.columns == names
    assert cells_of(table.frame) == rows


@given(tables(), DELIMITERS, ENDS, ENCODINGS, st.booleans())
@PROFILE
def test_what_is_guessed_is_read_or_told(tmp_path: Path, rows, delimiter, end, encoding, every):
    path = tmp_path / "t.csv"
    names = [f"name{at}" for at in range(len(rows[0]))]
    path.write_bytes(text_of([names, *rows], delimiter, end, "", every).encode(encoding))
    try:
        table = read_table(str(path), Settings())
    except SourceError:
        return
    note(str(table.notes) + str(table.frame.rows()))
    same = table.frame.columns == names and cells_of(table.frame) == rows
    assert same or table.notes


@given(tables(), st.lists(st.tuples(st.integers(0, 400), st.sampled_from(list('",;\\\r\n#\0'))), max_size=4))
@PROFILE
def test_signs_thrown_in_are_read_or_told(tmp_path: Path, rows, thrown):
    path = tmp_path / "t.csv"
    names = [f"name{at}" for at in range(len(rows[0]))]
    text = text_of([names, *rows], ",", "\n", "", True)
    for at, sign in thrown:
        text = text[: at % len(text)] + sign + text[at % len(text) :]
    path.write_bytes(text.encode())
    try:
        table = read_table(str(path), Settings())
    except SourceError:
        return
    assert table.notes or table.frame.height <= len(rows) + 2 * len(thrown) + 1
    told = Settings(target=(table.frame.columns[0],))
    try:
        schema = decide_schema(table, told)
    except ValueError:
        return
    chunks = read_chunks(str(path), Settings(header="yes", target=told.target), schema, 3)
    if read_table(str(path), Settings(header="yes")).frame.columns == table.frame.columns:
        assert pl.concat(list(chunks)).equals(read_table(str(path), Settings(header="yes")).frame)


@given(st.binary(max_size=300))
@PROFILE
def test_any_bytes_are_a_table_or_refused_in_words(tmp_path: Path, data):
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    with contextlib.suppress(SourceError):
        read_table(str(path), Settings())


@given(tables(), st.sampled_from([",", ";", "\t"]))
@PROFILE
def test_records_are_those_of_the_csv_module(rows, delimiter):
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    lines = io.StringIO(file.getvalue(), newline="")
    found = list(records(iter(lines), Signs(delimiter=delimiter), len(rows[0])))
    assert [one.cells for one in found] == rows
    assert all(not one.fault for one in found)

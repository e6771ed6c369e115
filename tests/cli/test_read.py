"""`glassnet read` writes a messy file as a clean one, and says what it guessed."""

import polars as pl
import pytest

import glassnet

MESSY = "Sales of 2023\n\nid;price;town\n1;2,50;Bonn\n2;3,75\n3;-1,20;'a;b'\n4;=1+1;\n"
CLEAN = 'id,price,town\n1,"2,50",Bonn\n2,"3,75",\n3,"-1,20",a;b\n4,=1+1,\n'


def test_a_messy_file_is_printed_clean(run, tmp_path):
    (tmp_path / "messy.csv").write_text(MESSY)
    done = run("read", tmp_path / "messy.csv")
    assert done.out == CLEAN
    assert "line 5 has 2 cells of 3" in done.err


@pytest.mark.parametrize("name", ["clean.csv", "clean.parquet"])
def test_it_is_written_to_a_file_and_read_again_the_same(run, tmp_path, name):
    (tmp_path / "messy.csv").write_text(MESSY)
    done = run("read", tmp_path / "messy.csv", "--out", tmp_path / name)
    assert f"4 rows are in {tmp_path / name}." in done.err
    written = pl.read_parquet(tmp_path / name) if name.endswith("parquet") else None
    with pytest.warns(glassnet.GlassnetWarning) as told:  # all of them are caught
        frame = glassnet.read(tmp_path / "messy.csv")
    assert any("line 5 has 2 cells of 3" in str(one.message) for one in told)
    if written is None:
        assert (tmp_path / name).read_text() == CLEAN
    else:
        assert written.equals(frame)


def test_reading_options_settle_guesses(tmp_path):
    (tmp_path / "plain.csv").write_text("1,2\n3,4\n")
    frame = glassnet.read(tmp_path / "plain.csv", header="no")
    assert frame.rows() == [("1", "2"), ("3", "4")]


def test_the_file_that_is_read_is_not_written_over(run, tmp_path):
    (tmp_path / "messy.csv").write_text(MESSY)
    done = run("read", tmp_path / "messy.csv", "--out", tmp_path / "messy.csv")
    assert done.code == 2
    assert "is a file that is read" in done.err
    assert (tmp_path / "messy.csv").read_text() == MESSY


def test_an_empty_file_is_a_table_of_nothing_and_told(run, tmp_path):
    (tmp_path / "none.csv").write_text("")
    done = run("read", tmp_path / "none.csv")
    assert (done.code, done.out.strip()) == (0, "")
    assert "is empty: a table of nothing" in done.err

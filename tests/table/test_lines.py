"""One line is read as it was meant, and only where its number of cells says so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.table.lines import Lines, Signs, records, split

COMMA = Signs(delimiter=",")


@pytest.mark.parametrize(
    ("line", "cells", "fault"),
    [
        ("a,b,c", ["a", "b", "c"], ""),
        ('a,"b,x",c', ["a", "b,x", "c"], ""),
        ('a,5" pipe,c', ["a", '5" pipe', "c"], ""),
        ('a,"b""x",c', ["a", 'b"x', "c"], ""),
        ('a,"b"x",c', ["a", 'b"x', "c"], "quotes"),
        ('a,""b",c', ["a", '"b', "c"], "quotes"),
        ('a,"b"",c', ["a", 'b"', "c"], "quotes"),
        ('a,"b,c', ["a", '"b', "c"], "quotes"),
        ("a,'b,x',c", ["a", "b,x", "c"], "quote"),
        ("a;b;c", ["a", "b", "c"], "separator"),
        ("a,b\\,x,c", ["a", "b,x", "c"], "escape"),
        ('a,"b\\"x",c', ["a", 'b"x', "c"], "escape"),
        ("a,b,c,d", ["a", "b", "c", "d"], ""),
        ("a,b", ["a", "b"], ""),
        ("# a remark", ["# a remark"], "comment"),
        ("#a,b,c", ["#a", "b", "c"], ""),
    ],
)
def test_a_line_of_three_cells(line, cells, fault):
    signs = Signs(delimiter=",", comment="#")
    (record,) = records(iter([line + "\n"]), signs, 3)
    assert (record.cells, record.fault) == (cells, fault)


def test_a_cell_over_several_lines_and_one_that_never_ends():
    lines = ["a,b\n", '1,"x\n', "\n", 'y"\n', '2,"z\n', "3,w\n"]
    found = list(records(iter(lines), COMMA, 2))
    assert [one.cells for one in found] == [["a", "b"], ["1", "x\n\ny"], ["2", '"z'], ["3", "w"]]
    assert [(one.line, one.span) for one in found] == [(1, 1), (2, 3), (5, 1), (6, 1)]


def test_lines_can_be_given_back():
    lines = Lines(iter(["a", "b", "c"]))
    assert (lines.take(), lines.take(), lines.number) == ("a", "b", 2)
    lines.give_back(["a", "b"])
    assert (lines.number, [lines.take() for _ in range(4)]) == (0, ["a", "b", "c", None])


CELLS = st.text(st.sampled_from('ab,;|"\\ '), max_size=6)


@given(st.lists(CELLS, min_size=1, max_size=5), st.sampled_from([",", ";", "||"]))
def test_escaped_cells_come_back(cells, delimiter):
    line = delimiter.join('"' + cell.replace("\\", "\\\\").replace('"', '\\"') + '"' for cell in cells)
    assert split(line, Signs(delimiter=delimiter, escape="\\")) == cells

"""The layout and the picture: no overlaps, few crossings, both formats."""

import itertools
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg

from glassnet.autograd.expression import explain_expression
from glassnet.autograd.layout import crossings, lay_out
from glassnet.autograd.picture import draw, png, save_picture, svg
from glassnet.errors import GlassnetError

THIRTY = (
    "c=sigmoid(a*b)+a; q=c*relu(b-c)+exp(-c*d)/(1+e*e); r=log(1+q*q)*sin(d)+tanh(a*q)-sqrt(abs(c*d));"
    " y=r*q+softplus(r-c)"
)


@st.composite
def graphs(draw_one):
    count = draw_one(st.integers(1, 25))
    pair = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    pairs = draw_one(st.lists(pair, max_size=50))
    return count, [(min(a, b), max(a, b)) for a, b in pairs if a != b]


@given(graphs())
@settings(max_examples=100, deadline=None)
def test_boxes_do_not_overlap_and_links_go_right(graph):
    count, links = graph
    layout = lay_out(count, links)
    assert all(layout.layer[a] < layout.layer[b] for a, b in links)
    boxes = itertools.combinations(range(count), 2)
    assert all(
        abs(layout.height[a] - layout.height[b]) > 0.999
        for a, b in boxes
        if layout.layer[a] == layout.layer[b]
    )
    assert all(
        [layout.layer[one] for one in way] == list(range(layout.layer[way[0]], layout.layer[way[-1]] + 1))
        for way in layout.ways.values()
    )


def test_crossings_are_taken_out():
    links = [(0, 5), (1, 4), (2, 3)]
    assert crossings([[0, 1, 2], [3, 4, 5]], links) == 3
    layout = lay_out(6, links)
    rows = [
        sorted((b for b in range(6) if layout.layer[b] == i), key=layout.height.__getitem__) for i in (0, 1)
    ]
    assert crossings(rows, links) == 0


def test_thirty_nodes_are_drawn_without_overlapping_words():
    seen = explain_expression(THIRTY, {"a": 1, "b": 3, "d": 0.4, "e": 2})
    assert len(seen.nodes) >= 29
    figure = draw(seen)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    extents = [text.get_window_extent(canvas.get_renderer()) for text in figure.axes[0].texts]
    overlaps = [
        (one, other)
        for one, other in itertools.combinations(extents, 2)
        if min(one.x1, other.x1) - max(one.x0, other.x0) > 1
        and min(one.y1, other.y1) - max(one.y0, other.y0) > 1
    ]
    assert overlaps == []


def test_both_formats(tmp_path):
    seen = explain_expression("y = a**3 - b**2", {"a": 5, "b": 6})
    save_picture(seen, str(tmp_path / "graph.svg"))
    save_picture(seen, str(tmp_path / "graph.PNG"))
    root = ElementTree.parse(tmp_path / "graph.svg").getroot()
    assert root.tag.endswith("svg")
    assert (tmp_path / "graph.PNG").read_bytes() == png(seen)
    assert png(seen).startswith(b"\x89PNG")
    assert svg(seen) == svg(seen)
    assert seen._repr_html_().startswith("<svg")
    assert "PowBackward0" in re.sub(r"<svg.*</svg>", "", seen._repr_html_(), flags=re.DOTALL)


@pytest.mark.parametrize(("name", "message"), [("graph.pgn", "'png'"), ("no/graph.svg", "no folder")])
def test_a_picture_that_cannot_be_written(tmp_path, name, message):
    seen = explain_expression("a * a", {"a": 5})
    with pytest.raises(GlassnetError, match=message):
        save_picture(seen, str(tmp_path / name))


def test_too_many_nodes_are_refused():
    seen = explain_expression("; ".join(f"a{i + 1} = a{i} * 2" for i in range(160)), {"a0": 1})
    with pytest.raises(GlassnetError, match="161 nodes; a picture of more than 150"):
        draw(seen)
    assert seen._repr_html_().startswith("<pre>")

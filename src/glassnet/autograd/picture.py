"""The graph of an explanation as a picture: left to right, value and gradient side by side in every box."""

from __future__ import annotations

import io
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path as File
from typing import Final

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.path import Path
from torch import Tensor

from glassnet.autograd.layout import Layout, lay_out
from glassnet.autograd.values import Edge, Explained, Kind, Node
from glassnet.autograd.wording import digits, whole
from glassnet.errors import GlassnetError, near_miss

NODE_LIMIT: Final = 150
ROOMY_LIMIT: Final = 18  # nodes; up to so many, local rules stand on the edges
LEAST_WIDTH: Final = 6.6
DPI: Final = 150
FORMATS: Final = ("svg", "png")

MARGIN: Final = 0.25  # inches, as all lengths here
HEADER: Final = 0.55
BELOW: Final = 0.32  # for the plain name, and air
WORD_SIZE: Final = 7.5  # points
LETTER: Final = 0.083  # width of a letter of 10 points


PAPER, INK, FAINT, LINE = "#ffffff", "#1c2430", "#6b7684", "#8d98a6"
VALUE_INK, GRADIENT_INK, WRONG_INK = "#0b5394", "#a8480a", "#b00020"
VALUE_FILL, GRADIENT_FILL = "#eaf2fb", "#fdf0e3"
HEAD_FILL: Final = {Kind.LEAF: "#dcefe0", Kind.OPERATION: "#eef0f3", Kind.CONSTANT: "#ffffff"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Style:
    """How the boxes of one picture look."""

    gap: float  # between layers
    head: float  # height of the upper part, with the name
    lines: int  # of the upper part: name and operation on one line, or on two
    precision: int  # digits of a number
    has_rules: bool  # whether local rules stand on the edges

    @property
    def height(self) -> float:
        """The height of a box."""
        return self.head + 0.33


ROOMY: Final = Style(gap=1.05, head=0.33, lines=1, precision=4, has_rules=True)
# A deep graph is wide: narrow boxes keep its text readable when the whole is seen at once.
TIGHT: Final = Style(gap=0.4, head=0.5, lines=2, precision=3, has_rules=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """A box on the paper, in inches: its left edge, its middle, its width."""

    left: float
    middle: float
    width: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + self.width


def save_picture(explanation: Explained, path: str) -> None:
    """Write the picture to an .svg or .png file; raises GlassnetError for another ending."""
    kind = File(path).suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise GlassnetError(f"{path}: a picture is written as .svg or .png.{near_miss(kind, FORMATS)}")
    if not File(path).parent.is_dir():
        raise GlassnetError(f"{path}: there is no folder {File(path).parent}; make it first.")
    File(path).write_bytes(svg(explanation).encode() if kind == "svg" else png(explanation))


def svg(explanation: Explained) -> str:
    """Return the picture as SVG text with its own light background; the same bytes for the same graph."""
    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "glassnet", "svg.fonttype": "path"}):
        draw(explanation).savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue().decode()
    return text[text.index("<svg") :]


def png(explanation: Explained) -> bytes:
    """Return the picture as the bytes of a PNG."""
    buffer = io.BytesIO()
    draw(explanation).savefig(buffer, format="png")
    return buffer.getvalue()


def draw(explanation: Explained) -> Figure:
    """Return the picture as a matplotlib figure; raises GlassnetError where it could not be read any more."""
    if len(explanation.nodes) > NODE_LIMIT:
        raise GlassnetError(
            f"the graph has {len(explanation.nodes)} nodes; a picture of more than {NODE_LIMIT} cannot be"
            " read. Explain a smaller part, or read the table."
        )
    sheet = _sheet(explanation)
    width, height = sheet.size
    figure = Figure(figsize=sheet.size, dpi=DPI, facecolor=PAPER)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_axis_off()
    _header(axes, explanation)
    for edge in explanation.edges:
        _draw_edge(axes, sheet, edge)
    for node in explanation.nodes:
        _draw_box(axes, sheet, node)
    return figure


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Sheet:
    """Everything that says where things stand."""

    explanation: Explained
    layout: Layout
    style: Style
    boxes: dict[int, Box]
    bands: tuple[tuple[float, float], ...]  # left and right edge of every layer
    size: tuple[float, float]

    def down(self, waypoint: int) -> float:
        """Return the height of a box or waypoint on the paper."""
        return _down(self.style, self.layout.height[waypoint])


def cell(value: Tensor | None, missing: str = "?", precision: int = 4) -> str:
    """Return a value short enough for half a box."""
    if value is None:
        return missing
    if value.numel() == 1:
        return digits(float(value), precision)
    text = whole(value, 3) if value.dim() <= 2 and value.numel() <= 6 else ""
    size = "×".join(str(one) for one in value.shape) if value.dim() > 1 else f"({len(value)})"
    return text if text and len(text) <= 16 else f"{size}, norm {digits(float(value.double().norm()), 2)}"


def _sheet(explanation: Explained) -> Sheet:
    """Return the places of all boxes and lines."""
    layout = lay_out(len(explanation.nodes), [(edge.source, edge.target) for edge in explanation.edges])
    style = ROOMY if len(explanation.nodes) <= ROOMY_LIMIT else TIGHT
    widths = {node.key: _width(style, node) for node in explanation.nodes}
    bands: list[tuple[float, float]] = []
    left = MARGIN
    for layer in range(layout.layers):
        wide = max((widths[key] for key in widths if layout.layer[key] == layer), default=0.2)
        bands.append((left, left + wide))
        left += wide + style.gap
    boxes = {
        key: _box(bands[layout.layer[key]], width, _down(style, layout.height[key]))
        for key, width in widths.items()
    }
    bottom = max(_down(style, height) for height in layout.height.values()) + style.height / 2 + MARGIN
    size = (max(left - style.gap + MARGIN, LEAST_WIDTH), bottom)
    return Sheet(
        explanation=explanation, layout=layout, style=style, boxes=boxes, bands=tuple(bands), size=size
    )


def _box(band: tuple[float, float], width: float, middle: float) -> Box:
    return Box(left=(band[0] + band[1] - width) / 2, middle=middle, width=width)


def _down(style: Style, height: float) -> float:
    return HEADER + MARGIN / 2 + style.height / 2 + height * (style.height + BELOW)


def _width(style: Style, node: Node) -> float:
    numbers = max(len(_value_cell(style, node)), len(_gradient_cell(style, node)), 5)
    words = max(len(line) for line in _title(style, node))
    return max(words * LETTER + 0.2, 2 * (numbers * LETTER + 0.14))


def _title(style: Style, node: Node) -> tuple[str, ...]:
    """Return the lines of the upper part: the name and the operation."""
    if node.text == node.name:
        return (node.name,)
    parts = (node.name, node.text) if style.lines == 2 else (f"{node.name} = {node.text}",)
    most = 20 if style.lines == 2 else 30
    return tuple(part if len(part) <= most else part[: most - 1] + "…" for part in parts)


def _value_cell(style: Style, node: Node) -> str:
    return cell(node.value, precision=style.precision)


def _gradient_cell(style: Style, node: Node) -> str:
    return "none" if node.kind is Kind.CONSTANT else cell(node.gradient, "none", style.precision)


def _header(axes: Axes, explanation: Explained) -> None:
    output = explanation.nodes[explanation.output].name
    axes.text(MARGIN, 0.2, "Every box:", fontsize=WORD_SIZE + 1.5, color=FAINT, va="center")
    axes.text(
        MARGIN + 0.78, 0.2, "value", fontsize=WORD_SIZE + 1.5, color=VALUE_INK, va="center", weight="bold"
    )
    words = f"gradient of {output} with respect to it"
    axes.text(
        MARGIN + 1.25, 0.2, words, fontsize=WORD_SIZE + 1.5, color=GRADIENT_INK, va="center", weight="bold"
    )
    verdict = "checked against torch" if explanation.agrees else "DOES NOT AGREE WITH TORCH"
    colour = FAINT if explanation.agrees else WRONG_INK
    note = f"values flow to the right, gradients to the left · {verdict}"
    axes.text(MARGIN, 0.42, note, fontsize=WORD_SIZE + 0.5, color=colour, va="center")


def _draw_box(axes: Axes, sheet: Sheet, node: Node) -> None:
    """Draw the name and operation above, the value on the left and the gradient on the right below."""
    box, style = sheet.boxes[node.key], sheet.style
    top = box.middle - style.height / 2
    split, middle = top + style.head, box.left + box.width / 2
    frame = FancyBboxPatch(
        (box.left, top), box.width, style.height, boxstyle="round,pad=0,rounding_size=0.07",
        facecolor="none", edgecolor=INK if node.agrees else WRONG_INK,
        linewidth=1.8 if node.key == sheet.explanation.output or not node.agrees else 0.9,
        linestyle="--" if node.kind is Kind.CONSTANT else "-", zorder=4,
    )  # fmt: skip
    axes.add_patch(frame)
    half = box.width / 2
    _fill(axes, frame, (box.left, top, box.width, style.head), HEAD_FILL[node.kind])
    _fill(axes, frame, (box.left, split, half, style.height - style.head), VALUE_FILL)
    _fill(axes, frame, (middle, split, half, style.height - style.head), GRADIENT_FILL)
    lines = _title(style, node)
    for place, line in enumerate(lines):
        _word(axes, (middle, top + style.head * (place + 0.5 + 0.08) / (len(lines) + 0.16)), line, INK)
    numbers = (split + top + style.height) / 2
    _word(axes, (box.left + half / 2, numbers), _value_cell(style, node), VALUE_INK)
    _word(axes, (middle + half / 2, numbers), _gradient_cell(style, node), GRADIENT_INK)
    axes.plot([middle] * 2, [split, top + style.height], color=LINE, lw=0.7, zorder=4)
    _caption(axes, style, node, box)


def _fill(axes: Axes, frame: FancyBboxPatch, place: tuple[float, float, float, float], colour: str) -> None:
    left, top, width, height = place
    part = Rectangle((left, top), width, height, facecolor=colour, edgecolor="none", zorder=3)
    axes.add_patch(part)
    part.set_clip_path(frame)


def _caption(axes: Axes, style: Style, node: Node, box: Box) -> None:
    """Write the plain name under the box, with torch's where there is room."""
    below = box.middle + style.height / 2 + 0.085
    full = f"{node.plain} · {node.torch_name}"
    fits = style.lines == 1 and node.kind is Kind.OPERATION and len(full) * LETTER * 0.66 <= box.width + 0.25
    _word(axes, (box.left + box.width / 2, below), full if fits else node.plain, FAINT, WORD_SIZE)


def _word(axes: Axes, at: tuple[float, float], text: str, colour: str, size: float = 10.0) -> None:
    axes.text(
        *at, text, fontsize=size, color=colour, ha="center", va="center_baseline", zorder=5, parse_math=False
    )


def _draw_edge(axes: Axes, sheet: Sheet, edge: Edge) -> None:
    """Draw one line from an input to an operation, around the boxes between, with its local rule."""
    start, target = sheet.boxes[edge.source], sheet.boxes[edge.target]
    band_right = sheet.bands[sheet.layout.layer[edge.source]][1]
    points = [(start.right, start.middle)]
    if band_right - start.right > 0.1:
        points.append((band_right + 0.04, start.middle))
    for waypoint in sheet.layout.ways[edge.source, edge.target][1:-1]:
        left, right = sheet.bands[sheet.layout.layer[waypoint]]
        points += [(left, sheet.down(waypoint)), (right, sheet.down(waypoint))]
    # From the edge of a narrow box to its band, so that the line does not cut through a wider neighbour.
    band_left = sheet.bands[sheet.layout.layer[edge.target]][0]
    end = (target.left - 0.02, target.middle + _entry(sheet, edge))
    points += [(band_left - 0.04, end[1]), end] if target.left - band_left > 0.1 else [end]
    axes.add_patch(
        FancyArrowPatch(
            path=_smooth(points), arrowstyle="-|>,head_length=4,head_width=2.4",
            color=LINE if edge.agrees else WRONG_INK, linewidth=1.1,
            linestyle="--" if edge.passed is None else "-", zorder=1, shrinkA=0, shrinkB=0,
        )
    )  # fmt: skip
    if sheet.style.has_rules and edge.passed is not None:
        gap_left = sheet.bands[sheet.layout.layer[edge.target] - 1][1]
        _label(axes, edge, (max(points[0][0], gap_left), _level(points)), (band_left, end[1]))


def _level(points: list[tuple[float, float]]) -> float:
    """Return the height from which a line comes into the last gap."""
    return next(y for x, y in reversed(points) if y != points[-1][1]) if _bends(points) else points[-1][1]


def _bends(points: list[tuple[float, float]]) -> bool:
    return any(y != points[-1][1] for _, y in points)


def _entry(sheet: Sheet, edge: Edge) -> float:
    """Return how far from the middle of its box a line ends, so that several do not meet in one point."""

    def comes_from(one: Edge) -> tuple[float, int]:
        return sheet.down(sheet.layout.ways[one.source, one.target][-2]), one.slot

    ranked = sorted((one for one in sheet.explanation.edges if one.target == edge.target), key=comes_from)
    place = next(i for i, one in enumerate(ranked) if one is edge)
    return (place - (len(ranked) - 1) / 2) * min(0.24, 0.5 / len(ranked))


def _smooth(points: list[tuple[float, float]]) -> Path:
    """Return a curve through the points that is level at each of them."""
    vertices, codes = [points[0]], [Path.MOVETO]
    for (x0, y0), (x1, y1) in pairwise(points):
        middle = (x0 + x1) / 2
        vertices += [(middle, y0), (middle, y1), (x1, y1)]
        codes += [Path.CURVE4] * 3
    return Path(vertices, codes)


def _label(axes: Axes, edge: Edge, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Write the local rule near the end of its line, if it is short enough for the gap."""
    rule = edge.text.removesuffix(" for every entry")
    text = f"× {rule}" if edge.derivative is not None else edge.text
    room = end[0] - start[0]
    if len(text) * LETTER * 0.78 > min(room, 1.5):
        is_number = edge.derivative is not None and edge.derivative.numel() == 1
        text = f"× {cell(edge.derivative)}" if is_number else ""
    if text and len(text) * LETTER * 0.78 <= room:
        x, y = start[0] + 0.5 * room, (start[1] + end[1]) / 2
        axes.text(
            x, y, text, fontsize=WORD_SIZE + 0.5, color=GRADIENT_INK, ha="center", va="center", zorder=2,
            parse_math=False, bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.2},
        )  # fmt: skip

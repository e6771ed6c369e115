"""A drawing as SVG inside the page: colours as its variables, text as text, equal bytes for equal runs."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from glassnet.report import canvas
from glassnet.report.markup import Child, Html, element, folded, table
from glassnet.report.words import glued

VARIABLES: Final[dict[str, str]] = {
    canvas.INK: "--ink",
    canvas.FAINT: "--faint",
    canvas.LINE: "--line",
    canvas.ACCENT: "--accent",
    canvas.SECOND: "--second",
    "#000000": "--ink",
}
COLOR: Final = re.compile("|".join(VARIABLES))
TAG: Final = re.compile(r"<[^>]*>")
FONT: Final = re.compile(r"font: (?:(\d+) )?([\d.]+)px [^;\"]*")
DECIMALS: Final = re.compile(r"(-?\d+\.\d{2})\d+")
MARKERS: Final = re.compile(r'(?:<use xlink:href="[^"]*" x="[^"]*" y="[^"]*" style="[^"]*"/>\s*){2,}')
STYLE: Final = re.compile(r' style="([^"]*)"')
NO_METADATA: Final = {"Date": None, "Creator": None, "Format": None, "Type": None}


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A drawing with the words that say the same."""

    name: str  # unique in the page
    title: str
    says: str  # a sentence: what is seen
    svg: Html
    data: Html  # the figures behind it, as a table


def svg_of(axes: Axes, name: str, says: str) -> Html:
    """Return the axes' figure as an SVG element whose ids begin with `name` and whose label is `says`."""
    figure = axes.figure
    assert isinstance(figure, Figure), "a picture is a whole figure"
    # rc_context is put back at once; ids and text mode of the SVG writer can be set in no other way.
    choices: dict[Any, str] = {"svg.fonttype": "none", "svg.hashsalt": name}
    with matplotlib.rc_context(choices), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph", category=UserWarning)  # the browser has others
        canvas.fit_in(axes)
        file = io.StringIO()
        FigureCanvasSVG(figure).print_svg(file, metadata=NO_METADATA)  # type: ignore[no-untyped-call]
    whole = file.getvalue()
    return Html(_for_page(whole[whole.index("<svg") :], name, says))


def _for_page(svg: str, name: str, says: str) -> str:
    """Return matplotlib's SVG with the page's colours, fonts and ids, without what a page does not need."""
    view = re.search(r'viewBox="([^"]*)"', svg)
    assert view is not None, "matplotlib writes a viewBox"
    body = svg[svg.index(">") + 1 :]
    body = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->|<style.*?</style>", "", body, flags=re.DOTALL)
    body = MARKERS.sub(_together, body)
    # Only within tags: what stands between them is names and cells of the table.
    body = TAG.sub(lambda found: _tag_for_page(found.group(), name), body)
    body = re.sub(r"\s*\n\s*", "\n", body)
    label = element("title", says)
    return f'<svg viewBox="{view.group(1)}" role="img" aria-labelledby="{name}-title">' + (
        label.replace("<title>", f'<title id="{name}-title">') + body
    )


def _tag_for_page(tag: str, name: str) -> str:
    tag = COLOR.sub(lambda found: f"var({VARIABLES[found.group()]})", tag)
    tag = FONT.sub(lambda found: f"font-size: {found.group(2)}px; font-weight: {found.group(1) or 400}", tag)
    tag = DECIMALS.sub(r"\1", tag)
    tag = tag.replace(' id="', f' id="{name}-').replace("url(#", f"url(#{name}-")
    return tag.replace(' xlink:href="#', f' href="#{name}-')


def _together(run: re.Match[str]) -> str:
    """Return a run of markers in a group that carries their style once: a third of the bytes."""
    styles = set(STYLE.findall(run.group()))
    if len(styles) != 1:
        return run.group()
    return f'<g style="{styles.pop()}">\n{STYLE.sub("", run.group())}</g>\n'


def picture(
    axes: Axes,
    words: tuple[str, str, str],
    head: Sequence[Child],
    rows: Sequence[Sequence[Child]],
    numbers: Sequence[int] = (),
) -> Picture:
    """Return the drawing on the axes; `words` are its name, its title and its sentence."""
    name, title, says = words
    return Picture(
        name=name,
        title=title,
        says=says,
        svg=svg_of(axes, name, f"{title}. {says}"),
        data=table(title, head, rows, numbers),
    )


def figure(one: Picture) -> Html:
    """Return the picture under its title, above its sentence and the table that opens."""
    return element(
        "figure",
        element("h3", one.title),
        one.svg,
        element("figcaption", glued(one.says)),
        folded("The figures", one.data),
    )


def grid(parts: Sequence[Html]) -> Html:
    """Return parts side by side where there is room."""
    return element("div", *parts, marks={"class": "grid"})

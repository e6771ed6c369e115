"""HTML without a template engine: whatever is not `Html` already is text, and escaped.

So a column called `<script>alert(1)</script>` cannot become anything but letters, whichever way it comes.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from glassnet.report.words import clean, glued

VOID: Final = frozenset({"meta", "br", "hr", "col", "input"})


class Html(str):
    """A piece of HTML that is safe to put into a page."""

    __slots__ = ()


Child = str | Html  # a plain str is text


def text(value: str) -> Html:
    """Return the text as HTML, every special sign escaped."""
    return Html(html.escape(clean(value), quote=True))


def join(children: Iterable[Child], between: str = "") -> Html:
    """Return the children one after another; plain strings are escaped."""
    return Html(between.join(one if isinstance(one, Html) else text(one) for one in children))


def element(name: str, *children: Child, marks: Mapping[str, str] | None = None) -> Html:
    """Return `<name marks>children</name>`; plain strings among children and marks are escaped."""
    attributes = "".join(f' {key}="{text(value)}"' for key, value in (marks or {}).items())
    if name in VOID:
        return Html(f"<{name}{attributes}>")
    return Html(f"<{name}{attributes}>{join(children)}</{name}>")


def paragraph(*children: Child, kind: str = "") -> Html:
    """Return a paragraph, of a class where one is named."""
    held = (one if isinstance(one, Html) else glued(one) for one in children)
    return element("p", *held, marks={"class": kind} if kind else None)


def code(value: str) -> Html:
    """Return a piece of code within a line."""
    return element("code", value)


def block(value: str, what: str) -> Html:
    """Return a block of code that scrolls by itself, reachable by keyboard, called `what`."""
    marks = {"tabindex": "0", "role": "group", "aria-label": what}
    return element("pre", element("code", value), marks=marks)


def bullets(items: Iterable[Child]) -> Html:
    """Return a list."""
    return element("ul", *(element("li", one) for one in items))


def folded(summary: Child, *children: Child) -> Html:
    """Return what opens on a click or the Enter key."""
    return element("details", element("summary", summary), *children)


def table(
    caption: str, head: Sequence[Child], rows: Iterable[Sequence[Child]], numbers: Iterable[int] = ()
) -> Html:
    """Return a table that scrolls sideways by itself; columns in `numbers` are set to the right.

    The first cell of a row is its heading.
    """
    right = set(numbers)

    def cell(name: str, place: int, value: Child, scope: str) -> Html:
        marks = {"scope": scope} if scope else {}
        return element(name, value, marks=marks | ({"class": "number"} if place in right else {}))

    # A head without words is none: a screen reader would announce an empty heading.
    top = element(
        "tr",
        *(cell("th" if one else "td", place, one, "col" if one else "") for place, one in enumerate(head)),
    )
    body = [
        element(
            "tr",
            *(
                cell("td" if place else "th", place, one, "" if place else "row")
                for place, one in enumerate(row)
            ),
        )
        for row in rows
    ]
    whole = element(
        "table", element("caption", element("span", caption)), element("thead", top), element("tbody", *body)
    )
    # A group and no region: dozens of landmarks would hide the few that lead through the page.
    return element(
        "div", whole, marks={"class": "scroll", "tabindex": "0", "role": "group", "aria-label": caption}
    )


def facts(pairs: Iterable[tuple[Child, Child]]) -> Html:
    """Return names with their values, as a list of definitions."""
    rows = (element("div", element("dt", name), element("dd", value)) for name, value in pairs)
    return element("dl", *rows)


def section(anchor: str, title: str, *children: Child) -> Html:
    """Return a part of the page that its heading names."""
    heading = element("h2", title, marks={"id": anchor})
    return element("section", heading, *children, marks={"aria-labelledby": anchor})

"""What every page is: one HTML document that needs nothing from outside."""

from __future__ import annotations

from typing import Final

from glassnet.report.markup import Child, Html, element
from glassnet.report.style import CSS

# The browser itself refuses whatever would come from outside, and every script that a page does not name.
POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
)


def document(title: str, first: str, *parts: Child, scripts: str = "") -> str:
    """Return a page of these parts; `first` is the section that a keyboard may jump to.

    `scripts` is the source that the browser may run scripts of; without one it runs none.
    """
    policy = POLICY + (f"; script-src {scripts}" if scripts else "")
    meta = (
        element("meta", marks={"charset": "utf-8"}),
        element("meta", marks={"http-equiv": "Content-Security-Policy", "content": policy}),
        element("meta", marks={"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("meta", marks={"name": "color-scheme", "content": "light dark"}),
        element("title", title),
        element("style", Html(CSS)),
    )
    skip = element("a", "Skip to the results", marks={"class": "skip", "href": f"#{first}"})
    whole = element("html", element("head", *meta), element("body", skip, *parts), marks={"lang": "en"})
    return f"<!doctype html>\n{whole}\n"

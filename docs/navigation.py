"""Puts pages that mkdocs.yml does not name at the end of its navigation, so that the site lacks none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any


def on_config(config: Any) -> Any:
    """Return the site's configuration with every page in its navigation; mkdocs calls this."""
    docs = Path(config["docs_dir"])
    named = set(named_pages(config["nav"]))
    rest = sorted(str(page.relative_to(docs)) for page in docs.rglob("*.md"))
    if more := [page for page in rest if page not in named]:
        config["nav"] = [*config["nav"], {"More": more}]
    return config


def named_pages(nav: Any) -> Iterator[str]:
    """Yield the pages of a navigation: a page, a list of entries, or entries by title."""
    if isinstance(nav, str):
        yield nav
    for entry in nav if isinstance(nav, list) else nav.values() if isinstance(nav, dict) else ():
        yield from named_pages(entry)

"""The doctor's findings on the first screen: what was seen, what it means, what to try."""

from __future__ import annotations

import re
from typing import Final

from glassnet.doctor import Finding, diagnose
from glassnet.pipeline import Fitted
from glassnet.report.markup import Html, code, element, join, paragraph, text

OPTION: Final = re.compile(r"(--[a-z][a-z-]*(?: [\w.,]*\w)?)")  # an option of the command, with its value


def cards(fitted: Fitted) -> list[Html]:
    """Return the findings, most important first; nothing where nothing looks wrong."""
    found = diagnose(fitted)
    return [element("h3", "What the doctor found"), *(_card(one) for one in found)] if found else []


def _card(finding: Finding) -> Html:
    name = f"{finding.name[0].upper()}{finding.name[1:]}"
    heading = paragraph(
        element("strong", name), " ", element("span", finding.severity, marks={"class": "tag"})
    )
    return element(
        "div",
        heading,
        paragraph(finding.evidence),
        paragraph(finding.meaning),
        paragraph(_with_code(finding.remedy)),
        marks={"class": f"finding {finding.severity}"},
    )


def _with_code(words: str) -> Html:
    """Return the words with the command's options set as code."""
    parts = OPTION.split(words)
    return join(code(one) if place % 2 else text(one) for place, one in enumerate(parts))

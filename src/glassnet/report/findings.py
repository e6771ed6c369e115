"""Findings as cards: what was seen, what it means, what to try."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from glassnet.doctor import Finding, diagnose
from glassnet.pipeline import Fitted
from glassnet.quality import values as quality
from glassnet.report.markup import Html, code, element, join, paragraph, text
from glassnet.report.words import series, several

# An option of the command with its value: what is quoted, or a word that is no part of the sentence.
OPTION: Final = re.compile(
    r"""(--[a-z][a-z-]*(?:=[^\s,;]*[^\s,;.]|\s"[^"]*"|\s'[^']*'|\s(?!(?:or|and|with|to|for|the)\b)(?:[\d.]+e-\d+|[\w.,]*\w))?)"""
)


def cards(fitted: Fitted) -> list[Html]:
    """Return the findings, most important first; nothing where nothing looks wrong."""
    found = diagnose(fitted)
    return [element("h3", "What the doctor found"), *(card(one) for one in found)] if found else []


def in_short(fitted: Fitted) -> list[Html]:
    """Return that nothing looks wrong, where that is so, and what the rows said before training."""
    shown = [] if diagnose(fitted) else [paragraph("The doctor found nothing wrong with the training.")]
    seen = fitted.quality.findings
    if not seen:
        return shown
    link = element("a", "The table", marks={"href": "#table"})
    counts = Counter(one.severity for one in seen)
    many = [several(counts[one], one) for one in ("warning", "hint") if counts[one]]
    names = series([f"‘{one.name}’" for one in seen])
    said = paragraph(
        f"Before training the rows themselves gave {series(many)}: {names}. See ",
        link,
        ".",
    )
    return [*shown, said]


def card(finding: Finding | quality.Finding) -> Html:
    """Return a finding of the doctor, or of the table's rows, as a card."""
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

"""The whole page: one HTML file that needs nothing from outside, with at most one small script."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from glassnet.pipeline import Fitted
from glassnet.report import amounts, classes
from glassnet.report.columns import the_table
from glassnet.report.first import head, how_good, title_of
from glassnet.report.frame import document
from glassnet.report.inside import inside
from glassnet.report.learning import training
from glassnet.report.making import made
from glassnet.report.markup import Html, element, join, paragraph, section
from glassnet.report.matters import matters
from glassnet.report.segments import by_segment
from glassnet.report.threshold import SCRIPT, script_source
from glassnet.report.whole import write_whole
from glassnet.report.worst import worst_rows
from glassnet.table.values import Task

DEPTHS: Final[dict[Task, Callable[[Fitted], list[Html]]]] = {
    Task.BINARY: classes.in_depth,
    Task.MULTICLASS: classes.in_depth,
    Task.REGRESSION: amounts.in_depth,
    Task.MULTILABEL: amounts.labels_in_depth,
}


def page(fitted: Fitted) -> str:
    """Return the report as one HTML text; equal runs give equal texts, but for their times."""
    main = element(
        "main",
        how_good(fitted),
        training(fitted),
        inside(fitted),
        _in_depth(fitted),
        matters(fitted),
        the_table(fitted),
        made(fitted),
    )
    return document(
        title_of(fitted),
        "how-good",
        head(fitted),
        main,
        element(
            "footer",
            f"Written by Glassnet {fitted.facts.versions.get('glassnet', '')}. This file needs no network.",
        ),
        element("script", Html(SCRIPT)) if 'class="threshold"' in main else "",
        scripts=script_source(),
    )


def _in_depth(fitted: Fitted) -> Html:
    evaluation = fitted.evaluation
    if not len(evaluation.truth):
        return section("in-depth", "How good, in depth", paragraph("There are no rows to look at."))
    depth = DEPTHS[fitted.schema.task](fitted)
    return section("in-depth", "How good, in depth", join([*depth, *by_segment(fitted), *worst_rows(fitted)]))


def write_report(fitted: Fitted, path: Path) -> Path:
    """Write the report of a finished run, whole or not at all, and return its path.

    Raises SourceError where the disk refuses.
    """
    return write_whole(page(fitted), path)

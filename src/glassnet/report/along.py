"""Errors of predicted numbers along the truth and along the most important columns.

Shapes: R rows, G cells, Q quantiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from glassnet.evaluate.insight import LeftOver
from glassnet.evaluate.values import Coverage
from glassnet.pipeline import Fitted
from glassnet.prepare.values import Floats64
from glassnet.report import canvas, plots
from glassnet.report.cells import cell_names, is_levels
from glassnet.report.markup import Html, code, element, paragraph, table
from glassnet.report.number_plots import Part, parts_of
from glassnet.report.pictures import Picture, figure, grid, picture
from glassnet.report.promises import intervals_says
from glassnet.report.words import PERCENT, brief, count, number, percent, quoted, series, short

FEWEST: Final = 5  # rows at a place that is named


def error_by_truth(true_R: Floats64, predicted_R: Floats64, name: str, t: int) -> Picture:
    """Return how wrong small, middle and large truths are predicted."""
    parts = parts_of(true_R, predicted_R)
    axes = canvas.new_axes()
    plots.draw_error_by_truth(parts, name, axes)
    rows = [
        (
            f"{number(one.low)} to {number(one.high)}",
            count(one.rows),
            number(one.error),
            f"± {number(one.reach, 3)}",
            number(one.bias),
        )
        for one in parts
    ]
    head = ("true values", "rows", "mean absolute error", "95 % interval", "mean of truth − prediction")
    words = (f"by-truth-{t}", "Error by size of the truth", _truth_says(parts))
    return picture(axes, words, head, rows, numbers=range(1, 5))


def _truth_says(parts: Sequence[Part]) -> str:
    worst, best = max(parts, key=lambda one: one.error), min(parts, key=lambda one: one.error)
    if worst.error <= 1.25 * best.error:
        return "Small and large truths are predicted about as well."
    return (
        f"Worst from {brief(worst.low)} to {brief(worst.high)} (off by {brief(worst.error, 3)} on"
        f" average), best from {brief(best.low)} to {brief(best.high)} ({brief(best.error, 3)})."
        " A diamond is how far the part's predictions lean to one side."
    )


def coverage(fitted: Fitted) -> list[Html]:
    """Return how often truths lie inside their intervals, beside what was promised; nothing without any."""
    found = fitted.evaluation.coverage
    if not found:
        return []
    several_targets = len({one.target for one in found}) > 1
    order = {one.target: place for place, one in enumerate(found)}
    by_target = sorted(found, key=lambda one: order[one.target])
    rows = [
        (*((short(one.target, 40),) if several_targets else ()), *_coverage_row(one)) for one in by_target
    ]
    figures = ("should hold", "held", "95 % interval", "mean width", "promise kept")
    head = ("target", *figures) if several_targets else figures
    says = (
        "With every prediction the model can give an interval: ",
        code("model.predict_interval"),
        " or ",
        code("glassnet predict … --interval 0.9"),
        f". {intervals_says(fitted)} Among the {fitted.evaluation.on} rows they held the truth as often as",
        " this:",
    )
    start = 1 if several_targets else 0
    whole = table("Intervals and what they held", head, rows, numbers=range(start, start + 4))
    return [element("div", element("h3", "Do the intervals keep their promise?"), paragraph(*says), whole)]


def _coverage_row(one: Coverage) -> tuple[str, ...]:
    kept = (
        "yes" if one.low <= one.asked <= one.high else "no, too few" if one.found < one.asked else "held more"
    )
    return (
        percent(one.asked, 0),
        percent(one.found),
        f"{percent(one.low).removesuffix(PERCENT)} to {percent(one.high)}",
        number(one.width, 3),
        kept,
    )


def along_columns(fitted: Fitted) -> list[Html]:
    """Return what is left over along the most important columns; nothing where that was not looked at."""
    found = fitted.evaluation.insight.left_over
    if not found:
        return []
    pictures = [figure(_along(one, place)) for place, one in enumerate(found)]
    intro = (
        "The line or dot is the middle of truth minus prediction, the dark band its middle half, the pale"
        " band or thin line its middle eight tenths. A good network leaves no slope here."
    )
    only = ""
    if len(fitted.schema.targets) > 1:
        only = f" Of several targets this is {short(fitted.schema.targets[0].name, 40)}."
    return [element("h3", "What is left over, along the columns"), paragraph(intro + only), grid(pictures)]


def _along(left: LeftOver, place: int) -> Picture:
    tall = 0.9 + 0.24 * max(4, left.scale.place_G.size) if is_levels(left.scale) else 2.7
    axes = canvas.new_axes((4.6, tall))
    plots.draw_left_over(left, axes)
    cells = cell_names(left.scale)
    rows = [
        (cells[g], count(int(left.count_G[g])), *(number(float(one), 3) for one in left.error_GQ[g]))
        for g in np.flatnonzero(left.count_G > 0)
    ]
    head = ("at", "rows", "a tenth below", "a quarter below", "middle", "a quarter above", "a tenth above")
    words = (f"left-{place}", quoted(short(left.scale.column, 40)), _left_says(left, cells))
    return picture(axes, words, head, rows, numbers=range(1, len(head)))


def _left_says(left: LeftOver, cells: list[str]) -> str:
    """Return where most predictions lean to one side: the middle half lies above or below 0."""
    seen = left.count_G >= FEWEST
    low = [cells[g] for g in np.flatnonzero(seen & (left.error_GQ[:, 1] > 0))]
    high = [cells[g] for g in np.flatnonzero(seen & (left.error_GQ[:, 3] < 0))]
    said = [
        f"too {word} at {series(names[:4])}{' and elsewhere' if len(names) > 4 else ''}"
        for word, names in (("low", low), ("high", high))
        if names
    ]
    if not said:
        return "Nowhere do three of four predictions lean to the same side."
    return f"Three of four predictions or more are {'; '.join(said)}."

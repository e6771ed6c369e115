"""How predictions go with each of the most important columns, as pictures with their figures.

Shapes: G cells, P numbers of a prediction.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from glassnet.evaluate.insight import Dependence
from glassnet.pipeline import Fitted
from glassnet.report import canvas, plots
from glassnet.report.cells import cell_names, is_levels
from glassnet.report.column_plots import level_order, value_limits
from glassnet.report.markup import Html, element, paragraph
from glassnet.report.outputs import are_shares, drawn_names, drawn_outputs, output_names, output_value
from glassnet.report.pictures import Picture, figure, grid, picture
from glassnet.report.words import percent, quoted, several, short
from glassnet.table.values import Task

FLAT: Final = 0.03  # of the spread of all predictions: a mean that moves less hardly moves


def dependence(fitted: Fitted) -> list[Html]:
    """Return a picture for each column that was looked at; nothing where none was."""
    found = [drawn_outputs(fitted, one) for one in fitted.evaluation.insight.dependence]
    if not found:
        return []
    limits = value_limits(found)
    rows = several(found[0].rows, f"{fitted.evaluation.on} row")
    singles = (
        " Each pale line is a single row; the thin line across a bar holds the middle eight tenths of them."
        if len(found[0].outputs) == 1
        else ""
    )
    intro = (
        f"Values of a column were put into {rows}, all else left as it was; the thick line or the bar is"
        f" the mean prediction.{singles} Marks at the bottom show where rows lie. Where columns go together,"
        " some of these values would not occur: read such ends with care."
        f"{_which(fitted, len(found[0].outputs))}"
    )
    pictures = [figure(_picture(fitted, one, place, limits)) for place, one in enumerate(found)]
    heading = element("h3", "How predictions go with each column")
    return [heading, paragraph(intro), grid(pictures)]


def _which(fitted: Fitted, shown: int) -> str:
    """Return which of many classes or targets are shown; nothing where all are."""
    targets, task = fitted.schema.targets, fitted.schema.task
    if task is Task.MULTICLASS and shown < len(targets[0].labels):
        return f" Shown are the {shown} commonest of {len(targets[0].labels)} classes."
    if task in (Task.REGRESSION, Task.MULTILABEL) and shown < len(targets):
        return (
            f" Shown {'is the first' if shown == 1 else f'are the first {shown}'} of {len(targets)} targets."
        )
    return ""


def _picture(fitted: Fitted, one: Dependence, place: int, limits: tuple[float, float]) -> Picture:
    lines = one.scale.place_G.size + (len(one.outputs) if len(one.outputs) > 1 else 0)
    tall = 0.9 + 0.24 * max(4, lines) if is_levels(one.scale) else 2.7
    axes = canvas.new_axes((4.6, tall))
    names = output_names(fitted, one.outputs)
    plots.draw_dependence(
        one, drawn_names(fitted, one.outputs), axes, is_share=are_shares(fitted), limits=limits
    )
    column = quoted(short(one.scale.column, 40))
    head, rows = _rows(fitted, one, names)
    words = (f"depends-{place}", column, _says(fitted, one, names[0], limits))
    return picture(axes, words, head, rows, numbers=range(1, len(head)))


def _says(fitted: Fitted, one: Dependence, name: str, limits: tuple[float, float]) -> str:
    """Return where the first output is lowest and highest on average."""
    mean_G, cells = one.mean_GP[:, 0], cell_names(one.scale)
    low, high = int(np.argmin(mean_G)), int(np.argmax(mean_G))
    ends = [output_value(fitted, float(mean_G[place])) for place in (low, high)]
    subject = f"The {name}" if are_shares(fitted) else f"The predicted {name}"
    if float(np.ptp(mean_G)) < FLAT * (limits[1] - limits[0]):
        return f"{subject} hardly moves on average: {ends[0]} to {ends[1]}."
    return (
        f"{subject} is lowest on average at {cells[low]} ({ends[0]}), highest at {cells[high]} ({ends[1]})."
    )


def _rows(fitted: Fitted, one: Dependence, names: list[str]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    cells = cell_names(one.scale)
    tenths = np.quantile(one.single_NG.astype(np.float64), [0.1, 0.9], axis=0)
    rows = []
    for g in level_order(one):
        means = (output_value(fitted, float(value)) for value in one.mean_GP[g])
        ends = (output_value(fitted, float(value)) for value in tenths[:, g])
        rows.append((cells[g], percent(float(one.scale.share_G[g])), *means, *ends))
    only = f" of {names[0]}" if len(names) > 1 else ""
    head = (
        "cell",
        "rows there",
        *(f"mean {name}" for name in names),
        f"lowest tenth{only}",
        f"highest tenth{only}",
    )
    return head, rows

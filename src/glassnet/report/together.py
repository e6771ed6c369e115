"""Columns that say something only together: which pairs, how sure, and a map of the strongest."""

from __future__ import annotations

from typing import Final

from glassnet.evaluate.insight import Pair, Surface
from glassnet.evaluate.pairs import SURE
from glassnet.pipeline import Fitted
from glassnet.report import canvas, plots
from glassnet.report.cells import cell_names
from glassnet.report.markup import Html, element, folded, paragraph, table
from glassnet.report.outputs import are_shares, output_names, output_value
from glassnet.report.pictures import Picture, figure, grid, picture
from glassnet.report.words import number, percent, quoted, series, several, short
from glassnet.table.values import Task

NAMED: Final = 3  # pairs in a sentence


def together(fitted: Fitted) -> list[Html]:
    """Return which pairs of columns act together; nothing where that was not looked at."""
    insight = fitted.evaluation.insight
    heading = element("h3", "Columns that act together")
    if not insight.pairs:
        if fitted.evaluation.on != "training" or not insight.dependence:
            return []
        why = "Whether columns act together can only be told on rows that did not train, and there are none."
        return [heading, paragraph(why)]
    listing = folded(f"All {several(len(insight.pairs), 'pair')} looked at", _table(fitted))
    if insight.surface is None:
        return [heading, paragraph(_story(fitted)), listing]
    shown = figure(_map(fitted, insight.surface, insight.pairs[0]))
    return [
        heading,
        grid([shown, element("div", paragraph(_story(fitted)), paragraph(_measured()), listing)]),
    ]


def pair_name(pair: Pair) -> str:
    """Return the pair's columns: "age and hours"."""
    return " and ".join(quoted(short(one, 30)) for one in pair.columns)


def _story(fitted: Fitted) -> str:
    pairs = fitted.evaluation.insight.pairs
    sure = [one for one in pairs if one.chance <= SURE]
    looked = f"{several(len(pairs), 'pair')} of the most important columns"
    if not sure:
        return (
            f"Among {looked} none says more together than its two columns say one by one, as far as these"
            " rows can tell from chance."
        )
    names = [f"{pair_name(one)}" for one in sure[:NAMED]]
    names += [f"{len(sure) - NAMED} more"] if len(sure) > NAMED else []
    verb = "says" if len(sure) == 1 else "say"
    return (
        f"{len(sure)} of {looked} {verb} more together than one by one, beyond chance:"
        f" {series(names) if len(names) < 3 else '; '.join(names)}."
    )


def _measured() -> str:
    return (
        "What only both columns say was taken away from each prediction. A pair is named where predictions"
        " then get worse by more than rows differ, after counting how many pairs were looked at (Holm)."
    )


def _table(fitted: Fitted) -> Html:
    is_number = fitted.schema.task is Task.REGRESSION
    rows = [
        (
            pair_name(one),
            percent(one.share),
            number(one.strength, 3),
            number(one.worse, 3),
            "yes" if one.chance <= SURE else "no",
            f"{one.chance:.2g}" if one.chance >= 1e-4 else "below 0.0001",
        )
        for one in fitted.evaluation.insight.pairs
    ]
    head = (
        "columns",
        "of their effect only together",
        "moves the prediction by" if is_number else "moves the log-odds by",
        "squared error without it grows by" if is_number else "log loss without it grows by",
        "beyond chance",
        "probability of chance",
    )
    return table(
        "Pairs looked at; first those beyond chance, by what predictions lose without them",
        head,
        rows,
        numbers=(1, 2, 3, 5),
    )


def _map(fitted: Fitted, surface: Surface, pair: Pair) -> Picture:
    axes = canvas.new_axes((4.6, 0.9 + 0.36 * max(4, surface.mean_GH.shape[0])))
    plots.draw_surface(surface, axes, is_share=are_shares(fitted))
    name = output_names(fitted, [surface.output])[0]
    first, second = surface.scales
    across = cell_names(second)
    rows = [
        (cell, *(output_value(fitted, float(value)) for value in row))
        for cell, row in zip(cell_names(first), surface.mean_GH, strict=True)
    ]
    says = (
        f"The mean {'' if are_shares(fitted) else 'predicted '}{name} for each pair of cells; the deeper the"
        f" shade, the higher. {percent(pair.share)} of the differences come from the two together."
    )
    title = f"{quoted(short(first.column, 30))} by {quoted(short(second.column, 30))}"
    head = (f"{short(first.column, 20)} \\ {short(second.column, 20)}", *across)
    return picture(axes, ("together", title, says), head, rows, numbers=range(1, len(head)))

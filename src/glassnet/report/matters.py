"""The part on what matters: importance, how far columns move predictions, how predictions go with them."""

from __future__ import annotations

from glassnet.evaluate.values import Importance
from glassnet.pipeline import Fitted
from glassnet.report import canvas, plots
from glassnet.report.dependence import dependence
from glassnet.report.markup import Html, folded, paragraph, section
from glassnet.report.pictures import Picture, figure, grid, picture
from glassnet.report.together import together
from glassnet.report.words import SHARES, count, metric_name, number, quoted, series, several, short


def matters(fitted: Fitted) -> Html:
    """Return the part about what matters."""
    evaluation = fitted.evaluation
    if not evaluation.importance:
        return section(
            "matters", "What matters", paragraph("Importance was not measured: there was no time left.")
        )
    metric = evaluation.scores[0].metric
    pictures = [figure(_importance(fitted, metric))]
    pictures += [figure(_reasons(fitted))] if evaluation.insight.reasons else []
    told = [paragraph(_how_measured(fitted, metric))]
    if len(evaluation.importance) > plots.BARS:
        most_of = (
            f"The picture shows the first {plots.BARS} of {several(len(evaluation.importance), 'column')};"
            " the table has all."
        )
        told.append(paragraph(most_of))
    told += [paragraph(_how_explained(fitted))] if evaluation.insight.reasons else []
    how = folded("How this is measured", *told)
    return section("matters", "What matters", grid(pictures), how, *dependence(fitted), *together(fitted))


def _importance(fitted: Fitted, metric: str) -> Picture:
    importance = fitted.evaluation.importance
    is_share = metric in SHARES
    axes = canvas.new_axes(_tall(len(importance)))
    plots.draw_importance(importance, axes, is_share=is_share)
    head = ("column", f"{metric_name(metric)} worse by", "spread")
    rows = [
        (short(one.column), _amount(one.loss, is_share=is_share), _amount(one.spread, is_share=is_share))
        for one in importance
    ]
    most = importance[0]
    says = _most(most, metric)
    return picture(axes, ("importance", "Columns by importance", says), head, rows, numbers=(1, 2))


def _tall(columns: int) -> tuple[float, float]:
    return 4.6, 0.9 + 0.22 * max(4, min(columns, plots.BARS))


def _reasons(fitted: Fitted) -> Picture:
    """Return how far each column moves single predictions, in the order of importance."""
    insight = fitted.evaluation.insight
    by_name = {one.column: one for one in insight.reasons}
    ordered = [by_name[one.column] for one in fitted.evaluation.importance if one.column in by_name]
    axes = canvas.new_axes(_tall(len(ordered)))
    plots.draw_reasons(ordered, insight.reasons_about, axes)
    rows = [(short(one.column), number(one.size, 3), number(one.mean, 3)) for one in ordered]
    first = [quoted(short(one.column)) for one in insight.reasons[:3]]
    says = f"Single predictions are moved most by {series(first)}."
    head = ("column", "moves by, on average", "mean with its sign")
    words = ("reasons", "Columns by how far they move a prediction", says)
    return picture(axes, words, head, rows, numbers=(1, 2))


def _how_explained(fitted: Fitted) -> str:
    insight = fitted.evaluation.insight
    return (
        f"How far a column moves {insight.reasons_about} away from that of the mean training row (integrated"
        f" gradients, as in ‘glassnet why’) is the mean over {several(insight.reasons_rows, 'row')}. A column"
        " that moves predictions far and yet matters little for the metric is one that others stand in for,"
        f" or one that the network leans on without use.{_scale(insight.reasons_about)}"
    )


def _scale(about: str) -> str:
    """Return what the scale means that effects add up on; nothing where it is the prediction's own."""
    if "log-odds" in about:
        return " Log-odds are the scale on which effects add up: 0.7 more doubles the odds, p / (1 − p)."
    if "logit" in about:
        return " A logit is what the network computes for a class: 0.7 more doubles its odds."
    return ""


def _amount(value: float, *, is_share: bool) -> str:
    return f"{100 * value:.2f} points".replace("-", "−") if is_share else number(value, 3)


def _most(most: Importance, metric: str) -> str:
    if most.loss <= 2 * most.spread or most.loss <= 0:
        return "No column stands out from chance."
    amount = f"{100 * most.loss:.1f} percentage points" if metric in SHARES else number(most.loss, 3)
    column = quoted(short(most.column))
    said = f"Without {column} the {metric_name(metric)} would be worse by {amount}"
    return (
        f"{said}: it matters most." if most.repeats > 1 else f"{said}, by one shuffle, which may be chance."
    )


def _how_measured(fitted: Fitted, metric: str) -> str:
    evaluation = fitted.evaluation
    repeats = evaluation.importance[0].repeats
    rows = several(evaluation.importance_rows, f"{evaluation.on} row")
    times = "once" if repeats == 1 else f"{repeats} times"
    spread = "" if repeats == 1 else " The thin line is one standard deviation of the repeats."
    shuffled, inputs = len(evaluation.importance), len(fitted.schema.inputs)
    which = (
        "each column was"
        if shuffled >= inputs
        else f"of {several(inputs, 'column')} the {count(shuffled)} that move predictions most were each"
    )
    return (
        f"Importance: {which} shuffled {times} among {rows}; what matters is how much worse the"
        f" {metric_name(metric)} became. Columns that say the same share their importance, so that each alone"
        f" may look unimportant.{spread}"
    )

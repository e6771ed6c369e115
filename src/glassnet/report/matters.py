"""The part on what matters: permutation importance with its spread."""

from __future__ import annotations

from glassnet.pipeline import Fitted
from glassnet.report import canvas, plots
from glassnet.report.markup import Html, element, paragraph, section
from glassnet.report.pictures import figure, grid, picture
from glassnet.report.words import SHARES, metric_name, number, quoted, several, short


def matters(fitted: Fitted) -> Html:
    """Return the part about what matters: permutation importance with its spread."""
    evaluation = fitted.evaluation
    if not evaluation.importance:
        return section(
            "matters", "What matters", paragraph("Importance was not measured: there was no time left.")
        )
    metric = evaluation.scores[0].metric
    is_share = metric in SHARES
    axes = canvas.new_axes((4.6, 0.9 + 0.22 * max(4, min(len(evaluation.importance), plots.BARS))))
    plots.draw_importance(evaluation.importance, axes, is_share=is_share)
    repeats = evaluation.importance[0].repeats
    head = ("column", f"{metric_name(metric)} worse by", "spread")
    rows = [
        (short(one.column), _amount(one.loss, is_share=is_share), _amount(one.spread, is_share=is_share))
        for one in evaluation.importance
    ]
    most = evaluation.importance[0]
    says = _most(quoted(short(most.column)), most.loss, most.spread, metric)
    words = ("importance", "Columns by importance", says)
    shown = picture(axes, words, head, rows, numbers=(1, 2))
    beside = [paragraph(_how_measured(fitted, metric, repeats))]
    if len(rows) > plots.BARS:
        most_of = (
            f"The picture shows the first {plots.BARS} of {several(len(rows), 'column')}; the table has all."
        )
        beside.append(paragraph(most_of))
    return section("matters", "What matters", grid([figure(shown), element("div", *beside)]))


def _amount(value: float, *, is_share: bool) -> str:
    return f"{100 * value:.2f} points".replace("-", "−") if is_share else number(value, 3)


def _most(column: str, loss: float, spread: float, metric: str) -> str:
    if loss <= 2 * spread or loss <= 0:
        return "No column stands out from chance."
    amount = f"{100 * loss:.1f} percentage points" if metric in SHARES else number(loss, 3)
    return f"Without {column} the {metric_name(metric)} would be worse by {amount}: it matters most."


def _how_measured(fitted: Fitted, metric: str, repeats: int) -> str:
    evaluation = fitted.evaluation
    rows = several(evaluation.importance_rows, f"{evaluation.on} row")
    times = "once" if repeats == 1 else f"{repeats} times"
    spread = "" if repeats == 1 else " The thin line is one standard deviation of the repeats."
    return (
        f"Each column was shuffled {times} among {rows}; what matters is how much worse the"
        f" {metric_name(metric)} became. Columns that say the same share their importance, so that each alone"
        f" may look unimportant.{spread}"
    )

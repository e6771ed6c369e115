"""The part on the table: what its rows say, how each column is spread, its kind with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from glassnet.pipeline import Fitted
from glassnet.quality.values import ColumnSummary
from glassnet.report.findings import card
from glassnet.report.markup import Child, Html, element, folded, paragraph, section, table
from glassnet.report.spread import is_cut, number_cell, spread_picture, spread_rows
from glassnet.report.words import count, percent, quoted, several, short
from glassnet.table.values import Column, Kind

OPEN_ROWS: Final = 30  # longer tables are folded
KINDS: Final = {"category": "categories", "yes/no": "yes/no"}  # more than one of them
DRAWN: Final = 24  # columns with a picture of their cells


def the_table(fitted: Fitted) -> Html:
    """Return the part about the columns: findings, spread, kind, reason, and what was left out."""
    columns = fitted.schema.columns
    kinds = Counter(str(column.kind) for column in columns if column.used)
    used = ", ".join(several(many, kind, KINDS.get(kind, "")) for kind, many in kinds.most_common())
    left = [column for column in columns if not column.used]
    story = f"The network sees {several(len(fitted.schema.inputs), 'column')} ({used})." if used else ""
    listing = _columns(fitted, [column for column in columns if column.used], "Columns that the network sees")
    parts: list[Html] = [paragraph(story), paragraph(f"Rows: {fitted.split}."), *_findings(fitted)]
    parts += [*_spreads(fitted), element("h3", "Kinds, and why"), listing]
    if left:
        parts += [element("h3", "Left out"), _left_out(left)]
    return section("table", "The table", *parts)


# ---- what its rows say ----


def _findings(fitted: Fitted) -> list[Html]:
    found = fitted.quality.findings
    if not found:
        return []
    return [element("h3", "What the rows say before training"), *(card(one) for one in found)]


# ---- how the cells are spread ----


def _spreads(fitted: Fitted) -> list[Html]:
    summaries = _drawn(fitted)
    if not summaries:
        return []
    has_test = any(one.test is not None for one in summaries)
    legend = "Filled: the rows that train or choose the epoch."
    if has_test:
        legend += (
            " Outline, or the mark across a bar: test rows; their distance says how differently they are"
            " spread, from 0, alike, to 1, wholly apart."
        )
    if any(is_cut(one) for one in summaries):
        legend += " Where an axis ends in ‘9 … 20’ the last bar holds all cells up to 20."
    more = len(fitted.quality.columns) - len(summaries)
    if more > 0:
        legend += f" Shown are the target and the most important columns, {count(len(summaries))} in all."
    figures = [_figure(one, place) for place, one in enumerate(summaries)]
    grid = element("div", *figures, marks={"class": "grid small"})
    return [element("h3", "How the cells are spread"), paragraph(legend), grid]


def _drawn(fitted: Fitted) -> list[ColumnSummary]:
    """Return the summaries to draw: targets first, then the table's order; the most important of many."""
    summaries = fitted.quality.columns
    if len(summaries) <= DRAWN:
        return list(summaries)
    ranks = {one.column: place for place, one in enumerate(fitted.evaluation.importance)}
    ranked = sorted(summaries, key=lambda one: (not one.is_target, ranks.get(one.name, len(ranks))))
    chosen = {one.name for one in ranked[:DRAWN]}
    return [one for one in summaries if one.name in chosen]


def _figure(summary: ColumnSummary, place: int) -> Html:
    name, says = quoted(short(summary.name, 40)), spread_says(summary)
    head = ("cells", "training", *(("test",) if summary.test is not None else ()))
    rows = spread_rows(summary)
    kind = "the target" if summary.is_target else str(summary.kind)
    return element(
        "figure",
        element("h3", name, " ", element("span", kind, marks={"class": "tag"})),
        spread_picture(summary, place, f"{name}. {says}"),
        element("figcaption", says),
        folded("The figures", table(f"Cells of {name}", head, rows, numbers=range(1, len(head)))),
    )


def spread_says(summary: ColumnSummary) -> str:
    """Return a column's range or levels, its missing cells and its drift in a sentence or two."""
    if summary.edges:
        low, high = (number_cell(one, summary.kind) for one in (summary.low, summary.high))
        what = f"{several(summary.distinct, 'value')}, {low} to {high}"
    else:
        what = several(summary.distinct, "level")
    return f"{what}; {_missing(summary)}.{_drift(summary)}"


def _missing(summary: ColumnSummary) -> str:
    share = summary.training.missing_share
    if not summary.training.missing and (summary.test is None or not summary.test.missing):
        return "none missing"
    if summary.test is None:
        return f"{percent(share)} missing"
    if not summary.training.missing:
        return f"none missing, of test rows {percent(summary.test.missing_share)}"
    return f"{percent(share)} missing, of test rows {percent(summary.test.missing_share)}"


def _drift(summary: ColumnSummary) -> str:
    if summary.drift is None:
        return ""
    measured = f"distance {summary.drift.distance:.2f}"
    return f" Test rows differ clearly: {measured}." if summary.drift.is_clear else f" Test rows: {measured}."


# ---- kinds ----


def _columns(fitted: Fitted, columns: list[Column], title: str) -> Html:
    rows = [
        (
            short(column.name),
            column.kind,
            percent(column.missing / max(fitted.table_rows, 1)) if column.missing else "none",
            count(column.distinct),
            ", ".join(_example(one, column.kind) for one in column.examples[:3]),
            column.reason,
        )
        for column in columns
    ]
    head = ("column", "kind", "missing", "distinct", "for example", "why this kind")
    whole = element("div", table(title, head, rows, numbers=(2, 3)), marks={"class": "kinds"})
    return _foldable(whole, rows, "columns")


def _example(cell: str, kind: Kind) -> str:
    """Return a cell as it is, short; a number with as many digits as tell it apart."""
    if kind is Kind.NUMBER:
        try:
            return f"{float(cell):.6g}"
        except ValueError:  # written in a way of its own, such as 1.234,5
            return short(cell, 18)
    return short(cell, 18)


def _left_out(columns: list[Column]) -> Html:
    rows = [(short(c.name), c.kind, c.why_unused or c.reason) for c in columns]
    return _foldable(
        table("Columns that the network does not see", ("column", "kind", "why"), rows), rows, "columns"
    )


def _foldable(whole: Html, rows: Sequence[Sequence[Child]], what: str) -> Html:
    return whole if len(rows) <= OPEN_ROWS else folded(f"All {count(len(rows))} {what}", whole)

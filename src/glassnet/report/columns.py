"""The part on the table: each column's kind with the reason, and what was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from glassnet.pipeline import Fitted
from glassnet.report.markup import Child, Html, element, folded, paragraph, section, table
from glassnet.report.words import count, percent, several, short
from glassnet.table.values import Column, Kind

OPEN_ROWS: Final = 30  # longer tables are folded


def the_table(fitted: Fitted) -> Html:
    """Return the part about the columns: kind, reason, missing cells, and what was left out."""
    columns = fitted.schema.columns
    kinds = Counter(str(column.kind) for column in columns if column.used)
    used = ", ".join(f"{many} {kind}" for kind, many in kinds.most_common())
    left = [column for column in columns if not column.used]
    story = f"The network sees {several(len(fitted.schema.inputs), 'column')} ({used})." if used else ""
    listing = _columns(fitted, [column for column in columns if column.used], "Columns that the network sees")
    parts: list[Html] = [paragraph(story), paragraph(f"Rows: {fitted.split}."), listing]
    if left:
        parts += [element("h3", "Left out"), _left_out(left)]
    return section("table", "The table", *parts)


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
    return _foldable(table(title, head, rows, numbers=(2, 3)), rows, "columns")


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

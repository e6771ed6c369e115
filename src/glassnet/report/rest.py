"""The parts on what matters, on the table and on how the run was made.

Shapes: K members.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from typing import Final

from torch import nn

from glassnet.metric import METRICS, choose_metrics
from glassnet.pipeline import Fitted
from glassnet.report import plots
from glassnet.report.first import repeat
from glassnet.report.markup import Child, Html, bullets, element, facts, folded, paragraph, section, table
from glassnet.report.pictures import grid, picture
from glassnet.report.words import (
    SHARES,
    count,
    figure,
    metric_name,
    named,
    number,
    percent,
    seconds,
    several,
    short,
)
from glassnet.settings import Settings
from glassnet.table.values import Column

OPEN_ROWS: Final = 30  # longer tables are folded


def matters(fitted: Fitted) -> Html:
    """Return the part about what matters: permutation importance with its spread."""
    evaluation = fitted.evaluation
    if not evaluation.importance:
        return section(
            "matters", "What matters", paragraph("Importance was not measured: there was no time left.")
        )
    metric = evaluation.scores[0].metric
    is_share = metric in SHARES
    axes = plots.new_axes((4.6, 0.9 + 0.22 * max(4, min(len(evaluation.importance), plots.BARS))))
    plots.draw_importance(evaluation.importance, axes, is_share=is_share)
    repeats = evaluation.importance[0].repeats
    head = ("column", f"{metric_name(metric)} worse by", "spread")
    rows = [
        (short(one.column), _amount(one.loss, is_share=is_share), _amount(one.spread, is_share=is_share))
        for one in evaluation.importance
    ]
    most = evaluation.importance[0]
    says = _most(short(most.column), most.loss, most.spread, metric)
    words = ("importance", "Columns by importance", says)
    shown = picture(axes, words, head, rows, numbers=(1, 2))
    extra = (
        []
        if len(rows) <= plots.BARS
        else [
            paragraph(
                f"The picture shows the first {plots.BARS} of {several(len(rows), 'column')}; the table has all."
            )
        ]
    )
    return section(
        "matters", "What matters", paragraph(_how_measured(fitted, metric, repeats)), grid([shown]), *extra
    )


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
        f" {metric_name(metric)} became. Columns that say the same share their importance, so that each alone may"
        f" look unimportant.{spread}"
    )


# ---- the table ----


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
            short(", ".join(short(one, 18) for one in column.examples[:3]), 60),
            column.reason,
        )
        for column in columns
    ]
    head = ("column", "kind", "missing", "distinct", "for example", "why this kind")
    return _foldable(table(title, head, rows, numbers=(2, 3)), rows, "columns")


def _left_out(columns: list[Column]) -> Html:
    rows = [(short(c.name), c.kind, c.why_unused or c.reason) for c in columns]
    return _foldable(
        table("Columns that the network does not see", ("column", "kind", "why"), rows), rows, "columns"
    )


def _foldable(whole: Html, rows: list[tuple[str, ...]], what: str) -> Html:
    return whole if len(rows) <= OPEN_ROWS else folded(f"All {count(len(rows))} {what}", whole)


# ---- how it was made ----


def made(fitted: Fitted) -> Html:
    """Return the part about how the run was made, and how to repeat it."""
    return section(
        "made",
        "How it was made",
        element("h3", "Repeat it"),
        *repeat(fitted),
        element("h3", "Decisions"),
        paragraph("Everything the program chose by itself, and why. Each can be set instead."),
        _decisions(fitted),
        element("h3", "The network"),
        *network(fitted.network, len(fitted.trained.best_epoch_K)),
        element("h3", "Time and machine"),
        _machine(fitted),
        folded("All settings", _settings(fitted)),
    )


def _decisions(fitted: Fitted) -> Html:
    others = [one for one in fitted.decisions if not one.name.startswith("column '")]
    rows = [(one.name, short(one.value, 90), one.reason) for one in others]
    return table("Decisions", ("what", "chosen", "why"), rows)


def network(module: nn.Module, members: int) -> list[Html]:
    """Return the network's layers with the shapes and counts of their parameters."""
    rows = []
    for name, layer in module.named_modules():
        own = list(layer.named_parameters(recurse=False))
        if own:
            shapes = ", ".join(f"{key} {_shape(p.shape, members)}" for key, p in own)
            kind = type(layer).__name__.removeprefix("Member")
            rows.append(
                (name or "(whole)", kind, shapes, count(sum(p.numel() for _, p in own) // max(members, 1)))
            )
    total = sum(p.numel() for p in module.parameters())
    each = f"{count(total)} parameters"
    if members > 1:
        each = (
            f"{count(members)} networks of {count(total // members)} parameters each, {count(total)} in all"
        )
    head = ("layer", "type", "shapes", "parameters of each" if members > 1 else "parameters")
    return [paragraph(f"{each}."), table("Layers, from the columns to the answer", head, rows, numbers=(3,))]


def _shape(shape: tuple[int, ...], members: int) -> str:
    inner = tuple(shape)[1:] if members > 1 or (len(shape) > 1 and shape[0] == 1) else tuple(shape)
    return " × ".join(count(size) for size in inner) or "1"


def _machine(fitted: Fitted) -> Html:
    run = fitted.facts
    pairs: list[tuple[Child, Child]] = [(phase, seconds(value)) for phase, value in run.seconds.items()]
    pairs += [
        ("machine", run.machine),
        ("threads", count(run.threads)),
        ("engine", run.engine),
        ("seed", str(fitted.settings.seed)),
    ]
    return facts([*pairs, *run.versions.items()])


def _settings(fitted: Fitted) -> Html:
    defaults = Settings()
    rows = []
    for field in fields(Settings):
        value = getattr(fitted.settings, field.name)
        mark = "" if value == getattr(defaults, field.name) else "set"
        rows.append((field.name, short(_setting(value), 80), mark))
    return table("All settings", ("setting", "value", ""), rows)


def _setting(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(str(one) for one in value) or "none"
    return (
        str(value)
        if isinstance(value, str | int | float)
        else getattr(value, "__name__", type(value).__name__)
    )

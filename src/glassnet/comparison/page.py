"""The page of a comparison: one HTML file without scripts, in the report's style."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from glassnet.comparison.effort import effort_rows
from glassnet.comparison.pictured import gaps_picture, learning_pictures, scores_picture
from glassnet.comparison.told import NAME, gap_said
from glassnet.comparison.values import Compared, Differing, Gap, Run, ranked
from glassnet.evaluate.values import Score
from glassnet.report.frame import document
from glassnet.report.markup import Child, Html, bullets, element, folded, join, paragraph, section, table
from glassnet.report.pictures import figure, grid
from glassnet.report.whole import write_whole
from glassnet.report.words import PERCENT, count, metric_name, several, short
from glassnet.report.words import figure as figure_said
from glassnet.run_folder import REPORT

PAIRS_OPEN: Final = 12  # lines of the table of pairs; longer ones are folded
VALUE: Final = 90  # signs of a setting's value
PARTS: Final = (
    ("which", "Which is better"),
    ("different", "What differs"),
    ("learning", "How they learned"),
    ("effort", "Time and size"),
    ("how", "How this was measured"),
)


def page(compared: Compared, folder: Path | None = None) -> str:
    """Return the comparison as one HTML text; links to the runs' reports go from `folder`."""
    return document(
        _title(compared),
        "which",
        _head(compared),
        element(
            "main",
            _which(compared),
            _different(compared),
            _learning(compared),
            _effort(compared, folder),
            _how(compared),
        ),
        element("footer", "Written by Glassnet. This file needs no network."),
    )


def write_page(compared: Compared, path: Path) -> Path:
    """Write the page, whole or not at all, and return its path. Raises SourceError where the disk refuses."""
    return write_whole(page(compared, path.absolute().parent), path)


def _title(compared: Compared) -> str:
    targets = compared.runs[0].fitted.schema.targets
    what = f"‘{short(targets[0].name, 40)}’" if len(targets) == 1 else f"{count(len(targets))} columns"
    return f"{what}: {count(len(compared.runs))} runs compared"


def _head(compared: Compared) -> Html:
    links = (element("li", element("a", name, marks={"href": f"#{anchor}"})) for anchor, name in PARTS)
    return element(
        "header",
        paragraph("Glassnet comparison", kind="over"),
        element("h1", _title(compared)),
        paragraph(compared.rows, kind="quiet"),
        element("nav", element("ol", *links), marks={"aria-label": "Parts of this page"}),
    )


# ---- which is better ----


def _which(compared: Compared) -> Html:
    runs, first = compared.runs, compared.measured[0]
    said = element("div", *(paragraph(one, kind="lead") for one in compared.sentences))
    pictures = [figure(scores_picture(first, runs))]
    if first.gaps:
        pictures.append(figure(gaps_picture(first, runs)))
    return section(
        "which",
        "Which is better?",
        said,
        grid(pictures),
        element("h3", "Every metric"),
        _metrics(compared),
        element("h3", "Pair by pair"),
        _pairs(compared),
        element("h3", "Worth knowing"),
        bullets(compared.caveats),
    )


def _metrics(compared: Compared) -> Html:
    """Return every run's metrics with their intervals, in the order of the first."""
    best = [ranked(one, compared.runs)[0][0].name for one in compared.measured]
    order = [run.name for run, _ in ranked(compared.measured[0], compared.runs)]
    rows: dict[str, list[Child]] = {}
    for place, run in enumerate(compared.runs):
        cells = [
            _metric_cell(measured.metric, measured.scores[place], is_best=run.name == first)
            for measured, first in zip(compared.measured, best, strict=True)
        ]
        rows[run.name] = [short(run.name, VALUE), *cells]
    listed = [rows[name] for name in (*order, *(name for name in rows if name not in order))]
    head = ("run", *(_metric_head(one.metric, one.larger_is_better) for one in compared.measured))
    caption = "With 95 % intervals; the best of each in bold"
    return table(caption, head, listed, numbers=range(1, len(head)))


def _metric_head(metric: str, larger_is_better: bool) -> Html:
    better = "larger is better" if larger_is_better else "smaller is better"
    return join([metric_name(metric), element("br"), better])


def _metric_cell(metric: str, score: Score | None, *, is_best: bool) -> Child:
    if score is None:
        return "–"
    value = figure_said(metric, score.value)
    shown: Child = element("strong", value) if is_best else value
    interval = element("span", _interval(metric, score.low, score.high), marks={"class": "tag"})
    return join([shown, " ", interval])


def _interval(metric: str, low: float, high: float) -> str:
    if math.isnan(low):
        return ""
    return f"{figure_said(metric, low).removesuffix(PERCENT)} to {figure_said(metric, high)}"


def _pairs(compared: Compared) -> Html:
    gaps = [(measured, gap) for measured in compared.measured for gap in measured.gaps]
    if not gaps:
        return paragraph("No two runs have a metric in common.")
    ways = list(dict.fromkeys(_way(gap) for _, gap in gaps))
    is_mixed = len(ways) > 1  # else the caption says it once, and the table fits a phone
    rows = [
        (
            short(gap.first, NAME),
            short(gap.second, NAME),
            metric_name(measured.metric),
            *((_way(gap),) if is_mixed else ()),
            *gap_said(measured, gap.first, gap.second),
        )
        for measured, gap in gaps
    ]
    compared_by = ("compared",) if is_mixed else ()
    head = ("run", "beside", "metric", *compared_by, "difference", "95 % interval", "p", "the run is")
    how = "" if is_mixed else f"Compared {ways[0]}; "
    caption = f"{how}differences of shares are in percentage points, p is corrected for the number of pairs"
    whole = table(
        f"{caption[0].upper()}{caption[1:]}", head, rows, numbers=range(len(head) - 4, len(head) - 1)
    )
    whole = element("div", whole, marks={"class": "pairs"})
    return whole if len(rows) <= PAIRS_OPEN else folded(f"All {several(len(rows), 'line')}", whole)


def _way(gap: Gap) -> str:
    return "row by row" if gap.paired else "by intervals"


# ---- what differs ----


def _different(compared: Compared) -> Html:
    kinds = {
        "setting": (
            "Settings",
            "What was set is marked; the rest was chosen by the program or left at its default.",
        ),
        "column": ("Columns", "What each run takes a column for."),
        "decision": ("Table, split and machine", ""),
    }
    parts: list[Html] = []
    for kind, (title, says) in kinds.items():
        found = [one for one in compared.differing if one.kind == kind]
        if found:
            parts.append(element("h3", title))
            parts += [paragraph(says)] if says else []
            parts.append(_choices(title, found, compared.runs))
    if not parts:
        parts = [paragraph("Nothing: table, settings, decisions and machine are the same.")]
    return section("different", "What differs", *parts)


def _choices(title: str, found: Sequence[Differing], runs: tuple[Run, ...]) -> Html:
    rows: list[list[Child]] = []
    for one in found:
        cells: list[Child] = [one.name]
        for choice in one.choices:
            value = short(choice.value, VALUE)
            is_set = choice.origin == "set"
            cells.append(join([value, element("span", "set", marks={"class": "tag"})]) if is_set else value)
        rows.append(cells)
    head = ("", *(short(run.name, NAME) for run in runs))
    whole = table(f"{title}, where the runs differ", head, rows)
    return whole if len(rows) <= 30 else folded(f"All {count(len(rows))}", whole)


# ---- how they learned ----


def _learning(compared: Compared) -> Html:
    pictures = learning_pictures(compared.runs)
    body = grid([figure(one) for one in pictures]) if pictures else paragraph("No run finished an epoch.")
    return section("learning", "How they learned", body)


# ---- time, size, method ----


def _effort(compared: Compared, folder: Path | None) -> Html:
    runs = compared.runs
    head = ("", *(short(run.name, NAME) for run in runs))
    listing = [
        (
            _linked(run, folder),
            run.finished.replace("T", " ").partition("+")[0] or "–",
            element("code", str(run.path)) if run.path else "in memory",
        )
        for run in runs
    ]
    return section(
        "effort",
        "Time and size",
        table("What each run took", head, effort_rows(runs), numbers=range(1, len(head))),
        element("h3", "The runs"),
        table("When and where", ("run", "finished (UTC)", "where"), listing),
    )


def _linked(run: Run, folder: Path | None) -> Child:
    """Return the run's name, as a link to its report where there is one beside the page."""
    if folder is None or run.path is None or not (run.path / REPORT).is_file():
        return run.name
    href = Path(os.path.relpath((run.path / REPORT).absolute(), folder)).as_posix()
    return element("a", run.name, marks={"href": href})


def _how(compared: Compared) -> Html:
    paired = (
        "Where rows are the same, each compares the runs. For a metric that is a mean over the rows (or rises"
        " with one: RMSE of one target, R²) the test asks how often random signs of the rows' differences"
        " would set the runs at least as far apart; for others (AUC, F1) it takes the spread over"
        " resampled rows."
        " Intervals of differences are from resampled rows, the same for all runs."
    )
    unpaired = (
        "Where the rows differ, the difference's interval is made of the two figures' own, as if the rows had"
        " nothing to do with each other."
    )
    looks = (
        "With more than two runs there are several pairs, and one of them may look different by chance: p is"
        " corrected by Holm's method for the pairs of a metric, intervals are not. Metrics are not corrected"
        " for one another: look at the first."
    )
    gaps = [gap.paired for one in compared.measured for gap in one.gaps]
    is_any = any(gaps), not all(gaps)
    return section(
        "how",
        "How this was measured",
        *([paragraph(paired)] if is_any[0] else []),
        *([paragraph(unpaired)] if is_any[1] else []),
        *([paragraph(looks)] if len(compared.runs) > 2 else []),
        paragraph("More than noise means: p below 0.05."),
    )

"""Where the network is wrong: its error by levels and ranges of the most important columns.

Shapes: R rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes

from glassnet.evaluate.insight import Segment
from glassnet.evaluate.look import errors_of
from glassnet.pipeline import Fitted
from glassnet.report import canvas
from glassnet.report.canvas import ACCENT, INK, SECOND, draw_grid, figured, label
from glassnet.report.cells import segment_name
from glassnet.report.markup import Html, element, folded, paragraph, table
from glassnet.report.pictures import Picture, figure, grid, picture
from glassnet.report.words import NONE, count, number, percent, quoted, series, several, short
from glassnet.table.values import Task

DRAWN: Final = 4  # columns with a picture; the others have their lines in the table
NAMED: Final = 3  # segments in a sentence
SURE: Final = 0.05  # largest probability of chance at which a segment is said to differ


def by_segment(fitted: Fitted) -> list[Html]:
    """Return the errors by segment, as pictures and one table; nothing where none was measured."""
    found = fitted.evaluation.insight.segments
    if not found:
        return []
    columns = list(dict.fromkeys(one.column for one in found))
    limit = _limit([one for one in found if one.column in columns[:DRAWN]])
    pictures = [
        figure(_picture(fitted, [one for one in found if one.column == column], place, limit))
        for place, column in enumerate(columns[:DRAWN])
    ]
    rest = [one for one in found if one.column in columns[DRAWN:]]
    more = (
        [folded(f"By {several(len(columns) - DRAWN, 'more column')}", _table(fitted, rest))] if rest else []
    )
    return [
        element("h3", "Where it is wrong", marks={"id": "wrong"}),
        paragraph(story(fitted)),
        grid(pictures),
        *more,
        paragraph(_measured(fitted), kind="quiet"),
    ]


def draw_segments(segments: Sequence[Segment], names: Sequence[str], whole: float, ax: Axes) -> None:
    """Draw each segment's error with its interval beside that of all rows, `whole`; filled: no chance."""
    place = np.arange(len(segments))
    ax.axvline(whole, color=SECOND, ls=":", lw=1.4, zorder=1)
    ax.hlines(
        place, [one.error_low for one in segments], [one.error_high for one in segments], color=ACCENT, lw=1.4
    )
    for is_sure, fill in ((True, ACCENT), (False, "none")):
        here = [spot for spot, one in enumerate(segments) if differs(one) is is_sure]
        ax.plot(
            [segments[spot].error for spot in here],
            here,
            "o",
            color=ACCENT,
            mfc=fill,
            mec=ACCENT,
            mew=1.5,
            ms=6,
            zorder=3,
            clip_on=False,  # an error of 0 lies on the edge
        )
    ax.set_yticks(place, [label(name, 24) for name in names])
    ax.set_ylim(len(segments) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    ax.spines["left"].set_visible(False)
    figured(ax.xaxis)
    draw_grid(ax, "x")


def differs(segment: Segment) -> bool:
    """Return whether a segment's error differs from that of the other rows beyond chance."""
    return segment.chance <= SURE  # NaN, too few rows to tell: no


def whole_error(fitted: Fitted) -> float:
    """Return the mean error of all rows, in the segments' unit; NaN without rows."""
    evaluation = fitted.evaluation
    if not len(evaluation.truth) or not evaluation.weight_R.sum() > 0:
        return math.nan
    error_R = errors_of(evaluation, fitted.schema.task)
    return float(np.average(error_R, weights=evaluation.weight_R))


def are_rates(fitted: Fitted) -> bool:
    """Return whether errors are shares of wrong answers, and no distances."""
    return fitted.schema.task is not Task.REGRESSION


def error_value(fitted: Fitted, value: float) -> str:
    """Return an error in words."""
    return percent(value) if are_rates(fitted) else number(value, 3)


def _limit(segments: Sequence[Segment]) -> float:
    """Return the right end of an axis that all pictures share; a tiny segment's interval may leave it."""
    most = max(one.error for one in segments)
    return 1.15 * max(most, float(np.quantile([one.error_high for one in segments], 0.9)), 1e-12)


def _names(fitted: Fitted, segments: Sequence[Segment]) -> list[str]:
    kinds = {column.name: column.kind for column in fitted.schema.columns}
    return [segment_name(one, kinds[one.column]) for one in segments]


def _picture(fitted: Fitted, segments: list[Segment], place: int, limit: float) -> Picture:
    axes = canvas.new_axes((4.6, 0.9 + 0.24 * max(3, len(segments))))
    draw_segments(segments, _names(fitted, segments), whole_error(fitted), axes)
    axes.set_xlim(-0.02 * limit, limit)  # an error of 0 stands clear of its name
    figured(axes.xaxis, is_share=are_rates(fitted))
    axes.set_xlabel("wrong answers" if are_rates(fitted) else "mean absolute error")
    column = quoted(short(segments[0].column, 40))
    words = (f"segments-{place}", column, _says(fitted, segments))
    return picture(axes, words, _head(fitted), _rows(fitted, segments), numbers=(1, 2, 3, 4))


def _says(fitted: Fitted, segments: Sequence[Segment]) -> str:
    whole = whole_error(fitted)
    pairs = list(zip(segments, _names(fitted, segments), strict=True))
    worse = [name for one, name in pairs if differs(one) and one.error > whole]
    better = [name for one, name in pairs if differs(one) and one.error < whole]
    if not worse and not better:
        return "Nowhere clearly better or worse than elsewhere."
    said = [
        f"{word} {series(names)}" for word, names in (("worse at", worse), ("better at", better)) if names
    ]
    sentence = "; ".join(said)
    return f"Clearly {sentence}."


def _head(fitted: Fitted) -> tuple[str, ...]:
    what = "wrong" if are_rates(fitted) else "mean absolute error"
    return ("rows with", "rows", what, "95 % interval", "probability of chance", "differs")


def _rows(fitted: Fitted, segments: Sequence[Segment], *, with_column: bool = False) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for one, name in zip(segments, _names(fitted, segments), strict=True):
        ends = [error_value(fitted, end) for end in (one.error_low, one.error_high)]
        unlikely = "below 0.0001" if one.chance < 1e-4 else f"{one.chance:.2g}"
        rows.append(
            (
                f"{short(one.column, 30)}: {name}" if with_column else name,
                count(one.rows),
                error_value(fitted, one.error),
                f"{ends[0].removesuffix(chr(160) + '%')} to {ends[1]}",
                NONE if math.isnan(one.chance) else unlikely,
                _verdict(fitted, one),
            )
        )
    return rows


def _verdict(fitted: Fitted, segment: Segment) -> str:
    if not differs(segment):
        return "too few rows" if math.isnan(segment.chance) else "no"
    return "worse" if segment.error > whole_error(fitted) else "better"


def _table(fitted: Fitted, segments: Sequence[Segment]) -> Html:
    rows = _rows(fitted, segments, with_column=True)
    return table("Errors by level and range", _head(fitted), rows, numbers=(1, 2, 3, 4))


def story(fitted: Fitted) -> str:
    """Return in words where the network is clearly worse, or that it is so nowhere."""
    found, whole = fitted.evaluation.insight.segments, whole_error(fitted)
    worse = _worse(fitted)
    what = "wrong answers" if are_rates(fitted) else "a mean absolute error"
    looked = f"Of {several(len(found), 'level or range', 'levels and ranges')} looked at,"
    every = f"all {several(len(fitted.evaluation.truth), fitted.evaluation.on + ' row')} have"
    base = f"{every} {error_value(fitted, whole)} {what}" if are_rates(fitted) else f"{every} {what} of"
    base = base if are_rates(fitted) else f"{base} {error_value(fitted, whole)}"
    if not worse:
        return f"{looked} none is clearly worse than the others; {base}."
    names = [_named(fitted, one) for one in worse[:NAMED]]
    verb = "is" if len(worse) == 1 else "are"
    most = ":" if len(worse) <= NAMED else ", most of all"
    told = f"clearly worse than the others{most} where {series(names)}"
    return f"{looked} {count(len(worse))} {verb} {told}; {base}."


def _named(fitted: Fitted, segment: Segment) -> str:
    """Return a segment with its error: "age is 20 to 25 (12.5 %)"."""
    (name,) = _names(fitted, [segment])
    column = quoted(short(segment.column, 30))
    return f"{column} is {name} ({error_value(fitted, segment.error)})"


def most_wrong(fitted: Fitted) -> str:
    """Return the segment that errs most, with its error; "" where none is clearly worse than the others."""
    worse = _worse(fitted)
    if not worse or are_rates(fitted):
        return _named(fitted, worse[0]) if worse else ""
    where = _named(fitted, worse[0]).removesuffix(f" ({error_value(fitted, worse[0].error)})")
    return f"{where}, by {error_value(fitted, worse[0].error)} on average"


def _worse(fitted: Fitted) -> list[Segment]:
    """Return the segments that are clearly worse than the others, the worst first."""
    whole = whole_error(fitted)
    worse = [one for one in fitted.evaluation.insight.segments if differs(one) and one.error > whole]
    return sorted(worse, key=lambda one: -one.error)


def _measured(fitted: Fitted) -> str:
    how = "Wilson's intervals" if fitted.schema.task in (Task.BINARY, Task.MULTICLASS) else "resampled rows"
    of_first = (
        f" Of several targets this is {short(fitted.schema.targets[0].name, 40)}."
        if fitted.schema.task is Task.REGRESSION and len(fitted.schema.targets) > 1
        else ""
    )
    return (
        "Filled dots differ from the other rows beyond chance, after counting how many segments were looked"
        f" at (Holm); the dotted line is the error of all rows. Bars are 95 % intervals ({how}).{of_first}"
        " A segment may be worse because its rows are harder, not because the network treats them worse."
    )

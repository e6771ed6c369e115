"""The part on the inside of the network: what the gradients, updates and units of each layer did.

Shapes: N recorded steps, K members, L layers.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from glassnet.pipeline import Fitted
from glassnet.prepare.values import Floats64
from glassnet.report import canvas, gradients, plots
from glassnet.report.gradients import known, mean_of
from glassnet.report.markup import Html, folded, paragraph, section, table
from glassnet.report.pictures import Picture, figure, grid, picture
from glassnet.report.words import NONE, count, number, percent, several, short
from glassnet.telemetry import QUANTITIES, Records

OPEN: Final = 6  # layers whose pictures stand open
DRAWN: Final = 24  # layers with pictures; the others have their line in the table
TINIEST: Final = 1e-6  # smallest share that is written out
FREE: Final = 0.02  # seconds of recording that need no word
ENDS: Final = 10  # recorded steps that count as the beginning and as the end
ROWS_SHOWN: Final = 30  # recorded steps listed in a table

LEGEND: Final = (
    "The gradient says how the loss wants the weights to change; a step then changes them by the update."
    " Watch its share of the weights: where it stays tiny a layer hardly learns, where it nears 1 the layer"
    " is thrown about. Idle units give the same answer to every row of a batch, and learn nothing from it."
)


def inside(fitted: Fitted) -> Html:
    """Return the part about the inside of the network: a table of all layers, and a picture of each."""
    records = fitted.trained.history.records
    if records is None or not records.count:
        return section("inside", "Inside the network", paragraph(_why_nothing(fitted)))
    drawn = records.layers if len(records.layers) <= DRAWN else _spread(records.layers)
    pictures = [figure(_layer(records, layer, place)) for place, layer in enumerate(drawn)]
    parts = [paragraph(LEGEND), layer_table(records), grid(pictures[:OPEN])]
    if len(pictures) > OPEN:
        title = f"Pictures of {several(len(pictures) - OPEN, 'more layer')}"
        parts.append(folded(title, grid(pictures[OPEN:])))
    return section(
        "inside",
        "Inside the network",
        *parts,
        paragraph(_thinning(records, fitted.trained.seconds), kind="quiet"),
        _words(),
    )


def _why_nothing(fitted: Fitted) -> str:
    """Return why there are no records, and how to have them."""
    if not fitted.settings.records:
        return (
            "Nothing was recorded of the weights and gradients, because recording was turned off"
            " (--records no). Without that option the next run has its records."
        )
    return "No step was recorded of the weights and gradients of this run."


def _spread(layers: tuple[str, ...]) -> tuple[str, ...]:
    """Return some of many layers: the first and last, and others evenly between."""
    return tuple(layers[int(place)] for place in plots.thinned(len(layers), DRAWN))


def _thinning(records: Records, seconds: float) -> str:
    first = int((records.epoch_N == 1).sum())
    later = records.count - first
    after = f", and {several(later, 'step')} at the ends of later epochs" if later else ""
    took = records.share
    # Of a run of milliseconds it is much, and nothing anyone waits for.
    is_told = took * seconds > FREE  # not where a model file of old does not say
    cost = f" Looking at them took {tiny_percent(took)} of the training time." if is_told else ""
    members = records.value_NKLQ.shape[1]
    band = (
        " Lines are the mean of the members, within the band from lowest to highest." if members > 1 else ""
    )
    return f"Recorded are {several(first, 'step')} of the first epoch{after}.{cost}{band}"


def _words() -> Html:
    rows = [(NAMES[name], meaning) for name, meaning in QUANTITIES.items()]
    caption = "A norm is a length: the root of the sum of all squares"
    return folded("What each word means", table(caption, ("word", "meaning"), rows))


NAMES: Final[dict[str, str]] = {
    "weight": "weights",
    "gradient": "gradient",
    "clipped": "after clipping",
    "update": "update",
    "ratio": "update / weights",
    "idle": "idle units",
    "non_finite": "not finite",
}


# ---- all layers ----


def layer_table(records: Records) -> Html:
    """Return a line for each layer: its gradient and update at the beginning and at the end."""
    head = ("layer", "weights", "gradient", "update / weights", "idle units")
    rows = [_layer_row(records, layer) for layer in records.layers]
    title = f"Layer by layer, from the first to the last {_ends(records)} recorded steps (medians)"
    whole = table(title, head, rows, numbers=range(1, len(head)))
    return whole if len(rows) <= DRAWN else folded(f"All {count(len(rows))} layers", whole)


def _ends(records: Records) -> int:
    """Return how many recorded steps count as the beginning: a third of them where they are few."""
    return max(1, min(ENDS, records.count // 3))


def _layer_row(records: Records, layer: str) -> tuple[str, ...]:
    lengths = [
        _from_to(*(number(one, 2) for one in edges(records, name, layer))) for name in ("weight", "gradient")
    ]
    shares = [
        _from_to(*(tiny_percent(one) for one in edges(records, name, layer))) for name in ("ratio", "idle")
    ]
    return (short(layer, 40), *lengths, *shares)


def _from_to(first: str, last: str) -> str:
    """Return "1.4 → 0.15", or the one figure where both are the same."""
    return last if first == last else f"{first} → {last}"


def edges(records: Records, quantity: str, layer: str) -> tuple[float, float]:
    """Return the medians of a quantity over the first and over the last recorded steps; NaN for none."""
    mean_N = mean_of(known(records, quantity, layer))
    ends = _ends(records)
    return _median(mean_N[:ends]), _median(mean_N[-ends:])


def _median(value_N: Floats64) -> float:
    finite = value_N[np.isfinite(value_N)]
    return float(np.median(finite)) if finite.size else math.nan


def tiny_percent(share: float) -> str:
    """Return a share in percent with two significant digits, however small it is."""
    if math.isnan(share):
        return NONE
    if share == 0 or share >= 0.0995:
        return percent(share, 0)
    if share < TINIEST:
        return f"below {percent(TINIEST, 4)}"
    digits = max(1 - math.floor(math.log10(100 * share)), 0)
    return percent(share, digits)


# ---- one layer ----


def _layer(records: Records, layer: str, place: int) -> Picture:
    axes = canvas.new_axes((4.6, 2.7))
    plots.draw_gradients(records, layer, axes)
    title = f"Layer ‘{short(layer, 40)}’"
    head, rows = _rows(records, layer)
    return picture(axes, (f"layer-{place}", title, says(records, layer)), head, rows, range(1, len(head)))


def says(records: Records, layer: str) -> str:
    """Return in words what a layer's gradient, updates and units did."""
    first, last = edges(records, "gradient", layer)
    small, end = edges(records, "ratio", layer)
    parts = [f"The gradient {_went(first, last)}; a step changed the weights by {_rate(small, end)}."]
    return " ".join(
        one
        for one in (*parts, _clipping(records, layer), _idle(records, layer), _lost(records, layer))
        if one
    )


def _went(first: float, last: float) -> str:
    if math.isnan(first) or math.isnan(last):
        return "is not known"
    if last > 1.5 * first:
        return f"grew from {number(first, 2)} to {number(last, 2)}"
    if first > 1.5 * last:
        return f"fell from {number(first, 2)} to {number(last, 2)}"
    return f"stayed near {number(last, 2)}"


def _rate(first: float, last: float) -> str:
    if max(first, last) < 1.5 * min(first, last):
        return f"some {tiny_percent(last)}"
    return f"{tiny_percent(first)} at first and {tiny_percent(last)} at the end"


def _clipping(records: Records, layer: str) -> str:
    share = gradients.clipped_share(records, layer)
    return f"Clipping shortened it in {tiny_percent(share)} of the recorded steps." if share > 0 else ""


def _idle(records: Records, layer: str) -> str:
    most = mean_of(known(records, "idle", layer))
    if not np.nanmax(most, initial=0.0) > 0:
        return ""
    last = edges(records, "idle", layer)[1]
    what = "the rows were at an end of the sigmoid" if layer == "last" else "its units were idle"
    return f"At most {tiny_percent(float(np.nanmax(most)))} of {what}, {tiny_percent(last)} at the end."


def _lost(records: Records, layer: str) -> str:
    steps = int((records.values("non_finite", layer) > 0).any(axis=1).sum())
    return f"In {several(steps, 'recorded step')} some of its numbers were not finite." if steps else ""


def _rows(records: Records, layer: str) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return the head and rows of a layer's table: recorded steps, thinned evenly, means of the members."""
    names = [name for name in records.quantities if name != "non_finite" or _lost(records, layer)]
    columns = {name: mean_of(known(records, name, layer)) for name in names}
    rows = []
    for n in plots.thinned(records.count, ROWS_SHOWN):
        cells = (
            tiny_percent(float(column_N[n])) if name in ("idle", "ratio") else number(float(column_N[n]), 3)
            for name, column_N in columns.items()
        )
        rows.append((f"{records.epoch_N[n]:,}, {records.step_N[n]:,}", *cells))
    return ("epoch, step", *(NAMES.get(name, name) for name in names)), rows

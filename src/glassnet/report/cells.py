"""Cells, levels and ranges of columns in words.

Shapes: G cells.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Final

from glassnet.evaluate.insight import Scale, Segment
from glassnet.report.words import number, short
from glassnet.table.values import Kind

MISSING: Final = "(missing)"
EPOCH: Final = date(1970, 1, 1)
PLAIN: Final = 1e4  # numbers below stand without separators: they may be years


def cell(value: float, kind: Kind) -> str:
    """Return a number or a date as people read it."""
    if math.isnan(value):
        return MISSING
    if kind is Kind.DATE:
        return (EPOCH + timedelta(days=math.floor(value))).isoformat()
    if kind is Kind.YES_NO:
        return "yes" if value else "no"
    if value.is_integer() and abs(value) < PLAIN:
        return f"{value:.0f}".replace("-", "−")
    return number(value, 4) if abs(value) >= PLAIN or abs(value) < 1e-4 else f"{value:.4g}".replace("-", "−")


def cell_names(scale: Scale, limit: int = 30) -> list[str]:
    """Return the cells of a scale in words, `G` of them."""
    names = [short(name, limit) for name in scale.names]
    rest = [cell(float(one), scale.kind) for one in scale.place_G[len(names) :]]
    return names + rest


def segment_name(segment: Segment, kind: Kind) -> str:
    """Return a level, a range or missing cells in words."""
    if segment.name:
        return short(segment.name, 40)
    if segment.low == segment.high:
        return cell(segment.low, kind)
    if math.isnan(segment.low):
        return MISSING
    return f"{cell(segment.low, kind)} to {cell(segment.high, kind)}"


def is_levels(scale: Scale) -> bool:
    """Return whether a scale has names instead of an axis of numbers."""
    return scale.kind in (Kind.CATEGORY, Kind.YES_NO)

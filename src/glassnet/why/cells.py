"""A row's cells in the table's words."""

from __future__ import annotations

import math
from typing import Final

import polars as pl

from glassnet.errors import SourceError
from glassnet.pipeline import Fitted
from glassnet.prepare.category import apply_slots
from glassnet.prepare.values import Encoded
from glassnet.table.names import find_column

LONG_NUMBER: Final = 12  # signs
LONG_TEXT: Final = 32


def cells_in_words(
    frame: pl.DataFrame, conformed: pl.DataFrame, encoded: Encoded, fitted: Fitted
) -> dict[str, str]:
    """Return each input's cell in words, with a remark where the network sees it as something else."""
    encoding = fitted.preparation.encoding
    slot_C = apply_slots(encoded.code_RC, fitted.preparation.slots, 0)[0]
    remarks = {}
    for place, name in enumerate(encoding.categories):
        code = int(encoded.code_RC[0, place])
        if code == -2:
            remarks[name] = " (never seen in training)"
        elif code >= 0 and slot_C[place] == 0 and _shares_slot(fitted, place):
            remarks[name] = " (rare in training)"
    words = {}
    for column in fitted.schema.inputs:
        raw = frame[find_column(column.name, frame.columns, "the row", SourceError)][0]
        is_empty = raw is None or (isinstance(raw, float) and math.isnan(raw))
        text = "" if is_empty else str(raw).strip()
        if conformed[column.name][0] is None:
            readable = not text or text in column.cells.missing
            words[column.name] = "missing" if readable else f"{text} (unreadable, so missing)"
        else:
            words[column.name] = _shortened(text, conformed[column.name][0]) + remarks.get(column.name, "")
    return words


def _shortened(text: str, value: object) -> str:
    """Return a cell that fits into a table: a long number with six digits, a long text cut."""
    if isinstance(value, float):
        return text if len(text) <= LONG_NUMBER else f"{value:.6g}"
    return text if len(text) <= LONG_TEXT else f"{text[: LONG_TEXT - 1]}…"


def _shares_slot(fitted: Fitted, category: int) -> bool:
    """Return whether slot 0 holds several levels: where none is rare, the least frequent is there alone."""
    slots, levels = fitted.preparation.slots, fitted.preparation.encoding.levels[category]
    start = int(slots.first_C[category])
    return int((slots.slot_FL[0, start : start + len(levels)] == 0).sum()) > 1

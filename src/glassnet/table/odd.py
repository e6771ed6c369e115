"""Cells that cannot be taken as they are: counted by column, the first of them named with its row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from glassnet.table.numbers import OTHER, looks_like_number
from glassnet.table.values import CellFormat, Kind

SHOWN: Final = 40  # characters of a cell shown in a warning


@dataclass(frozen=True, kw_only=True, slots=True)
class Odd:
    """The cells of one column that count as something else than they say."""

    column: str
    are: str  # what they are and what they count as: "no number and counted as missing"
    count: int
    first: str  # the first such cell
    row: int  # its row, counted from 0
    hint: str = ""  # a sentence on what may be meant

    def __str__(self) -> str:
        cells = "cell is" if self.count == 1 else "cells are"
        return (
            f"column '{self.column}': {self.count:,} {cells} {self.are}, the first '{self.first}' in row"
            f" {self.row + 1}.{self.hint}"
        )


def merge_odd(parts: Iterable[tuple[Odd, ...]]) -> tuple[Odd, ...]:
    """Return the counts of several chunks as one, so that chunks do not change a warning."""
    merged: dict[tuple[str, str], Odd] = {}
    for one in (one for part in parts for one in part):
        before = merged.get((one.column, one.are))
        merged[one.column, one.are] = replace(before, count=before.count + one.count) if before else one
    return tuple(merged.values())


def shown(cell: object) -> str:
    """Return a cell as a warning shows it."""
    text = str(cell).lower() if isinstance(cell, bool) else str(cell)
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


def way_of_writing(first: str, kind: Kind, cells: CellFormat) -> str:
    """Return a sentence on how numbers were written in training, where a cell is one in another way."""
    if kind is not Kind.NUMBER or not looks_like_number(first):
        return ""
    if cells.sign:
        return f" In training they stood beside '{cells.sign}'."
    mark = OTHER[cells.decimal]
    return f" In training the decimal mark was '{cells.decimal}'." if mark in first else ""

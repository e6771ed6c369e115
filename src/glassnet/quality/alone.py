"""Findings about one column alone: cells that hardly repeat, hardly differ, or have no size to work with."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from glassnet.errors import listed
from glassnet.quality.sight import NAMED, Sight, figure, with_names
from glassnet.quality.values import ColumnSummary, Finding
from glassnet.table.kinds import LEAST_UNIQUE
from glassnet.table.values import Kind

LEAST_CELLS: Final = 100  # below, forty honest levels look like ids
# Text of which more than 90 % of the cells differ is left out already (table/kinds.py). Of titanic's tickets
# 76 % differ and of its cabins 72 %: most stand in one row alone.
HARDLY_REPEATS: Final = 0.6
ID_SHARE: Final = 0.9  # of whole numbers that differ, from which on they may be ids
# Ids count on from a large base, so that none is near 0; amounts that hardly repeat spread over many powers
# of ten. horse_colic's hospital numbers go from 518,476 to 5,305,629.
ID_BASE: Final = 1000
ID_SPAN: Final = 20
SAME: Final = 0.99  # of the rows in one level or value
# Of the other rows: 10 of 1,000, or one in a thousand of a long table, whose rare levels can be learned.
FEW_OTHERS: Final = 20
FEW_SHARE: Final = 0.001
# The network's numbers are of 32 bits: larger ones count as infinite, and all smaller ones as 0.
LARGEST: Final = float(np.finfo(np.float32).max)
SMALLEST: Final = float(np.finfo(np.float32).tiny)


def near_unique(sight: Sight) -> Finding | None:
    """Return the finding that columns are more like names of rows than like something rows have in common."""
    found = [one for one in _inputs(sight) if _hardly_repeats(one, sight)]
    if not found:
        return None
    named = listed((f"'{one.name}' has {one.distinct:,} in {_present(one):,} cells" for one in found), NAMED)
    return Finding(
        name="near-unique column",
        severity="hint",
        columns=tuple(one.name for one in found),
        evidence=f"Different values that hardly repeat: {named}.",
        meaning="What stands in one row alone says nothing about another: from ids the network can only learn"
        " rows by heart.",
        remedy=f"If they are ids: {with_names('--drop', (one.name for one in found))}; if each names a group"
        " of rows: --group with the column.",
        figures=tuple((one.name, one.distinct / max(_present(one), 1)) for one in found),
    )


def out_of_range(sight: Sight) -> Finding | None:
    """Return the finding that numbers are too large or too small for the network to tell apart."""
    told = {one.name: _extreme(sight.frame[one.name]) for one in _inputs(sight) if one.kind is Kind.NUMBER}
    found = {name: size for name, size in told.items() if size}
    if not found:
        return None
    named = listed((f"'{name}' reaches {size:.3g}" for name, size in found.items()), NAMED)
    return Finding(
        name="numbers out of range",
        severity="warning",
        columns=tuple(found),
        evidence=f"Cells beyond what 32 bits hold: {named}.",
        meaning=f"Above {LARGEST:.2g} numbers count as infinite, and where all are below {SMALLEST:.2g} as 0:"
        " the network cannot tell them apart.",
        remedy="Give them in another unit, or as logarithms.",
        figures=tuple(found.items()),
    )


def _extreme(cells: pl.Series) -> float:
    """Return the largest size of a column's finite numbers where it is out of range, else 0."""
    size_R = np.abs(cells.drop_nulls().to_numpy())
    largest = float(size_R.max(initial=0.0, where=np.isfinite(size_R)))
    return largest if largest > LARGEST or largest < SMALLEST else 0.0  # 0 too where all are 0


def _inputs(sight: Sight) -> list[ColumnSummary]:
    return [one for one in sight.summaries if not one.is_target]


def _present(one: ColumnSummary) -> int:
    sides = [one.training] + ([one.test] if one.test else [])
    return sum(side.rows - side.missing for side in sides)


def _hardly_repeats(one: ColumnSummary, sight: Sight) -> bool:
    present = _present(one)
    if present < LEAST_CELLS:
        return False
    if one.kind is Kind.CATEGORY:
        return one.distinct > HARDLY_REPEATS * present
    if one.kind is not Kind.NUMBER or one.distinct < ID_SHARE * present:
        return False
    column = next(column for column in sight.columns if column.name == one.name)
    is_whole = column.dtype == "int" and bool((sight.frame[one.name].drop_nulls() % 1 == 0).all())
    return is_whole and one.low >= ID_BASE and one.high < ID_SPAN * one.low


def near_constant(sight: Sight) -> Finding | None:
    """Return the finding that columns are the same in all rows but a few."""
    found = [(one, top, others) for one in _inputs(sight) for top, others in _same(one, sight)]
    if not found:
        return None
    named = listed(
        (f"'{one.name}' is {top} in all training rows but {others:,}" for one, top, others in found), NAMED
    )
    return Finding(
        name="near-constant column",
        severity="hint",
        columns=tuple(one.name for one, _, _ in found),
        evidence=f"{named[0].upper()}{named[1:]}.",
        meaning="So few other rows teach the network next to nothing, and whether test rows show it is luck.",
        remedy=f"Hardly anything is lost with {with_names('--drop', (one.name for one, _, _ in found))}.",
        figures=tuple((one.name, others / one.training.rows) for one, _, others in found),
    )


def _same(one: ColumnSummary, sight: Sight) -> list[tuple[str, int]]:
    """Return the value of nearly all training rows and how many have another; nothing where they differ."""
    part = one.training
    fullest = max(part.missing, *part.counts, 0)  # no single value has more cells than the fullest bin
    if part.rows < LEAST_UNIQUE or fullest < SAME * part.rows:
        return []
    counts = sight.frame[one.name].gather(sight.training).alias("cell").value_counts(sort=True)
    cell, most = counts.row(0)
    others = part.rows - int(most)
    few = max(FEW_OTHERS, FEW_SHARE * part.rows)
    return [(_cell(cell), others)] if 0 < others <= few and most >= SAME * part.rows else []


def _cell(value: object) -> str:
    if value is None:
        return "missing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return figure(value) if isinstance(value, float) else f"'{value}'"

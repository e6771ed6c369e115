"""Which kind a column is, with one sentence why."""

from __future__ import annotations

import re
from typing import Final

import polars as pl

from glassnet.table.facts import Facts
from glassnet.table.numbers import EXACT_INT
from glassnet.table.values import Kind

Verdict = tuple[Kind, str]

ID_NAME: Final = re.compile(
    r"(^|[^a-z])(id|ids|uuid|guid|index|key|rowname|rownames|rownum|row_?number|nr|no)$|[a-z]I[Dd]$", re.ASCII
)
CODE_NAME: Final = re.compile(r"(^|[^a-z])(zip|zip_?code|postal|postal_?code|post_?code|plz)$")
NEAR_UNIQUE: Final = 0.9  # share of different cells from which text names rows rather than groups of rows
LEAST_UNIQUE: Final = 20  # different cells below which near-uniqueness says nothing
FREE_WORDS: Final = 3.5  # words per different cell from which text is prose or names
FREE_UNIQUE: Final = 0.5  # and share of different cells


def guess_kind(facts: Facts) -> Verdict:
    """Return the kind of a column and one sentence why."""
    if facts.dtype == "nested":
        return Kind.TEXT, "each cell holds a list or several values"
    if facts.distinct == 0:
        return Kind.CONSTANT, "every cell is missing"
    if facts.distinct == 1 and facts.missing == 0:
        return Kind.CONSTANT, f"every cell is {facts.examples()[0]}"
    if facts.dtype == "bool":
        return Kind.YES_NO, _yes_no_reason(facts)
    if facts.dtype == "date":
        return Kind.DATE, f"all {facts.distinct:,} different cells are dates"
    if facts.dtype in ("int", "float"):
        return _numeric(facts)
    return _textual(facts)


def counts_rows(facts: Facts) -> bool:
    """Return whether whole numbers count the rows: all different and without a gap."""
    if facts.dtype != "int" or facts.missing or facts.distinct != facts.rows or facts.rows < 5:
        return False
    numbers = facts.numbers()
    low, high = float(numbers.min() or 0), float(numbers.max() or 0)  # type: ignore[arg-type]  # Float64
    years = low >= 1500 and high <= 2200
    return high - low == facts.rows - 1 and not years


def id_like_name(name: str) -> bool:
    """Return whether a column's name says that it is an id: "customerID", "row_id", "index"."""
    return bool(ID_NAME.search(name) or ID_NAME.search(name.lower()))


def _yes_no_reason(facts: Facts) -> str:
    if facts.cells.true:
        return f"its cells are {facts.cells.true[0]} or {facts.cells.false[0]}"
    return "it holds true and false"


def _numeric(facts: Facts) -> Verdict:
    numbers = facts.numbers()
    if facts.distinct == 2 and set(numbers.to_list()) == {0.0, 1.0}:
        return Kind.YES_NO, "it holds only 0 and 1"
    if counts_rows(facts):
        return Kind.IDENTIFIER, "its whole numbers count the rows"
    unique = facts.missing == 0 and facts.distinct == facts.rows >= LEAST_UNIQUE
    if facts.dtype == "int" and unique and id_like_name(facts.name):
        return Kind.IDENTIFIER, "its whole numbers are all different and its name says id"
    largest = numbers.abs().max()
    if facts.dtype == "int" and isinstance(largest, float) and largest > EXACT_INT:
        return Kind.IDENTIFIER, "its whole numbers are too long to be exact, as ids are"
    if facts.dtype == "int" and CODE_NAME.search(facts.name.lower()):
        return Kind.CATEGORY, "its name says that the numbers are codes of places"
    if facts.are_codes:
        return Kind.CATEGORY, "its whole numbers are text in a table with numbers, as codes are"
    what = "whole numbers" if facts.dtype == "int" else "numbers"
    values = "value" if facts.distinct == 1 else "values"
    return Kind.NUMBER, f"it holds {what}, {facts.distinct:,} different {values}"


def _textual(facts: Facts) -> Verdict:
    levels = f"{facts.distinct:,} level{'s' if facts.distinct > 1 else ''}"
    if facts.declared:
        return Kind.CATEGORY, f"the source declares it a category with {levels}"
    share = facts.distinct / facts.present
    if facts.distinct >= LEAST_UNIQUE and share > FREE_UNIQUE and _words(facts.counts["cell"]) >= FREE_WORDS:
        return Kind.TEXT, f"{share:.0%} of its cells are different, with several words each"
    if facts.distinct >= LEAST_UNIQUE and share > NEAR_UNIQUE:
        return Kind.IDENTIFIER, f"{share:.0%} of its cells are different, so they name single rows"
    return Kind.CATEGORY, f"it {facts.reason} ({levels})" if facts.reason else f"it holds text of {levels}"


def _words(cells: pl.Series) -> float:
    """Return the mean number of words of a cell."""
    mean = cells.str.count_matches(r"\S+").mean()
    return float(mean) if isinstance(mean, int | float) else 0.0

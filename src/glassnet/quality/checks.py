"""All checks by name, most important first, and the one function that looks at a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glassnet.quality import alone, answers, codes, far, later, repeats
from glassnet.quality.sight import Sight, sight_of
from glassnet.quality.values import Finding, Quality
from glassnet.table.values import RowNumbers, Rows, Schema

SHOWN: Final = 6  # lines before training

# In this order: what makes the figures worthless first, what one may leave as it is last.
CHECKS: Final[dict[str, Callable[[Sight], Finding | None]]] = {
    "target told by one column": answers.leak,
    "code for missing in the target": codes.codes_in_target,
    "odd target value": far.odd_targets,
    "date after the prediction": later.dates_later,
    "code for missing": codes.codes_in_inputs,
    "numbers out of range": alone.out_of_range,
    "drift": later.drifted,
    "duplicate rows": repeats.duplicates,
    "order of rows tells the target": answers.order_tells,
    "class spelt in several ways": answers.spelt_in_ways,
    "class with few rows": answers.few_of_a_class,
    "near-unique column": alone.near_unique,
    "near-constant column": alone.near_constant,
}


def look(
    frame: pl.DataFrame,
    schema: Schema,
    target_RT: NDArray[np.float64],
    rows: Rows,
    seed: int,
    numbers: RowNumbers | None = None,
) -> Quality:
    """Return what a table's rows say before training: a summary of each input and target, and the findings.

    `frame` holds the conformed columns of the schema and `target_RT` what `conform_targets` gives, for all
    rows that `rows` numbers; `numbers` are those of the rows in their own sources. Nothing found stops a run.
    """
    sight, sampled = sight_of(frame, schema, target_RT, rows, seed, numbers)
    return Quality(findings=findings_of(sight), columns=sight.summaries, sampled=sampled)


def findings_of(sight: Sight) -> tuple[Finding, ...]:
    """Return the findings: warnings before hints, each in the order of CHECKS."""
    found = [finding for check in CHECKS.values() if (finding := check(sight)) is not None]
    return tuple(sorted(found, key=lambda finding: finding.severity != "warning"))


def line(finding: Finding) -> str:
    """Return a finding as one line: what was seen and what to do."""
    return f"{finding.severity.capitalize()}: {finding.name}. {finding.evidence} {finding.remedy}"


def short(findings: Sequence[Finding], more: str, limit: int = SHOWN) -> tuple[str, ...]:
    """Return at most `limit` lines; the last says how many findings are left out, and where they are."""
    if len(findings) <= limit:
        return tuple(line(finding) for finding in findings)
    left = len(findings) - limit + 1
    return (*(line(finding) for finding in findings[: limit - 1]), f"... and {left} more: {more}")

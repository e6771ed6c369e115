"""Findings about the target: told by one column, told by the order of rows, classes with few rows.

Shapes: S rows of the sample, C classes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from glassnet.chance import Purpose, raw
from glassnet.errors import listed
from glassnet.quality import tell
from glassnet.quality.columns import numbers_of
from glassnet.quality.sight import NAMED, Sight, percent, quoted, rows_text, with_names
from glassnet.quality.values import Finding
from glassnet.table.values import Kind, Task

Floats64 = NDArray[np.float64]
Codes = NDArray[np.int64]

LEAST_ROWS: Final = 50  # below, a column tells a target by accident
# Of the squared deviation, on rows not learned from. The most that honest columns tell in 16 public tables is
# 0.937 of a number's ranks (a diamond's carat of its price) and 0.862 of classes (an iris' petal of its
# species). A copy tells 0.9998; of ten classes 0.938, since 64 bins straddle their borders (2026-11).
LEAK: Final = 0.98
LEAK_OF_CLASSES: Final = 0.93
ORDER: Final = 0.2  # the same of the row's place: below it neighbours have little in common
STEADY: Final = 0.999  # of the correlation of ranks with the place, from which on a column counts the rows
BLOCKS: Final = 1.1  # runs of equal cells per different cell, up to which they stand together
LEAST_BLOCKS: Final = 20
FEW: Final = 20  # rows of a class
FEW_TEST: Final = 3  # of them for testing
FEW_SHARE: Final = 0.5  # of an even share: where all classes are small, the table is


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One target on the sample, as it is told by folds."""

    name: str
    truth_SC: Floats64
    fold_S: Codes


def leak(sight: Sight) -> Finding | None:
    """Return the finding that one column alone tells the target almost perfectly."""
    scores = [
        (column.name, asked, tell.explained(code_S, asked.truth_SC, asked.fold_S), code_S)
        for asked in _asked(sight)
        for column in sight.columns
        for code_S in (tell.codes_of(sight.frame[column.name].gather(sight.sample)),)
    ]
    least = LEAK if sight.task is Task.REGRESSION else LEAK_OF_CLASSES
    found = sorted((one for one in scores if one[2] >= least), key=lambda one: -one[2])
    if not found:
        return None
    names = list(dict.fromkeys(one[0] for one in found))
    told = listed(
        (
            f"'{name}' tells '{asked.name}' ({_score(sight, asked, score, code_S)})"
            for name, asked, score, code_S in found
        ),
        NAMED,
    )
    return Finding(
        name="target told by one column",
        severity="warning",
        columns=tuple(names),
        evidence=f"{told[0].upper()}{told[1:]}, measured on rows that it was not learned from.",
        meaning="That is fine if it is known when a prediction is wanted, and a leak if it is written down"
        " only afterwards: the figures then promise what no new row can keep.",
        remedy=f"If it is known only afterwards: {with_names('--drop', names)}.",
        figures=tuple((name, score) for name, _, score, _ in found),
    )


def _asked(sight: Sight) -> list[Asked]:
    """Return the targets that have enough rows to be told."""
    if len(sight.sample) < LEAST_ROWS or sight.task is None:
        return []
    fold_S = (raw(0, Purpose.SAMPLE, len(sight.sample), epoch=1) % tell.FOLDS).astype(np.int64)
    return [
        Asked(
            name=target.name,
            truth_SC=tell.truth_of(sight.target_RT[sight.sample, place], sight.task),
            fold_S=fold_S,
        )
        for place, target in enumerate(sight.targets)
    ]


def _score(sight: Sight, asked: Asked, score: float, code_S: Codes) -> str:
    if sight.task is Task.REGRESSION:
        return f"R2 of its ranks {score:.3f}"
    if asked.truth_SC.shape[1] == 2:
        return f"AUC {tell.auc(code_S, asked.truth_SC, asked.fold_S):.3f}"
    return f"{percent(score)} of Brier's score explained"


# ---- the order of rows ----


def order_tells(sight: Sight) -> Finding | None:
    """Return the finding that a row's place in the table tells the target."""
    rows = len(sight.sample)
    bins = min(tell.BINS, max(2, rows // tell.LEAST))
    place_S = np.arange(rows) * bins // max(rows, 1)
    scores = [(asked.name, tell.explained(place_S, asked.truth_SC, asked.fold_S)) for asked in _asked(sight)]
    found = [(name, score) for name, score in scores if score >= ORDER]
    counters = [name for name in sight.frame.columns if found and _counts_along(sight, name)]
    if not found or (not counters and (_is_sorted(sight) or not sight.is_by_chance)):
        return None
    named = listed((f"{percent(score)} of '{name}'" for name, score in found), NAMED)
    what = "of the variance of ranks" if sight.task is Task.REGRESSION else "of Brier's score"
    counted = f" Column {quoted(counters)} counts along with the rows." if counters else ""
    return Finding(
        name="order of rows tells the target",
        severity="warning" if counters else "hint",
        columns=tuple(counters),
        evidence=f"On rows that it was not learned from, a row's place in the table explains {named}"
        f" ({what}).{counted}",
        meaning="The table is sorted by the target or by something that goes with it. New rows have no such"
        " place; and where neighbours belong together, a random split puts some beside each test row, which"
        " flatters the figures.",
        remedy=_order_remedy(sight, counters),
        figures=tuple(found),
    )


def _is_sorted(sight: Sight) -> bool:
    """Return whether the table is sorted by a target itself, which a split by chance undoes."""
    return any(bool((np.diff(value_S) >= 0).all()) for value_S in sight.target_RT[sight.sample].T)


def _order_remedy(sight: Sight, counters: list[str]) -> str:
    if counters:
        return f"{with_names('--drop', counters)}, unless it is known of new rows."
    blocks = [name for name in sight.frame.columns if _stands_in_blocks(sight, name)]
    if blocks:
        return f"If rows of one '{blocks[0]}' belong together: {with_names('--group', blocks[:1])}."
    return (
        "If rows of one place, person or time stand together: --group or --time with the column that says so."
    )


def _counts_along(sight: Sight, name: str) -> bool:
    """Return whether a number rises or falls with the row's place, nearly without repeating."""
    summary = sight.summary(name)
    if summary.kind is not Kind.NUMBER or summary.distinct < 0.9 * len(sight.frame):
        return False
    value_S = numbers_of(sight.frame[name].gather(sight.sample))
    if np.isnan(value_S).any():
        return False
    rank_S = np.argsort(np.argsort(value_S, kind="stable"), kind="stable")
    return bool(abs(np.corrcoef(rank_S, np.arange(len(rank_S)))[0, 1]) >= STEADY)


def _stands_in_blocks(sight: Sight, name: str) -> bool:
    """Return whether equal cells of a category stand together, many blocks of some rows each."""
    series = sight.frame[name]
    distinct = sight.summary(name).distinct
    if sight.summary(name).kind is not Kind.CATEGORY or not LEAST_BLOCKS <= distinct <= len(series) / 2:
        return False
    runs = 1 + int((series != series.shift()).sum())
    return runs <= BLOCKS * distinct


# ---- classes with few rows ----


def few_of_a_class(sight: Sight) -> Finding | None:
    """Return the finding that classes have too few rows to be learned, or to be judged by."""
    if sight.task is Task.REGRESSION:
        return None
    found = [one for place in range(len(sight.targets)) for one in _few(sight, place)]
    if not found:
        return None
    named = listed(
        (f"'{label}' has {rows_text(count)} ({test:,} for testing)" for _, label, count, test in found), NAMED
    )
    return Finding(
        name="class with few rows",
        severity="warning",
        columns=tuple(dict.fromkeys(name for name, _, _, _ in found)),
        evidence=f"Class {named}, of {len(sight.training) + len(sight.test):,} rows.",
        meaning="So few rows teach little, and how often the network is right about them is luck.",
        remedy="Find more rows, or merge the class with another before training; --class-weight balanced"
        " makes them count more.",
        figures=tuple((f"{name}: {label}", float(count)) for name, label, count, _ in found),
    )


def _few(sight: Sight, place: int) -> list[tuple[str, str, int, int]]:
    """Return target, class, rows and test rows of each class that has too few."""
    target = sight.targets[place]
    sides = (sight.training, sight.test)
    values = [sight.target_RT[rows, place] for rows in sides]
    training_C, test_C = (
        np.bincount(value[value >= 0].astype(np.int64), minlength=len(target.labels)) for value in values
    )
    every_C = training_C + test_C
    is_small_C = (every_C < FEW) | ((test_C < FEW_TEST) & (len(sight.test) > 0))
    is_small_C &= every_C < FEW_SHARE * every_C.sum() / len(target.labels)
    return [
        (target.name, str(target.labels[one]), int(every_C[one]), int(test_C[one]))
        for one in np.flatnonzero(is_small_C)
    ]


def spelt_in_ways(sight: Sight) -> Finding | None:
    """Return the finding that classes differ in capitals and blanks alone: 'Yes' beside 'yes'."""
    if sight.task is Task.REGRESSION:
        return None
    ways: dict[tuple[str, str], list[str]] = {}
    for target in sight.targets:
        for label in map(str, target.labels):
            ways.setdefault((target.name, "".join(label.casefold().split())), []).append(label)
    found = {key: labels for key, labels in ways.items() if len(labels) > 1}
    if not found:
        return None
    named = listed((quoted(labels) for labels in found.values()), NAMED)
    return Finding(
        name="class spelt in several ways",
        severity="warning",
        columns=tuple(dict.fromkeys(name for name, _ in found)),
        evidence=f"Classes that differ in capitals or blanks alone: {named}.",
        meaning="The network learns to tell them apart, which nothing in the table may tell.",
        remedy="If they are the same, write them alike:"
        f" --query \"select * replace ({_alike(found.values())} as y) from 'FILE'\", with the target's name"
        " for y.",
        figures=tuple((f"{name}: {labels[0]}", float(len(labels))) for (name, _), labels in found.items()),
    )


def _alike(spellings: Iterable[list[str]]) -> str:
    """Return the SQL that makes a class of its spellings: without capitals, or blanks where these differ."""
    if all(len({one.casefold() for one in ways}) == 1 for ways in spellings):
        return "lower(y::text)"
    return r"regexp_replace(lower(y::text), '[\s\p{Z}]+', '', 'g')"

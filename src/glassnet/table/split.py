"""Which rows train, which choose the epoch, which are kept for the end: by seed, class, time or group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glassnet.chance import Purpose, order
from glassnet.errors import SettingsError, SourceError
from glassnet.settings import Settings, Shares
from glassnet.table.places import without
from glassnet.table.values import RowNumbers, Rows, Schema, Task

NONE: Final[RowNumbers] = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Parts:
    """Rows of the three parts, in any order."""

    fit: RowNumbers
    validation: RowNumbers
    test: RowNumbers


def split_rows(
    frame_rows: int,
    targets: NDArray[np.float64],
    schema: Schema,
    settings: Settings,
    shares: Shares,
    times: pl.Series | None = None,
    groups: pl.Series | None = None,
) -> Rows:
    """Return the rows of training, validation and test, each sorted; disjoint and together all rows.

    `targets` has the shape `(frame_rows, targets)`, as from `conform_targets`. Stratified where one target
    has classes; with `times` the latest rows are tested on and those before them validated on; with `groups`
    no group is on two sides.
    With folds each non-test row is held out once; with folds by time each block of rows is validated after
    training on all the earlier ones. Raises SettingsError where a part that is asked for would be empty.
    """
    if times is not None and groups is not None:
        raise SettingsError("rows are split by --time or by --group, not by both; leave one out.")
    if times is not None:
        return _by_time(times, settings, shares)
    if groups is not None:
        return _by_group(groups, settings, shares)
    by_class = schema.task in (Task.BINARY, Task.MULTICLASS) and targets.shape[1] == 1
    classes = targets[:, 0] if by_class else np.zeros(frame_rows)
    name = f"stratified by {schema.targets[0].name}, " if by_class else ""
    return _by_class(classes, settings, shares, name)


def check_weights(rows: Rows, weight_R: NDArray[np.float64], name: str) -> None:
    """Raise SourceError where all rows of a part weigh nothing: no figure of it would mean anything."""
    parts = [(fit, "training") for fit in rows.fit] + [(held, "validation") for held in rows.validation]
    for places, part in [*parts, (rows.test, "test")]:
        if len(places) and not weight_R[places].any():
            raise SourceError(
                f"weight column '{name}' is 0 in every {part} row. Give some a weight, or split otherwise."
            )


def _rows(
    fit: list[RowNumbers], validation: list[RowNumbers], test: RowNumbers, total: int, how: str
) -> Rows:
    """Return the parts sorted, and their sizes in words. Raises SettingsError without training rows."""
    if any(len(rows) == 0 for rows in fit):
        raise SettingsError(
            f"no row is left to train on out of {total}; lower the shares of validation and test rows."
        )
    sizes = [f"{len(fit[0]):,} training"]
    if len(validation[0]):
        sizes.append(f"{len(validation[0]):,} validation")
    if len(test):
        sizes.append(f"{len(test):,} test")
    folds = f" in each of {len(fit)} folds (sizes of the first)" if len(fit) > 1 else ""
    return Rows(
        fit=tuple(np.sort(rows).astype(np.int64) for rows in fit),
        validation=tuple(np.sort(rows).astype(np.int64) for rows in validation),
        test=np.sort(test).astype(np.int64),
        how=f"{', '.join(sizes)} rows{folds}, {how}",
    )


def _by_class(classes: NDArray[np.float64], settings: Settings, shares: Shares, name: str) -> Rows:
    total = len(classes)
    rank = np.empty(total, dtype=np.int64)
    rank[order(settings.seed, Purpose.SPLIT, total)] = np.arange(total)
    test = _draw(np.arange(total), classes, rank, round(shares.test * total))
    rest = without(np.arange(total), test)
    how = f"{name}seed {settings.seed}"
    if folds := shares.folds:
        held_out = _fold_of(rest, classes[rest], folds, settings.seed)
        validation = [rest[held_out == fold] for fold in range(folds)]
        fit = [rest[held_out != fold] for fold in range(folds)]
        return _rows(fit, validation, test, total, how)
    held = _draw(rest, classes, rank, round(shares.validation * total))
    return _rows([without(rest, held)], [held], test, total, how)


def _draw(rows: RowNumbers, classes: NDArray[np.float64], rank: RowNumbers, count: int) -> RowNumbers:
    """Return about `count` of the rows, each class in proportion, the lowest ranks of each class first.

    The last row of a class always stays behind, so that a class is trained on before it is tested.
    """
    if count == 0:
        return NONE
    _, index, sizes = np.unique(classes[rows], return_inverse=True, return_counts=True)
    quota = sizes * (min(count, len(rows)) / len(rows))
    taken = np.floor(quota).astype(np.int64)
    left = count - int(taken.sum())
    by_fraction = np.argsort(-(quota - taken), kind="stable")
    taken[by_fraction[:left]] += 1
    taken = np.minimum(taken, sizes - 1)
    parts = []
    for one in range(len(sizes)):
        members = rows[index == one]
        parts.append(members[np.argsort(rank[members], kind="stable")][: taken[one]])
    return np.concatenate(parts)


def _fold_of(rows: RowNumbers, classes: NDArray[np.float64], folds: int, seed: int) -> RowNumbers:
    """Return the fold in which each row is held out: dealt like cards, class after class."""
    if len(rows) < folds:
        raise SettingsError(f"{folds} folds need as many rows, but there are {len(rows)} to train on.")
    shuffled = order(seed, Purpose.FOLDS, len(rows))
    dealt = shuffled[np.argsort(classes[shuffled], kind="stable")]
    fold = np.empty(len(rows), dtype=np.int64)
    fold[dealt] = np.arange(len(rows)) % folds
    return fold


def _by_time(times: pl.Series, settings: Settings, shares: Shares) -> Rows:
    """Return the split along time; rows of one time stay together, rows without a time train."""
    total = times.len()
    _, when = np.unique(_as_numbers(times), return_inverse=True)
    how = f"by time along {times.name or settings.time}, the latest last"
    test_from = _moment(when, 1.0 - shares.test)
    test = np.flatnonzero(when >= test_from)
    rest = np.flatnonzero(when < test_from)
    if folds := shares.folds:
        starts = [_moment(when[rest], (fold + 1) / (folds + 1)) for fold in range(folds)]
        ends = [*starts[1:], test_from]
        fit = [rest[when[rest] < start] for start in starts]
        validation = [
            rest[(when[rest] >= start) & (when[rest] < end)] for start, end in zip(starts, ends, strict=True)
        ]
        _check_times(fit, [*validation, *([test] if shares.test else [])], total)
        return _rows(fit, validation, test, total, how)
    start = _moment(when, 1.0 - shares.test - shares.validation) if shares.validation else test_from
    first, held = rest[when[rest] < start], rest[when[rest] >= start]
    _check_times(
        [first], [part for part, share in ((held, shares.validation), (test, shares.test)) if share], total
    )
    return _rows([first], [held], test, total, how)


def _check_times(fit: list[RowNumbers], held_out: list[RowNumbers], total: int) -> None:
    if any(len(rows) == 0 for rows in (*fit, *held_out)):
        raise SettingsError(
            f"the time column has too few different times to split {total} rows by it; leave --time out."
        )


def _as_numbers(times: pl.Series) -> NDArray[np.float64]:
    """Return times as numbers that sort alike, those missing before all others."""
    if times.dtype == pl.String:
        return times.rank("dense").cast(pl.Float64).fill_null(-np.inf).to_numpy()
    numbers = times.to_physical() if times.dtype.is_temporal() else times
    return numbers.cast(pl.Float64).fill_nan(None).fill_null(-np.inf).to_numpy()


def _moment(when: RowNumbers, share: float) -> int:
    """Return the moment that begins nearest behind this share of the rows; past the last for share 1."""
    last = int(when.max()) + 1 if len(when) else 0
    if share >= 1.0 - 1e-12:
        return last
    before = np.concatenate([[0], np.cumsum(np.bincount(when))])  # rows before each moment
    return int(np.argmin(np.abs(before - share * len(when))))


def _by_group(groups: pl.Series, settings: Settings, shares: Shares) -> Rows:
    """Return the split of whole groups; rows without a group are one group."""
    total = groups.len()
    texts = groups.cast(pl.String).fill_null("\0missing").to_numpy()
    _, index, sizes = np.unique(texts.astype(str), return_inverse=True, return_counts=True)
    how = f"by group along {groups.name or settings.group}, {len(sizes):,} groups, seed {settings.seed}"
    folds = shares.folds
    sides = 1 + (shares.test > 0) + (folds or (shares.validation > 0))
    if len(sizes) < sides:
        raise SettingsError(
            f"group column '{groups.name or settings.group}' has {len(sizes)} groups, but {sides} are needed"
            " to keep the parts apart."
        )
    shuffled = order(settings.seed, Purpose.SPLIT, len(sizes))
    keep = sides - 1 - (shares.test > 0)
    test = _fill(shuffled, sizes, shares.test * total, keep + 1)
    rest = shuffled[len(test) :]
    if folds:
        fold = _group_folds(rest, sizes, folds)
        validation = [np.flatnonzero(np.isin(index, rest[fold == one])) for one in range(folds)]
        fit = [np.flatnonzero(np.isin(index, rest[fold != one])) for one in range(folds)]
    else:
        held = _fill(rest, sizes, shares.validation * total, 1)
        validation = [np.flatnonzero(np.isin(index, held))]
        fit = [np.flatnonzero(np.isin(index, rest[len(held) :]))]
    return _rows(fit, validation, np.flatnonzero(np.isin(index, test)), total, how)


def _fill(groups: RowNumbers, sizes: RowNumbers, wanted: float, keep: int) -> RowNumbers:
    """Return the first groups whose rows come nearest to those wanted: one at least, `keep` left behind."""
    if wanted <= 0:
        return NONE
    rows = np.cumsum(sizes[groups])[: max(len(groups) - keep, 1)]
    return groups[: int(np.argmin(np.abs(rows - wanted))) + 1]


def _group_folds(groups: RowNumbers, sizes: RowNumbers, folds: int) -> RowNumbers:
    """Return the fold of each group: the largest first, each into the fold with the fewest rows so far."""
    filled = np.zeros(folds, dtype=np.int64)
    fold = np.empty(len(groups), dtype=np.int64)
    for position in np.argsort(-sizes[groups], kind="stable"):
        fold[position] = int(np.argmin(filled))
        filled[fold[position]] += sizes[groups[position]]
    return fold

"""The code that splits the rows as the run did: by seed and class, by time, or by group."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from glassnet.script.columns import date_call
from glassnet.script.values import Run, Section, block, cannot, comment, quoted
from glassnet.table.places import united
from glassnet.table.values import RowNumbers, Task

DEALT: Final = "Dealt like cards{how}: in each fold others are held out, and the rest of those known trains."


def split_section(run: Run) -> Section:
    """Return the code that makes `train`, `validation` and `test`, as far as there are such rows."""
    if run.has_folds:
        return _by_fold(run)
    rows, total = run.rows, run.known.height
    count = "len(y)"
    if not run.has_validation and not len(rows.test):
        return Section(title="Rows", code=f"train = np.arange({count})  # all rows train, none are held out")
    schema = run.fitted.schema
    if schema.time:
        return Section(title="Training, validation and test rows", code=_by_time(run))
    if schema.group:
        return Section(title="Training, validation and test rows", code=_by_group(run))
    if _is_by_class(run):
        return Section(title=_title(run), code=_by_class(run), says=_sizes(run))
    sizes = [round(share * total) for share in _shares(run)]
    return Section(title=_title(run), code=_plain(run, sizes), says=_sizes(run))


def _by_fold(run: Run) -> Section:
    """Return the code that makes `test`, `known`, the other rows, and `folds`, their splits."""
    known, folds, by_class = united(run.rows.fit), run.rows.folds, _is_by_class(run)
    whole = replace(run, rows=replace(run.rows, fit=(known,), validation=(known[:0],)))
    has_test = len(run.rows.test) > 0
    split = (
        re.sub(r"\btrain\b", "known", split_section(whole).code) if has_test else "known = np.arange(len(y))"
    )
    code = block(
        split,
        "\n",
        comment(DEALT.format(how=", class after class" if by_class else "")),
        "dealt = known[random_order(FOLDS, len(known))]",
        'dealt = dealt[np.argsort(y[dealt], kind="stable")]' if by_class else "",
        f"held_out = [np.sort(dealt[fold::{folds}]) for fold in range({folds})]",
        "folds = [(np.setdiff1d(known, rows), rows) for rows in held_out]  # training and validation rows",
    )
    says = f"Each of {len(known):,} rows chooses the epoch in one of {folds} folds, and trains in the others"
    says += f"; {len(run.rows.test):,} are kept for the end." if has_test else "."
    return Section(title="Folds and test rows" if has_test else "Folds", code=code, says=says)


def _is_by_class(run: Run) -> bool:
    """Return whether each class has its share of every part."""
    return run.fitted.schema.task in (Task.BINARY, Task.MULTICLASS)


def _title(run: Run) -> str:
    parts = ["Training"]
    parts += ["validation"] if run.has_validation else []
    parts += ["test"] if len(run.rows.test) else []
    return f"{', '.join(parts[:-1])} and {parts[-1]} rows"


def _sizes(run: Run) -> str:
    says = f"{len(run.rows.fit[0]):,} rows train"
    if run.has_validation:
        says += f", {len(run.rows.validation[0]):,} choose the epoch"
    return says + (f", {len(run.rows.test):,} are kept for the end." if len(run.rows.test) else ".")


def _shares(run: Run) -> tuple[float, float]:
    """Return the shares of test and of validation rows."""
    recipe = run.fitted.recipe
    return recipe.test_share, recipe.validation_share


def _plain(run: Run, sizes: list[int]) -> str:
    """Return the split of rows in random order: the first test, the next validate, the others train."""
    order = "order = random_order(SPLIT, len(y))"
    if not run.has_validation:
        return block(order, f"test, train = np.sort(order[:{sizes[0]}]), np.sort(order[{sizes[0]}:])")
    if not sizes[0]:
        return block(order, f"validation, train = np.sort(order[:{sizes[1]}]), np.sort(order[{sizes[1]}:])")
    ends = f"[{sizes[0]}, {sizes[0] + sizes[1]}]"
    return block(
        order,
        f"test, validation, train = [np.sort(rows) for rows in np.split(order, {ends})]",
    )


def _by_class(run: Run) -> str:
    """Return the split in which each class has its share of every part."""
    labels = len(run.fitted.schema.targets[0].labels)
    lines = [
        comment(
            "In random order, the first rows of each class are held out: each part has its share of them."
        ),
        "order = random_order(SPLIT, len(y))",
        f"by_class = [order[y[order] == label] for label in range({labels})]",
    ]
    tested = _counts(run, run.rows.test)
    if len(run.rows.test):
        lines.append(f"test = np.sort(np.concatenate([rows[:n] for rows, n in zip(by_class, {tested})]))")
    if run.has_validation:
        ends = [n + m for n, m in zip(tested, _counts(run, run.rows.validation[0]), strict=True)]
        taken = f"rows[n:m] for rows, n, m in zip(by_class, {tested}, {ends})"
        lines.append(f"validation = np.sort(np.concatenate([{taken}]))")
    held = " and ".join(_held_out(run))
    out = f"np.concatenate([{', '.join(_held_out(run))}])" if " and " in held else held
    return block(*lines, f"train = np.setdiff1d(order, {out})")


def _counts(run: Run, rows: RowNumbers) -> list[int]:
    """Return how many of the rows each class has."""
    labels = len(run.fitted.schema.targets[0].labels)
    return [int(n) for n in np.bincount(run.target_RT[rows, 0].astype(np.int64), minlength=labels)]


# ---- by time ----


def _by_time(run: Run) -> str:
    """Return the split at the moments where the run made it: the latest rows test."""
    schema = run.fitted.schema
    when = run.typed[schema.time]
    column = next(one for one in schema.columns if one.name == schema.time)
    read = f"table[{quoted(schema.time)}].cast(pl.Float64, strict=False)"
    if not when.dtype.is_float():
        read = date_call(run, column).replace("name", quoted(schema.time))
    lines = [comment("The latest rows test, those before them validate: nobody knows the future.")]
    lines.append(f"when = {read}.to_numpy()")
    start = {name: _first(when, rows) for name, rows in _held_out(run).items()}
    names = list(start)
    for name, later in zip(names, [*names[1:], ""], strict=True):
        upper = f" & (when < {start[later]})" if later else ""
        condition = f"(when >= {start[name]}){upper}" if later else f"when >= {start[name]}"
        lines.append(f"{name} = np.flatnonzero({condition})")
    held = ", ".join(names)
    lines.append(f"train = np.setdiff1d(np.arange(len(y)), np.concatenate([{held}]))")
    return block(*lines)


def _held_out(run: Run) -> dict[str, RowNumbers]:
    parts = {"validation": run.rows.validation[0], "test": run.rows.test}
    return {name: rows for name, rows in parts.items() if len(rows)}


def _first(when: pl.Series, rows: RowNumbers) -> str:
    """Return the earliest time of some rows as code."""
    first = when[rows].min()
    return repr(first) if when.dtype.is_float() else f'np.datetime64("{first!s}")'


# ---- by group ----

NEAREST = '''def first_groups(groups, wanted, keep):
    """Return the first groups, so many that their rows come nearest to those wanted."""
    rows = np.cumsum(sizes[groups])[: max(len(groups) - keep, 1)]
    return groups[: np.argmin(np.abs(rows - wanted)) + 1]'''


def _by_group(run: Run) -> str:
    """Return the split that keeps the rows of a group together."""
    schema = run.fitted.schema
    test_share, validation_share = _shares(run)
    cells = f"table[{quoted(schema.group)}]"
    if run.known[schema.group].dtype != pl.String or run.typed[schema.group].null_count():
        raise cannot("it is split by groups that are no text, or missing in some rows")
    lines = [
        NEAREST,
        "\n",
        "\n",
        comment("The rows of a group stay on one side, so that the test meets groups never seen."),
        f"_, group, sizes = np.unique({cells}.to_numpy(), return_inverse=True, return_counts=True)",
        "rest = random_order(SPLIT, len(sizes))",
    ]
    for name, share, keep in (
        ("test", test_share, 1 + (validation_share > 0)),
        ("validation", validation_share, 1),
    ):
        if share:
            lines += [
                f"groups = first_groups(rest, {share} * len(y), keep={keep})",
                f"{name}, rest = np.flatnonzero(np.isin(group, groups)), rest[len(groups) :]",
            ]
    return block(*lines, "train = np.flatnonzero(np.isin(group, rest))")

"""A finished run's table and rows, found again from its source and settings, or a refusal in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from glassnet.errors import SourceError
from glassnet.pipeline import Fitted
from glassnet.recipe.check import shown
from glassnet.script.values import Run, cannot
from glassnet.table.cells import conform, conform_targets
from glassnet.table.source import drop_rows_without_target, read_table
from glassnet.table.split import split_rows

LESS_THAN_AN_EPOCH: Final = "it was ended within an epoch, and a script cannot know at which step"


def recover(fitted: Fitted, source: str = "") -> Run:
    """Return the run with its rows, read again from `source`, or from where it was trained.

    Raises SettingsError with the reason where the run cannot be told by a script, and SourceError where
    the table is not the one it was trained on.
    """
    settings = fitted.settings
    if why := _refusal(fitted, source):
        raise cannot(why)
    path = "" if settings.query or settings.example else source or fitted.source
    table = read_table(path, settings)
    known = drop_rows_without_target(table, settings).frame
    if known.height != fitted.table_rows:
        raise SourceError(
            f"{fitted.source} has {known.height:,} rows with a target now, but the run had"
            f" {fitted.table_rows:,}. Name the table it was trained on with --source"
        )
    target_RT = conform_targets(known, fitted.schema)
    typed, _ = conform(known, fitted.schema)
    rows = split_rows(
        known.height,
        target_RT,
        fitted.schema,
        replace(settings, seed=fitted.recipe.training.seed),
        fitted.recipe.shares,
        times=typed[fitted.schema.time] if fitted.schema.time else None,
        groups=typed[fitted.schema.group] if fitted.schema.group else None,
    )
    return Run(
        fitted=fitted,
        source=path,
        raw=table.frame,
        known=known,
        typed=typed,
        target_RT=target_RT,
        rows=rows,
    )


def _refusal(fitted: Fitted, source: str) -> str:
    """Return why no script can tell the run, or an empty string."""
    trained = fitted.trained
    held_out = fitted.row_counts[1] > 0
    reasons = {
        "its folds are cut by time or by group; train it with --folds 0 to have a script": (
            fitted.recipe.folds > 0 and bool(fitted.schema.time or fitted.schema.group)
        ),
        f"its answer is the positive class from {fitted.threshold.value:.4g} on, not the likelier one": (
            fitted.threshold.value != 0.5
        ),
        f"its epoch was chosen by the metric '{shown(fitted.recipe.training.metric)}', not by the loss": (
            held_out and fitted.recipe.training.metric != "auto"
        ),
        "it has means of the target as inputs; train it with --target-means off to have a script": bool(
            fitted.preparation.means.names
        ),
        "its preparation counts rows by a weight column, which needs weighted quantiles": bool(
            fitted.schema.weight
        ),
        "it had validation or test rows of another file, and the model file does not say which": (
            _own_rows(fitted)
        ),
        "a member met numbers that are not finite": bool(trained.failed),
        LESS_THAN_AN_EPOCH: not held_out and _was_cut(fitted),
        f"its table was in memory ({fitted.source}); save it as CSV or Parquet and name it with --source": (
            not source and fitted.source.startswith("<")
        ),
    }
    return next((reason for reason, applies in reasons.items() if applies), "")


def _was_cut(fitted: Fitted) -> bool:
    return fitted.trained.history.epochs < fitted.recipe.training.epochs


def _own_rows(fitted: Fitted) -> bool:
    """Return whether validation or test rows came from elsewhere: more rows than the table has."""
    return fitted.used_rows != fitted.table_rows

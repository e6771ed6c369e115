"""`Model.plot_dependence`: what the run looked at, or a fresh look at rows that are given.

Shapes: P numbers of a prediction.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
from matplotlib.axes import Axes

from glassnet.errors import SettingsError, listed, near_miss
from glassnet.evaluate.dependence import ROWS, dependence_on, some_rows
from glassnet.evaluate.insight import Dependence
from glassnet.evaluate.vary import Looked
from glassnet.pipeline import Fitted
from glassnet.prepare.assemble import encode
from glassnet.report import plots
from glassnet.report.outputs import are_shares, drawn_names, drawn_outputs
from glassnet.table.values import Task


def plot_dependence(
    fitted: Fitted, column: str, ax: Axes | None, label: str = "", frame: pl.DataFrame | None = None
) -> Axes:
    """Draw how predictions go with a column; `frame` holds typed rows to look at instead of the run's own.

    `label` is one of several classes or targets. Raises SettingsError for a column that the network does not
    see, or that was not looked at where no rows are given, and for a class that is not known.
    """
    names = [one.name for one in fitted.schema.inputs]
    if column not in names:
        raise SettingsError(
            f"the network sees no column '{column}'.{near_miss(column, names)} It sees: {listed(names)}."
        )
    found = _kept(fitted, column, label) if frame is None else _looked(fitted, column, label, frame)
    found = drawn_outputs(fitted, found)
    ax = plots.new_axes() if ax is None else ax
    plots.draw_dependence(found, drawn_names(fitted, found.outputs), ax, is_share=are_shares(fitted))
    return ax


def _kept(fitted: Fitted, column: str, label: str) -> Dependence:
    kept = {one.scale.column: one for one in fitted.evaluation.insight.dependence}
    if column not in kept:
        looked = f"it was looked at for {listed(list(kept))}" if kept else "this run looked at none"
        raise SettingsError(
            f"how predictions go with '{column}' was not kept: {looked}."
            f" Give rows to look at: plot_dependence({column!r}, table=...)."
        )
    found = kept[column]
    if not label:
        return found
    output = _output(fitted, label)
    if output not in found.outputs:
        raise SettingsError(
            f"'{label}' was not looked at in this run. Give rows to look at:"
            f" plot_dependence({column!r}, label={label!r}, table=...)."
        )
    place = found.outputs.index(output)
    # Single rows were kept for the first output alone.
    single = found.single_NG if place == 0 else np.zeros((0, found.mean_GP.shape[0]))
    return replace(found, outputs=(output,), mean_GP=found.mean_GP[:, [place]], single_NG=single)


def _looked(fitted: Fitted, column: str, label: str, frame: pl.DataFrame) -> Dependence:
    encoded = encode(frame, fitted.preparation.encoding)
    looked = Looked(frame=frame, encoded=encoded, predictor=fitted.predictor, columns=fitted.schema.inputs)
    rows = some_rows(frame.height, ROWS, fitted.settings.seed, 1)
    return dependence_on(looked, column, (_output(fitted, label),), rows)


def _output(fitted: Fitted, label: str) -> int:
    """Return the place of a class or target among the numbers of a prediction."""
    schema = fitted.schema
    several = schema.task in (Task.REGRESSION, Task.MULTILABEL)
    names = (
        [one.name for one in schema.targets] if several else [str(one) for one in schema.targets[0].labels]
    )
    if not label:
        return 1 if schema.task is Task.BINARY else 0
    if label not in names:
        what = "target" if several else "class"
        raise SettingsError(
            f"no {what} is called '{label}'.{near_miss(label, names)} Known: {listed(names)}."
        )
    return names.index(label)

"""The handle a user holds: fit, load, predict, evaluate, save, report. No logic of its own.

Shapes: R rows, C classes, T targets.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from torch import nn

from glassnet.doctor import Finding, diagnose
from glassnet.errors import GlassnetWarning, SettingsError, SourceError, listed, near_miss
from glassnet.evaluate.score import Held, Reference, evaluate_rows
from glassnet.evaluate.values import Evaluation
from glassnet.gather import own_part
from glassnet.held_out.interval import check_coverage, interval_of
from glassnet.labels import interval_columns, labels_of, prediction_columns, truth_columns, uniquely_named
from glassnet.metric import choose_metrics
from glassnet.pipeline import Fitted, Listener, Sources
from glassnet.pipeline import fit as run_pipeline
from glassnet.predict import BLOCK, predict
from glassnet.prepare.assemble import encode
from glassnet.prepare.odd import unlike_training
from glassnet.prepare.values import Encoded, Floats64
from glassnet.settings import Own, Settings, change
from glassnet.store.fitted import load_fitted, save_fitted
from glassnet.table.cells import conform_counted
from glassnet.table.odd import Odd
from glassnet.table.source import Chunks, read_chunks, read_table
from glassnet.table.values import Task
from glassnet.table.weights import row_weights
from glassnet.why import Why
from glassnet.why import why as explain_row

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CHUNK: Final = 8 * BLOCK  # rows read at a time when predicting a file


ConformedRows = tuple[pl.DataFrame, tuple[Odd, ...]]
EncodedRows = tuple[Encoded, tuple[Odd, ...]]
ReadRows = Callable[[Fitted, pl.DataFrame, int], EncodedRows]


def encode_rows(fitted: Fitted, frame: pl.DataFrame, first_row: int) -> EncodedRows:
    """Return raw rows as the model's networks take them, and the cells that are odd, with their rows."""
    return encode_conformed(fitted, conform_counted(frame, fitted.schema, first_row), first_row)


def encode_conformed(fitted: Fitted, conformed: ConformedRows, first_row: int) -> EncodedRows:
    """Return the same of rows that are as the schema has them already."""
    frame, unread = conformed
    encoded = encode(frame, fitted.preparation.encoding)
    return encoded, (*unread, *unlike_training(frame, encoded, fitted.preparation, first_row))


class Model:
    """A trained network with everything it needs: its columns, its preparation, its history.

    Made by `glassnet.fit` or `glassnet.load`.
    """

    def __init__(self, fitted: Fitted, read_rows: ReadRows | None = None) -> None:
        self.fitted = fitted
        self._encoded = partial(read_rows or encode_rows, fitted)

    def __repr__(self) -> str:
        fitted = self.fitted
        score = fitted.evaluation.scores[0] if fitted.evaluation.scores else None
        figure = f", {score.metric} {score.value:.4g} on {fitted.evaluation.on} rows" if score else ""
        names = ", ".join(target.name for target in fitted.schema.targets)
        return f"<glassnet model of '{names}' in {fitted.name}: {fitted.schema.task}{figure}>"

    @property
    def network(self) -> nn.Module:
        """The trained network; its parameters have a leading axis of members."""
        return self.fitted.network

    @property
    def history(self) -> pl.DataFrame:
        """All that was recorded, one value a row: epoch, step, member, layer, quantity, value.

        Losses and the validation metric belong to no step and no layer (null); norms, updates and idle units
        (`glassnet.telemetry.QUANTITIES` says what each is) to the step after which they were taken.
        """
        epochs = self.epochs.unpivot(
            on=["training_loss", "validation_loss", "metric"],
            index=["epoch", "member"],
            variable_name="quantity",
            value_name="value",
        ).drop_nulls("value")
        none = pl.lit(None)
        losses = epochs.select(
            "epoch", none.cast(pl.Int64).alias("step"), "member", none.cast(pl.String).alias("layer"),
            "quantity", "value",
        )  # fmt: skip
        records = self.fitted.trained.history.records
        if records is None or not records.count:
            return losses
        steps, members, layers, quantities = records.value_NKLQ.shape
        block = layers * quantities
        inside = pl.DataFrame(
            {
                "epoch": np.repeat(records.epoch_N, members * block).astype(np.int64),
                "step": np.repeat(records.step_N, members * block).astype(np.int64),
                "member": np.tile(np.repeat(np.arange(1, members + 1), block), steps),
                "layer": np.tile(np.repeat(np.array(records.layers), quantities), steps * members),
                "quantity": np.tile(np.array(records.quantities), steps * members * layers),
                "value": records.value_NKLQ.ravel().astype(np.float64),
            }
        )
        return pl.concat([losses, inside])

    @property
    def epochs(self) -> pl.DataFrame:
        """One row per epoch and member: losses, the validation metric, seconds since the start."""
        history = self.fitted.trained.history
        epochs, members = history.training_loss_EK.shape
        return pl.DataFrame(
            {
                "epoch": np.repeat(np.arange(1, epochs + 1), members),
                "member": np.tile(np.arange(1, members + 1), epochs),
                "training_loss": history.training_loss_EK.ravel(),
                "validation_loss": history.validation_loss_EK.ravel(),
                "metric": np.repeat(history.metric_E, members),
                "seconds": np.repeat(history.seconds_E, members),
            }
        ).fill_nan(None)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What looks wrong in the run, in plain words, with what to try; the most important first."""
        return diagnose(self.fitted)

    def why(self, row: object, *, label: str = "", target: str = "") -> Why:
        """Return which columns made a row's prediction what it is, compared with the mean training row.

        `row` is a table of one row. `label` names another class than the predicted one, `target` one of
        several targets.
        """
        return explain_row(self.fitted, row, label=label, target=target)

    def predict(self, table: object) -> NDArray[Any]:
        """Return labels in their original type, or numbers: shape `(R,)`, or `(R, T)` for several targets.

        `table` is whatever `glassnet.fit` takes; the target's column is not needed. Cells that cannot be
        taken as they are (`docs/odd-input.md`) are told in a GlassnetWarning with their column and row.
        """
        value_RP = predict(self.fitted.predictor, self._read(table))
        fitted = self.fitted
        return labels_of(value_RP, fitted.schema.targets, fitted.schema.task, fitted.threshold.value)

    def predict_proba(self, table: object) -> Floats64:
        """Return the probability of each class, `(R, C)`; of each target's "yes" for multilabel, `(R, T)`."""
        if self.fitted.schema.task is Task.REGRESSION:
            raise SettingsError("this model predicts numbers; there are no classes to give probabilities of.")
        return predict(self.fitted.predictor, self._read(table))

    def predict_interval(self, table: object, coverage: float = 0.9) -> Floats64:
        """Return from where to where each number lies with this probability: `(R, 2)`.

        Of several targets `(R, T, 2)`. Raises SettingsError for a model of classes, one trained without
        held-out rows, or with too few for such a coverage. See docs/held-out.md.
        """
        fitted = self.fitted
        check_coverage(fitted.predictor, fitted.intervals, coverage)
        _, interval_RT2 = interval_of(fitted.predictor, self._read(table), fitted.intervals, coverage)
        return interval_RT2[:, 0] if len(fitted.schema.targets) == 1 else interval_RT2

    def _read(self, table: object) -> Encoded:
        """Return the table's rows encoded; what is odd about them is told in warnings."""
        read = read_table(table, self.reading, self.fitted.schema)
        encoded, odd = self._encoded(read.frame, 0)
        for told in (*read.notes, *map(str, odd)):
            warnings.warn(told, GlassnetWarning, stacklevel=3)
        return encoded

    @property
    def reading(self) -> Settings:
        """The settings that tables to predict are read with: those of training."""
        return replace(self.fitted.settings, query="", example="")

    def prediction_frame(
        self, frame: pl.DataFrame, first_row: int = 0, keep: Sequence[str] = (), coverage: float = 0.0
    ) -> tuple[pl.DataFrame, tuple[Odd, ...]]:
        """Return raw rows' numbers (from 1), kept columns and predictions, and the cells that are odd.

        With a `coverage` above 0 there are the ends of each number's interval too.
        """
        for name in keep:
            if name not in frame.columns:
                raise SourceError(
                    f"the table has no column '{name}' to keep.{near_miss(name, frame.columns)}"
                    f" It has: {listed(frame.columns)}."
                )
        schema = self.fitted.schema
        encoded, odd = self._encoded(frame, first_row)
        ends: list[pl.Series] = []
        if coverage:
            value_RP, interval_RT2 = interval_of(
                self.fitted.predictor, encoded, self.fitted.intervals, coverage
            )
            ends = interval_columns(interval_RT2, schema.targets)
        else:
            value_RP = predict(self.fitted.predictor, encoded)
        answers = prediction_columns(value_RP, schema, self.fitted.threshold.value)
        rows = pl.Series("row", np.arange(first_row + 1, first_row + 1 + frame.height))
        columns = [rows, *(frame[name] for name in keep), *answers, *ends]
        return pl.DataFrame(uniquely_named(columns)), odd

    def test_predictions(self) -> pl.DataFrame:
        """Return the run's own test rows: number, kept columns, truth, prediction, probabilities."""
        fitted = self.fitted
        evaluation = fitted.evaluation
        rows = pl.Series("row", fitted.evaluated_rows + 1)
        truth = truth_columns(evaluation.truth, fitted.schema)
        predicted = prediction_columns(evaluation.prediction_RP, fitted.schema, fitted.threshold.value)
        return pl.DataFrame(uniquely_named([rows, *fitted.kept.get_columns(), *truth, *predicted]))

    def predict_chunks(
        self,
        source: object,
        settings: Settings | None = None,
        keep: Sequence[str] = (),
        coverage: float = 0.0,
    ) -> Predictions:
        """Return predictions of a source of any length, chunk by chunk; memory does not grow with it."""
        chunks = read_chunks(source, settings or self.reading, self.fitted.schema, CHUNK)
        return Predictions(self, chunks, keep, coverage)

    def evaluate(self, table: object, settings: Settings | None = None) -> Evaluation:
        """Return how good the model is on another table's rows with a known target."""
        fitted = self.fitted
        part = own_part(table, fitted.schema, settings or self.reading, "given")
        prediction_RP = predict(fitted.predictor, encode(part.frame, fitted.preparation.encoding))
        weight = fitted.schema.weight
        weighted = weight and weight in part.frame.columns
        held = Held(
            on="given",
            rows=part.source_rows,
            target_RT=part.target_RT,
            weight_R=row_weights(part.frame, weight, part.source_rows)
            if weighted
            else np.ones(len(part.source_rows)),
            task=fitted.schema.task,
            threshold=fitted.threshold.value,
        )
        asked = fitted.recipe.training.metric
        # A file holds no code: of your own metric it holds "module.name", and the usual ones are shown.
        is_lost = isinstance(asked, str) and "." in asked
        metrics = choose_metrics("auto" if is_lost else asked, fitted.schema.task)
        return evaluate_rows(held, prediction_RP, metrics, Reference(), fitted.settings.seed)

    def save(self, path: str | Path) -> Path:
        """Write the model file and return its path; nothing is left half-written."""
        save_fitted(self.fitted, Path(path))
        return Path(path)

    def report(self, path: str | Path) -> Path:
        """Write the report, one HTML file that opens offline, and return its path."""
        from glassnet.report.page import write_report

        return write_report(self.fitted, Path(path))

    def plot_loss(self, ax: Axes | None = None) -> Axes:
        """Draw the loss of each epoch on the given axes, or on new ones, and return them."""
        from glassnet.report.plots import draw_loss, new_axes

        ax = new_axes() if ax is None else ax
        draw_loss(self.fitted.trained, ax)
        return ax

    def plot_confusion(self, ax: Axes | None = None) -> Axes:
        """Draw what was taken for what, as counts and shares of each true class; return the axes."""
        from glassnet.report import drawn

        return drawn.plot_confusion(self.fitted, ax)

    def plot_roc(self, ax: Axes | None = None, *, label: str = "") -> Axes:
        """Draw what is found against false alarms, of one of several classes by its `label`."""
        from glassnet.report import drawn

        return drawn.plot_roc(self.fitted, ax, label)

    def plot_precision_recall(self, ax: Axes | None = None, *, label: str = "") -> Axes:
        """Draw what is right against what is found, of one of several classes by its `label`."""
        from glassnet.report import drawn

        return drawn.plot_precision_recall(self.fitted, ax, label)

    def plot_calibration(self, ax: Axes | None = None, *, label: str = "") -> Axes:
        """Draw probabilities given against shares that were true, of a class by its `label`."""
        from glassnet.report import drawn

        return drawn.plot_calibration(self.fitted, ax, label)

    def plot_residuals(self, ax: Axes | None = None, *, target: str = "") -> Axes:
        """Draw truth minus prediction against the prediction, of one of several by `target`."""
        from glassnet.report import drawn

        return drawn.plot_residuals(self.fitted, ax, target)

    def plot_importance(self, ax: Axes | None = None) -> Axes:
        """Draw how much worse the first metric gets when a column is shuffled; return the axes."""
        from glassnet.report import drawn

        return drawn.plot_importance(self.fitted, ax)

    def plot_dependence(
        self, column: str, ax: Axes | None = None, *, label: str = "", table: object = None
    ) -> Axes:
        """Draw how predictions go with a column, as the run saw it on its test rows, or on the rows given.

        `label` names one of several classes or targets; a `table` of rows can be looked at for any column.
        """
        from glassnet.report.dependence_drawn import plot_dependence

        frame = None
        if table is not None:
            read = read_table(table, self.reading, self.fitted.schema).frame
            frame = conform_counted(read, self.fitted.schema)[0]
        return plot_dependence(self.fitted, column, ax, label, frame)

    def plot_gradients(self, ax: Axes | None = None, *, layer: str = "") -> Axes:
        """Draw a layer's norms, updates and idle units over the run; the first unless named."""
        from glassnet.report import drawn

        return drawn.plot_gradients(self.fitted, ax, layer)


class Predictions(Iterator[tuple[pl.DataFrame, tuple[Odd, ...]]]):
    """Predictions chunk by chunk, each with its odd cells, and what the readers have noted so far."""

    def __init__(self, model: Model, chunks: Chunks, keep: Sequence[str], coverage: float) -> None:
        self._model = model
        self._chunks = chunks
        self._keep = keep
        self._coverage = coverage
        self._first = 0

    def __next__(self) -> tuple[pl.DataFrame, tuple[Odd, ...]]:
        """Return the predictions of the next rows, and the cells of them that are odd."""
        chunk = next(self._chunks)
        first, self._first = self._first, self._first + chunk.height
        return self._model.prediction_frame(chunk, first, self._keep, self._coverage)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the readers had to say so far; after the last chunk, all of it."""
        return self._chunks.notes


def fit(
    table: object = "",
    target: str | Sequence[str] = (),
    *,
    test: object = None,
    validation: object = None,
    settings: Settings | None = None,
    listener: Listener | None = None,
    **changes: Any,
) -> Model:
    """Train on a table and return the model.

    `table` is a path, a pattern of paths, a pandas, Polars or pyarrow frame, a dictionary of columns or an
    array; every setting of `glassnet.Settings` may be given by name. Raises a GlassnetError that says what
    is wrong and what to do: also for one that is given by name and surely has no effect.
    """
    wanted = change(settings or Settings(), **changes)
    listener = replace(listener or Listener(), given=frozenset(changes))
    if target:
        wanted = change(wanted, target=target)
    sources = Sources(table=table, test=test, validation=validation)
    return Model(run_pipeline(sources, wanted, listener))


def load(path: str | Path, network: Own | nn.Module | None = None) -> Model:
    """Return the model of a file that `Model.save` or `glassnet train` wrote.

    A run of your own module needs its class, or an instance, as `network`: the file holds no code.
    """
    return Model(load_fitted(Path(path), network))

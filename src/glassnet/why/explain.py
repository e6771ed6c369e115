"""What each column adds to a prediction: integrated gradients.

The parts are integrated gradients along the straight line from the mean training row, as the network sees
it, to the row: a part is the way in one input times the mean slope of the output along it. They sum to the
difference between the two outputs, but for the error of the sum over steps, which is said.

Source: M. Sundararajan et al., "Axiomatic Attribution for Deep Networks", 2017, arXiv 1703.01365.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Protocol

import numpy as np
import polars as pl

from glassnet.errors import ModelFileError, SourceError
from glassnet.pipeline import Fitted
from glassnet.predict import predict
from glassnet.prepare.assemble import dense_sources, encode
from glassnet.prepare.values import Encoded
from glassnet.table.cells import conform_counted
from glassnet.table.source import read_table
from glassnet.why.cells import cells_in_words
from glassnet.why.path import Path
from glassnet.why.question import Asked, ask, prediction, spread
from glassnet.why.values import Part, Why

FIRST_STEPS: Final = 32
MOST_STEPS: Final = 1024
TOLERANCE: Final = 0.01  # of the difference, or of a tenth of the outputs' spread where that is larger


class HasFitted(Protocol):
    """Whatever holds a fitted run, such as a Model."""

    @property
    def fitted(self) -> Fitted:
        """The run."""


def why(model: Fitted | HasFitted, row: object, *, label: str = "", target: str = "") -> Why:
    """Return what each column adds to the prediction of one row.

    `row` is a dictionary of cells, or a table of one row. `label` asks for a class other than the predicted
    one, `target` for one of several targets. Raises SourceError for a row that is none or lacks a column,
    SettingsError for a class or target that the model has not.
    """
    fitted = model if isinstance(model, Fitted) else model.fitted
    if not fitted.preparation.baseline.dense_FD.size and not fitted.preparation.baseline.share_FS.size:
        raise ModelFileError(
            "this model file does not hold the mean training row that an explanation starts from. Train the"
            " model again with this version."
        )
    frame = _one_row(row, fitted)
    conformed, _ = conform_counted(frame, fitted.schema)
    encoded = encode(conformed, fitted.preparation.encoding)
    predicted_P = predict(fitted.predictor, encoded)[0]
    asked = ask(fitted, predicted_P, label, target)
    cells = cells_in_words(frame, conformed, encoded, fitted)
    return _explained(fitted, encoded, asked, cells, prediction(fitted, predicted_P, asked))


def _one_row(row: object, fitted: Fitted) -> pl.DataFrame:
    if isinstance(row, Mapping):
        row = {name: cell if isinstance(cell, list) else [cell] for name, cell in row.items()}
    frame = read_table(row, replace(fitted.settings, query="", example="")).frame
    if frame.height != 1:
        raise SourceError(f"one row is explained at a time, but {frame.height:,} are given.")
    return frame


def _explained(fitted: Fitted, encoded: Encoded, asked: Asked, cells: dict[str, str], prediction: str) -> Why:
    """Return the parts, with steps doubled until they sum to the whole."""
    paths = [
        Path(fitted, encoded, asked, fold)
        for fold in range(fitted.predictor.folds)
        if any(member % fitted.predictor.folds == fold for member in fitted.trained.members)
    ]
    count = len(fitted.trained.members)
    start, output = (sum(path.at(place) for path in paths) / count for place in (0.0, 1.0))
    allowed = TOLERANCE * max(abs(output - start), 0.1 * spread(fitted, asked))
    steps = FIRST_STEPS
    while True:
        input_parts = np.sum([path.parts(steps) for path in paths], axis=0) / count
        remainder = output - start - float(input_parts.sum())
        if abs(remainder) <= allowed or steps >= MOST_STEPS:
            break
        steps *= 2
    names = (*dense_sources(fitted.preparation), *fitted.preparation.embedded_names)
    sums = {name: 0.0 for name in cells}
    for name, part in zip(names, input_parts, strict=True):
        sums[name] += float(part)
    parts = [Part(column=name, cell=cells[name], part=part) for name, part in sums.items()]
    return Why(
        prediction=prediction,
        about=asked.about,
        start=start,
        output=output,
        parts=tuple(sorted(parts, key=lambda one: -abs(one.part))),
        remainder=remainder,
        steps=steps,
        allowed=allowed,
    )

"""`GlassnetRegressor`: numbers, one or several a row."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin
from sklearn.utils import Tags

from glassnet.errors import SourceError
from glassnet.estimators.base import Estimator


class GlassnetRegressor(RegressorMixin, Estimator):  # type: ignore[misc]
    """Predict numbers from rows of a table with a neural network.

    Takes numbers, categories, dates and missing values as they are. Every parameter is a setting of
    `glassnet.Settings`; `random_state` is its `seed`.

    >>> from glassnet import GlassnetRegressor
    >>> model = GlassnetRegressor(epochs=5).fit({"x": [0.0, 1.0] * 20}, [0.0, 1.0] * 20)
    >>> model.predict({"x": [0.5]}).shape
    (1,)
    """

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _targets(self, y: NDArray[Any], *, is_part: bool) -> NDArray[Any]:
        del is_part
        if y.dtype.kind not in "biuf":
            raise SourceError(
                f"y must hold numbers, but it holds {y.dtype}. GlassnetClassifier predicts classes."
            )
        self._has_column_axis = y.ndim == 2
        return y.astype(np.float64)

    def _task(self, y: NDArray[Any]) -> str:
        return "regression"

    def partial_fit(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> Self:
        """Train one epoch on these rows; further calls go on where the last one ended.

        Scales, bins and levels are learned from the first call's rows. Returns the estimator.
        """
        return self._pass(X, y, None, sample_weight)

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return a number for each row, `(R,)`; for targets of two axes `(R, T)`."""
        value = self._model().predict(self._table(X))
        return value[:, None] if self._has_column_axis and value.ndim == 1 else value

    def predict_interval(self, X: Any, coverage: float = 0.9) -> NDArray[np.float64]:
        """Return from where to where each number lies with this probability: `(R, 2)`, or `(R, T, 2)`.

        Raises SettingsError where too few rows were held out; see docs/held-out.md.
        """
        interval = self._model().predict_interval(self._table(X), coverage)
        return interval[:, None] if self._has_column_axis and interval.ndim == 2 else interval

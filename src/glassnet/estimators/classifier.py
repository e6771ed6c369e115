"""`GlassnetClassifier`: classes, with probabilities."""

from __future__ import annotations

from typing import Any, Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils import Tags

from glassnet.estimators.base import Estimator
from glassnet.estimators.inputs import check_classes, one_column
from glassnet.table.values import Task

LEAST: Final = 1e-300  # below this a probability has no logarithm to speak of


class GlassnetClassifier(ClassifierMixin, Estimator):  # type: ignore[misc]
    """Classify rows of a table with a neural network.

    Takes numbers, categories, dates and missing values as they are. Every parameter is a setting of
    `glassnet.Settings`; `random_state` is its `seed`.

    >>> from glassnet import GlassnetClassifier
    >>> model = GlassnetClassifier(epochs=5).fit({"x": [0.0, 1.0] * 20}, ["no", "yes"] * 20)
    >>> model.classes_.tolist()
    ['no', 'yes']
    """

    @property
    def classes_(self) -> NDArray[Any]:
        """The labels in the order of `predict_proba`'s columns, `(C,)`; of several targets their numbers."""
        schema = self._model().fitted.schema
        if schema.task is Task.MULTILABEL:
            return np.arange(len(schema.targets))
        return np.array(schema.targets[0].labels)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _targets(self, y: NDArray[Any], *, is_part: bool) -> NDArray[Any]:
        target = one_column(y)
        check_classes(target, is_part=is_part)
        return target

    def _task(self, y: NDArray[Any]) -> str:
        if y.ndim == 2:
            return "multilabel"
        # Two classes told as several are the binary case of it; the rows of a stream may hold any of them.
        return "multiclass"

    def partial_fit(
        self, X: Any, y: Any, classes: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Train one epoch on these rows; further calls go on where the last one ended.

        `classes`, `(C,)`, names every class that any call will hold; the first call needs it unless its own
        rows hold them all. Scales, bins and levels are learned from the first call's rows. Returns the
        estimator.
        """
        return self._pass(X, y, classes, sample_weight)

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the likeliest label of each row, `(R,)`; of several targets each label, `(R, T)`."""
        return self._model().predict(self._table(X))

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probability of each class, `(R, C)`; of several targets each "yes", `(R, T)`."""
        return self._model().predict_proba(self._table(X))

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Return the log-odds of the second of two classes, `(R,)`, or of each "yes", `(R, T)`.

        Of three classes or more the logarithm of each class's probability, `(R, C)`.
        """
        share_RC = np.clip(self.predict_proba(X), LEAST, None)
        if self._model().fitted.schema.task is Task.MULTILABEL:
            return np.log(share_RC) - np.log(np.clip(1.0 - share_RC, LEAST, None))
        log_RC: NDArray[np.float64] = np.log(share_RC)
        return log_RC[:, 1] - log_RC[:, 0] if log_RC.shape[1] == 2 else log_RC

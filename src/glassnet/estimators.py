"""scikit-learn's doors: `GlassnetClassifier` and `GlassnetRegressor`. No logic of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from glassnet.errors import SettingsError
from glassnet.model import Model, fit
from glassnet.pipeline import Listener
from glassnet.settings import Own, Settings, change
from glassnet.table.frames import to_polars

WEIGHT: Final = "sample weight"  # the column that carries sample weights into the pipeline
QUIET: Final = Listener(evaluates=False)


class _Estimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """What both estimators share: parameters that are settings, and a model."""

    def __init__(  # noqa: PLR0913  # every parameter spelled out: scikit-learn's contract
        self,
        *,
        recipe: str = "auto",
        network: str | Own = "auto",
        hidden: Sequence[int] | str = "auto",
        activation: str = "auto",
        dropout: float | str = "auto",
        normalization: str = "auto",
        members: int | str = "auto",
        folds: int = 0,
        numbers: str = "auto",
        bins: int | str = "auto",
        one_hot: int | str = "auto",
        embedding: int | str = "auto",
        rare: int | str = "auto",
        kinds: Mapping[str, str] | None = None,
        loss: str | Own = "auto",
        label_smoothing: float = 0.0,
        quantile: float = 0.5,
        class_weight: str | Mapping[Any, float] | None = None,
        optimizer: str | Own = "auto",
        learning_rate: float | str = "auto",
        momentum: float = 0.0,
        weight_decay: float | str = "auto",
        clip: float | str = "auto",
        schedule: str = "auto",
        warmup: float | str = "auto",
        epochs: int | str = "auto",
        batch_size: int | str = "auto",
        patience: int | str = "auto",
        validation_share: float | str = "auto",
        metric: str | Own = "auto",
        time_limit: float | None = None,
        engine: str = "auto",
        precision: str = "auto",
        threads: int = 0,
        random_state: int | None = 0,
    ) -> None:
        self.recipe = recipe
        self.network = network
        self.hidden = hidden
        self.activation = activation
        self.dropout = dropout
        self.normalization = normalization
        self.members = members
        self.folds = folds
        self.numbers = numbers
        self.bins = bins
        self.one_hot = one_hot
        self.embedding = embedding
        self.rare = rare
        self.kinds = kinds
        self.loss = loss
        self.label_smoothing = label_smoothing
        self.quantile = quantile
        self.class_weight = class_weight
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.clip = clip
        self.schedule = schedule
        self.warmup = warmup
        self.epochs = epochs
        self.batch_size = batch_size
        self.patience = patience
        self.validation_share = validation_share
        self.metric = metric
        self.time_limit = time_limit
        self.engine = engine
        self.precision = precision
        self.threads = threads
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train on rows `X` of shape `(R, columns)` and targets `y`, `(R,)` or `(R, T)`."""
        frame, settings = run_of(self, X, y, sample_weight)
        keep_model(self, fit(frame, listener=QUIET, settings=settings))
        return self

    def _changes(self) -> dict[str, Any]:
        """Return the parameters as settings."""
        given: dict[str, Any] = self.get_params(deep=False)
        seed = given.pop("random_state")
        limit = given.pop("time_limit")
        weights = given.pop("class_weight")
        given["kinds"] = dict(given["kinds"] or {})
        if isinstance(weights, Mapping):
            weights = {str(label): float(weight) for label, weight in weights.items()}
        return given | {
            "seed": 0 if seed is None else int(seed),
            "time_limit": float("inf") if limit is None else limit,
            "class_weight": "none" if weights is None else weights,
            "test_share": 0.0,
        }

    def _task(self, y: ArrayLike) -> str:
        """Return the task for these targets."""
        raise AssertionError("each estimator names its task")

    def _model(self) -> Model:
        check_is_fitted(self, "model_")
        model: Model = self.model_
        return model


def run_of(
    estimator: _Estimator, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None
) -> tuple[pl.DataFrame, Settings]:
    """Return the table and the settings that `estimator.fit` trains with, and note the columns it saw."""
    frame = to_polars(X)
    estimator.n_features_in_ = frame.width
    if hasattr(X, "columns"):
        estimator.feature_names_in_ = np.array(frame.columns, dtype=object)
    targets = _targets(y, frame.columns)
    columns = [*frame.get_columns(), *targets]
    changes = estimator._changes() | {"task": estimator._task(y)}
    if sample_weight is not None:
        weight = pl.Series(WEIGHT, np.asarray(sample_weight, dtype=np.float64))
        columns.append(weight)
        changes["weight"] = WEIGHT
    lengths = {len(column) for column in columns}
    if len(lengths) > 1:
        raise SettingsError(
            f"X, y and sample_weight must have the same number of rows, but they have {sorted(lengths)}."
        )
    changes["target"] = tuple(target.name for target in targets)
    return pl.DataFrame(columns), change(Settings(), **changes)


def keep_model(estimator: _Estimator, model: Model) -> None:
    """Make the estimator one that is fitted: with this model."""
    estimator.model_ = model
    estimator.n_iter_ = model.fitted.trained.history.epochs


def _targets(y: ArrayLike, taken: Sequence[str]) -> list[pl.Series]:
    """Return the target columns under names that no input has."""
    frame = to_polars({"target": y}) if np.ndim(y) == 1 else to_polars(y)
    names = [getattr(y, "name", None) or "target"] if frame.width == 1 else frame.columns
    columns = []
    for name, column in zip(names, frame.get_columns(), strict=True):
        unique = str(name)
        while unique in taken:
            unique = f"target {unique}"
        columns.append(column.alias(unique))
    return columns


class GlassnetClassifier(ClassifierMixin, _Estimator):  # type: ignore[misc]
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
        """The labels in the order of `predict_proba`'s columns, shape `(C,)`."""
        return np.array(self._model().fitted.schema.targets[0].labels)

    def _task(self, y: ArrayLike) -> str:
        labels = np.asarray(y)
        if labels.ndim == 2 and labels.shape[1] > 1:
            return "multilabel"
        return "binary" if len(np.unique(labels.astype(str))) == 2 else "multiclass"

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the likeliest label of each row, shape `(R,)`."""
        return self._model().predict(X)

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the probability of each class, shape `(R, C)`."""
        return self._model().predict_proba(X)


class GlassnetRegressor(RegressorMixin, _Estimator):  # type: ignore[misc]
    """Predict numbers from rows of a table with a neural network.

    Takes numbers, categories, dates and missing values as they are. Every parameter is a setting of
    `glassnet.Settings`; `random_state` is its `seed`.

    >>> from glassnet import GlassnetRegressor
    >>> model = GlassnetRegressor(epochs=5).fit({"x": [0.0, 1.0] * 20}, [0.0, 1.0] * 20)
    >>> model.predict({"x": [0.5]}).shape
    (1,)
    """

    def _task(self, y: ArrayLike) -> str:
        return "regression"

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return a number for each row, shape `(R,)`, or `(R, T)` for several targets."""
        return self._model().predict(X)

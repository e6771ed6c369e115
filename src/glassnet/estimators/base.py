"""What both estimators share: parameters that are settings, and a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import Tags, estimator_html_repr
from sklearn.utils.validation import check_is_fitted

from glassnet.errors import SettingsError
from glassnet.estimators.callback import Callback, listener_of
from glassnet.estimators.cores import threads_here
from glassnet.estimators.frozen import from_bytes, to_bytes
from glassnet.estimators.inputs import (
    WEIGHT,
    table_of,
    target_columns,
    target_names,
    target_of,
    weights_of,
)
from glassnet.estimators.notebook import loss_panel
from glassnet.estimators.seed import seed_of
from glassnet.model import Model, fit
from glassnet.resume import Going, begin, fit_again, go_on
from glassnet.settings import Own, Settings, change

PAYLOAD: Final = "model file"  # what a pickle calls the bytes of the model file
LEFT_OUT: Final = ("identifier", "text", "constant")  # kinds that a user may give to leave a column out


class Estimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Abstract: parameters that are settings, and a model."""

    def __init__(  # noqa: PLR0913  # every parameter spelled out: scikit-learn's contract
        self,
        *,
        recipe: str = "auto",
        effort: str = "auto",
        network: str | Own = "auto",
        hidden: Sequence[int] | str = "auto",
        activation: str = "auto",
        dropout: float | str = "auto",
        normalization: str = "auto",
        members: int | str = "auto",
        sharing: str = "auto",
        input_scaling: str = "auto",
        folds: int | str = "auto",
        numbers: str = "auto",
        bins: int | str = "auto",
        one_hot: int | str = "auto",
        embedding: int | str = "auto",
        rare: int | str = "auto",
        bounds: str = "auto",
        target_scale: str = "auto",
        target_means: str = "auto",
        kinds: Mapping[str, str] | None = None,
        loss: str | Own = "auto",
        label_smoothing: float = 0.0,
        quantile: float = 0.5,
        class_weight: str | Mapping[Any, float] | None = None,
        optimizer: str | Own = "auto",
        learning_rate: float | str = "auto",
        rate_factors: Mapping[str, float] | None = None,
        momentum: float = 0.0,
        second_moment: float | str = "auto",
        average: float | str = "auto",
        weight_decay: float | str = "auto",
        decay_factors: Mapping[str, float] | None = None,
        clip: float | str = "auto",
        schedule: str = "auto",
        warmup: float | str = "auto",
        epochs: int | str = "auto",
        batch_size: int | str = "auto",
        patience: int | str = "auto",
        validation_share: float | str = "auto",
        metric: str | Own = "auto",
        calibrate: str = "auto",
        threshold: float | str = 0.5,
        time_limit: float | None = None,
        engine: str = "auto",
        precision: str = "auto",
        threads: int = 0,
        random_state: int | np.random.RandomState | np.random.Generator | None = 0,
        warm_start: bool = False,
        callbacks: Sequence[Callback] | None = None,
    ) -> None:
        self.recipe = recipe
        self.effort = effort
        self.network = network
        self.hidden = hidden
        self.activation = activation
        self.dropout = dropout
        self.normalization = normalization
        self.members = members
        self.sharing = sharing
        self.input_scaling = input_scaling
        self.folds = folds
        self.numbers = numbers
        self.bins = bins
        self.one_hot = one_hot
        self.embedding = embedding
        self.rare = rare
        self.bounds = bounds
        self.target_scale = target_scale
        self.target_means = target_means
        self.kinds = kinds
        self.loss = loss
        self.label_smoothing = label_smoothing
        self.quantile = quantile
        self.class_weight = class_weight
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.rate_factors = rate_factors
        self.momentum = momentum
        self.second_moment = second_moment
        self.average = average
        self.weight_decay = weight_decay
        self.decay_factors = decay_factors
        self.clip = clip
        self.schedule = schedule
        self.warmup = warmup
        self.epochs = epochs
        self.batch_size = batch_size
        self.patience = patience
        self.validation_share = validation_share
        self.metric = metric
        self.calibrate = calibrate
        self.threshold = threshold
        self.time_limit = time_limit
        self.engine = engine
        self.precision = precision
        self.threads = threads
        self.random_state = random_state
        self.warm_start = warm_start
        self.callbacks = callbacks

    def fit(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> Self:
        """Train on rows `X` of shape `(R, columns)` and targets `y`, `(R,)` or `(R, T)`.

        `sample_weight`, `(R,)`, is what each row counts; a row of weight 0 is as good as absent.
        """
        before = self.model_.fitted if self.warm_start and hasattr(self, "model_") else None
        frame, settings = run_of(self, X, y, sample_weight, reset=before is None)
        listener = listener_of(self.callbacks)
        if before is not None:
            keep_model(self, Model(fit_again(before, frame, settings, listener)))
        else:
            keep_model(self, fit(frame, listener=listener, settings=settings))
        self.__dict__.pop("_going", None)  # passes begin anew from here
        return self

    def _pass(self, X: Any, y: Any, classes: Any, sample_weight: Any) -> Self:
        """Train one epoch on these rows, from the weights and the optimiser's memory of the passes before."""
        going: Going | None = getattr(self, "_going", None)
        is_first = not hasattr(self, "model_")
        if going is None and not is_first:
            going = Going(fitted=self.model_.fitted, moments=(), passes=self.n_iter_)
        frame, settings = run_of(self, X, y, sample_weight, reset=is_first, is_part=True)
        listener = listener_of(self.callbacks)
        if going is None:
            named = None if classes is None else named_classes(classes, settings)
            going = begin(frame, named, settings, listener)
        else:
            going = go_on(going, frame, settings, listener)
        keep_model(self, Model(going.fitted))
        self._going = going
        return self

    def _html_repr(self) -> str:
        """Return scikit-learn's diagram, and below it the losses of a fitted estimator, for notebooks."""
        diagram: str = estimator_html_repr(self)
        return diagram + (loss_panel(self.model_) if hasattr(self, "model_") else "")

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        state.pop("_going", None)  # the optimiser's memory: a copy begins its passes without
        model = state.pop("model_", None)
        return state if model is None else state | {PAYLOAD: to_bytes(model)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        rest = {name: value for name, value in state.items() if name != PAYLOAD}
        super().__setstate__(rest)
        if PAYLOAD in state:
            self.model_ = from_bytes(state[PAYLOAD], self.network)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        tags.input_tags.dict = True
        return tags

    def _changes(self) -> dict[str, Any]:
        """Return the parameters as settings."""
        given: dict[str, Any] = self.get_params(deep=False)
        seed = seed_of(given.pop("random_state"))
        limit = given.pop("time_limit")
        weights = given.pop("class_weight")
        given.pop("warm_start")
        given.pop("callbacks")
        given["threads"] = threads_here(given["threads"])
        for name in ("kinds", "rate_factors", "decay_factors"):
            given[name] = _mapping(name, given[name])
        if not isinstance(weights, str | None):
            weights = _mapping("class_weight", weights)
            weights = {str(label): float(weight) for label, weight in weights.items()}
        return given | {
            "seed": seed,
            "time_limit": float("inf") if limit is None else limit,
            "class_weight": "none" if weights is None else weights,
            "test_share": 0.0,
        }

    def _targets(self, y: NDArray[Any], *, is_part: bool) -> NDArray[Any]:
        """Return the targets, `(R,)` or `(R, T)`, once they are sure to be ones to learn."""
        raise AssertionError("each estimator knows its targets")

    def _task(self, y: NDArray[Any]) -> str:
        """Return the task for these targets."""
        raise AssertionError("each estimator names its task")

    def _model(self) -> Model:
        check_is_fitted(self, "model_")
        model: Model = self.model_
        return model

    def _table(self, X: Any) -> pl.DataFrame:
        """Return rows to predict as a frame of the fit's columns."""
        check_is_fitted(self, "model_")
        # A search says what rows it has read already.
        known: tuple[Any, pl.DataFrame] | None = getattr(self, "_known", None)
        if known is not None and known[0] is X:
            return known[1]
        return table_of(self, X, reset=False)


def _mapping(name: str, value: Any) -> dict[Any, Any]:
    """Return a parameter that names things and their values. Raises SettingsError for anything else."""
    try:
        return dict(value or {})
    except (TypeError, ValueError):
        such = "{'age': 'number'}" if name == "kinds" else "{'a': 2.0}"
        raise SettingsError(f"{name} must be a mapping such as {such}, but it is {value!r}.") from None


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What an estimator took of X, y and weights: the table to train on."""

    frame: pl.DataFrame  # the inputs, the targets, and the weights where there are any; rows that count alone
    inputs: tuple[str, ...]
    is_weighted: bool
    task: str


def run_of(
    estimator: Estimator,
    X: Any,
    y: Any,
    sample_weight: Any,
    *,
    reset: bool = True,
    is_part: bool = False,
) -> tuple[pl.DataFrame, Settings]:
    """Return the table and the settings that `estimator.fit` trains with.

    With `reset` the estimator takes this table's columns. Every column of X is an input, unless `kinds`
    tells otherwise. Rows of weight 0 are left out. A part of a stream may hold one class alone.
    """
    taken = take(estimator, X, y, sample_weight, reset=reset, is_part=is_part)
    return taken.frame, settings_of(estimator, taken)


def take(
    estimator: Estimator, X: Any, y: Any, sample_weight: Any, *, reset: bool = True, is_part: bool = False
) -> Taken:
    """Return the table that `estimator.fit` trains on, whatever its parameters are."""
    frame = table_of(estimator, X, reset=reset)
    inputs = tuple(frame.columns)
    target = target_of(estimator, y)
    weight_R = weights_of(sample_weight, frame.height)
    lengths = {frame.height, len(target), frame.height if weight_R is None else len(weight_R)}
    if len(lengths) > 1:
        raise SettingsError(
            f"X, y and sample_weight must have the same number of rows, but they have {sorted(lengths)}."
        )
    if weight_R is not None and not weight_R.all():
        counts_R = weight_R != 0
        frame, target, weight_R = frame.filter(counts_R), target[counts_R], weight_R[counts_R]
    target = estimator._targets(target, is_part=is_part)
    if reset:
        estimator._target_names = target_names(y, target, frame.columns)
    columns = [*frame.get_columns(), *target_columns(target, estimator._target_names)]
    if weight_R is not None:
        columns.append(pl.Series(WEIGHT, weight_R))
    return Taken(
        frame=pl.DataFrame(columns),
        inputs=inputs,
        is_weighted=weight_R is not None,
        task=estimator._task(target),
    )


def settings_of(estimator: Estimator, taken: Taken) -> Settings:
    """Return the settings that an estimator's parameters are, for the table that was taken."""
    changes = estimator._changes()
    told = changes["kinds"]
    changes["columns"] = tuple(name for name in taken.inputs if told.get(name) not in LEFT_OUT)
    if taken.is_weighted:
        changes["weight"] = WEIGHT
    changes |= {"task": taken.task, "target": estimator._target_names}
    return change(Settings(), **changes)


def named_classes(classes: Any, settings: Settings) -> pl.DataFrame:
    """Return the classes of a stream as rows of the target's column."""
    labels = target_columns(np.asarray(classes).ravel(), settings.target[:1])[0]
    return pl.DataFrame([labels.alias(name) for name in settings.target])


def keep_model(estimator: Estimator, model: Model) -> None:
    """Make the estimator one that is fitted: with this model."""
    estimator.model_ = model
    estimator.n_iter_ = model.fitted.trained.history.epochs

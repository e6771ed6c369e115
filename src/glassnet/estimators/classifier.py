"""`GlassnetClassifier`: classes, with probabilities."""

from __future__ import annotations

from typing import Any, Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils import Tags

from glassnet.estimators.base import Estimator
from glassnet.estimators.inputs import check_classes, one_column, target_of
from glassnet.table.values import Task

LEAST: Final = 1e-300  # below this a probability has no logarithm to speak of


class GlassnetClassifier(ClassifierMixin, Estimator):  # type: ignore[misc]
    """Classify rows of a table with a neural network.

    Takes numbers, categories, dates and missing values as they are. Every parameter is a setting of
    `glassnet.Settings`; `random_state` is its `seed`. "auto" is chosen by the table, with a reason in
    `model_.fitted.decisions`. Guide: docs/estimators.md. Shapes: R rows, C classes, T targets, K members,
    B rows of a batch.

    Parameters
    ----------
    recipe : str, default 'auto'
        A tutorial's system: 'neuron' or 'sequential'; 'mlp': one plain network; 'auto' chooses.
    effort : {'fast', 'auto', 'best'}, default 'auto'
        Time for accuracy, where the other settings are left open.
    network : str, nn.Module class or instance, default 'auto'
        'mlp', 'neuron', or your own: a class is called with (inputs, outputs).
    hidden : sequence of int or 'auto'
        Width of each hidden layer, in units.
    activation : str, default 'auto'
        'relu', 'silu', 'tanh', 'sigmoid' or 'linear'.
    dropout : float in [0, 1) or 'auto'
        Share of hidden units dropped in a training step.
    normalization : {'none', 'layer', 'auto'}
        What follows each hidden layer's sums.
    members : int or 'auto'
        Networks K that are trained side by side and averaged.
    sharing : {'none', 'layers', 'auto'}
        What members share: all but the inputs' scales and the last layer, or nothing.
    input_scaling : {'none', 'learned', 'auto'}
        Whether each column has a factor before the first layer, learned with the weights.
    folds : int or 'auto', default 'auto'
        Members hold out one of so many folds each; 0: one split for all.
    numbers : {'robust', 'standard', 'none', 'auto'}
        Scaling of numbers: by quartiles, by deviation, not at all.
    bins : int or 'auto'
        Piecewise-linear inputs of each number, at most; 0: none.
    one_hot : int or 'auto'
        Categories of at most so many levels become 0/1 columns; the others embeddings.
    embedding : int or 'auto'
        Numbers per level of an embedding.
    rare : int or 'auto'
        Levels of less weight than this, in rows, share one slot. 0, the default: 3, or 20 where a level
        has fewer than 5 on average.
    bounds : {'auto', 'seen', 'none'}
        ``seen``: predicted numbers stay within the targets of the training rows.
    target_scale : {'auto', 'standard', 'soft_log', 'log'}
        What the network learns of a number, undone in predictions: ``log(1 + y / median)`` or
        ``log(1 + 8 y / median)``. 'auto': ``soft_log`` of a skewed target, else ``standard``.
    target_means : {'auto', 'on', 'off'}, default 'auto'
        Means of the target as inputs for categories of many levels.
    kinds : mapping of column to kind or None
        Kinds that overrule the guess: 'number', 'category', 'date', 'yes_no', 'identifier' (left
        out).
    loss : str or function, default 'auto'
        A name, or a function of (predicted, target), both (K, B, T), that returns (K, B).
    label_smoothing : float in [0, 1), default 0
        Share of the target spread over all classes.
    quantile : float in (0, 1), default 0.5
        Level of the loss 'quantile'.
    class_weight : mapping of label to float, 'balanced' or None
        What a row of each class counts in the loss, times its own weight.
    optimizer : str or class of torch.optim, default 'auto'
        'adamw', 'adam', 'sgd', or a class.
    learning_rate : float or 'auto'
        Largest step size of the schedule.
    rate_factors : mapping of part to float or None
        Of the step size of some parts: 'first', 'hidden', 'last', 'biases', 'embeddings', 'scales'.
    momentum : float in [0, 1), default 0
        Of 'sgd'.
    second_moment : float in [0, 1) or 'auto'
        What the mean of squares of 'adam' and 'adamw' keeps of itself in a step.
    average : float in [0, 1) or 'auto'
        What averaged weights keep of themselves in a step; 0: none are kept.
    weight_decay : float or 'auto'
        Decoupled in 'adamw', an L2 term in 'sgd' and 'adam'.
    decay_factors : mapping of part to float or None
        Of the weight decay of such parts; 'adamw' has 0 for biases and scales.
    clip : float or 'auto'
        Largest gradient norm of a member; 0: no clipping.
    schedule : {'constant', 'step', 'cosine', 'one_cycle', 'auto'}
        How the rate changes over the steps.
    warmup : float in [0, 1) or 'auto'
        Share of the steps in which the rate rises from 0.
    epochs : int or 'auto'
        Passes over the training rows, at most.
    batch_size : int or 'auto'
        Rows of each member in a step; 0: all.
    patience : int or 'auto'
        Epochs without improvement on validation rows before stopping; 0: never.
    validation_share : float in [0, 1) or 'auto'
        Share of the rows held out to choose the epoch; none below 200 rows.
    metric : str or function, default 'auto'
        Scored on validation rows after each epoch; a function of (truth, prediction), larger is
        better.
    calibrate : {'auto', 'none'}
        Whether held-out rows may fit a temperature of the probabilities.
    threshold : float in (0, 1) or 'auto', default 0.5
        Probability of the second of two classes from which on it is the answer.
    time_limit : float or None
        Seconds for the whole of `fit`.
    engine : {'fused', 'eager', 'auto'}
        How steps are carried out; the result is the same.
    precision : {'float32', 'float64', 'auto'}
        Of weights and sums; float64 below 200 rows.
    threads : int, default 0
        CPU threads; 0: all cores, inside joblib its worker's share.
    random_state : int, RandomState, Generator or None, default 0
        The seed of the split, the weights, the batches; None: another one each time.
    warm_start : bool, default False
        Whether `fit` starts from the weights and columns of the last one.
    callbacks : sequence of objects or None
        Each has `on_epoch_end(state)`, which may return True to stop; see docs/estimators.md.

    Attributes
    ----------
    classes_ : ndarray of shape (C,)
        The labels in the order of `predict_proba`'s columns.
    n_features_in_ : int
        Columns of X in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where X had any, all of them texts.
    n_iter_ : int
        Epochs run to their end.
    model_ : glassnet.Model
        The trained model with its history, report, reasons and file.

    Examples
    --------
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

    def predict_log_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the logarithm of each class's probability, `(R, C)`; of several targets of each "yes"."""
        log_RC: NDArray[np.float64] = np.log(np.clip(self.predict_proba(X), LEAST, None))
        return log_RC

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Return the log-odds of the second of two classes, `(R,)`, or of each "yes", `(R, T)`.

        Of three classes or more the logarithm of each class's probability, `(R, C)`.
        """
        share_RC = np.clip(self.predict_proba(X), LEAST, None)
        if self._model().fitted.schema.task is Task.MULTILABEL:
            return np.log(share_RC) - np.log(np.clip(1.0 - share_RC, LEAST, None))
        log_RC: NDArray[np.float64] = np.log(share_RC)
        return log_RC[:, 1] - log_RC[:, 0] if log_RC.shape[1] == 2 else log_RC

    def score(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> float:
        """Return the share of rows, by weight, whose label (of several targets: all labels) is right."""
        truth = target_of(self, y)  # scikit-learn's accuracy refuses numbers in an array of objects
        if sample_weight is None and truth.ndim == 1 and truth.dtype.kind in "biU":
            found = self.predict(X)
            if found.shape == truth.shape and found.dtype.kind == truth.dtype.kind:
                return float(np.average(found == truth))  # its checks take ten times as long as this
        return float(super().score(X, truth, sample_weight))

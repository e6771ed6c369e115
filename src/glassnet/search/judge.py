"""What a scorer asks of an estimator, and its numbers for some rows of a fold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from glassnet.estimators.base import Estimator
from glassnet.estimators.classifier import GlassnetClassifier
from glassnet.estimators.inputs import table_of
from glassnet.estimators.regressor import GlassnetRegressor
from glassnet.search.folds import Part
from glassnet.shared import Shared

Scorer = Callable[..., Any]  # (estimator, X, y) -> a number, or a number for each name
Scores = Mapping[str, float]
LONE: Final = "score"  # the name of a single score, as scikit-learn has it
UNKNOWN: Final = "unknown"  # a function of the user's own may ask for anything


@dataclass(frozen=True, kw_only=True, slots=True)
class Judge:
    """What scores the runs of a search."""

    scorer: Scorer
    asked: frozenset[str]  # the estimator's methods that the scorer calls
    with_train: bool = False  # whether rows trained on are scored too

    @property
    def only_labels(self) -> bool:
        """Whether labels and numbers are all that is asked for: no probabilities, no intervals."""
        return self.asked == {"predict"}

    def scores(self, estimator: Estimator, part: Part, shared: Shared) -> Scores:
        """Return the scorer's numbers by name; rows weigh in it as in training, where it knows weights."""
        if UNKNOWN not in self.asked:  # scikit-learn's own scorers leave X as it is
            key = ("frame", type(estimator), id(part))
            frame = shared.once(key, lambda: table_of(estimator, part.X, reset=False))
            estimator._known = (part.X, frame)
        try:
            return _numbers(self.scorer, estimator, part)
        finally:
            estimator.__dict__.pop("_known", None)


def judge_of(scorer: Scorer, estimator: Estimator, *, with_train: bool = False) -> Judge:
    """Return what scores this kind of estimator by the scorer."""
    return Judge(scorer=scorer, asked=_asked(scorer, type(estimator)), with_train=with_train)


def _asked(scorer: object, kind: type[Estimator]) -> frozenset[str]:
    """Return the methods that one of scikit-learn's scorers calls."""
    several = getattr(scorer, "_scorers", None)
    if isinstance(several, Mapping):
        return frozenset[str]().union(*(_asked(one, kind) for one in several.values()))
    method = getattr(scorer, "_response_method", None)
    if method is not None:
        return frozenset([method] if isinstance(method, str) else method)
    is_own_score = hasattr(scorer, "_estimator") and kind in (GlassnetClassifier, GlassnetRegressor)
    return frozenset(["predict" if is_own_score else UNKNOWN])


def _numbers(scorer: Scorer, estimator: Estimator, part: Part) -> Scores:
    knows_weights = getattr(scorer, "_accept_sample_weight", None)
    if part.weight is not None and knows_weights is not None and knows_weights():
        scores = scorer(estimator, part.X, part.y, sample_weight=part.weight)
    else:
        scores = scorer(estimator, part.X, part.y)
    given = scores if isinstance(scores, Mapping) else {LONE: scores}
    return {name: float(value) for name, value in given.items()}

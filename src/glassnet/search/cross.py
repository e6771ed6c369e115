"""`cross_validate`: settings scored on rows that their networks have not seen, all of them at once.

Shapes: C settings, F folds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import check_scoring

from glassnet.errors import SettingsError
from glassnet.estimators.base import Estimator
from glassnet.estimators.classifier import GlassnetClassifier
from glassnet.estimators.regressor import GlassnetRegressor
from glassnet.gather import gather
from glassnet.prepare.values import Floats64
from glassnet.search.folds import make_folds
from glassnet.search.judge import LONE
from glassnet.search.results import ranks, tell_failures
from glassnet.search.side_by_side import Outcome, jobs_of, run_jobs, usable_threads
from glassnet.settings import Settings, change
from glassnet.table.facts import facts_of_table
from glassnet.table.frames import picked, to_polars
from glassnet.table.targets import decide_targets
from glassnet.table.values import Task


@dataclass(frozen=True, kw_only=True, slots=True)
class CrossValidated:
    """The scores of settings on rows left out of training; in every score, more is better."""

    settings: tuple[Mapping[str, Any], ...]  # C
    scores_CF: Mapping[str, Floats64]  # by the scorer's name; one scorer alone is called "score"
    fit_seconds_CF: Floats64  # each run's own, while others ran beside it
    score_seconds_CF: Floats64
    failures: tuple[str, ...]  # why runs have no network; their scores are NaN

    @property
    def mean(self) -> Mapping[str, Floats64]:
        """Each setting's mean score over the folds, `(C,)`, by the scorer's name."""
        return {name: score_CF.mean(axis=1) for name, score_CF in self.scores_CF.items()}

    @property
    def deviation(self) -> Mapping[str, Floats64]:
        """The standard deviation of each setting's score over the folds, `(C,)`, by the scorer's name."""
        return {name: score_CF.std(axis=1) for name, score_CF in self.scores_CF.items()}

    @property
    def best(self) -> Mapping[str, Any]:
        """The setting with the best mean of the first score."""
        return self.settings[int(np.argmin(ranks(next(iter(self.mean.values())))))]


def cross_validate(  # noqa: PLR0913  # scikit-learn's own function has more
    table: Any,
    target: str | tuple[str, ...] | ArrayLike,
    *,
    folds: int | Any = 5,
    settings: Sequence[Mapping[str, Any]] = ({},),
    scoring: str | Sequence[str] | Callable[..., Any] | None = None,
    estimator: Estimator | None = None,
    groups: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
    n_jobs: int | None = None,
) -> CrossValidated:
    """Return the scores of settings on the rows that each fold leaves out, trained side by side.

    `table` is a path, a frame, a dictionary of columns or an array; `target` a column's name, a tuple of
    names, or the target's values. `folds` is a number, a splitter of scikit-learn or pairs of row numbers;
    `scoring` as in scikit-learn's `cross_validate`, whose scores these are. Each of `settings` changes
    parameters of the `estimator`: without one, of a `GlassnetClassifier` or `GlassnetRegressor`, as the
    target needs. A row's `sample_weight` counts in training and in the score. `n_jobs` threads are used, all
    cores without a number. Raises a GlassnetError that says what is wrong and what to do.

    >>> import glassnet
    >>> X, y = [[0.0], [1.0]] * 20, ["no", "yes"] * 20
    >>> found = glassnet.cross_validate(X, y, folds=2, settings=[{"epochs": 3}])
    >>> found.scores_CF["score"].shape
    (1, 2)
    """
    X, y, fitting = _columns(table, target)
    model = fitting if estimator is None else estimator
    check_estimator(model)
    if not settings:
        raise SettingsError("settings is empty; give at least one, {} for the defaults.")
    parts = make_folds(model, X, y, folds, groups=groups, weight=sample_weight)
    scorer = check_scoring(model, scoring=scoring)
    outcomes = run_jobs(jobs_of(model, settings, parts), scorer, threads=usable_threads(n_jobs))
    tell_failures(outcomes, float("nan"))
    return _validated(settings, outcomes)


def check_estimator(estimator: object) -> None:
    """Raise SettingsError for an estimator that is none of ours."""
    if not isinstance(estimator, Estimator):
        raise SettingsError(
            "runs side by side are those of GlassnetClassifier and GlassnetRegressor, but the estimator is a"
            f" {type(estimator).__name__}; for others take scikit-learn's own RandomizedSearchCV."
        )


def _validated(settings: Sequence[Mapping[str, Any]], outcomes: Sequence[Outcome]) -> CrossValidated:
    names = next((tuple(one.test) for one in outcomes if one.test), (LONE,))

    def spread(values: Iterable[float]) -> Floats64:
        return np.reshape(np.array(list(values), dtype=np.float64), (len(settings), -1))

    return CrossValidated(
        settings=tuple(dict(one) for one in settings),
        scores_CF={name: spread(one.test.get(name, float("nan")) for one in outcomes) for name in names},
        fit_seconds_CF=spread(one.fit_seconds for one in outcomes),
        score_seconds_CF=spread(one.score_seconds for one in outcomes),
        failures=tuple(str(one.error) for one in outcomes if one.error is not None),
    )


def _columns(table: Any, target: Any) -> tuple[Any, Any, Estimator]:
    """Return inputs and target as scikit-learn takes them, and the estimator that such a target needs."""
    names = _names(target)
    if not names:
        return table, target, _estimator_for(_task_of(target))
    gathered = gather(table, None, None, change(Settings(), target=names))
    schema, target_RT = gathered.schema, gathered.target_RT
    y = target_RT if len(names) > 1 else target_RT[:, 0]
    if schema.task in (Task.BINARY, Task.MULTICLASS):
        y = np.array(schema.targets[0].labels)[y.astype(np.int64)]
    X = picked(gathered.frame, (column.name for column in schema.inputs))
    return X, y, _estimator_for(schema.task)


def _names(target: Any) -> tuple[str, ...]:
    """Return the target's column names, or nothing where it is given as values."""
    if isinstance(target, str):
        return (target,)
    is_names = isinstance(target, tuple) and all(isinstance(one, str) for one in target)
    return target if is_names else ()


def _task_of(y: Any) -> Task:
    """Return what values of a target ask for, by the rules that a table's target is judged by."""
    frame = to_polars(np.asarray(y))
    wanted = change(Settings(), target=tuple(frame.columns))
    return decide_targets(list(facts_of_table(frame, wanted).values()), wanted)[1]


def _estimator_for(task: Task) -> Estimator:
    return GlassnetRegressor() if task is Task.REGRESSION else GlassnetClassifier()

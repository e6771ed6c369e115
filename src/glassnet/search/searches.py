"""`GlassnetSearchCV`: scikit-learn's RandomizedSearchCV and its halving, all folds and settings at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from typing import Any, Self, TypeVar, cast

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.metrics import check_scoring
from sklearn.model_selection import ParameterGrid, ParameterSampler
from sklearn.utils import Tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from glassnet.errors import SettingsError
from glassnet.estimators.base import Estimator
from glassnet.search.cross import check_estimator
from glassnet.search.folds import Fold, make_folds
from glassnet.search.halving import Halving, go_on
from glassnet.search.judge import LONE, Scorer
from glassnet.search.results import Results, results_of
from glassnet.search.side_by_side import Outcome, jobs_of, run_jobs, usable_threads

Candidates = Sequence[Mapping[str, Any]]


Method = TypeVar("Method", bound=Callable[..., Any])


def _if_its_estimator_has(name: str) -> Callable[[Method], Method]:
    """Return a decorator: the search has the method only where its estimator has."""
    made = available_if(lambda search: hasattr(search.estimator, name))
    return cast(Callable[[Method], Method], made)


class GlassnetSearchCV(MetaEstimatorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Find good parameters of a `GlassnetClassifier` or `GlassnetRegressor` by cross-validation.

    The interface is that of scikit-learn's `RandomizedSearchCV`, and so are the scores; but all folds and
    settings are trained at once, over one preparation of each fold. With a `factor` the search halves as
    `HalvingRandomSearchCV` does: all settings train with little of the `resource`, one in `factor` of them
    with `factor` times as much, and so on. Guide: docs/search.md. Shapes: R rows, C settings, F folds.

    Parameters
    ----------
    estimator : GlassnetClassifier or GlassnetRegressor
        What the settings are made of; it is left as it is.
    param_distributions : mapping or sequence of mappings
        For each parameter a list of values, or a distribution with a method ``rvs``.
    n_iter : int or 'all', default 10
        Settings to draw; 'all': every combination of lists.
    scoring : str, sequence of str, function or None
        As in scikit-learn; None: the estimator's own score. More is better.
    n_jobs : int or None
        Threads; None: all cores, inside joblib its worker's share.
    refit : bool, str or function, default True
        Whether the best setting is trained on all rows; with several scores the name of the one that
        decides; a function of `cv_results_` returns the place of the setting to take.
    cv : int, splitter, iterable of pairs of row numbers, or None
        Folds; None: five. Classes are stratified where it is a number.
    verbose : int, default 0
        Above 0 the number of runs is printed.
    random_state : int, RandomState or None
        Draws the settings. The networks' seed is the estimator's own `random_state`.
    error_score : float or 'raise', default nan
        The score of a run without a network, told in a warning.
    return_train_score : bool, default False
        Whether rows trained on are scored too.
    factor : float above 1, or None
        One setting in so many goes on, with so many times the resource; None: no halving.
    resource : str, default 'epochs'
        The parameter of the estimator that halving gives more of.
    min_resources : int, default 1
        What the first round gives of it.
    max_resources : int or 'auto'
        What the last round gives at most; 'auto': what the estimator has.

    Attributes
    ----------
    cv_results_ : dict of ndarray of shape (C,)
        scikit-learn's table: settings, each fold's scores, their mean, deviation and rank, seconds.
    best_index_ : int
        The place of the best setting in it.
    best_params_ : dict
        The best setting.
    best_score_ : float
        Its mean score; absent where `refit` is a function.
    best_estimator_ : GlassnetClassifier or GlassnetRegressor
        Trained on all rows; absent where `refit` is False.
    refit_time_ : float
        Seconds that this took.
    scorer_ : function
        What scored.
    multimetric_ : bool
        Whether there are several scores.
    n_splits_ : int
        Folds.
    classes_ : ndarray
        The labels in the order of `predict_proba`'s columns.
    n_features_in_ : int
        Columns of X in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where X had any, all of them texts.
    n_resources_, n_candidates_ : list of int
        With halving, of each round: the resource, the settings.
    n_iterations_, n_remaining_candidates_ : int
        With halving: rounds, and the settings that the last one left.

    Examples
    --------
    >>> from glassnet import GlassnetClassifier, GlassnetSearchCV
    >>> grid = {"learning_rate": [0.001, 0.01]}
    >>> search = GlassnetSearchCV(GlassnetClassifier(epochs=3), grid, n_iter="all", cv=2)
    >>> search.fit([[0.0], [1.0]] * 20, ["no", "yes"] * 20).best_params_["learning_rate"] in (0.001, 0.01)
    True
    """

    def __init__(  # noqa: PLR0913  # every parameter spelled out: scikit-learn's contract
        self,
        estimator: Estimator,
        param_distributions: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        *,
        n_iter: int | str = 10,  # "all": every combination of a grid
        scoring: str | Sequence[str] | Callable[..., Any] | None = None,
        n_jobs: int | None = None,  # threads; None: all cores
        refit: bool | str | Callable[[Results], int] = True,
        cv: Any = None,
        verbose: int = 0,  # above 0: the number of runs is printed
        random_state: int | RandomState | None = None,
        error_score: float | str = np.nan,
        return_train_score: bool = False,
        factor: float | None = None,  # None: no halving
        resource: str = "epochs",
        min_resources: int = 1,
        max_resources: int | str = "auto",  # auto: what the estimator has of the resource
    ) -> None:
        self.estimator = estimator
        self.param_distributions = param_distributions
        self.n_iter = n_iter
        self.scoring = scoring
        self.n_jobs = n_jobs
        self.refit = refit
        self.cv = cv
        self.verbose = verbose
        self.random_state = random_state
        self.error_score = error_score
        self.return_train_score = return_train_score
        self.factor = factor
        self.resource = resource
        self.min_resources = min_resources
        self.max_resources = max_resources

    def fit(
        self,
        X: Any,
        y: Any,
        *,
        groups: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Score every setting on every fold, then train the best one on all rows."""
        check_estimator(self.estimator)
        folds = make_folds(self.estimator, X, y, self.cv, groups=groups, weight=sample_weight)
        self.n_splits_ = len(folds)
        self.scorer_ = check_scoring(self.estimator, scoring=self.scoring)
        self.cv_results_ = self._search(folds)
        names = [
            name.removeprefix("mean_test_") for name in self.cv_results_ if name.startswith("mean_test_")
        ]
        self.multimetric_ = names != [LONE]
        self._choose(names)
        if self.refit is not False:
            started = time.time()
            self.best_estimator_ = clone(self.estimator).set_params(**clone(self.best_params_, safe=False))
            weight = {} if sample_weight is None else {"sample_weight": sample_weight}
            self.best_estimator_.fit(X, y, **weight)
            self.refit_time_ = time.time() - started
            if hasattr(self.best_estimator_, "feature_names_in_"):
                self.feature_names_in_ = self.best_estimator_.feature_names_in_
        return self

    def _search(self, folds: Sequence[Fold]) -> Results:
        candidates = self._candidates()
        if self.factor is None:
            return results_of(candidates, self._outcomes(candidates, folds), self.error_score)
        return self._halve(candidates, folds, _halving_of(self))

    def _candidates(self) -> list[Mapping[str, Any]]:
        if self.n_iter == "all":
            return list(ParameterGrid(self.param_distributions))
        if not isinstance(self.n_iter, int) or self.n_iter < 1:
            raise SettingsError(
                f"n_iter must be a number of settings to try, or 'all', but it is {self.n_iter!r}."
            )
        return list(ParameterSampler(self.param_distributions, self.n_iter, random_state=self.random_state))

    def _outcomes(self, candidates: Candidates, folds: Sequence[Fold]) -> list[Outcome]:
        scorer: Scorer = self.scorer_
        jobs = jobs_of(self.estimator, candidates, folds)
        if self.verbose:
            print(f"{len(candidates)} settings on {len(folds)} folds: {len(jobs)} runs")
        threads = usable_threads(self.n_jobs)
        return run_jobs(jobs, scorer, threads=threads, with_train=self.return_train_score)

    def _halve(self, candidates: Candidates, folds: Sequence[Fold], halving: Halving) -> Results:
        """Return the table of all rounds: a setting is there once for each round it was in."""
        tried: list[Mapping[str, Any]] = []
        outcomes: list[Outcome] = []
        rounds: list[int] = []
        amounts = halving.amounts(len(candidates))
        for number, amount in enumerate(amounts):
            candidates = [{**one, halving.resource: amount} for one in candidates]
            found = self._outcomes(candidates, folds)
            tried, outcomes = [*tried, *candidates], [*outcomes, *found]
            rounds += [number] * len(candidates)
            mean_C = results_of(candidates, found, self.error_score)[f"mean_test_{LONE}"]
            candidates = go_on(candidates, mean_C, halving.factor)
        self.n_resources_ = list(amounts)
        self.n_iterations_ = len(amounts)
        self.n_candidates_ = np.bincount(rounds).tolist()
        self.n_remaining_candidates_ = len(candidates)
        return {
            "iter": np.array(rounds),
            "n_resources": np.array([amounts[number] for number in rounds]),
            **results_of(tried, outcomes, self.error_score),
        }

    def _choose(self, names: Sequence[str]) -> None:
        """Note the best setting: by the score that `refit` names, or what it returns as a function."""
        if callable(self.refit):
            self.best_index_ = _chosen_by(self.refit, self.cv_results_)
            self.best_params_ = self.cv_results_["params"][self.best_index_]
            return
        if self.multimetric_ and self.refit is False:
            return
        name = self.refit if self.multimetric_ else LONE
        if name not in names:
            raise SettingsError(
                f"with several scores refit must name the one to choose by ({', '.join(names)}) or be False,"
                f" but it is {self.refit!r}."
            )
        results = self.cv_results_
        rank_C = results[f"rank_test_{name}"].astype(float)
        if "iter" in results:  # only settings that came to the end
            rank_C[results["iter"] < results["iter"].max()] = np.inf
        self.best_index_ = int(rank_C.argmin())
        self.best_params_ = results["params"][self.best_index_]
        self.best_score_ = float(results[f"mean_test_{name}"][self.best_index_])

    # ---- the best estimator's own doors ----

    def _best(self) -> Estimator:
        check_is_fitted(self, "cv_results_")
        if self.refit is False:
            raise SettingsError("refit is False, so no network was trained on all rows; set it to predict.")
        best: Estimator = self.best_estimator_
        return best

    @_if_its_estimator_has("predict")
    def predict(self, X: Any) -> NDArray[Any]:
        """Return the best estimator's predictions, `(R,)`, or `(R, T)` for several targets."""
        found: NDArray[Any] = self._best().predict(X)
        return found

    @_if_its_estimator_has("predict_proba")
    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the best estimator's probability of each class, `(R, C)`."""
        found: NDArray[np.float64] = self._best().predict_proba(X)
        return found

    @_if_its_estimator_has("decision_function")
    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Return the best estimator's decision values."""
        found: NDArray[np.float64] = self._best().decision_function(X)
        return found

    def score(self, X: Any, y: Any) -> float:
        """Return the score of the best estimator on other rows, by the scorer of the search."""
        best, found = self._best(), self.scorer_
        scores = found(best, X, y)
        return float(scores[self.refit] if isinstance(scores, Mapping) else scores)

    @property
    def classes_(self) -> NDArray[Any]:
        """The labels in the order of `predict_proba`'s columns, shape `(C,)`."""
        found: NDArray[Any] = self._best().classes_
        return found

    @property
    def n_features_in_(self) -> int:
        """How many columns the search was fitted on."""
        return int(self._best().n_features_in_)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        own = self.estimator.__sklearn_tags__()
        tags.estimator_type, tags.target_tags = own.estimator_type, own.target_tags
        tags.classifier_tags, tags.regressor_tags = own.classifier_tags, own.regressor_tags
        tags.input_tags = own.input_tags
        return tags


def _chosen_by(choose: Callable[[Results], Any], results: Results) -> int:
    """Return the place of the setting that the user's function chose."""
    place, count = choose(results), len(results["params"])
    if not isinstance(place, Integral) or int(place) not in range(count):
        raise SettingsError(
            f"refit must return a setting's place in cv_results_, 0 to {count - 1}, but returned {place!r}."
        )
    return int(place)


def _halving_of(search: GlassnetSearchCV) -> Halving:
    """Return how a search halves."""
    resource, known = search.resource, search.estimator.get_params()
    if resource not in known:
        raise SettingsError(
            f"resource must be a parameter of the estimator, such as epochs, but it is {resource!r}."
        )
    spaces = search.param_distributions
    if any(resource in space for space in ([spaces] if isinstance(spaces, Mapping) else spaces)):
        raise SettingsError(
            f"'{resource}' is the resource, so it cannot be searched too; leave it out of the one."
        )
    most = known[resource] if search.max_resources == "auto" else search.max_resources
    if not isinstance(most, int):
        raise SettingsError(
            f"max_resources is 'auto', but the estimator leaves {resource} open; set one to a whole number."
        )
    assert search.factor is not None, "without a factor nothing halves"
    return Halving(factor=search.factor, resource=resource, least=search.min_resources, most=most)

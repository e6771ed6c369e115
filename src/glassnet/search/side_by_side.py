"""All runs of a search at once: each on a thread of its own, over one preparation of each fold.

A run is the estimator's own fit on its fold's rows and gives its numbers, byte for byte: what is shared (the
typed table, what preparation learned, the rows as the engine reads them, the initial weights) is what the run
alone would have made again. So settings of any shape run beside each other, and only the time is another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from threading import Event
from time import perf_counter
from typing import Any, Final

import joblib  # type: ignore[import-untyped]
import polars as pl
from sklearn.base import clone

from glassnet.errors import GlassnetError
from glassnet.estimators.base import Estimator, keep_model, run_of
from glassnet.estimators.callback import listener_of
from glassnet.estimators.cores import threads_here
from glassnet.model import EncodedRows, Model, encode_rows
from glassnet.pipeline import Fitted, Sources
from glassnet.pipeline import fit as run_pipeline
from glassnet.predict import torch_threads
from glassnet.search.folds import Fold
from glassnet.shared import Shared

Scorer = Callable[..., Any]  # (estimator, X, y) -> a number, or a number for each name
Scores = Mapping[str, float]
LONE: Final = "score"  # the name of a single score, as scikit-learn has it


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One setting on one fold."""

    estimator: Estimator  # not fitted yet, its setting made
    fold: Fold


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What one job came to."""

    test: Scores  # on the rows left out; empty where training failed
    train: Scores  # on the rows trained on, if they were asked for
    fit_seconds: float
    score_seconds: float
    estimator: Estimator  # fitted
    error: GlassnetError | None = None  # why there is no network


def jobs_of(
    estimator: Estimator, candidates: Sequence[Mapping[str, Any]], folds: Sequence[Fold]
) -> list[Job]:
    """Return a job for each setting and fold: all folds of the first setting, then of the second."""
    return [
        Job(estimator=clone(estimator).set_params(**clone(dict(candidate), safe=False)), fold=fold)
        for candidate in candidates
        for fold in folds
    ]


def usable_threads(n_jobs: int | None) -> int:
    """Return how many threads a search may take: all cores, or inside of joblib its worker's share."""
    if n_jobs is None and (share := threads_here(0)):
        return share
    return int(joblib.effective_n_jobs(-1 if n_jobs is None else n_jobs))


def run_jobs(jobs: Sequence[Job], scorer: Scorer, *, threads: int, with_train: bool = False) -> list[Outcome]:
    """Train and score all jobs side by side and return their outcomes in the order of the jobs.

    A job that cannot be trained has its GlassnetError and no scores; any other error is raised.
    """
    # An own module draws from torch's one generator, so such runs go one after another.
    has_own = any(not isinstance(job.estimator.network, str) for job in jobs)
    beside = 1 if has_own else max(1, min(threads, len(jobs)))
    each, is_stopped = max(1, threads // beside), Event()
    with torch_threads(each), ThreadPoolExecutor(beside) as pool:
        futures = [pool.submit(_run, job, scorer, each, with_train, is_stopped) for job in jobs]
        try:
            return [future.result() for future in futures]
        except BaseException:  # also Ctrl-C: runs under way end at their next look
            is_stopped.set()
            for future in futures:
                future.cancel()
            raise


def _run(job: Job, scorer: Scorer, threads: int, with_train: bool, is_stopped: Event) -> Outcome:
    fold, started, error = job.fold, perf_counter(), None
    try:
        _fit(job, threads, is_stopped)
    except GlassnetError as one:
        error = one
    fitted = perf_counter()
    test: Scores = {}
    train: Scores = {}
    if error is None:
        test = scores_of(scorer, job.estimator, fold.X_left, fold.y_left, fold.weight_left)
    scored = perf_counter()
    if with_train and error is None:
        train = scores_of(scorer, job.estimator, fold.X_fit, fold.y_fit, fold.weight_fit)
    return Outcome(
        test=test,
        train=train,
        fit_seconds=fitted - started,
        score_seconds=scored - fitted,
        estimator=job.estimator,
        error=error,
    )


def _fit(job: Job, threads: int, is_stopped: Event) -> None:
    """Fit the job's estimator, as its own `fit` does."""
    fold = job.fold
    frame, settings = run_of(job.estimator, fold.X_fit, fold.y_fit, fold.weight_fit)
    settings = replace(settings, threads=threads, records=False)
    heard = listener_of(job.estimator.callbacks)
    listener = replace(heard, should_stop=lambda: is_stopped.is_set() or heard.should_stop())
    fitted = run_pipeline(Sources(table=frame), settings, listener, fold.shared)
    keep_model(job.estimator, Model(fitted, partial(_read_once, fold.shared)))


def _read_once(shared: Shared, fitted: Fitted, frame: pl.DataFrame, first_row: int) -> EncodedRows:
    """Return a fold's rows as `encode_rows` does; runs of one preparation read rows of one length once."""

    def read() -> tuple[object, pl.DataFrame, EncodedRows]:
        return fitted.preparation, frame, encode_rows(fitted, frame, first_row)

    # The preparation is kept beside the rows, so that its number stays its own.
    _, seen, rows = shared.once(("read", id(fitted.preparation), frame.height, first_row), read)
    return rows if seen.equals(frame) else encode_rows(fitted, frame, first_row)


def scores_of(scorer: Scorer, estimator: Estimator, X: Any, y: Any, weight: Any) -> Scores:
    """Return a scorer's numbers by name; rows weigh in it as in training, where it knows weights."""
    knows_weights = getattr(scorer, "_accept_sample_weight", None)
    if weight is not None and knows_weights is not None and knows_weights():
        scores = scorer(estimator, X, y, sample_weight=weight)
    else:
        scores = scorer(estimator, X, y)
    given = scores if isinstance(scores, Mapping) else {LONE: scores}
    return {name: float(value) for name, value in given.items()}

"""All runs of a search at once: each on a thread of its own, over one preparation of each fold.

A run is the estimator's own fit on its fold's rows and gives its numbers, byte for byte: what is shared (the
typed table, what preparation learned, the rows as the engine reads them, the initial weights) is what the run
alone would have made again. So settings of any shape run beside each other, and only the time is another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from threading import Event
from time import perf_counter
from typing import Any

import joblib  # type: ignore[import-untyped]
import polars as pl
from sklearn.base import clone

from glassnet.errors import GlassnetError
from glassnet.estimators.base import Estimator, Taken, keep_model, settings_of, take
from glassnet.estimators.callback import listener_of
from glassnet.estimators.cores import threads_here
from glassnet.model import ConformedRows, EncodedRows, Model, encode_conformed, encode_rows
from glassnet.pipeline import Fitted, Sources
from glassnet.pipeline import fit as run_pipeline
from glassnet.predict import torch_threads
from glassnet.search.folds import Fold
from glassnet.search.judge import Judge, Scorer, Scores, judge_of
from glassnet.shared import Shared
from glassnet.table.cells import conform_counted


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
    # A clone looks its constructor up; a copy of what was not fitted is its equal in an eighth of the time.
    settings = [clone(estimator).set_params(**clone(dict(one), safe=False)) for one in candidates]
    return [Job(estimator=deepcopy(one), fold=fold) for one in settings for fold in folds]


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
    judge = judge_of(scorer, jobs[0].estimator, with_train=with_train)
    each, is_stopped = max(1, threads // beside), Event()
    with torch_threads(each), ThreadPoolExecutor(beside) as pool:
        futures = {
            place: pool.submit(_run, jobs[place], judge, each, is_stopped)
            for place in turns([job.fold.number for job in jobs], beside)
        }
        try:
            return [futures[place].result() for place in range(len(jobs))]
        except BaseException:  # also Ctrl-C: runs under way end at their next look
            is_stopped.set()
            for future in futures.values():
                future.cancel()
            raise


def turns(fold_J: Sequence[int], beside: int) -> list[int]:
    """Return the jobs' places in the order to run them in: fold after fold, each begun ahead of its turn.

    A fold's first job prepares it for the others and holds the interpreter's lock; beside jobs of the folds
    before, which train without it, nobody waits.
    """
    by_fold: dict[int, list[int]] = {}
    for place, fold in enumerate(fold_J):
        by_fold.setdefault(fold, []).append(place)
    queues = list(by_fold.values())
    order = [queue[0] for queue in queues[:beside]]
    for number, queue in enumerate(queues):
        order += queue[1:]
        order += [ahead[0] for ahead in queues[number + beside : number + beside + 1]]
    return order


def _run(job: Job, judge: Judge, threads: int, is_stopped: Event) -> Outcome:
    started, error = perf_counter(), None
    try:
        _fit(job, judge, threads, is_stopped)
    except GlassnetError as one:
        error = one
    fitted = perf_counter()
    test: Scores = {}
    train: Scores = {}
    if error is None:
        test = judge.scores(job.estimator, job.fold.left, job.fold.shared)
    scored = perf_counter()
    if judge.with_train and error is None:
        train = judge.scores(job.estimator, job.fold.fit, job.fold.shared)
    return Outcome(
        test=test,
        train=train,
        fit_seconds=fitted - started,
        score_seconds=scored - fitted,
        estimator=job.estimator,
        error=error,
    )


def _fit(job: Job, judge: Judge, threads: int, is_stopped: Event) -> None:
    """Fit the job's estimator, as its own `fit` does."""
    fold, estimator = job.fold, job.estimator
    taken, noted = fold.shared.once(("taken", type(estimator)), lambda: _take(job))
    estimator.__dict__.update(noted)
    settings = replace(settings_of(estimator, taken), threads=threads, records=False)
    heard = listener_of(estimator.callbacks)
    listener = replace(
        heard,
        only_labels=judge.only_labels,
        should_stop=lambda: is_stopped.is_set() or heard.should_stop(),
    )
    fitted = run_pipeline(Sources(table=taken.frame), settings, listener, fold.shared)
    keep_model(estimator, Model(fitted, partial(_read_once, fold.shared)))


def _take(job: Job) -> tuple[Taken, dict[str, Any]]:
    """Return the table that all runs of the fold train on, and what an estimator notes of it."""
    estimator, part = job.estimator, job.fold.fit
    taken = take(estimator, part.X, part.y, part.weight)
    parameters = estimator.get_params(deep=False)
    return taken, {name: value for name, value in vars(estimator).items() if name not in parameters}


def _read_once(shared: Shared, fitted: Fitted, frame: pl.DataFrame, first_row: int) -> EncodedRows:
    """Return a fold's rows as `encode_rows` does, with what runs have in common read once.

    Of rows of one length the first are kept: by schema as it has them, by preparation as networks take them.
    """
    by_schema = ("conformed", id(fitted.schema), frame.height, first_row)
    by_preparation = ("read", id(fitted.preparation), frame.height, first_row)

    def conformed() -> tuple[object, pl.DataFrame, ConformedRows]:
        # The schema is kept beside the rows, so that its number stays its own; so is the preparation.
        return fitted.schema, frame, conform_counted(frame, fitted.schema, first_row)

    def read() -> tuple[object, pl.DataFrame, EncodedRows]:
        _, seen, rows = shared.once(by_schema, conformed)
        rows = rows if _is_same(seen, frame) else conform_counted(frame, fitted.schema, first_row)
        return fitted.preparation, frame, encode_conformed(fitted, rows, first_row)

    _, seen, rows = shared.once(by_preparation, read)
    return rows if _is_same(seen, frame) else encode_rows(fitted, frame, first_row)


def _is_same(one: pl.DataFrame, other: pl.DataFrame) -> bool:
    return one is other or one.equals(other)

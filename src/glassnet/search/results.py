"""The outcomes of a search as one table: scikit-learn's `cv_results_`.

Shapes: C candidates (settings), F folds.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.ma import MaskedArray
from numpy.typing import NDArray

from glassnet.errors import GlassnetWarning
from glassnet.prepare.values import Floats64
from glassnet.search.judge import LONE
from glassnet.search.side_by_side import Outcome

Results = dict[str, Any]  # scikit-learn's: arrays of C values, and the list of settings under "params"
PLAIN: Final = (int, float)  # numbers that make an array of numbers


def results_of(
    candidates: Sequence[Mapping[str, Any]], outcomes: Sequence[Outcome], error_score: float | str
) -> Results:
    """Return the table of settings, times, scores and ranks; outcomes lie setting after setting.

    A failed run scores `error_score` with a warning; with "raise" its error is raised.
    """
    tell_failures(outcomes, error_score)
    count = len(candidates)
    results: Results = {}
    for name, seconds in (
        ("fit_time", [one.fit_seconds for one in outcomes]),
        ("score_time", [one.score_seconds for one in outcomes]),
    ):
        results |= _summary(name, np.reshape(seconds, (count, -1)))
    results |= _parameters(candidates)
    results["params"] = [dict(one) for one in candidates]
    lost = float("nan") if isinstance(error_score, str) else error_score
    names = next((tuple(one.test) for one in outcomes if one.test), (LONE,))
    with_train = any(one.train for one in outcomes)
    for name in names:
        test_CF = np.reshape([one.test.get(name, lost) for one in outcomes], (count, -1))
        results |= _scores(f"test_{name}", test_CF)
        results[f"rank_test_{name}"] = ranks(results[f"mean_test_{name}"])
        if with_train:
            train_CF = np.reshape([one.train.get(name, lost) for one in outcomes], (count, -1))
            results |= _scores(f"train_{name}", train_CF)
    return results


def tell_failures(outcomes: Sequence[Outcome], error_score: float | str) -> None:
    """Warn of runs without a network; raise the first error if every run has one, or for "raise"."""
    failed = [one.error for one in outcomes if one.error is not None]
    if failed and (error_score == "raise" or len(failed) == len(outcomes)):
        raise failed[0]
    if failed:
        warnings.warn(
            f"{len(failed)} of {len(outcomes)} runs have no network and score {error_score}."
            f" The first: {failed[0]}",
            GlassnetWarning,
            stacklevel=4,
        )


def _scores(name: str, value_CF: Floats64) -> Results:
    """Return each fold's scores, their mean and their deviation."""
    each = {f"split{fold}_{name}": value_CF[:, fold] for fold in range(value_CF.shape[1])}
    return each | _summary(name, value_CF)


def _summary(name: str, value_CF: Floats64) -> Results:
    return {f"mean_{name}": value_CF.mean(axis=1), f"std_{name}": value_CF.std(axis=1)}


def ranks(mean_C: Floats64) -> NDArray[np.int32]:
    """Return each setting's rank by its mean score, 1 the best; equal ones share it, failed ones are last."""
    if np.isnan(mean_C).all():
        return np.ones(len(mean_C), dtype=np.int32)
    known_C = np.nan_to_num(mean_C, nan=np.nanmin(mean_C) - 1)
    return np.asarray(1 + (known_C[None, :] > known_C[:, None]).sum(axis=1), dtype=np.int32)


def _parameters(candidates: Sequence[Mapping[str, Any]]) -> Results:
    """Return a masked array for each parameter: masked where a setting does not name it."""
    names = dict.fromkeys(name for candidate in candidates for name in candidate)
    return {
        f"param_{name}": _parameter([one.get(name) for one in candidates], name, candidates) for name in names
    }


def _parameter(
    values: Sequence[Any], name: str, candidates: Sequence[Mapping[str, Any]]
) -> MaskedArray[Any, np.dtype[Any]]:
    is_absent = [name not in candidate for candidate in candidates]
    given = [value for value, absent in zip(values, is_absent, strict=True) if not absent]
    is_numbers = all(isinstance(value, PLAIN) and not isinstance(value, bool) for value in given)
    kind: Any = np.result_type(*map(type, given)) if is_numbers else object
    array = np.empty(len(values), dtype=kind)
    for place, (value, absent) in enumerate(zip(values, is_absent, strict=True)):
        array[place] = 0 if absent else value
    return np.ma.MaskedArray(array, mask=is_absent)

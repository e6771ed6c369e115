"""The whole of a comparison: runs in, one frozen value out.

Shapes: B resamples.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from glassnet.comparison.differing import differing
from glassnet.comparison.handle import Comparison
from glassnet.comparison.noise import (
    TINY,
    Z95,
    holm,
    interval_of,
    normal_p,
    resampled,
    row_terms,
    sign_test,
    verdict_of,
)
from glassnet.comparison.opened import Given, opened
from glassnet.comparison.rows import held_rows, why_unpaired
from glassnet.comparison.told import caveats, rows_said, sentences
from glassnet.comparison.values import Compared, Gap, Held, Measured, Run
from glassnet.evaluate.values import Score
from glassnet.metric import METRICS, at_threshold
from glassnet.prepare.values import Floats64

SEED: Final = 0  # of resampled rows and signs: comparing again gives the same figures


def compare(runs: Sequence[Given] | Mapping[str, Given]) -> Comparison:
    """Return what differs between runs, and whether their figures differ by more than noise.

    `runs` are models, folders of runs or model files, at least two, or a dictionary that names them; all
    predict the same target. Raises SettingsError where they cannot be compared, ModelFileError where one
    cannot be read.
    """
    every = opened(runs)
    held = tuple(held_rows(run, every[0]) for run in every)
    pairs = list(itertools.combinations(range(len(every)), 2))
    why_not = {(a, b): why_unpaired((every[a], held[a]), (every[b], held[b])) for a, b in pairs}
    paired = {pair for pair, why in why_not.items() if not why}
    measured = tuple(_measured(name, every, held, paired) for name in _metrics(every))
    reason = next((why for why in why_not.values() if why), "")
    return Comparison(
        Compared(
            runs=every,
            rows=rows_said(every, reason, has_pairs=bool(paired)),
            measured=measured,
            differing=differing(every),
            sentences=sentences(every, measured),
            caveats=caveats(every, measured, is_paired=not reason),
        )
    )


def _metrics(runs: tuple[Run, ...]) -> list[str]:
    """Return the metrics' names, the first run's first."""
    return list(dict.fromkeys(score.metric for run in runs for score in run.fitted.evaluation.scores))


def _measured(
    name: str, runs: tuple[Run, ...], held: tuple[Held, ...], paired: set[tuple[int, int]]
) -> Measured:
    """Return a metric of every run, and how far each pair lies apart."""
    held = tuple(_answering(name, one) for one in held)
    scores = tuple(_score(name, run, rows) for run, rows in zip(runs, held, strict=True))
    larger = next(score.larger_is_better for score in scores if score is not None)
    with_partner = sorted({k for pair in paired for k in pair}) if name in METRICS else []
    value = {k: resampled(METRICS[name], held[k], SEED) for k in with_partner}
    gaps = []
    for a, b in itertools.combinations(range(len(runs)), 2):
        one, two = scores[a], scores[b]
        if one is None or two is None:
            continue
        if (a, b) in paired and value:
            found = _paired(name, (one, two), (held[a], held[b]), value[a] - value[b])
        else:
            found = _unpaired(one, two)
        gaps.append(replace(found, first=runs[a].name, second=runs[b].name))
    return Measured(metric=name, larger_is_better=larger, scores=scores, gaps=_corrected(gaps, larger))


def _score(name: str, run: Run, held: Held) -> Score | None:
    """Return a run's figure: as it was measured, or measured now on the stored predictions.

    None for a user's own metric that the run was not measured by: no file holds its code.
    """
    evaluation = run.fitted.evaluation
    found = next((one for one in evaluation.scores if one.metric == name), None)
    if found is not None or name not in METRICS:
        return found
    metric = METRICS[name]
    low, high = interval_of(resampled(metric, held, SEED))
    return Score(
        metric=name,
        larger_is_better=metric.larger_is_better,
        value=metric.score(held.truth, held.prediction_RP, held.weight_R),
        low=low,
        high=high,
        baseline=math.nan,
        linear=math.nan,
    )


def _answering(name: str, held: Held) -> Held:
    """Return the rows with probabilities bent so that their answers are those of its threshold."""
    if name not in METRICS or not METRICS[name].of_answers:
        return held
    return replace(held, prediction_RP=at_threshold(held.prediction_RP, held.threshold))


def _gap(metric: str, difference: float, interval: tuple[float, float], p: float, *, paired: bool) -> Gap:
    return Gap(
        first="",
        second="",
        metric=metric,
        difference=difference,
        low=interval[0],
        high=interval[1],
        p=p,
        p_corrected=math.nan,
        verdict="unknown",
        paired=paired,
    )


def _paired(metric: str, scores: tuple[Score, Score], held: tuple[Held, Held], difference_B: Floats64) -> Gap:
    """Return the gap of two runs on the same rows."""
    one, two = scores
    terms = [row_terms(metric, rows) for rows in held]
    interval = interval_of(difference_B)
    difference = one.value - two.value
    if np.array_equal(held[0].prediction_RP, held[1].prediction_RP):
        return replace(_gap(metric, difference, interval, 1.0, paired=True), verdict="equal")
    if terms[0] is not None and terms[1] is not None:
        p = sign_test(terms[0] - terms[1], held[0].weight_R, SEED)
    else:
        known = difference_B[np.isfinite(difference_B)]
        p = normal_p(difference, float(known.std(ddof=1)) if known.size > 1 else math.nan)
    return _gap(metric, difference, interval, p, paired=True)


def _unpaired(one: Score, two: Score) -> Gap:
    """Return the gap of two runs on different rows, from the intervals of their figures."""
    difference = one.value - two.value
    deviation = math.hypot(one.high - one.low, two.high - two.low) / (2 * Z95)
    if abs(difference) <= TINY * max(abs(one.value), abs(two.value)):
        difference = 0.0
    reach = Z95 * deviation
    interval = (difference - reach, difference + reach)
    return _gap(one.metric, difference, interval, normal_p(difference, deviation), paired=False)


def _corrected(gaps: list[Gap], larger_is_better: bool) -> tuple[Gap, ...]:
    """Return the gaps with p-values corrected for as many pairs as there are, and what that makes of them."""
    found = []
    for gap, p in zip(gaps, holm([gap.p for gap in gaps]), strict=True):
        verdict = verdict_of(
            gap.difference, p, larger_is_better=larger_is_better, is_equal=gap.verdict == "equal"
        )
        found.append(replace(gap, p_corrected=p, verdict=verdict))
    return tuple(found)

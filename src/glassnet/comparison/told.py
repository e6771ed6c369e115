"""Which run is better, in sentences, and what that does not say."""

from __future__ import annotations

import math
from typing import Final

from glassnet.comparison.values import Gap, Measured, Run, Verdict, ranked
from glassnet.evaluate.values import Score
from glassnet.metric import METRICS
from glassnet.report.words import SHARES, figure, metric_name, number, percent, series, several
from glassnet.settings import SETTING_NAMES

TURNED: Final[dict[Verdict, Verdict]] = {"better": "worse", "worse": "better"}
VERDICTS: Final[dict[str, str]] = {
    "better": "better",
    "worse": "worse",
    "noise": "no more than noise",
    "equal": "the same predictions",
    "unknown": "too few rows",
}
NAME: Final = 26  # signs of a run's name in a picture or the head of a table
NAMED: Final = 5  # runs named in a sentence; the others are counted


def rows_said(runs: tuple[Run, ...], why_not: str, *, has_pairs: bool) -> str:
    """Return which rows the runs were measured on; `why_not` says of some pair why not on the same."""
    evaluation = runs[0].fitted.evaluation
    if not why_not:
        return f"All were measured on the same {several(len(evaluation.truth), evaluation.on + ' row')}."
    return f"{why_not} Runs on the same rows are still compared row by row." if has_pairs else why_not


def sentences(runs: tuple[Run, ...], measured: tuple[Measured, ...]) -> tuple[str, ...]:
    """Return which run is better by the first metric, and which cannot be told apart from it."""
    first = measured[0]
    name = metric_name(first.metric)
    order = ranked(first, runs)
    (best, top), others = order[0], order[1:]
    if len(runs) == 2:
        return (_pair(first, (best, top), others[0]) if others else _alone(first, best, top),)
    said = [f"By {name}, {quoted(best.name)} comes first with {figure(first.metric, top.value)}."]
    groups: dict[str, list[str]] = {}
    for run, _ in others:
        groups.setdefault(_side(first, best.name, run.name), []).append(quoted(run.name))
    phrases = {
        "better": "Worse by more than noise",
        "noise": "No more than noise away from it",
        "equal": "Equal to it in every row",
        "unknown": "On too few rows to say",
    }
    said += [f"{phrases[key]}: {_few(groups[key])}." for key in phrases if key in groups]
    missing = [quoted(run.name) for run, score in zip(runs, first.scores, strict=True) if score is None]
    return (*said, f"Not measured by it: {_few(missing)}.") if missing else tuple(said)


def quoted(name: str) -> str:
    """Return the name of a run in quotes."""
    return f"‘{name}’"


def _few(names: list[str]) -> str:
    rest = [f"{len(names) - NAMED} more"] if len(names) > NAMED else []
    return series(names[:NAMED] + rest)


def _alone(measured: Measured, run: Run, score: Score) -> str:
    return (
        f"Only {quoted(run.name)} was measured by {metric_name(measured.metric)}:"
        f" {figure(measured.metric, score.value)}."
    )


def _side(measured: Measured, best: str, other: str) -> str:
    """Return what the best run is beside another."""
    gap = gap_between(measured, best, other)
    return "unknown" if gap is None else gap.verdict


def gap_between(measured: Measured, first: str, second: str) -> Gap | None:
    """Return the gap of two runs with the first one's name first, turned round where it was kept so."""
    for gap in measured.gaps:
        if (gap.first, gap.second) == (first, second):
            return gap
        if (gap.first, gap.second) == (second, first):
            return turned(gap)
    return None


def turned(gap: Gap) -> Gap:
    """Return the gap seen from the second run."""
    return Gap(
        first=gap.second,
        second=gap.first,
        metric=gap.metric,
        difference=-gap.difference,
        low=-gap.high,
        high=-gap.low,
        p=gap.p,
        p_corrected=gap.p_corrected,
        verdict=TURNED.get(gap.verdict, gap.verdict),
        paired=gap.paired,
    )


def _pair(measured: Measured, best: tuple[Run, Score], other: tuple[Run, Score]) -> str:
    """Return the sentence on two runs."""
    (one, top), (two, below) = best, other
    gap = gap_between(measured, one.name, two.name)
    assert gap is not None, "both runs have the metric"
    name, metric = metric_name(measured.metric), measured.metric
    against = f"{figure(metric, top.value)} against {figure(metric, below.value)}"
    if gap.verdict == "equal":
        return f"{quoted(one.name)} and {quoted(two.name)} give every row the same prediction."
    if gap.verdict == "unknown":
        return (
            f"By {name}, {quoted(one.name)} has {against} of {quoted(two.name)}, on too few rows to say more."
        )
    distance = f"{amount(metric, abs(gap.difference))} apart{_within(metric, gap)}"
    if gap.verdict == "noise":
        return (
            f"By {name}, {quoted(one.name)} and {quoted(two.name)} cannot be told apart: {against},"
            f" {distance}, which the choice of rows alone may explain ({p_said(gap.p_corrected)})."
        )
    return (
        f"{quoted(one.name)} is better than {quoted(two.name)} by {name}: {against}, {distance},"
        f" more than the choice of rows explains ({p_said(gap.p_corrected)})."
    )


def _within(metric: str, gap: Gap) -> str:
    if math.isnan(gap.low):
        return ""
    low, high = sorted((gap.low, gap.high)) if gap.difference >= 0 else sorted((-gap.high, -gap.low))
    return f" (95 % interval {plain_amount(metric, low)} to {plain_amount(metric, high)})"


def amount(metric: str, difference: float) -> str:
    """Return a difference with its unit: shares in percentage points."""
    points = "\u00a0percentage points" if metric in SHARES else ""
    return f"{plain_amount(metric, difference)}{points}"


def plain_amount(metric: str, difference: float) -> str:
    """Return a difference without its unit."""
    if metric not in SHARES:
        return number(difference, 3)
    return percent(difference, 2).removesuffix("\u00a0%")


def signed(metric: str, difference: float) -> str:
    """Return a difference with its sign and unit."""
    shown = plain_amount(metric, difference)
    return f"+{shown}" if difference > 0 else shown


def p_said(p: float) -> str:
    """Return a p-value in words."""
    if math.isnan(p):
        return "p unknown"
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def gap_said(measured: Measured, first: str, best: str) -> tuple[str, ...]:
    """Return the cells of a run's line in the table of distances: difference, interval, p, verdict."""
    gap = gap_between(measured, first, best)
    if gap is None:
        return ("–", "–", "–", "not measured")
    return (
        signed(measured.metric, gap.difference),
        "–"
        if math.isnan(gap.low)
        else f"{signed(measured.metric, gap.low)} to {signed(measured.metric, gap.high)}",
        p_said(gap.p_corrected).removeprefix("p ").removeprefix("= "),
        VERDICTS[gap.verdict],
    )


def biggest_gap(measured: Measured, runs: tuple[Run, ...]) -> str:
    """Return one sentence: how far the last run lies from the best."""
    order = ranked(measured, runs)
    best, last = order[0][0].name, order[-1][0].name
    gap = gap_between(measured, best, last)
    if gap is None or not math.isfinite(gap.difference):
        return "The distances are not known."
    far = amount(measured.metric, abs(gap.difference))
    return f"From the best to the last it is {far}; hollow marks are no more than noise."


def caveats(runs: tuple[Run, ...], measured: tuple[Measured, ...], *, is_paired: bool) -> tuple[str, ...]:
    """Return what the figures do not say, each in a sentence."""
    fitted = [run.fitted for run in runs]
    found = []
    if not is_paired:
        found.append(
            "Runs on different rows are compared by their figures' own intervals, which sees only large"
            " differences. Train with the same seed and shares, or give all the same --test rows, to compare"
            " row by row."
        )
    if any(one.evaluation.on == "training" for one in fitted):
        found.append(
            "Figures of training rows say how well rows were learned by heart, not which network does better"
            " on new ones."
        )
    found.append(_training_noise(runs))
    if any(one.settings.group or one.settings.time for one in fitted):
        found.append(
            "Rows count as independent of each other; where rows of a group or of neighbouring times resemble"
            " each other, differences are less certain than they look."
        )
    if not are_losses_alike(runs):
        found.append("Losses of different kinds are drawn relative to their first epoch.")
    found += _own_metrics(measured, is_paired=is_paired)
    if len({one.facts.machine for one in fitted} | {str(one.facts.threads) for one in fitted}) > 2:
        found.append("Machines or threads differ, so seconds are not to be compared.")
    return tuple(found)


def _training_noise(runs: tuple[Run, ...]) -> str:
    first = runs[0].fitted.settings
    unlike = {
        name
        for run in runs[1:]
        for name in SETTING_NAMES
        if getattr(run.fitted.settings, name) != getattr(first, name)
    }
    if unlike == {"seed"}:
        return "The runs differ only by their seed: what lies between them is what chance in training does."
    return (
        "The tests compare these networks as they are. Another seed gives other networks: to compare"
        " settings, train each with some seeds and look at how far those lie apart."
    )


def _own_metrics(measured: tuple[Measured, ...], *, is_paired: bool) -> list[str]:
    """Return a sentence on metrics of the user's own, which no file holds."""
    names = [one.metric for one in measured if one.metric not in METRICS]
    if not names or not is_paired:
        return []
    return [
        f"{series(names)}: a metric of your own is compared by its intervals, since no file holds its code."
    ]


def are_losses_alike(runs: tuple[Run, ...]) -> bool:
    """Return whether the runs' losses measure the same, so that their heights can be compared."""
    kinds = set()
    for run in runs:
        settings = run.fitted.settings
        weighing = (settings.class_weight, settings.weight, settings.label_smoothing)
        unit = tuple(run.fitted.preparation.target.unit_T.tolist())  # of a logarithm
        kinds.add((run.fitted.loss, run.fitted.scales_target, unit, settings.quantile, weighing))
    return len(kinds) == 1

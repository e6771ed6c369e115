"""Runs beside one another on a terminal: which is better, what differs, how long each took."""

from __future__ import annotations

import math
from typing import Final

from rich.console import Console

from glassnet.cli.console import print_table, say
from glassnet.comparison.effort import parameters
from glassnet.comparison.told import gap_said
from glassnet.comparison.values import Choice, Compared, ranked
from glassnet.evaluate.values import Score
from glassnet.report.words import PERCENT, SHARES, figure, metric_name, number, seconds, short

VALUE: Final = 60  # signs of a setting's value


def print_comparison(console: Console, found: Compared) -> None:
    """Print the comparison."""
    for sentence in found.sentences:
        say(console, _spaced(sentence), "bold")
    say(console, found.rows)
    console.print()
    heads = ["with 95 % intervals", *(metric_name(one.metric) for one in found.measured)]
    print_table(console, heads, _figures(found), right=len(found.measured))
    heads, rows = _pair(found) if len(found.runs) == 2 else _distances(found)
    print_table(console, heads, rows)
    if found.differing:
        rows = [[one.name, *(_chosen(choice) for choice in one.choices)] for one in found.differing]
        print_table(console, ["what differs", *(run.name for run in found.runs)], rows)
    else:
        say(console, "Nothing was done differently.")
        console.print()
    heads = ["time and size", "training", "whole run", "rows a second", "epochs", "parameters"]
    print_table(console, heads, _effort(found), right=5)
    for caveat in found.caveats:
        say(console, f"Note: {caveat}", "yellow")


def _figures(found: Compared) -> list[list[str]]:
    """Return every run's metrics with their intervals, the best by the first metric above."""
    order = [run.name for run, _ in ranked(found.measured[0], found.runs)]
    rows = {
        run.name: [run.name, *(_score(one.scores[place]) for one in found.measured)]
        for place, run in enumerate(found.runs)
    }
    return [rows[name] for name in (*order, *(name for name in rows if name not in order))]


def _score(score: Score | None) -> str:
    if score is None:
        return "not measured"
    value, low, high = (figure(score.metric, one) for one in (score.value, score.low, score.high))
    interval = f" ({low.removesuffix(PERCENT)} to {high})" if math.isfinite(score.low) else ""
    return _spaced(f"{value}{interval}")


def _spaced(text: str) -> str:
    """Return the text with usual blanks for those that hold a page's line together."""
    return text.replace("\u00a0", " ")


def _gap_name(metric: str) -> str:
    return f"{metric_name(metric)}{', percentage points' if metric in SHARES else ''}"


def _pair(found: Compared) -> tuple[list[str], list[list[str]]]:
    """Return the difference of two runs by every metric."""
    first, second = (run.name for run in found.runs)
    rows = [[_gap_name(one.metric), *gap_said(one, first, second)] for one in found.measured if one.gaps]
    return [f"{first} beside {second}", "difference", "95 % interval", "p", "the first is"], rows


def _distances(found: Compared) -> tuple[list[str], list[list[str]]]:
    """Return how far each run lies from the best by the first metric."""
    first = found.measured[0]
    order = ranked(first, found.runs)
    best = order[0][0].name
    rows = [[run.name, *gap_said(first, run.name, best)] for run, _ in order[1:]]
    return [f"beside {best}", _gap_name(first.metric), "95 % interval", "p", "the run is"], rows


def _chosen(choice: Choice) -> str:
    return f"{short(choice.value, VALUE)}{' (set)' if choice.origin == 'set' else ''}"


def _effort(found: Compared) -> list[list[str]]:
    rows = []
    for run in found.runs:
        fitted = run.fitted
        rows.append(
            [
                run.name,
                seconds(fitted.trained.seconds),
                seconds(sum(fitted.facts.seconds.values())),
                number(fitted.trained.rows_per_second, 3),
                f"{fitted.trained.history.epochs:,}",
                f"{parameters(fitted):,}",
            ]
        )
    return rows

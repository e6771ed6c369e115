"""What each run took: seconds, epochs, size."""

from __future__ import annotations

from glassnet.comparison.values import Run
from glassnet.pipeline import Fitted
from glassnet.report.words import count, number, seconds

PHASES = ("reading", "preparing", "training", "evaluating")


def effort_rows(runs: tuple[Run, ...]) -> list[tuple[str, ...]]:
    """Return rows of a name and each run's value, as words."""
    fitted = [run.fitted for run in runs]
    rows = [(f"{phase}", *(_phase(one, phase) for one in fitted)) for phase in PHASES]
    rows += [
        ("whole run", *(seconds(sum(one.facts.seconds.values())) for one in fitted)),
        ("rows per second", *(number(one.trained.rows_per_second, 3) for one in fitted)),
        ("epochs", *(count(one.trained.history.epochs) for one in fitted)),
        ("epoch kept", *(_kept(one) for one in fitted)),
        ("training rows", *(count(one.row_counts[0]) for one in fitted)),
        ("input columns", *(count(len(one.schema.inputs)) for one in fitted)),
        ("networks side by side", *(count(len(one.trained.best_epoch_K)) for one in fitted)),
        ("parameters in all", *(count(parameters(one)) for one in fitted)),
        ("engine", *(one.facts.engine for one in fitted)),
        ("threads", *(count(one.facts.threads) for one in fitted)),
    ]
    return rows


def _phase(fitted: Fitted, phase: str) -> str:
    return seconds(fitted.facts.seconds[phase]) if phase in fitted.facts.seconds else "–"


def _kept(fitted: Fitted) -> str:
    best = sorted(epoch for epoch in fitted.trained.best_epoch_K if epoch)
    if not best:
        return "none"
    return count(best[0]) if best[0] == best[-1] else f"{count(best[0])} to {count(best[-1])}"


def parameters(fitted: Fitted) -> int:
    """Return how many numbers the network learned, of all members together."""
    return sum(parameter.numel() for parameter in fitted.network.parameters())

"""The end of a run, in a dozen lines: figures beside the baselines, what to know, what to type next."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console

from glassnet.cli.console import figure, print_table, say, seconds_text
from glassnet.doctor import diagnose, short
from glassnet.evaluate.values import Evaluation, Score
from glassnet.pipeline import Fitted
from glassnet.run_folder import MODEL, REPORT
from glassnet.table.values import Task

NOTES: Final = 6  # sentences shown; the rest are in the report
BASELINES: Final = {
    Task.BINARY: "majority class",
    Task.MULTICLASS: "majority class",
    Task.REGRESSION: "mean",
    Task.MULTILABEL: "mean",
}


def print_summary(console: Console, fitted: Fitted, folder: Path) -> None:
    """Print how the run ended."""
    say(console, headline(fitted), "bold")
    say(console, training_line(fitted))
    console.print()
    print_scores(console, fitted.evaluation, BASELINES[fitted.schema.task])
    for note in notes(fitted):
        say(console, f"Note: {note}", "yellow")
    say(console, f"Report  {folder / REPORT}")
    say(console, f"Model   {folder / MODEL}")
    console.print()
    say(console, f"Next: {next_command(fitted, folder)}", "bold")


def headline(fitted: Fitted) -> str:
    """Return one line: what was predicted from what."""
    names = ", ".join(f"'{target.name}'" for target in fitted.schema.targets)
    inputs = len(fitted.schema.inputs)
    columns = "1 column" if inputs == 1 else f"{inputs} columns"
    return f"{fitted.name}: {names} ({fitted.schema.task}) from {columns}, {fitted.table_rows:,} rows"


def training_line(fitted: Fitted) -> str:
    """Return one line: epochs, the best of them, time, why it ended."""
    trained = fitted.trained
    epochs = trained.history.epochs
    best = sorted({epoch for epoch in trained.best_epoch_K if epoch})
    kept = f"epoch {best[0]}" if len(best) == 1 else f"epochs {best[0]} to {best[-1]}" if best else "none"
    return (
        f"{epochs} {'epoch' if epochs == 1 else 'epochs'} in {seconds_text(trained.seconds)}, {kept} kept:"
        f" {trained.stopped}."
    )


def print_scores(console: Console, evaluation: Evaluation, baseline: str = "") -> None:
    """Print each metric with its interval, beside the baseline and the linear model where measured."""
    has_baseline = any(score.baseline == score.baseline for score in evaluation.scores)
    has_linear = any(score.linear == score.linear for score in evaluation.scores)
    rows = f"{len(evaluation.rows):,} {evaluation.on} {'row' if len(evaluation.rows) == 1 else 'rows'}"
    heads = [rows, "network", "95 % interval"]
    heads += [baseline] if has_baseline else []
    heads += ["linear model"] if has_linear else []
    lines = [score_cells(score, has_baseline, has_linear) for score in evaluation.scores]
    print_table(console, heads, lines, right=len(heads) - 1)


def score_cells(score: Score, has_baseline: bool, has_linear: bool) -> list[str]:
    """Return one line of the table of figures."""
    interval = f"{figure(score.low)} to {figure(score.high)}" if score.low == score.low else ""
    cells = [score.metric.replace("_", " "), figure(score.value), interval]
    cells += [figure(score.baseline)] if has_baseline else []
    return cells + ([figure(score.linear)] if has_linear else [])


def notes(fitted: Fitted) -> list[str]:
    """Return what the user should know, the most important first, at most a few sentences."""
    found = [*_honest(fitted.evaluation), *short(diagnose(fitted)), *fitted.notes]
    if len(found) > NOTES:
        found = [*found[: NOTES - 1], f"{len(found) - NOTES + 1} more notes are in the report."]
    return found


def _honest(evaluation: Evaluation) -> Sequence[str]:
    """Return what the first figure says against the network."""
    if not evaluation.scores:
        return ()
    said = []
    if evaluation.on == "training":
        said.append("there are no test rows; these figures are of the rows trained on, and flatter.")
    if evaluation.on == "held-out":
        said.append(
            "there are no test rows; each row was predicted by networks that were not trained on it, but the"
            " epoch was chosen by these rows, so figures may be a little better than on new ones."
        )
    return said


def is_no_better(value: float, other: float, score: Score) -> bool:
    """Return whether a figure is no better than another; False where the other was not measured."""
    return value <= other if score.larger_is_better else value >= other


def next_command(fitted: Fitted, folder: Path) -> str:
    """Return the command that predicts with the run."""
    example = fitted.settings.example
    table = f"--example {example}" if example else "NEW_ROWS.csv"
    return f"glassnet predict {shlex.quote(str(folder))} {table} --out predictions.csv"

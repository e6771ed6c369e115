"""A model card in Markdown: what a model is for others, with the places that only its maker can fill."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from glassnet.doctor import diagnose
from glassnet.evaluate.values import Score
from glassnet.pipeline import Fitted
from glassnet.report import commands, words
from glassnet.report.first import notes_of, title_of, what_from_what
from glassnet.report.learning import why_stopped
from glassnet.report.making import network_says
from glassnet.report.promises import promise
from glassnet.report.verdict import comparison, sentences
from glassnet.report.whole import write_whole
from glassnet.report.words import NONE, SHARES, count, metric_name, number, seconds, several, short
from glassnet.table.values import Task

MARKS: Final = re.compile(r"([\\`*_{}\[\]<>#|~$&])")  # what Markdown or HTML would take for its own
LISTED: Final = re.compile(r"^(\d*)([-+.)=])")  # what at the beginning of a line would begin a list
COLUMNS_NAMED: Final = 10
FILL_IN: Final = "_Only you can say this: replace this line._"


def card(fitted: Fitted) -> str:
    """Return the model card as Markdown with a header that model hubs read."""
    kind = "regression" if fitted.schema.task is Task.REGRESSION else "classification"
    parts = [
        f"---\nlibrary_name: glassnet\npipeline_tag: tabular-{kind}\n"
        f"tags:\n- tabular-{kind}\n- neural-network\n- pytorch\n---",
        f"# {escaped(title_of(fitted))}",
        escaped(what_from_what(fitted)),
        "## How good it is",
        *(escaped(one) for one in (*sentences(fitted), promise(fitted))),
        _scores(fitted),
        escaped(comparison(fitted)),
        *_bullets("## What to mind", [*_minded(fitted), *notes_of(fitted)]),
        "## What it is for",
        FILL_IN + " Whom it serves, which decisions it may support, and which it must not.",
        *_importance(fitted),
        "## The data",
        f"Rows: {escaped(fitted.split)}.",
        FILL_IN
        + " Where the rows come from, when and of whom they were collected, who is missing from them.",
        _columns(fitted),
        "## How it was trained",
        *_training(fitted),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def escaped(value: object) -> str:
    """Return a text on one line in which Markdown and HTML find nothing of theirs."""
    return LISTED.sub(r"\1\\\2", _cell(value))


def _cell(value: object) -> str:
    """Return a text for within a line, where nothing can begin a list."""
    return MARKS.sub(r"\\\1", " ".join(words.clean(str(value)).split()))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ("---",) * len(head), *(tuple(_cell(cell) for cell in row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _bullets(heading: str, items: list[str]) -> list[str]:
    return [heading, "\n".join(f"* {escaped(one)}" for one in items)] if items else []


def _scores(fitted: Fitted) -> str:
    evaluation = fitted.evaluation
    if not evaluation.scores:
        return ""
    head = ("metric", "network", "95 % interval", "baseline", "linear model")
    on = several(len(evaluation.truth), f"{evaluation.on} row")
    return f"Measured on {on}:\n\n" + _table(head, [_score(one) for one in evaluation.scores])


def _score(score: Score) -> tuple[str, ...]:
    low, high = words.figure(score.metric, score.low), words.figure(score.metric, score.high)
    others = (words.figure(score.metric, other) for other in (score.baseline, score.linear))
    return (
        metric_name(score.metric),
        words.figure(score.metric, score.value),
        NONE if math.isnan(score.low) else f"{low.removesuffix(words.PERCENT)} to {high}",
        *others,
    )


def _minded(fitted: Fitted) -> list[str]:
    """Return what the doctor found, each in a line, and that figures are of training rows where they are."""
    found = [f"{one.name}: {one.evidence} {one.meaning}" for one in diagnose(fitted)]
    if fitted.evaluation.on == "training":
        found.insert(0, "Measured on the training rows: how well it does on new rows is not known.")
    return found


def _importance(fitted: Fitted) -> list[str]:
    evaluation = fitted.evaluation
    if not evaluation.importance:
        return []
    metric = evaluation.scores[0].metric
    scale = 100 if metric in SHARES else 1
    unit = "percentage points" if metric in SHARES else "its unit"
    rows = [
        (short(one.column), number(scale * one.loss, 3), number(scale * one.spread, 2))
        for one in evaluation.importance[:COLUMNS_NAMED]
    ]
    says = (
        f"How much worse the {metric_name(metric)} gets, in {unit}, when a column's cells are shuffled"
        f" (the first {len(rows)} of {count(len(evaluation.importance))} columns):"
    )
    return ["## What matters", says, _table(("column", "worse by", "spread"), rows)]


def _columns(fitted: Fitted) -> str:
    inputs = fitted.schema.inputs
    rows = [(short(one.name), str(one.kind), count(one.missing)) for one in inputs[:COLUMNS_NAMED]]
    more = len(inputs) - len(rows)
    rest = f"\n\nAnd {several(more, 'more column')}." if more > 0 else ""
    return _table(("column", "kind", "missing cells"), rows) + rest


def _training(fitted: Fitted) -> list[str]:
    trained, training = fitted.trained, fitted.recipe.training
    rate = f"{training.learning_rate:g}"
    said = (
        f"{network_says(fitted)} The loss is {fitted.loss}, the optimiser {words.named(training.optimizer)}"
        f" with learning rate {rate}; {several(trained.history.epochs, 'epoch')} took"
        f" {seconds(trained.seconds)}, and training ended because {why_stopped(trained)}."
    )
    program = ", ".join(f"{name} {version}" for name, version in sorted(fitted.facts.versions.items()))
    command = commands.train_command(fitted)
    language, code = ("sh", command) if command else ("python", commands.python_code(fitted))
    fence = "`" * max(3, 1 + max((len(one) for one in re.findall(r"`+", code)), default=0))
    return [
        escaped(said),
        f"Made with {escaped(program)}. To repeat it:",
        f"{fence}{language}\n{code}\n{fence}",
    ]


def write_card(fitted: Fitted, path: Path) -> Path:
    """Write the model card, whole or not at all, and return its path.

    Raises SourceError where the disk refuses.
    """
    return write_whole(card(fitted), path)

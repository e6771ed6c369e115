"""The first screen: what was predicted from what, how good that is, what to mind and what to do next."""

from __future__ import annotations

import math
from pathlib import PurePath

import numpy as np

from glassnet.evaluate.values import Score
from glassnet.pipeline import Fitted
from glassnet.report import canvas, commands, findings, plots, words
from glassnet.report.markup import (
    Child,
    Html,
    block,
    bullets,
    code,
    element,
    folded,
    join,
    paragraph,
    section,
    table,
)
from glassnet.report.pictures import Picture, figure, grid, picture
from glassnet.report.promises import promise
from glassnet.report.segments import most_wrong
from glassnet.report.verdict import class_name, comparison, of_hundred, sentences
from glassnet.report.words import (
    METRIC_MEANINGS,
    NONE,
    count,
    metric_name,
    quoted,
    series,
    several,
    short,
)
from glassnet.table.values import Task


def title_of(fitted: Fitted) -> str:
    """Return the page's title: the target, or how many, and the table."""
    targets = fitted.schema.targets
    what = short(targets[0].name, 40) if len(targets) == 1 else f"{count(len(targets))} columns"
    return f"{quoted(what)}, predicted from {short(fitted.name, 40)}"


def head(fitted: Fitted) -> Html:
    """Return the heading with the table of contents."""
    contents = (
        ("how-good", "How good"),
        ("training", "Training"),
        ("inside", "Inside"),
        ("in-depth", "In depth"),
        ("matters", "What matters"),
        ("table", "The table"),
        ("made", "How it was made"),
    )
    links = (element("li", element("a", name, marks={"href": f"#{anchor}"})) for anchor, name in contents)
    return element(
        "header",
        paragraph("Glassnet report", kind="over"),
        element("h1", title_of(fitted)),
        paragraph(what_from_what(fitted), kind="quiet"),
        element("nav", element("ol", *links), marks={"aria-label": "Parts of this report"}),
    )


def what_from_what(fitted: Fitted) -> str:
    """Return the sentence that says what is predicted, from how many columns and rows of which table."""
    training, validation, test = fitted.row_counts
    folds = fitted.recipe.folds
    parts = [f"{count(training)} for training{f' in {folds} folds' if folds else ''}"]
    parts += (
        [f"{count(validation)} {'of them in turn ' if folds else ''}to choose the epoch"]
        if validation
        else []
    )
    parts += [f"{count(test)} kept for testing"] if test else []
    columns = several(len(fitted.schema.inputs), "column")
    # Tables of their own for validation or testing are no rows of the first one.
    is_one = fitted.table_rows >= fitted.used_rows
    rows = f" of {several(fitted.table_rows, 'row')}" if is_one else ""
    return f"{_what(fitted)} from {columns}{rows} in {_where(fitted)}: {series(parts)}."


def _where(fitted: Fitted) -> str:
    """Return what the source is called: a file by its name, since its folder is nobody's business."""
    if fitted.settings.example:
        return f"the example ‘{fitted.settings.example}’"
    if fitted.settings.query:
        return "the rows of a query"
    return "a table in memory" if commands.is_in_memory(fitted) else short(PurePath(fitted.source).name, 60)


def _what(fitted: Fitted) -> str:
    targets = fitted.schema.targets
    if len(targets) > 1:
        names = [short(target.name, 24) for target in targets[:6]]
        names += [f"{len(targets) - 6} more"] if len(targets) > 6 else []
        kind = "yes/no answers" if fitted.schema.task is Task.MULTILABEL else "numbers"
        return f"{count(len(targets))} {kind} ({series(names)})"
    labels = targets[0].labels
    if fitted.schema.task is Task.REGRESSION:
        return f"{quoted(short(targets[0].name))}, a number,"
    shown = [f"‘{short(label, 24)}’" for label in labels[:6]]
    if len(labels) > 6:
        return f"{quoted(short(targets[0].name))}, one of {len(labels)} classes,"
    return f"{quoted(short(targets[0].name))} ({' or '.join(shown)})"


def how_good(fitted: Fitted) -> Html:
    """Return the first screen's body."""
    evaluation = fitted.evaluation
    loud = [] if evaluation.on != "training" else [_only_training(fitted)]
    leads = [paragraph(one, kind="lead") for one in sentences(fitted)]
    sure = promise(fitted)
    found = findings.cards(fitted)
    said = element("div", *leads, *([paragraph(sure)] if sure else []), *findings.in_short(fitted))
    glance = [figure(_glance(fitted))] if evaluation.scores else []
    meant = folded("What these figures mean", *_meanings(fitted))
    figures = element("div", score_table(fitted), meant, marks={"class": "scores"})
    following = element("div", element("h3", "What to do next"), *_next(fitted))
    return section(
        "how-good",
        "How good is it?",
        *loud,
        grid([said, *glance]),
        *found,
        *_notes(fitted),
        grid([figures, following]),
    )


def _glance(fitted: Fitted) -> Picture:
    """Return the first metric beside the linear model and the baseline, with what that says."""
    score = fitted.evaluation.scores[0]
    axes = canvas.new_axes((4.6, 1.9))
    plots.draw_comparison(score, axes)
    name = metric_name(score.metric)
    rows = [
        ("network", words.figure(score.metric, score.value)),
        ("95 % interval, from", words.figure(score.metric, score.low)),
        ("95 % interval, to", words.figure(score.metric, score.high)),
        ("linear model", words.figure(score.metric, score.linear)),
        ("baseline", words.figure(score.metric, score.baseline)),
    ]
    says = comparison(fitted) or f"The network's {name}, alone."
    return picture(axes, ("glance", "Against simpler ways", says), ("", name), rows, numbers=(1,))


def _only_training(fitted: Fitted) -> Html:
    return paragraph(
        element("strong", "Measured on the training rows: "),
        "no rows were kept for testing, so these figures say how well the network learned these rows by"
        " heart, not how well it will do on new ones.",
        kind="loud",
    )


def score_table(fitted: Fitted) -> Html:
    """Return the metrics with their intervals, beside the baseline and the linear model."""
    rows = [_score_row(score) for score in fitted.evaluation.scores]
    return table(
        f"Measured on {several(len(fitted.evaluation.truth), fitted.evaluation.on + ' row')}",
        (
            "",
            "network",
            "95 % interval",
            "baseline",
            "linear model",
        ),
        rows,
        numbers=(1, 2, 3, 4),
    )


def _score_row(score: Score) -> tuple[str | Html, ...]:
    others = [score.baseline, score.linear]
    sign = 1 if score.larger_is_better else -1
    known = [sign * value for value in others if not math.isnan(value)]
    is_best = all(sign * score.value >= value for value in known)
    value = words.figure(score.metric, score.value)
    low, high = words.figure(score.metric, score.low), words.figure(score.metric, score.high)
    return (
        metric_name(score.metric),
        element("strong", value) if is_best else value,
        NONE if math.isnan(score.low) else f"{low.removesuffix(words.PERCENT)} to {high}",
        *(words.figure(score.metric, other) for other in others),
    )


def _meanings(fitted: Fitted) -> list[Html]:
    """Return what each metric of the table means, a line for each."""
    found = []
    for score in fitted.evaluation.scores:
        better = "larger is better" if score.larger_is_better else "smaller is better"
        meaning = METRIC_MEANINGS.get(score.metric, "")
        says = f": {meaning}; {better}." if meaning else f": {better}."
        found.append(paragraph(element("strong", metric_name(score.metric)), says, kind="quiet meaning"))
    base = "mean" if fitted.schema.task is Task.REGRESSION else "shares of the classes"
    of_all = f"what answering every row alike gives, with the training rows' {base}."
    return [*found, paragraph(element("strong", "baseline"), f": {of_all}", kind="quiet meaning")]


def notes_of(fitted: Fitted) -> list[str]:
    """Return what is worth knowing of the table, the run and its figures, each in a sentence."""
    return list(dict.fromkeys((*fitted.notes, *_own_notes(fitted))))


def _notes(fitted: Fitted) -> list[Html]:
    notes = notes_of(fitted)
    return [element("h3", "Worth knowing"), bullets(notes)] if notes else []


def _own_notes(fitted: Fitted) -> list[str]:
    """Return what the report itself finds remarkable."""
    evaluation, found = fitted.evaluation, []
    if fitted.trained.interrupted:
        found.append("Training was interrupted; the network is that of its best epoch until then.")
    if evaluation.on == "held-out":
        found.append(
            "There are no test rows: each row measured was predicted by networks that were not trained on it."
            " The epoch was chosen by these rows, so figures may be a little better than on new ones."
        )
    if evaluation.on != "training" and 0 < len(evaluation.truth) < 100:
        found.append(
            f"There are only {several(len(evaluation.truth), evaluation.on + ' row')}: look at the intervals."
        )
    if fitted.settings.weight:
        weight = quoted(short(fitted.settings.weight, 40))
        found.append(f"Rows count as much as column {weight} says, in every figure.")
    if evaluation.confusion_CC is not None:
        labels = fitted.schema.targets[0].labels
        never = evaluation.confusion_CC.sum(axis=0) == 0
        names = [f"‘{short(labels[c], 24)}’" for c in np.flatnonzero(never)]
        if names:
            rest = [f"{len(names) - 5} more"] if len(names) > 5 else []
            found.append(f"The network never answers {series(names[:5] + rest)}.")
    spread_P = np.ptp(evaluation.prediction_RP, axis=0) if len(evaluation.prediction_RP) > 1 else np.ones(1)
    if np.all(spread_P == 0):
        found.append("Every row gets the same prediction: the network learned nothing from the columns.")
    return found


def _next(fitted: Fitted) -> list[Html]:
    """Return what to do next, each with its command."""
    predict = "glassnet predict model.glassnet NEW.csv --out predictions.csv"
    steps = [
        paragraph("Predict other rows, or measure the network on rows whose answer is known:"),
        block(f"{predict}\nglassnet evaluate model.glassnet OTHER.csv", "Commands that use the network"),
    ]
    advice = _advice(fitted)
    return [*steps, bullets(advice)] if advice else steps


def _advice(fitted: Fitted) -> list[Child]:
    """Return what the run itself suggests."""
    found: list[Child] = []
    if fitted.evaluation.on == "training":
        keep = ("Keep rows for testing: ", code("--test-share 0.2"), ", or give a file: ")
        found.append(join([*keep, code("--test FILE")]))
    return [*found, *_last_epoch(fitted), *_where_wrong(fitted), *_beside_linear(fitted)]


def _last_epoch(fitted: Fitted) -> list[Child]:
    """Return the advice to train longer, where the last epoch was the best one."""
    trained = fitted.trained
    epochs = trained.history.epochs
    is_last = max(trained.best_epoch_K, default=0) == epochs and not trained.interrupted
    if not (is_last and trained.history.has_validation and fitted.recipe.training.schedule == "constant"):
        return []
    return [join(["The last epoch was the best one; train longer: ", code(f"--epochs {2 * epochs}")])]


def _where_wrong(fitted: Fitted) -> list[Child]:
    """Return where it errs most, and what a threshold could change."""
    found: list[Child] = []
    wrong, missed = most_wrong(fitted), _missed(fitted)
    if wrong and fitted.evaluation.on != "training":
        link = element("a", "Where it is wrong", marks={"href": "#wrong"})
        verb = "off most" if fitted.schema.task is Task.REGRESSION else "wrong most often"
        said = f"It is {verb} where {wrong}; there more rows or other columns help most. See "
        found.append(join([said, link, "."]))
    if missed:
        link = element("a", "another threshold", marks={"href": "#thresholds"})
        found.append(join([f"It misses {missed}; ", link, " finds more, and raises more false alarms."]))
    return found


def _beside_linear(fitted: Fitted) -> list[Child]:
    """Return what it means that a linear model does as well or better; nothing where it does worse."""
    score = fitted.evaluation.scores[0] if fitted.evaluation.scores else None
    if score is None or math.isnan(score.linear) or math.isnan(score.low):
        return []
    if score.low <= score.linear <= score.high:
        return [
            "A linear model does about as well here: more rows or other columns may help more than a larger"
            " network."
        ]
    if (score.linear > score.high) != score.larger_is_better:
        return []
    longer = code(f"--epochs {2 * fitted.trained.history.epochs}")
    return [
        join(["A linear model does better here. The network may have learned too briefly: ", longer, "."])
    ]


def _missed(fitted: Fitted) -> str:
    """Return how many of the positive class are missed, if more than a quarter, and a threshold may move."""
    matrix_CC = fitted.evaluation.confusion_CC
    if fitted.schema.task is not Task.BINARY or matrix_CC is None or not matrix_CC.sum(axis=1).all():
        return ""
    rows = float(matrix_CC[1].sum())
    missed = float(matrix_CC[1, 0]) / rows
    return f"{of_hundred(missed, rows)} rows that are {class_name(fitted, 1)}" if missed > 0.25 else ""


def repeat(fitted: Fitted) -> list[Html]:
    """Return the command and the code that repeat the run."""
    command = commands.train_command(fitted)
    code_block = block(commands.python_code(fitted), "Python code that repeats the run")
    if not command:
        why = (
            "The table came from memory"
            if commands.is_in_memory(fitted)
            else "Some choices are code of your own"
        )
        return [paragraph(f"{why}, so no command alone can repeat the run; this code can:"), code_block]
    return [
        paragraph("The same table, command and versions give the same network again:"),
        block(command, "Command that repeats the run"),
        paragraph("In Python:"),
        code_block,
    ]

"""The settings as options: one row each, under the headings of `glassnet train --help`.

Defaults are those of Settings; there is no second copy of them here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import click

from glassnet.cli.parse import (
    Parse,
    cells,
    class_weights,
    factors,
    names,
    number,
    number_or_auto,
    pairs,
    text,
    whole,
    widths,
    yes_no,
)
from glassnet.settings import Settings, change

DEFAULTS: Final = {field.name: field.default for field in fields(Settings)}
FLAGS: Final = 26  # columns of the flags in a help
GIVEN: Final = "glassnet.given."  # what the names of kept values begin with, in the context's meta


@dataclass(frozen=True, slots=True)
class Row:
    """One setting as an option."""

    setting: str  # its name in Settings
    metavar: str
    parse: Parse
    says: str
    flags: tuple[str, ...] = ()  # where they differ from the setting's name

    @property
    def every_flag(self) -> tuple[str, ...]:
        """The flags, such as `("--batch-size",)`; the long one last."""
        return self.flags or ("--" + self.setting.replace("_", "-"),)


TARGET: Final = Row(
    "target", "COLUMN", names, "Column to predict (repeat it for several).", ("-t", "--target")
)

READING: Final = (
    Row("query", "SQL", text, "Rows of a SELECT over files, instead of SOURCE."),
    Row("example", "NAME", text, "A table that comes along: breast_cancer, wine, moons ..."),
    Row("example_rows", "N", whole, "Rows of a generated example.", ("--rows",)),
    Row("example_features", "N", whole, "Columns of a generated example.", ("--features",)),
    Row("example_noise", "X", number, "Noise of a generated example.", ("--noise",)),
    Row("example_seed", "N", whole, "Seed of a generated example.", ("--data-seed",)),
    Row("db_table", "NAME", text, "Table of a database, or sheet of a workbook."),
    Row("delimiter", "SIGN", text, "Cell separator of text files."),
    Row("header", "yes|no|N", text, "Whether a line names the columns, or how many."),
    Row("quote", "SIGN", text, "Quotation mark of text files, or none."),
    Row("escape", "SIGN", text, "Sign before a quotation mark in a cell, or none."),
    Row("comment", "SIGN", text, "How lines begin that are no rows, or none."),
    Row("skip_lines", "N", whole, "Lines above the header or the first row."),
    Row("footer_lines", "N", whole, "Lines below the last row."),
    Row("encoding", "NAME", text, "Of text files: utf-8, latin-1, cp1252, utf-16."),
)

COLUMNS: Final = (
    Row("columns", "NAMES", names, "Inputs to use, by commas (quote a comma: '\"a,b\",c')."),
    Row("drop", "NAMES", names, "Columns to leave out."),
    Row("keep", "NAMES", names, "Columns copied into the predictions, never inputs."),
    Row("kinds", "NAME=KIND", pairs, "number, category, yes/no, date: overrules the guess.", ("--kind",)),
    Row("task", "TASK", text, "binary, multiclass, regression, multilabel."),
    Row("positive", "LABEL", text, "The positive class of a binary target."),
    Row("weight", "COLUMN", text, "Column of row weights."),
    Row("class_weight", "WEIGHTS", class_weights, "none, balanced, or yes=2,no=1."),
    Row("missing", "CELLS", cells, "Cells that mean missing, by commas."),
    Row("decimal", "SIGN", text, 'Decimal mark, "." or ",".'),
    Row("dates", "FORMAT", text, "Of date cells, such as %d.%m.%Y."),
)

SPLIT: Final = (
    Row("validation_share", "SHARE", number, "Of rows that choose the epoch."),
    Row("test_share", "SHARE", number, "Of rows kept for the final figures."),
    Row("folds", "N", whole, "Members hold out one of N folds each; 0: one split."),
    Row("time", "COLUMN", text, "Later rows are validated and tested on."),
    Row("group", "COLUMN", text, "Rows of equal values stay on one side."),
)

NETWORK: Final = (
    Row("recipe", "NAME", text, "mlp, or a tutorial's own: neuron, sequential."),
    Row("effort", "NAME", text, "fast, auto or best: time for accuracy."),
    Row("network", "NAME", text, "mlp or neuron."),
    Row("hidden", "WIDTHS", widths, "Of the hidden layers: 128,64 or none."),
    Row("activation", "NAME", text, "relu, silu, gelu, mish, selu, elu, tanh ..."),
    Row("dropout", "SHARE", number, "Of hidden units dropped in a training step."),
    Row("normalization", "NAME", text, "none or layer."),
    Row("output", "NAME", text, "linear, or sigmoid (with loss squared)."),
    Row("members", "N", whole, "Networks trained side by side and averaged."),
    Row("sharing", "NAME", text, "What members share: none or layers."),
    Row("input_scaling", "NAME", text, "Of columns: none, or learned with the weights."),
    Row("numbers", "NAME", text, "Scaling of numbers: robust, standard, none."),
    Row("bins", "N", whole, "Piecewise-linear inputs of a number, at most."),
    Row("one_hot", "N", whole, "Categories of up to N levels become 0/1 columns."),
    Row("embedding", "N", whole, "Numbers per level of the other categories."),
    Row("rare", "N", whole, "Levels of fewer than N rows share one slot."),
    Row("bounds", "NAME", text, "seen: predicted numbers stay within those trained on."),
    Row("target_scale", "NAME", text, "standard, soft_log or log of a number to predict."),
    Row("target_means", "on|off", text, "Means of the target for many-level categories."),
)

TRAINING: Final = (
    Row("loss", "NAME", text, "squared, absolute, huber, cross_entropy ..."),
    Row("label_smoothing", "SHARE", number, "Of the target spread over all classes."),
    Row("quantile", "LEVEL", number, "Level of the quantile loss."),
    Row("optimizer", "NAME", text, "adamw, adam, sgd."),
    Row("learning_rate", "X", number, "Step size."),
    Row("rate_factors", "PART=X", factors, "Of the step size: scales=6,biases=0.1."),
    Row("momentum", "X", number, "Of sgd."),
    Row("second_moment", "X", number, "Of adam: its second beta."),
    Row("average", "X", number, "Decay of averaged weights, such as 0.99; 0: none."),
    Row("weight_decay", "X", number, "Pull of the weights towards 0."),
    Row("decay_factors", "PART=X", factors, "Of that pull: biases=1,first=0."),
    Row("clip", "X", number, "Largest gradient norm; 0: no clipping."),
    Row("schedule", "NAME", text, "constant, step, cosine, one_cycle."),
    Row("warmup", "SHARE", number, "Of the steps in which the rate rises from 0."),
    Row("epochs", "N", whole, "Passes over the training rows, at most."),
    Row("batch_size", "N", whole, "Rows of a step; 0: all."),
    Row("patience", "N", whole, "Epochs without gain before stopping; 0: never."),
    Row("metric", "NAME", text, "Chooses the epoch, shown first: auc, f1, rmse ..."),
    Row("calibrate", "NAME", text, "auto: a temperature for probabilities; or none."),
    Row("threshold", "X|auto", number_or_auto, "Of the positive class; auto: the metric's best."),
    Row("time_limit", "SECONDS", number, "For the whole run."),
)

RUN: Final = (
    Row("seed", "N", whole, "Of the split, the weights and the order of rows."),
    Row("records", "yes|no", yes_no, "Record norms of weights, gradients and updates."),
    Row("threads", "N", whole, "CPU threads; 0: all cores."),
    Row("engine", "NAME", text, "How steps are carried out."),
    Row("precision", "NAME", text, "float32 or float64."),
)

ROWS: Final = (TARGET, *READING, *COLUMNS, *SPLIT, *NETWORK, *TRAINING, *RUN)


def option(row: Row) -> click.Option:
    """Return the setting's option; what is given with it is kept in the context."""
    default = DEFAULTS[row.setting]
    is_shown = isinstance(default, int | float) and not isinstance(default, bool) and math.isfinite(default)
    return click.Option(
        [*row.every_flag, row.setting],
        metavar=row.metavar,
        multiple=True,
        expose_value=False,
        callback=keep,
        help=row.says + (f"  [{default:g}]" if is_shown else ""),
    )


def keep(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """Keep what was given, by the parameter's name; what was not given is not kept."""
    if value not in (None, (), False):
        context.meta[GIVEN + str(parameter.name)] = value
    return value


def given(context: click.Context) -> dict[str, Any]:
    """Return what was given, by name: a text, True of a flag, or the texts of a setting."""
    return {name.removeprefix(GIVEN): v for name, v in context.meta.items() if name.startswith(GIVEN)}


def changed(base: Settings, words: Mapping[str, Any]) -> Settings:
    """Return the settings with those changed that were given. Raises SettingsError in words."""
    rows = {row.setting: row for row in ROWS}
    changes = {name: _value(rows[name], texts) for name, texts in words.items() if name in rows}
    return change(base, **changes)


def _value(row: Row, texts: Sequence[str]) -> Any:
    if texts[-1] == "auto" and DEFAULTS[row.setting] == "auto":
        return "auto"
    return row.parse(row.every_flag[-1], texts)


class HeadedCommand(click.Command):
    """A command whose help lists its options under headings."""

    def __init__(
        self, name: str, *, headed: Sequence[tuple[str, Sequence[click.Parameter]]], texts: tuple[str, str]
    ) -> None:
        """Make a command without a callback; `texts` are its help and its epilog."""
        every = [parameter for _, parameters in headed for parameter in parameters]
        super().__init__(name, params=every, help=texts[0], epilog=texts[1])
        self.headed = headed

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options under their headings."""
        for heading, parameters in self.headed:
            _write(ctx, formatter, heading, parameters)
        _write(ctx, formatter, "Help", [one for one in [self.get_help_option(ctx)] if one])


def _write(
    context: click.Context, formatter: click.HelpFormatter, heading: str, every: Sequence[click.Parameter]
) -> None:
    """Write some options under their heading; all headings have their texts below one another."""
    records = [one.get_help_record(context) for one in every if isinstance(one, click.Option)]
    with formatter.section(heading):
        formatter.write_dl(
            [(flags.ljust(FLAGS), says) for flags, says in filter(None, records)], col_max=FLAGS
        )

"""Settings that a run accepts and that change nothing in it: one table of rules, looked at before training.

A value that asks for what is so without it (`momentum=0` for adamw) is no mistake. Where the choices alone
decide, the caller is wrong about something: a setting given in the very call is refused. Where the table's
cells decide, or a repeated run or a search brought the setting along, a note says so and the run goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from glassnet.optimizer import OPTIMIZERS
from glassnet.prepare.values import Prepared
from glassnet.recipe.check import shown
from glassnet.recipe.choose import choose_recipe
from glassnet.recipe.facts import Facts
from glassnet.settings import Recipe, Settings
from glassnet.table.futile import DRAWN, READ_FROM, Futile, asked, refuse_futile, written
from glassnet.table.values import USABLE_KINDS, CellFormat, Kind, Schema, Task

UNTARGETED: Final = (Kind.IDENTIFIER, Kind.TEXT, Kind.CONSTANT, Kind.DATE)  # kinds no target is read as
SMOOTHED: Final = ("binary_cross_entropy", "cross_entropy")


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What the rules look at: all that is decided before training."""

    settings: Settings
    schema: Schema
    recipe: Recipe
    prepared: Prepared
    facts: Facts


@dataclass(frozen=True, slots=True)
class Rule:
    """When some settings have no effect."""

    settings: tuple[str, ...]
    why: Callable[[Known], str]  # the reason; an empty text where they have an effect
    remedy: str
    sure: bool = True  # as in Futile


def _own_network(known: Known) -> str:
    is_own = not isinstance(known.recipe.architecture.network, str)
    return "your own module decides what it is made of, and gets 0/1 columns for categories" if is_own else ""


def _no_hidden_layer(known: Known) -> str:
    architecture = known.recipe.architecture
    has_none = isinstance(architecture.network, str) and not architecture.hidden
    return "the network has no hidden layers" if has_none else ""


def _not_smoothed(known: Known) -> str:
    loss = known.recipe.training.loss
    return "" if loss in SMOOTHED else f"the loss is {shown(loss)}, which knows no classes to spread over"


def _no_quantile(known: Known) -> str:
    loss = known.recipe.training.loss
    return "" if loss == "quantile" else f"the loss is {shown(loss)}"


def _no_momentum(known: Known) -> str:
    optimizer = known.recipe.training.optimizer
    return f"the optimizer is {optimizer}" if optimizer in set(OPTIMIZERS) - {"sgd"} else ""


def _no_second_moment(known: Known) -> str:
    optimizer = known.recipe.training.optimizer
    return "" if optimizer in ("adam", "adamw") else f"the optimizer is {shown(optimizer)}"


def _no_decay(known: Known) -> str:
    return "" if known.recipe.training.weight_decay else "weight_decay is 0"


def _no_levels(known: Known) -> str:
    training = known.recipe.training
    named = {part for part, _ in (*training.rate_factors, *training.decay_factors)}
    has_none = not known.prepared.preparation.embedded
    return "no category is embedded" if has_none and "embeddings" in named else ""


def _not_numbers(known: Known) -> str:
    task = known.schema.task
    return "" if task is Task.REGRESSION else f"it is for numbers, and the target is {task}"


def _not_scaled(known: Known) -> str:
    loss = known.recipe.training.loss
    return f"the loss is {loss}, which takes the target as it is" if loss == "poisson" else ""


def _validation_elsewhere(known: Known) -> str:
    if known.facts.has_own_validation:
        return "validation rows of their own were given"
    folds = known.recipe.folds
    return f"each row is held out in one of {folds} folds" if folds else ""


def _test_elsewhere(known: Known) -> str:
    return "test rows of their own were given" if known.facts.has_own_test else ""


def _same_effort(known: Known) -> str:
    """Return why another effort would have come to the same, or an empty text."""
    usual = choose_recipe(replace(known.settings, effort="auto"), replace(known.facts, effort="auto"))
    parts = ("preparing", "architecture", "training")
    is_same = all(getattr(usual, part) == getattr(known.recipe, part) for part in parts)
    return "all that it chooses (layers, members, epochs) is chosen already" if is_same else ""


def _not_told_so(known: Known) -> str:
    targets = {target.name for target in known.schema.targets}
    # Where the task is told too, it decides; else a number or a category does.
    contrary = Kind.CATEGORY if known.schema.task is Task.REGRESSION else Kind.NUMBER
    told = [
        name for name, kind in known.settings.kinds if name in targets and kind in (*UNTARGETED, contrary)
    ]
    return f"column '{told[0]}' is the target, and whether it has classes says task" if told else ""


def _no_input(known: Known) -> str:
    used = {column.name for column in known.schema.inputs}
    unused = {column.name: column.why_unused for column in known.schema.columns if column.name not in used}
    told = [name for name, kind in known.settings.kinds if name in unused and kind in USABLE_KINDS]
    told = [name for name in told if unused[name].startswith(("left out by", "kept for", "not named"))]
    return f"column '{told[0]}' is no input ({unused[told[0]]})" if told else ""


def _no_dates(known: Known) -> str:
    told = known.settings.dates
    if any(column.cells.date == told for column in known.schema.columns):
        return ""
    return "no column's cells are all dates of this format"


def _cells(schema: Schema) -> list[CellFormat]:
    return [*(column.cells for column in schema.columns), *(target.cells for target in schema.targets)]


def _no_mark(known: Known) -> str:
    if known.settings.decimal == "." or any(one.decimal == "," for one in _cells(known.schema)):
        return ""
    return "no column holds numbers with a decimal comma"


def _no_number(known: Known) -> str:
    parts = known.prepared.preparation.encoding.parts
    return "" if any(part != "yes/no" for part in parts) else "the inputs have no numbers"


def _no_category(known: Known) -> str:
    return "" if known.prepared.preparation.encoding.categories else "the inputs have no categories"


def _no_embedding(known: Known) -> str:
    if _no_category(known) or known.prepared.preparation.embedded:
        return _no_category(known)
    return f"all categories have at most {known.recipe.preparing.one_hot} levels and become 0/1 columns"


def _no_many_levels(known: Known) -> str:
    return "" if known.prepared.preparation.means.category_M.size else "no category has more than 30 levels"


def _none_held_out(known: Known) -> str:
    return (
        "" if any(len(rows) for rows in known.prepared.rows.validation) else "no rows are held out to stop by"
    )


LEAVE: Final = "leave it out"
RULES: Final[tuple[Rule, ...]] = (
    # The choices decide.
    Rule(
        ("hidden", "activation", "dropout", "normalization", "output", "one_hot", "embedding"),
        _own_network,
        LEAVE,
    ),
    Rule(("activation", "dropout", "normalization"), _no_hidden_layer, "name hidden layers, or leave it out"),
    Rule(("label_smoothing",), _not_smoothed, f"choose loss {' or '.join(SMOOTHED)}, or leave it out"),
    Rule(("quantile",), _no_quantile, "choose loss quantile, or leave it out"),
    Rule(("momentum",), _no_momentum, "choose optimizer sgd, or leave it out"),
    Rule(("second_moment",), _no_second_moment, "choose optimizer adamw or adam, or leave it out"),
    Rule(("decay_factors",), _no_decay, "choose a weight_decay, or leave it out"),
    Rule(("bounds",), _not_numbers, LEAVE),
    Rule(("target_scale",), _not_numbers, LEAVE),
    Rule(("target_scale",), _not_scaled, "choose loss squared, or leave it out"),
    Rule(("validation_share",), _validation_elsewhere, LEAVE),
    Rule(("test_share",), _test_elsewhere, LEAVE),
    Rule(("kinds",), _not_told_so, "choose the task, or leave it out"),
    Rule(("kinds",), _no_input, "leave it out, or let the column be an input"),
    # Of a format that fits nothing the reader would believe that dates were read by it.
    Rule(("dates",), _no_dates, "look at the cells, or leave it out"),
    # The table decides, or how large it is.
    Rule(("effort",), _same_effort, LEAVE, sure=False),
    Rule(("decimal",), _no_mark, LEAVE, sure=False),
    Rule(("numbers", "bins"), _no_number, LEAVE, sure=False),
    Rule(("one_hot", "rare"), _no_category, LEAVE, sure=False),
    Rule(("embedding",), _no_embedding, "lower one_hot, or leave it out", sure=False),
    Rule(("rate_factors", "decay_factors"), _no_levels, "leave embeddings out", sure=False),
    Rule(("target_means",), _no_many_levels, LEAVE, sure=False),
    Rule(("patience",), _none_held_out, "give a validation_share or folds, or leave it out", sure=False),
)

# Why the other settings need no rule.
ACTS: Final[dict[str, str]] = {
    **dict.fromkeys((*READ_FROM, *DRAWN), "table.futile, before the table is read"),
    **dict.fromkeys(
        ("query", "example", "db_table", "target", "columns", "drop", "keep", "weight", "time", "group"),
        "names the table or its columns; a second source or an unknown column is refused",
    ),
    **dict.fromkeys(
        ("task", "positive", "class_weight", "threshold"), "refused where the target does not go with it"
    ),
    **dict.fromkeys(("recipe", "network", "loss", "optimizer"), "always the one that is taken"),
    **dict.fromkeys(
        ("members", "sharing", "input_scaling", "folds", "learning_rate", "average", "weight_decay", "clip"),
        "any network, optimiser and loss heeds it or refuses it",
    ),
    **dict.fromkeys(("schedule", "warmup", "epochs", "batch_size"), "any training heeds it"),
    "missing": "cells of rows to predict are read by it too",
    "metric": "shown first, also where no rows choose the epoch",
    "calibrate": "asks for no more than is so where there are no probabilities",
    **dict.fromkeys(
        ("time_limit", "engine", "records", "precision", "seed", "threads"), "any run heeds it or refuses it"
    ),
}


def futile_settings(known: Known, given: frozenset[str]) -> tuple[Futile, ...]:
    """Return the settings that change nothing in this run, each with the first reason.

    Raises SettingsError as `refuse_futile` does.
    """
    found: dict[str, Futile] = {}
    for rule in RULES:
        for name in rule.settings:
            value = asked(known.settings, name)
            if name in found or value is None or not (why := rule.why(known)):
                continue
            found[name] = Futile(
                setting=name, value=written(value), why=why, remedy=rule.remedy, sure=rule.sure
            )
    refuse_futile(found.values(), given)
    return tuple(found.values())

"""From the user's settings and a few facts about the table to a recipe with nothing left open.

Every choice made here is recorded with its reason.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from glassnet.errors import pick
from glassnet.recipe.check import check_choices, check_factors, shown
from glassnet.recipe.effort import EFFORTS
from glassnet.recipe.facts import MOST_DISTINCT, SMALL, Chosen, Facts
from glassnet.recipe.shares import test_share, validation_share
from glassnet.recipe.target import target_scale
from glassnet.recipe.tutorials import TUTORIALS
from glassnet.settings import Architecture, Decision, Preparing, Recipe, Settings, Training
from glassnet.table.values import Task

MOST_BINS: Final = MOST_DISTINCT - 1  # 16 and 32 were measured, see benchmarks/LOG.md
BIN_INPUTS: Final = 640  # inputs that bins may add in all: the first layer's cost grows with them
SMALL_EPOCHS: Final = 100  # 60, 100, 150, 200, 400 were measured on eight tables of 140 rows, see LOG.md
TEAM_RATE: Final = 4e-3  # 2e-3, 4e-3 and 8e-3 were measured on 37 tables, see LOG.md
SMALL_DECAY: Final = 2.0  # 0.02, 0.1, 0.3, 1, 2, 5, 10 were measured with them
# Rows below which every row is held out in turn: of few rows a fifth is a loss to training and tells little.
FOLDED: Final = 6000
CLASSES: Final = (Task.BINARY, Task.MULTICLASS, Task.MULTILABEL)
FOLDS: Final = 8  # 5, 8 and 10 were measured, see LOG.md
FOLDED_PATIENCE: Final = 16  # of 17 tables 8, 12, ... 120 epochs of patience chose the same epoch
# But life_expectancy's numbers, which have little noise, stay level for 60 epochs and then fall by 3 %.
SLACK: Final = 0.02
FEWEST_EPOCHS: Final = 4  # of millions of rows: many steps, and each row seen a few times


def _by_rows(rows: int, steps: tuple[tuple[int, Any], ...], last: Any) -> Any:
    return next((value for limit, value in steps if rows < limit), last)


def _folds(facts: Facts, chosen: dict[str, Any]) -> Chosen:
    if facts.has_own_validation:
        return 0, "validation rows were given"
    if facts.is_in_order:
        return 0, "the rows are split by time or by group, once"
    if chosen.keys() & {"members", "sharing", "validation_share"}:
        return 0, "one split, since its share or the members were chosen by you"
    if alone := _why_alone(facts, chosen):
        return 0, alone
    if facts.rows < SMALL:
        return 0, f"{facts.rows} rows are too few to hold any out; the last epoch is kept"
    if facts.rows >= FOLDED:
        return 0, f"{facts.rows:,} rows can spare some that choose the epoch"
    return FOLDS, f"{facts.rows:,} rows are few: each is held out in turn, and none is lost to training"


def _hidden(facts: Facts, chosen: dict[str, Any]) -> Chosen:
    if chosen["network"] == "neuron":
        return (), "a neuron has no hidden layer"
    effort, rows = EFFORTS[facts.effort], f"{facts.rows:,} rows"
    is_deep = facts.task is Task.BINARY and chosen["sharing"] != "none" and facts.rows >= SMALL
    few, some, many = effort.deep if is_deep else effort.widths
    reason = (
        f"a usual size for {rows}, a layer more for a yes or no" if is_deep else f"a usual size for {rows}"
    )
    return _by_rows(facts.rows, ((1000, few), (10_000, some)), many), reason


def _batch_size(facts: Facts, chosen: dict[str, Any]) -> Chosen:
    if facts.rows < SMALL:
        return 0, f"all of {facts.rows} rows: one batch is quick, and their order has no part"
    size = _by_rows(facts.rows, ((500, 32), (2000, 64), (10_000, 128), (60_000, 256)), 1024)
    return size, f"small enough for many steps an epoch with {facts.rows:,} rows"


def _epochs(facts: Facts, chosen: dict[str, Any]) -> Chosen:
    if not chosen["batch_size"] and facts.rows < SMALL:
        return SMALL_EPOCHS, f"as many steps as {facts.rows} rows bear without rows to stop by"
    batch = chosen["batch_size"] or facts.rows
    steps = EFFORTS[facts.effort].steps
    epochs = min(200, max(FEWEST_EPOCHS, round(steps * batch / max(facts.rows, 1))))
    return epochs, f"about {steps:,} steps, between {FEWEST_EPOCHS} and 200 epochs"


def _patience(facts: Facts, chosen: dict[str, Any]) -> Chosen:
    if not (chosen["folds"] or chosen["validation_share"] or facts.has_own_validation):
        return 0, "no validation rows to stop by"
    if chosen["folds"] and chosen["sharing"] != "none":
        reason = "all rows together choose the epoch: their loss falls and rises smoothly"
        if facts.task is Task.REGRESSION and chosen.get("metric", "auto") == "auto":
            reason += "; four times as long while it is level"
        return FOLDED_PATIENCE, reason
    return max(8, chosen["epochs"] // 4), "a quarter of the epochs, at least 8"


def _loss(facts: Facts, chosen: dict[str, Any]) -> Chosen:
    if facts.task is Task.REGRESSION:
        return "squared", "the usual loss of numbers; its minimum is the mean"
    if facts.task is Task.MULTICLASS:
        return "cross_entropy", f"the usual loss of {facts.classes} classes"
    return "binary_cross_entropy", "the usual loss of yes/no targets"


def _learning_rate(facts: Facts, chosen: dict[str, Any]) -> Chosen:
    if chosen["optimizer"] == "sgd":
        return 0.01, "a usual step size of sgd"
    if chosen["sharing"] != "none":
        return TEAM_RATE, "long steps: the mean of members and of the last steps' weights bears them"
    return 2e-3, "a usual step size of adam with a schedule that ends at 0"


def _weight_decay(facts: Facts, chosen: dict[str, Any]) -> Chosen:
    if chosen["optimizer"] != "adamw":
        return 0.0, "only adamw decays by itself"
    if facts.rows < SMALL:
        steps = chosen["epochs"] * (-(-facts.rows // chosen["batch_size"]) if chosen["batch_size"] else 1)
        decay = min(SMALL_DECAY, SMALL_DECAY * 2e-3 * SMALL_EPOCHS / (chosen["learning_rate"] * steps))
        return float(f"{decay:.2g}"), "a strong pull of matrices towards 0, since the rows are few"
    return 0.02, "a mild pull of matrices towards 0"


def _dropout(facts: Facts, chosen: dict[str, Any]) -> Chosen:
    if not chosen["hidden"]:
        return 0.0, "no hidden layer to drop units from"
    if facts.rows < SMALL:
        return 0.0, f"which units are dropped would be chance, and {facts.rows} rows feel it"
    if chosen["sharing"] != "none" and facts.task not in CLASSES:
        return 0.0, "dropped units blur numbers, and members that share layers guard each other"
    return 0.1, "a mild guard against overfitting"


def _bins(facts: Facts, chosen: dict[str, Any]) -> Chosen:
    if chosen["numbers"] == "none":
        return 0, "numbers are left as they are"
    if _is_own(chosen["network"]):
        return 0, "your own module gets one input per number"
    if facts.bins_cost > 0:
        return 0, f"without them short trials err {facts.bins_cost:.0%} less on held-out rows"
    between = [one - 1 for one in facts.distinct if one > 2]  # a yes or no has none
    fitting = (
        bins for bins in range(MOST_BINS, 1, -1) if sum(min(bins, one) for one in between) <= BIN_INPUTS
    )
    bins = next(fitting, 0)
    if not bins:
        return 0, f"{len(between)} columns of numbers are inputs enough"
    reason = "the first layer can bend at each column's quantiles"
    return (
        bins,
        reason if bins == MOST_BINS else f"{reason}; {len(between)} columns share {BIN_INPUTS} inputs",
    )


def _members(facts: Facts, chosen: dict[str, Any]) -> Chosen:
    alone, folds = _why_alone(facts, chosen), chosen["folds"]
    if alone or chosen.get("sharing") == "none":
        return (folds, f"one for each of {folds} folds") if folds else (1, alone)
    if folds:
        team = EFFORTS[facts.effort].fold_team
        return team * folds, f"{team} for each of {folds} folds"
    return EFFORTS[facts.effort].team, "their mean errs less than one network, and they learn in one run"


def _sharing(facts: Facts, chosen: dict[str, Any]) -> Chosen:
    folds = max(chosen["folds"], 1)
    if _why_alone(facts, chosen) or chosen["members"] % folds or chosen["members"] == folds:
        return "none", "each member is a network of its own"
    return "layers", "one network with several views of the columns errs less than several networks"


def _input_scaling(facts: Facts, chosen: dict[str, Any]) -> Chosen:
    if chosen["sharing"] != "none":
        return "learned", "members that share layers differ in how they scale the columns"
    return "none", "columns enter the first layer as they were prepared"


def _why_alone(facts: Facts, chosen: dict[str, Any]) -> str:
    """Return why one network is trained and not a team, or an empty string."""
    if chosen.get("network", "mlp") != "mlp" or chosen.get("hidden", "auto") == ():
        return "one network"
    is_compiled = all(isinstance(chosen.get(name, ""), str) for name in ("loss", "optimizer"))
    if not is_compiled or chosen.get("normalization", "none") != "none":
        return "one network: compiled code, which makes several cheap, does not know all parts of it"
    if chosen.get("input_scaling") == "none":
        return "one network: members that share layers differ in how they scale the columns"
    return ""


def _numbers(facts: Facts, chosen: dict[str, Any]) -> Chosen:
    has_bins = chosen.get("bins") != 0 and not facts.bins_cost
    if has_bins and chosen["network"] == "mlp":
        return "standard", "mean and deviation: a far value keeps its reach, and the target may follow it"
    return "robust", "median, interquartile range and a smooth clip: outliers stay in reach"


def _bounds(facts: Facts, chosen: dict[str, Any]) -> Chosen:
    if facts.task is Task.REGRESSION and chosen["network"] == "mlp":
        return "seen", "no prediction is wilder than the targets of the training and validation rows"
    return "none", "only an mlp's numbers are held to a range"


def _target_means(facts: Facts, chosen: dict[str, Any]) -> Chosen:
    if chosen["network"] != "mlp" or chosen["sharing"] == "none":
        return "off", "one network is left with what a level's embedding learns"
    if facts.rows < SMALL:
        return "off", f"of {facts.rows} rows a level has too few"
    return "on", "beside the embedding of more than 30 levels, since many levels have few rows each"


def _second_moment(facts: Facts, chosen: dict[str, Any]) -> Chosen:
    if chosen["sharing"] == "none":
        return 0.999, "torch's own"
    return 0.95, "step sizes that follow the last steps learn faster beside averaged weights"


def _average(facts: Facts, chosen: dict[str, Any]) -> Chosen:
    if chosen["sharing"] == "none" or facts.rows < SMALL:
        return 0.0, "the last weights are kept as they are"
    return 0.99, "the mean of about the last 100 steps' weights errs less than the last ones"


def _precision(facts: Facts, chosen: dict[str, Any]) -> Chosen:
    if facts.rows < SMALL:
        return "float64", f"{facts.rows} rows are quick in it, and rounding has no part"
    return "float32", "faster than float64, and exact enough"


def _fixed(value: Any, reason: str) -> Callable[[Facts, dict[str, Any]], Chosen]:
    return lambda facts, chosen: (value, reason)


# In this order: a later choice may look at an earlier one.
CHOICES: Final[dict[str, Callable[[Facts, dict[str, Any]], Chosen]]] = {
    "folds": _folds,
    "test_share": test_share,
    "validation_share": validation_share,
    "network": _fixed("mlp", "the general-purpose network"),
    "members": _members,
    "sharing": _sharing,
    "input_scaling": _input_scaling,
    "hidden": _hidden,
    "activation": _fixed("relu", "fast, and as good as others on tables"),
    "normalization": _fixed("none", "inputs are scaled and the network is shallow"),
    "output": _fixed("linear", "the loss takes the last layer's sums as they are"),
    "dropout": _dropout,
    "numbers": _numbers,
    "bins": _bins,
    "one_hot": _fixed(8, "few levels as 0/1 columns, more as an embedding"),
    "embedding": _fixed(8, "numbers per level of an embedding"),
    "bounds": _bounds,
    "target_means": _target_means,
    "rare": _fixed(
        0, "levels of fewer than 3 rows share a slot, of fewer than 20 where levels have under 5 each"
    ),
    "loss": _loss,
    "target_scale": target_scale,
    "optimizer": _fixed("adamw", "a robust optimiser that needs little tuning"),
    "learning_rate": _learning_rate,
    "second_moment": _second_moment,
    "average": _average,
    "clip": _fixed(1.0, "holds back a rare wild step"),
    "schedule": _fixed("cosine", "ends at 0, so the last epochs settle"),
    "warmup": _fixed(0.02, "the first steps are short until the moments are known"),
    "batch_size": _batch_size,
    "epochs": _epochs,
    "weight_decay": _weight_decay,
    "patience": _patience,
    "metric": _fixed("auto", "the task's usual ones"),
    "precision": _precision,
    "engine": _fixed("auto", "the fastest that can run the network"),
}


# What each recipe fixes, and the reason that is given for it.
RECIPES: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "auto": ({}, ""),
    "mlp": (
        {"network": "mlp", "members": 1, "sharing": "none", "folds": 0},
        "the mlp recipe: one plain network",
    ),
    **{name: (fixed, f"the {name} recipe") for name, fixed in TUTORIALS.items()},
}


def choose_recipe(settings: Settings, facts: Facts) -> Recipe:
    """Return the recipe: what the user set, then what the named recipe fixes, then what "auto" chooses."""
    fixed, fixed_reason = pick(RECIPES, settings.recipe, "recipe")
    given = {name: getattr(settings, name) for name in CHOICES}
    chosen = {name: value for name, value in given.items() if not _is_open(value)}
    decisions: list[Decision] = []
    for name, choose in CHOICES.items():
        if name in chosen:
            continue
        chosen[name], reason = (fixed[name], fixed_reason) if name in fixed else choose(facts, chosen)
        if name in fixed:
            chosen[name], reason = _fitting(name, chosen, reason, facts)
        decisions.append(Decision(name=name, value=shown(chosen[name]), reason=reason))
    check_choices(chosen)
    check_factors(settings, chosen)
    return Recipe(
        name=settings.recipe,
        preparing=Preparing(
            numbers=chosen["numbers"],
            bins=chosen["bins"],
            one_hot=10**9 if _is_own(chosen["network"]) else chosen["one_hot"],
            embedding=chosen["embedding"],
            rare=chosen["rare"],
            bounds=chosen["bounds"],
            target_scale=chosen["target_scale"],
            target_means=chosen["target_means"] == "on",
        ),
        architecture=_architecture(settings, chosen),
        training=_training(settings, chosen, facts),
        validation_share=0.0 if facts.has_own_validation else chosen["validation_share"],
        test_share=0.0 if facts.has_own_test else chosen["test_share"],
        engine=chosen["engine"],
        folds=chosen["folds"],
        decisions=tuple(one for one in decisions if one.value != "auto"),
    )


def _is_open(value: object) -> bool:
    return isinstance(value, str) and value == "auto"


def _fitting(name: str, chosen: dict[str, Any], reason: str, facts: Facts) -> Chosen:
    """Return what a tutorial fixes, changed where the table or the user makes nonsense of it."""
    value = chosen[name]
    if name == "output" and value == "sigmoid" and facts.task is Task.REGRESSION:
        return "linear", f"{reason} ends with a sigmoid, but the target is a number, not a yes or no"
    if name == "test_share" and facts.has_own_test:
        return 0.0, "test rows were given"
    if name == "hidden" and value and chosen["network"] == "neuron":
        return (), "a neuron has no hidden layer"
    return value, reason


def _architecture(settings: Settings, chosen: dict[str, Any]) -> Architecture:
    return Architecture(
        network=chosen["network"],
        hidden=chosen["hidden"],
        activation=chosen["activation"],
        dropout=chosen["dropout"],
        normalization=chosen["normalization"],
        output=chosen["output"],
        # A hidden layer that starts at zero stays there.
        initial="zero" if settings.recipe == "neuron" and chosen["network"] == "neuron" else "uniform",
        members=chosen["members"],
        sharing=chosen["sharing"],
        input_scaling=chosen["input_scaling"],
    )


def _is_refined(settings: Settings, chosen: dict[str, Any], facts: Facts) -> bool:
    """Return whether the epoch is chosen as if probabilities were calibrated, which they will be."""
    is_alike = chosen["sharing"] != "none" and chosen["output"] == "linear"
    is_calibrated = settings.calibrate == "auto" and facts.task in (Task.BINARY, Task.MULTICLASS)
    return is_alike and is_calibrated and chosen["loss"] in ("binary_cross_entropy", "cross_entropy")


def _slack(settings: Settings, chosen: dict[str, Any], facts: Facts) -> float:
    """Return how far above its least the loss of held-out numbers may be and count as level."""
    is_open = _is_open(settings.patience) and settings.metric == "auto"
    is_joint = chosen["folds"] > 0 and chosen["sharing"] != "none"
    return SLACK if is_open and is_joint and facts.task is Task.REGRESSION else 0.0


def _training(settings: Settings, chosen: dict[str, Any], facts: Facts) -> Training:
    return Training(
        loss=chosen["loss"],
        label_smoothing=settings.label_smoothing,
        quantile=settings.quantile,
        optimizer=chosen["optimizer"],
        learning_rate=chosen["learning_rate"],
        rate_factors=settings.rate_factors,
        momentum=settings.momentum,
        second_moment=chosen["second_moment"],
        average=chosen["average"],
        weight_decay=chosen["weight_decay"],
        decay_factors=settings.decay_factors,
        clip=chosen["clip"],
        schedule=chosen["schedule"],
        warmup=chosen["warmup"],
        epochs=chosen["epochs"],
        batch_size=chosen["batch_size"],
        patience=chosen["patience"],
        slack=_slack(settings, chosen, facts),
        metric=chosen["metric"],
        epoch_by="refined" if _is_refined(settings, chosen, facts) else "loss",
        training_loss="rows" if settings.recipe == "neuron" else "batches",
        precision=chosen["precision"],
        seed=settings.seed,
    )


def _is_own(network: object) -> bool:
    return not isinstance(network, str)

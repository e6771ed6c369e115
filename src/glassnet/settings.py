"""Every choice a user has, in one frozen value that checks itself when made.

A setting that reads `"auto"` is chosen by `glassnet.recipe`, which records why. Three small values at
the end (`Preparing`, `Architecture`, `Training`) are what the rest of the house sees: the same
settings with nothing left open.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from numbers import Number
from types import UnionType
from typing import Any, Final, Literal, NamedTuple

from glassnet.errors import SettingsError, listed, near_miss

Auto = Literal["auto"]
Own = Callable[..., Any] | type  # a user's own module, loss, metric or optimiser in place of a name

SEED_LIMIT: Final = 2**63
MOST: Final = 10**9  # epochs, rows of a batch: their product still has 64 bits

Factors = tuple[tuple[str, float], ...]  # (part, factor) pairs; parts that are not named have none
# What of a network may learn at a rate of its own, and be pulled towards 0 by a decay of its own.
PARTS: Final[Mapping[str, str]] = {
    "first": "weights of the first of several layers",
    "hidden": "weights of the hidden layers behind it",
    "last": "weights of the last layer",
    "biases": "what all layers add, and the gains and biases of layer normalisation",
    "embeddings": "numbers of embedded levels",
    "scales": "learned factors of the columns",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What a user may choose. Every field has a default that works.

    >>> Settings(epochs=20).epochs
    20
    """

    # The table
    target: tuple[str, ...] = ()  # columns to predict; empty: the example's own
    query: str = ""  # SQL to run instead of reading a file whole
    example: str = ""  # a table that comes with the program, instead of a source
    db_table: str = ""  # table of a database, or sheet of a workbook; empty: the only one
    example_rows: int | Auto = "auto"  # rows of a generated example; auto: the example's own
    example_features: int | Auto = "auto"  # columns of a generated example
    example_noise: float | Auto = "auto"  # noise of a generated example
    example_seed: int = 0  # seed of a generated example
    columns: tuple[str, ...] = ()  # inputs to use; empty: all that are usable
    drop: tuple[str, ...] = ()  # columns to leave out
    keep: tuple[str, ...] = ()  # columns copied into the predictions, never inputs
    kinds: tuple[tuple[str, str], ...] = ()  # (column, kind) pairs that overrule the guess
    task: str = "auto"  # binary, multiclass, regression, multilabel
    positive: str = ""  # the positive class of a binary target
    weight: str = ""  # column of row weights
    class_weight: str | tuple[tuple[str, float], ...] = "none"  # none, balanced, or (class, weight) pairs
    delimiter: str = "auto"  # cell separator of text files
    header: str = "auto"  # yes, no, auto, or how many lines name the columns
    quote: str = "auto"  # quotation mark of text files, or none
    escape: str = "auto"  # sign before a quotation mark that belongs to a cell, or none: it is doubled
    comment: str = "auto"  # how lines begin that are no rows, or none
    skip_lines: int | Auto = "auto"  # lines above the header or the first row
    footer_lines: int | Auto = "auto"  # lines below the last row
    missing: tuple[str, ...] | Auto = "auto"  # cells that mean "missing"
    decimal: str = "auto"  # decimal mark: "." or ","
    dates: str = "auto"  # strptime format of date cells
    encoding: str = "auto"  # of text files: utf-8, latin-1, cp1252, utf-16
    # The split
    validation_share: float | Auto = "auto"  # share of rows that choose the epoch
    test_share: float | Auto = "auto"  # share of rows kept for the end
    folds: int | Auto = "auto"  # 0: one split; k: members hold out one of k folds each
    time: str = ""  # column: later rows are validated and tested on
    group: str = ""  # column: equal values stay on one side
    # The network
    recipe: str = "auto"  # auto, mlp, neuron, sequential
    effort: str = "auto"  # fast, auto, best: time for accuracy, where the other settings are left open
    network: str | Own = "auto"  # neuron, mlp, or an own nn.Module class or instance
    hidden: tuple[int, ...] | Auto = "auto"  # width of each hidden layer
    activation: str = "auto"
    dropout: float | Auto = "auto"  # share of hidden units dropped in a training step
    normalization: str = "auto"  # none, layer
    output: str = "auto"  # linear, sigmoid: what the last layer's sums pass through
    members: int | Auto = "auto"  # networks trained side by side and averaged
    sharing: str = "auto"  # what members share: none, layers (all but the inputs' scales and the last layer)
    input_scaling: str = "auto"  # of each column before the first layer: none, or learned with the weights
    numbers: str = "auto"  # scaling of numbers: robust, standard, none
    bins: int | Auto = "auto"  # piecewise-linear inputs of each number, at most; 0: none
    one_hot: int | Auto = "auto"  # categories of at most so many levels become 0/1 columns
    embedding: int | Auto = "auto"  # numbers per level of the others
    rare: int | Auto = "auto"  # levels seen less often than this share one slot
    bounds: str = "auto"  # seen: predicted numbers stay within the training rows' targets; none
    target_means: str = "auto"  # on, off: means of the target as inputs for categories of many levels
    target_scale: str = "auto"  # standard: mean 0, deviation 1; soft_log, log: of its logarithm
    # Training
    loss: str | Own = "auto"
    label_smoothing: float = 0.0  # share of the target spread over all classes
    quantile: float = 0.5  # level of the quantile loss
    optimizer: str | Own = "auto"
    learning_rate: float | Auto = "auto"
    rate_factors: Factors = ()  # of the learning rate, by PARTS
    momentum: float = 0.0  # of sgd
    second_moment: float | Auto = "auto"  # of adam and adamw: what their mean of squares keeps in a step
    average: float | Auto = "auto"  # what averaged weights keep of themselves in a step; 0: none are kept
    weight_decay: float | Auto = "auto"  # decoupled in adamw, an L2 term in sgd and adam
    decay_factors: Factors = ()  # of the weight decay, by PARTS
    clip: float | Auto = "auto"  # largest gradient norm of a member; 0: no clipping
    schedule: str = "auto"  # constant, step, cosine, one_cycle
    warmup: float | Auto = "auto"  # share of the steps in which the rate rises from 0
    epochs: int | Auto = "auto"  # passes over the training rows, at most
    batch_size: int | Auto = "auto"  # rows per step of each member; 0: all rows
    patience: int | Auto = "auto"  # epochs without improvement before stopping; 0: never stop early
    metric: str | Own = "auto"  # shown first; what the epoch is chosen by, which for auto is the loss
    calibrate: str = "auto"  # auto: a temperature for probabilities where it helps beyond chance; none
    threshold: float | Auto = 0.5  # of the positive class, from which on it is the answer
    time_limit: float = math.inf  # seconds for the whole run
    # The run
    engine: str = "auto"
    records: bool = True  # norms of weights, gradients and updates by layer and step
    precision: str = "auto"  # float32, float64
    seed: int = 0
    threads: int = 0  # CPU threads; 0: all cores

    def __post_init__(self) -> None:
        for name, (is_right, rule) in CHECKS.items():
            value = getattr(self, name)
            is_open = name in OPEN and isinstance(value, str) and value == "auto"
            if not is_open and not is_right(value):
                rule += ", or auto" if name in OPEN else ""
                known = rule.removeprefix("one of ").replace("or auto", "auto").split(", ")
                near = near_miss(value, known) if isinstance(value, str) else ""
                raise SettingsError(f"{name} must be {rule}, but it is {value!r}.{near}")
        if self.columns and (twice := sorted(set(self.columns) & set(self.drop))):
            raise SettingsError(f"column '{twice[0]}' is both in columns and in drop; name it once.")
        if self.dropout not in ("auto", 0.0) and self.network == "neuron":
            raise SettingsError("dropout needs a hidden layer, and the neuron has none.")
        shares = [s for s in (self.validation_share, self.test_share) if not isinstance(s, str)]
        if sum(shares) >= 1.0:
            raise SettingsError(
                f"validation_share and test_share together must be below 1, but they are {sum(shares):g};"
                " nothing would be left to train on."
            )


def _whole(least: int, most: float = math.inf) -> tuple[Callable[[Any], bool], str]:
    rule = f"a whole number of at least {least}" + (f" and at most {most:g}" if most < math.inf else "")
    return lambda v: isinstance(v, int) and not isinstance(v, bool) and least <= v <= most, rule


def _number(least: float, below: float = math.inf) -> tuple[Callable[[Any], bool], str]:
    rule = f"a number of at least {least:g}" + (f" and below {below:g}" if below < math.inf else "")
    return lambda v: isinstance(v, int | float) and not isinstance(v, bool) and least <= v < below, rule


def _positive(most: float = math.inf) -> tuple[Callable[[Any], bool], str]:
    return lambda v: isinstance(v, int | float) and not isinstance(v, bool) and 0 < v <= most, (
        "a number above 0"
    )


def _one_of(*names: str) -> tuple[Callable[[Any], bool], str]:
    return lambda v: v in names, f"one of {', '.join(names)}"


def _sign(what: str) -> tuple[Callable[[Any], bool], str]:
    return lambda v: isinstance(v, str) and (len(v) == 1 or v == "none"), f"{what} of one sign, or none"


def _widths(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(w, int) and w >= 1 for w in value)


def _are_names(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(one, str) for one in value)


def _are_pairs(value: object, kind: type | UnionType) -> bool:
    return isinstance(value, tuple) and all(
        isinstance(one, tuple) and len(one) == 2 and isinstance(one[1], kind) for one in value
    )


def _are_factors(value: object) -> bool:
    if not (isinstance(value, tuple) and all(isinstance(one, tuple) and len(one) == 2 for one in value)):
        return False
    named = [part for part, _ in value]
    numbers = [factor for _, factor in value]
    is_known = all(isinstance(part, str) and part in PARTS for part in named)
    return is_known and len(set(named)) == len(named) and all(_number(0.0)[0](one) for one in numbers)


FACTORS: Final = (_are_factors, f"a number of at least 0 for some of {', '.join(PARTS)}, once each")


def _is_threshold(value: object) -> bool:
    return value == "auto" or (isinstance(value, float) and 0.0 < value < 1.0)


CHECKS: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = {
    **dict.fromkeys(
        ("target", "columns", "drop", "keep"), (_are_names, "a column's name, or a list of names")
    ),
    "kinds": (lambda v: _are_pairs(v, str), "a kind for each column named, such as {'age': 'number'}"),
    "class_weight": (
        lambda v: isinstance(v, str) or _are_pairs(v, float | int),
        "none, balanced, or a number for each class, such as {'yes': 2.0}",
    ),
    "example_rows": _whole(2, 100_000_000),
    "example_features": _whole(1, 100_000),
    "example_noise": _number(0.0),
    "example_seed": _whole(0, SEED_LIMIT - 1),
    "header": _one_of("yes", "no", "1", "2", "3"),
    "quote": _sign("a quotation mark"),
    "escape": _sign("an escape sign"),
    "comment": (lambda v: isinstance(v, str) and v.strip() != "", "how comment lines begin, or none"),
    "skip_lines": _whole(0, 10_000),
    "footer_lines": _whole(0, 1_000),
    "decimal": _one_of(".", ","),
    "task": _one_of("binary", "multiclass", "regression", "multilabel"),
    "validation_share": _number(0.0, 1.0),
    "test_share": _number(0.0, 1.0),
    "folds": (lambda v: isinstance(v, int) and (v == 0 or v >= 2), "0 (one split) or at least 2"),
    "hidden": (_widths, "a tuple of layer widths of at least 1, such as (128, 128)"),
    "dropout": _number(0.0, 1.0),
    "normalization": _one_of("none", "layer"),
    "output": _one_of("linear", "sigmoid"),
    "members": _whole(1, 1024),
    "sharing": _one_of("none", "layers"),
    "input_scaling": _one_of("none", "learned"),
    "numbers": _one_of("robust", "standard", "none"),
    "bins": _whole(0, 1024),
    "one_hot": _whole(0),
    "embedding": _whole(1, 1024),
    "rare": _whole(0),
    "effort": _one_of("fast", "best"),
    "bounds": _one_of("seen", "none"),
    "target_means": _one_of("on", "off"),
    "target_scale": _one_of("standard", "soft_log", "log"),
    "label_smoothing": _number(0.0, 1.0),
    "quantile": (lambda v: isinstance(v, float) and 0 < v < 1, "a number between 0 and 1"),
    "learning_rate": _positive(sys.float_info.max),
    "rate_factors": FACTORS,
    "momentum": _number(0.0, 1.0),
    "second_moment": _number(0.0, 1.0),
    "average": _number(0.0, 1.0),
    "weight_decay": _number(0.0),
    "decay_factors": FACTORS,
    "clip": _number(0.0),
    "warmup": _number(0.0, 1.0),
    "epochs": _whole(1, MOST),
    "batch_size": _whole(0, MOST),
    "patience": _whole(0, MOST),
    "calibrate": _one_of("auto", "none"),
    "threshold": (_is_threshold, "a number between 0 and 1, or auto"),
    "time_limit": _positive(),
    "precision": _one_of("float32", "float64"),
    "seed": _whole(0, SEED_LIMIT - 1),
    "threads": _whole(0, 4096),
}

SETTING_NAMES: Final = tuple(field.name for field in fields(Settings))
OPEN: Final = frozenset(field.name for field in fields(Settings) if field.default == "auto")


def change(settings: Settings, **changes: Any) -> Settings:
    """Return the settings with the named ones changed.

    Raises SettingsError, with the nearest known name, for a name that is no setting. A list is taken
    for a tuple, a single column name for a tuple of one, and NumPy's numbers for Python's own.
    """
    for name in changes:
        if name not in SETTING_NAMES:
            raise SettingsError(
                f"no setting is called '{name}'.{near_miss(name, SETTING_NAMES)}"
                f" Known: {listed(sorted(SETTING_NAMES), 99)}."
            )
    return replace(settings, **{name: _plain(name, value) for name, value in changes.items()})


def _plain(name: str, value: Any) -> Any:
    """Return the value as Settings keeps it: lists as tuples, a single name as a tuple of one."""
    if isinstance(value, Number) and hasattr(value, "item"):  # NumPy's, as a search over a range gives them
        value = value.item()
    if name in ("kinds", "class_weight", "rate_factors", "decay_factors") and isinstance(value, Mapping):
        return tuple((str(key), _plain("", one)) for key, one in value.items())
    if name in ("target", "columns", "drop", "keep") and isinstance(value, str):
        return (value,)
    if name == "hidden" and isinstance(value, int) and not isinstance(value, bool):
        return (value,)
    if isinstance(value, (list, tuple)):
        return tuple(_plain("", one) for one in value)
    return value


# ---- the same choices with nothing left open: what the rest of the house sees ----


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """One thing the program chose for the user, and why."""

    name: str  # the setting, or what was decided: "kind of zip"
    value: str
    reason: str  # one sentence


@dataclass(frozen=True, kw_only=True, slots=True)
class Preparing:
    """How columns become numbers."""

    numbers: str = "robust"
    bins: int = 0
    one_hot: int = 8
    embedding: int = 8
    rare: int = 3  # 0: 3, or 20 where a level has fewer than 5 rows on average
    target_means: bool = False  # of categories with more than 30 levels
    bounds: str = "none"  # seen: predictions of numbers stay within the targets of the training rows
    target_scale: str = "standard"  # of numbers to predict: standard, soft_log, log, none; undone after


@dataclass(frozen=True, kw_only=True, slots=True)
class Architecture:
    """What the network is."""

    network: str | Own = "mlp"
    hidden: tuple[int, ...] = (128, 128)
    activation: str = "relu"
    dropout: float = 0.0
    normalization: str = "none"
    output: str = "linear"
    initial: str = "uniform"  # uniform: torch's own for Linear layers; zero
    members: int = 1
    sharing: str = "none"  # layers: members of a fold share their hidden layers (`network.team`)
    input_scaling: str = "none"  # learned: a factor of each column and member; always where layers are shared


@dataclass(frozen=True, kw_only=True, slots=True)
class Training:
    """How the network is trained."""

    loss: str | Own = "squared"
    label_smoothing: float = 0.0
    quantile: float = 0.5
    optimizer: str | Own = "adamw"
    learning_rate: float = 1e-3
    rate_factors: Factors = ()  # of the rate, by PARTS
    momentum: float = 0.0
    second_moment: float = 0.999  # torch's second beta
    average: float = 0.0  # decay of a step: `engine.average`
    weight_decay: float = 0.0
    decay_factors: Factors = ()  # of the decay; what is not named: `optimizer.factors_of`
    clip: float = 0.0
    schedule: str = "constant"
    warmup: float = 0.0
    epochs: int = 100
    batch_size: int = 256  # 0: all rows
    patience: int = 0  # 0: never stop early
    slack: float = 0.0  # share above the least joint loss within which it is waited four times as long
    metric: str | Own = "auto"
    epoch_by: str = "loss"  # refined: the loss at the temperature that suits it best (`loss.refined`)
    training_loss: str = "batches"  # batches: mean of the epoch's steps; rows: all training rows after it
    precision: str = "float32"
    seed: int = 0


class Shares(NamedTuple):
    """How the rows of a table are parted; 0 leaves a part empty."""

    validation: float
    test: float
    folds: int = (
        0  # of the rows that are not tested on each is held out in one of them, whatever `validation`
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """Everything chosen for one run, with the reasons."""

    name: str
    preparing: Preparing
    architecture: Architecture
    training: Training
    validation_share: float  # of one split; folds hold out each row in turn instead
    test_share: float
    engine: str  # auto: the fastest that can run the network
    decisions: tuple[Decision, ...]
    folds: int = 0  # 0: one split

    @property
    def shares(self) -> Shares:
        """How the rows are parted."""
        return Shares(self.validation_share, self.test_share, self.folds)

"""Numbers and names as people read them."""

from __future__ import annotations

import math
import re
from typing import Final

from glassnet.settings import Own

NONE: Final = "–"
PERCENT: Final = "\u00a0%"  # does not stand alone on the next line
PERCENTS: Final = re.compile(r"(?<=\d) %")
LONGEST: Final = 60  # characters of a name or cell in a sentence, table or picture
# Control characters are no legal HTML, lone surrogates no legal UTF-8; both occur in real cells.
UNFIT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Marks that turn the direction of what follows would reach beyond their own cell.
TURNING: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")

METRIC_NAMES: Final[dict[str, str]] = {
    "accuracy": "accuracy",
    "auc": "AUC",
    "balanced_accuracy": "balanced accuracy",
    "f1": "F1",
    "log_loss": "log loss",
    "brier": "Brier score",
    "rmse": "root mean squared error",
    "mae": "mean absolute error",
    "r2": "R²",
}
METRIC_MEANINGS: Final[dict[str, str]] = {
    "accuracy": "share of answers that are right",
    "auc": "how often a row of the class gets a higher probability than a row without it; 50 % is guessing",
    "balanced_accuracy": "mean over the classes of the share found, so that rare classes count as much",
    "f1": "balance of how many are found and how many of those named are right",
    "log_loss": "how far the probabilities are from the truth; sure and wrong costs most",
    "brier": "mean squared distance of the probabilities from the truth",
    "rmse": "typical size of an error; large ones count more",
    "mae": "average size of an error",
    "r2": "share of the differences between rows that is explained; below 0 is worse than the mean",
}
RAISED: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
SHARES: Final = frozenset({"accuracy", "auc", "balanced_accuracy", "f1", "r2"})  # shown in percent


def number(value: float, digits: int = 4) -> str:
    """Return a number with so many significant digits and thousands separators; "–" for NaN."""
    if math.isnan(value):
        return NONE
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    size = int(f"{value:.{digits - 1}e}".split("e")[1])
    if size >= 15 or size < -5:
        return f"{value / 10**size:.{digits - 1}f}·10{str(size).translate(RAISED)}".replace("-", "−")
    if size >= digits - 1:
        return f"{value:,.0f}".replace("-", "−")
    return f"{value:,.{digits - 1 - size}f}".replace("-", "−")


def rounded(value: float, digits: int = 3) -> str:
    """Return a number with so many significant digits, large ones rounded too: 119,000 for 119,213."""
    return number(float(f"{value:.{digits}g}"), digits)


def brief(value: float, digits: int = 4) -> str:
    """Return a number for a sentence, without zeros at its end: 0.07 and not 0.07000."""
    said = number(value, digits)
    return said.rstrip("0").rstrip(".") if "." in said and "·" not in said else said


def plain(value: float) -> str:
    """Return a number as short as it can be: 3 and not 3.000."""
    return f"{int(value):,}".replace("-", "−") if float(value).is_integer() else number(value)


def count(value: int) -> str:
    """Return a whole number with thousands separators."""
    return f"{value:,}"


def percent(share: float, digits: int = 1) -> str:
    """Return a share in percent; "–" for NaN."""
    if math.isnan(share):
        return NONE
    shown = f"{100 * share:.{digits}f}"
    return f"{shown.replace('-', '−' if float(shown) else '')}{PERCENT}"


def seconds(value: float) -> str:
    """Return a length of time as people say it."""
    if value < 1:
        return f"{1000 * value:.0f} ms"
    if value < 100:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def figure(metric: str, value: float) -> str:
    """Return a metric's value: shares in percent, others with four digits."""
    return percent(value) if metric in SHARES else number(value)


def metric_name(metric: str) -> str:
    """Return a metric's name in words."""
    return METRIC_NAMES.get(metric, metric)


def glued(value: str) -> str:
    """Return the text with each percent sign held to its number, for a line that breaks by itself."""
    return PERCENTS.sub(PERCENT, value)


def clean(value: str) -> str:
    """Return the text without characters that a page cannot hold or that would turn its direction."""
    return TURNING.sub("", UNFIT.sub("\ufffd", value))


def short(name: object, limit: int = LONGEST) -> str:
    """Return the text on one line, shortened in its middle where it is long."""
    line = " ".join(clean(str(name)).split()) or "(blank)"
    if len(line) <= limit:
        return line
    tail = limit // 3
    return f"{line[: limit - tail - 1]}…{line[-tail:]}"


def named(value: str | Own) -> str:
    """Return the name of a choice, or of a user's own class or function."""
    return value if isinstance(value, str) else str(getattr(value, "__name__", type(value).__name__))


def told_apart(names: list[str], limit: int) -> list[str]:
    """Return the names short enough for a picture; where that makes some equal, without what they share."""
    cut = [short(name, limit) for name in names]
    twins = [name for name, one in zip(names, cut, strict=True) if cut.count(one) > 1]
    shared = _shared(min(twins), max(twins)) if twins else 0
    if shared < limit // 2:
        return cut
    return [
        f"…{short(name[shared - 2 :], limit - 1)}" if name in twins else one
        for name, one in zip(names, cut, strict=True)
    ]


def _shared(first: str, last: str) -> int:
    """Return how many signs two texts begin with alike."""
    pairs = enumerate(zip(first, last, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(first), len(last)))


def quoted(name: str) -> str:
    """Return the name in quotes where it would not be taken for one: a column called 15."""
    return name if any(sign.isalpha() for sign in name) else f"‘{name}’"


def several(many: int, one: str, more: str = "") -> str:
    """Return "1 row" or "12 rows"."""
    return f"{count(many)} {one if many == 1 else more or one + 's'}"


def series(parts: list[str]) -> str:
    """Return "a", "a and b", or "a, b and c"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""

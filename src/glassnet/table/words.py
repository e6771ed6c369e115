"""Words that mean "missing", yes or no in the cells of text files."""

from __future__ import annotations

from typing import Final

import polars as pl

MISSING_WORDS: Final = (
    "", "?", "-", "--", ".", "NA", "N/A", "n/a", "na", "N.A.", "n.a.", "#N/A", "#NA", "<NA>", "NaN", "nan",
    "NAN", "-nan", "-NaN", "NaT", "null", "NULL", "Null", "None", "none", "NONE", "nil", "\\N",
)  # fmt: skip
# In a column of text these are as likely to be levels: "None" is an answer in many questionnaires.
LEVELS_IN_TEXT: Final = frozenset({"None", "none", "NONE", "nil", "."})
COUNTRY_LIKE: Final = r"^[A-Z]{2}$"  # beside such levels "NA" is Namibia, not missing
YES_NO_WORDS: Final = (
    (("true",), ("false",)),
    (("yes",), ("no",)),
    (("y",), ("n",)),
    (("t",), ("f",)),
    (("on",), ("off",)),
)
ALWAYS_YES: Final = ("true", "1", "1.0")  # what typed yes/no cells look like once written as text
ALWAYS_NO: Final = ("false", "0", "0.0")


def yes_no_words(unique: pl.Series) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the words for yes and no, lower case, where the cells are one such pair; else two empty ones."""
    words = set(unique.str.to_lowercase().to_list()) if unique.len() <= 6 else set()
    for true, false in YES_NO_WORDS:
        if words and words <= {*true, *false} and words & set(true) and words & set(false):
            return true, false
    return (), ()


def parse_yes_no(text: pl.Series, true: tuple[str, ...], false: tuple[str, ...]) -> pl.Series:
    """Return trimmed text cells as Boolean; null where a cell is neither word."""
    lower = text.str.to_lowercase()
    yes = lower.is_in([*true, *ALWAYS_YES])
    no = lower.is_in([*false, *ALWAYS_NO])
    return pl.select(pl.when(yes).then(True).when(no).then(False).otherwise(None)).to_series()

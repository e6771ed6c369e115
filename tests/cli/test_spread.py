"""One line that shows how a column's cells are spread."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from glassnet.cli.spread import blocks, date_text, spread_text
from glassnet.quality.columns import column_summaries

NONE = np.zeros(0, dtype=np.int64)


def text_of(cells: pl.Series, examples: tuple[str, ...] = ()) -> str:
    (summary,) = column_summaries(cells.alias("x").to_frame(), np.arange(len(cells)), NONE)
    return spread_text(summary, examples)


def test_a_block_is_blank_only_where_nothing_is() -> None:
    assert blocks((0, 1, 1000, 500)) == " ▁█▄"
    assert blocks((0, 0)) == "  "
    assert blocks(()) == ""


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        (pl.Series([1.0, 1.0, 1.0, 2.0, 4.0]), "1 █▃ ▃ 4"),
        (pl.Series([0.5, 1.25, None]), "0.5 █                  █ 1.25"),
        (pl.Series(["a", "b", "a", "a", None]), "a 75%, b 25%"),
        (pl.Series([True, False, None, True]), "yes 67%, no 33%"),
        (pl.Series(list("abcdabcdaa")), "a 40%, b 20%, c 20%, ..."),
    ],
)
def test_numbers_have_ends_and_levels_have_shares(cells: pl.Series, text: str) -> None:
    dtype = pl.Float64 if cells.dtype.is_numeric() else cells.dtype
    shown = text_of(cells.cast(dtype))
    assert shown.split() == text.split()


def test_dates_have_ends_as_dates() -> None:
    days = pl.Series([dt.datetime(2020, 1, 1), dt.datetime(2021, 6, 1, 12)], dtype=pl.Datetime("us"))
    assert text_of(days).startswith("2020-01-01 ")
    assert text_of(days).endswith(" 2021-06-01 12:00")
    assert date_text(-86_400e6) == "1969-12-31"


def test_cells_that_do_not_repeat_are_shown_as_examples() -> None:
    names = pl.Series([f"name {n}" for n in range(300)])
    assert text_of(names, ("name 0", "a name that is far too long")) == "name 0, a name that is …"


def test_a_column_without_cells_is_blank() -> None:
    assert text_of(pl.Series([None, None], dtype=pl.String)) == ""
    assert text_of(pl.Series([None, None], dtype=pl.Float64)).strip() == ""

"""Small pictures of columns' cells, and the findings of the table's rows."""

import re

import numpy as np
import polars as pl
import pytest

from glassnet.pipeline import Sources, fit
from glassnet.quality.columns import column_summaries
from glassnet.report.columns import spread_says, the_table
from glassnet.report.findings import OPTION, in_short
from glassnet.report.spread import ends_of, shares_of, spread_picture, spread_rows
from glassnet.settings import Settings, change


@pytest.fixture(scope="module")
def summaries():
    generator = np.random.default_rng(0)
    value = np.append(generator.normal(size=398), [1e6, np.nan])
    frame = pl.DataFrame(
        {
            "value": value,
            "same": np.ones(400),
            "level": [f"level <{n % 15}>" for n in range(400)],
            "flag": generator.random(400) < 0.3,
            "day": pl.Series(range(400)).cast(pl.Int64) * 86_400_000_000,
        }
    ).with_columns(pl.col("value").fill_nan(None), pl.col("day").cast(pl.Datetime("us")))
    found = column_summaries(frame, np.arange(300), np.arange(300, 400))
    return {one.name: one for one in found}


def test_every_kind_has_a_picture_of_its_cells(summaries):
    for place, one in enumerate(summaries.values()):
        svg = spread_picture(one, place, "what it says")
        assert svg.startswith("<svg viewBox=")
        assert "what it says" in svg
        assert not re.search(r"nan|inf", svg)
        assert "<15>" not in svg
        assert len(svg) < 4000


def test_shares_are_of_the_cells_that_are_there(summaries):
    for one in summaries.values():
        assert sum(shares_of(one.training)) == pytest.approx(1.0)
        assert sum(shares_of(one.test)) == pytest.approx(1.0)


def test_the_figures_add_up_to_the_rows(summaries):
    for one in summaries.values():
        rows = spread_rows(one)
        assert sum(int(row[1].split(" ")[0].replace(",", "")) for row in rows) == 300
        assert sum(int(row[2].split(" ")[0].replace(",", "")) for row in rows) == 100


def test_what_lies_far_out_is_said(summaries):
    assert ends_of(summaries["value"])[1].endswith("… 1,000,000")
    assert spread_says(summaries["value"]).startswith("399 values, −")
    assert "none missing, of test rows 1.0\u00a0%" in spread_says(summaries["value"])
    assert spread_says(summaries["day"]).startswith("400 values, 1970-01-01 to 1971-02-04")
    assert spread_says(summaries["level"]).startswith("15 levels; none missing.")
    assert "5 others" in str(spread_rows(summaries["level"]))


def test_a_leak_stands_on_the_first_screen_and_in_the_part_on_the_table():
    generator = np.random.default_rng(0)
    answer = generator.random(300) < 0.5
    table = pl.DataFrame({"told": np.where(answer, 5, 1), "a": generator.normal(size=300), "y": answer})
    fitted = fit(Sources(table=table), change(Settings(), target="y", epochs=2, threads=1, hidden=(8,)))
    assert any(one.severity == "warning" for one in fitted.quality.findings)
    assert 'href="#table"' in "".join(in_short(fitted))
    part = the_table(fitted)
    assert "What the rows say before training" in part
    assert part.count("<svg") == part.count("<figure>") == 3


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ("Try --epochs 200, or less.", ["--epochs 200"]),
        ("If they stand together: --group or --time with the column.", ["--group", "--time"]),
        (
            "Read once: --query \"select distinct * from 'FILE'\".",
            ["--query \"select distinct * from 'FILE'\""],
        ),
        ("Try --learning-rate 1e-10 or --activation silu.", ["--learning-rate 1e-10", "--activation silu"]),
        ("If they mean missing: --missing=99999, with others.", ["--missing=99999"]),
    ],
)
def test_options_are_told_from_the_sentence(words, options):
    assert OPTION.findall(words) == options

"""Targets told by one column or by the order of rows, and classes with few rows."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from glassnet.quality.values import Finding
from glassnet.settings import Settings
from glassnet.table.source import read_table

Found = Callable[..., dict[str, Finding]]
RANDOM = np.random.default_rng(0)


def table(rows: int = 600, seed: int = 0) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    x = random.normal(size=rows)
    return pl.DataFrame({"x": x, "z": random.normal(size=rows), "y": x + random.normal(size=rows)})


@pytest.mark.parametrize(
    ("target", "score"),
    [
        (pl.col("y"), "R2 of its ranks 0.99"),
        (pl.col("y") > 0, "AUC 1.000"),
        (
            pl.format("class {}", pl.col("y").clip(-2, 2).round()),
            "% of Brier's score explained",
        ),
    ],
)
def test_a_leak_is_found_for_every_task(found: Found, target: pl.Expr, score: str) -> None:
    one = found(table(2000).with_columns(told=-5 * pl.col("y") + 2, y=target))["target told by one column"]
    assert one.columns == ("told",)
    assert one.severity == "warning"
    assert score in one.evidence
    assert "--drop told" in one.remedy


def test_a_strong_column_is_no_leak(found: Found) -> None:
    noise = np.random.default_rng(5).normal(size=2000)
    frame = table(2000).with_columns(strong=pl.col("y") + 0.2 * pl.Series(noise))
    assert "target told by one column" not in found(frame)


def test_a_level_per_answer_is_a_leak(found: Found) -> None:
    frame = table().with_columns(y=(pl.col("y") > 0), outcome=pl.Series(["paid", "due"] * 300))
    frame = frame.with_columns(outcome=pl.when("y").then(pl.lit("repaid in full")).otherwise(pl.lit("open")))
    one = found(frame)["target told by one column"]
    assert "AUC 1.000" in one.evidence


def test_few_rows_say_nothing_of_leaks(found: Found) -> None:
    assert "target told by one column" not in found(table(40).with_columns(told=pl.col("y")))


def test_a_counter_in_a_sorted_table_is_named(found: Found) -> None:
    frame = (
        table()
        .sort(pl.col("y") + pl.col("z"))
        .with_columns(counter=pl.int_range(600).cast(pl.Float64) * 1.5 + 0.25)
    )
    one = found(frame)["order of rows tells the target"]
    assert one.severity == "warning"
    assert one.columns == ("counter",)
    assert "--drop counter" in one.remedy


def test_blocks_are_named_as_groups(found: Found) -> None:
    random = np.random.default_rng(2)
    level = np.repeat(random.normal(size=60), 10)
    frame = pl.DataFrame(
        {
            "patient": np.repeat([f"patient {n}" for n in range(60)], 10),
            "x": random.normal(size=600),
            "y": level + 0.3 * random.normal(size=600),
        }
    )
    one = found(frame)["order of rows tells the target"]
    assert one.severity == "hint"
    assert "--group patient" in one.remedy
    assert "order of rows tells the target" not in found(frame, group="patient")
    assert "order of rows tells the target" not in found(frame.sample(fraction=1.0, shuffle=True, seed=0))


def test_a_table_sorted_by_its_answer_is_mixed_before_it_is_split(found: Found) -> None:
    assert found(table().sort("y")) == {}


def test_classes_with_few_rows(found: Found) -> None:
    frame = table(1000).with_columns(y=pl.Series(["rare"] * 4 + ["a", "b"] * 498))
    one = found(frame)["class with few rows"]
    assert one.severity == "warning"
    assert "'rare' has 4 rows (1 for testing), of 1,000 rows" in one.evidence
    assert one.figures == (("y: rare", 4.0),)
    assert "class with few rows" not in found(frame.filter(pl.col("y") != "rare"))


def test_classes_that_differ_in_capitals_or_blanks_alone_are_named(found) -> None:
    frame = pl.DataFrame({"x": np.arange(120.0) % 7, "y": ["Yes", "yes", "no", "not  yet"] * 30})
    one = found(frame)["class spelt in several ways"]
    assert (one.severity, one.columns) == ("warning", ("y",))
    assert one.evidence == "Classes that differ in capitals or blanks alone: 'Yes', 'yes'."
    assert "class spelt in several ways" not in found(frame.filter(pl.col("y") != "Yes"))


@pytest.mark.parametrize(
    ("labels", "left", "has_blanks"),
    [
        (["Yes", "yes", "no", "not yet"], ["no", "not yet", "yes"], False),
        (["A +", "A+", "a  +", "B"], ["a+", "b"], True),
        (["New\u00a0York", "new york", "Rome"], ["newyork", "rome"], True),
    ],
)
def test_the_advice_makes_one_class_of_several_spellings(
    found, tmp_path: Path, labels: list[str], left: list[str], has_blanks: bool
) -> None:
    frame = pl.DataFrame({"x": np.arange(120.0) % 7, "y": labels * (120 // len(labels))})
    remedy = found(frame, task="multiclass")["class spelt in several ways"].remedy
    query = remedy.split('--query "')[1].split('"')[0]
    frame.write_csv(tmp_path / "rows.csv")
    table = read_table("", Settings(query=query.replace("FILE", str(tmp_path / "rows.csv"))))
    assert table.frame["y"].unique().sort().to_list() == left
    assert ("regexp_replace" in remedy) == has_blanks

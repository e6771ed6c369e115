"""A clean table gives no findings; each planted fault gives its own, with its numbers, and stops nothing."""

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from glassnet.quality.checks import CHECKS, findings_of, line, look, short
from glassnet.quality.values import Finding
from glassnet.settings import Settings, Shares
from glassnet.table.cells import conform, conform_targets
from glassnet.table.schema import decide_schema
from glassnet.table.split import split_rows
from glassnet.table.values import Table

Found = Callable[..., dict[str, Finding]]
TABLES = 60  # of each kind; 2,000 were looked at once (docs/quality.md)


@pytest.mark.parametrize("kind", ["number", "classes", "yes/no"])
def test_clean_tables_give_no_findings(found: Found, clean_table: Callable[..., Any], kind: str) -> None:
    sizes = (60, 150, 400)
    alarms = [
        (seed, name, one.evidence)
        for seed in range(TABLES)
        for name, one in found(clean_table(sizes[seed % 3], seed, kind)).items()
    ]
    assert len(alarms) <= 1, alarms


def test_few_levels_repeat_without_alarm(found: Found) -> None:
    for seed in range(30):
        random = np.random.default_rng(seed)
        mood = random.normal(size=500)  # makes the answers go together
        answers = {f"q{n}": np.digitize(mood + random.normal(size=500), [-1, 0, 1]) for n in range(5)}
        names = found(pl.DataFrame({**answers, "y": mood > 0}))
        assert "duplicate rows" not in names


def test_every_finding_is_whole(found: Found, clean_table: Callable[..., Any]) -> None:
    for name, one in spoilt(found, clean_table).items():
        assert one.name == name
        assert name in CHECKS
        assert one.severity in ("warning", "hint")
        assert any(sign.isdigit() for sign in one.evidence), one.evidence
        assert one.evidence.endswith(".")
        assert one.meaning.endswith(".")
        assert one.remedy.endswith(".")
        assert "--" in one.remedy
        assert one.figures


def spoilt(found: Found, clean_table: Callable[..., Any]) -> dict[str, Finding]:
    frame = clean_table(2000, 3).with_columns(
        leaked=pl.col("y") * 3 + 1, age=pl.when(pl.col("age") > 75).then(-999).otherwise(pl.col("age"))
    )
    return found(pl.concat([frame, frame[:200]]))


def test_warnings_come_first(found: Found, clean_table: Callable[..., Any]) -> None:
    findings = list(spoilt(found, clean_table).values())
    assert [one.name for one in findings] == [
        "target told by one column",
        "duplicate rows",
        "code for missing",
    ]
    assert [one.severity for one in findings] == ["warning", "warning", "hint"]


def test_look_says_what_it_did_not_look_at(clean_table: Callable[..., Any]) -> None:
    frame = clean_table(40_000, 0)
    settings = Settings(target=("y",))
    schema = decide_schema(Table(frame=frame, name="t", source="<frame>"), settings)
    cells, _ = conform(frame, schema)
    target_RT = conform_targets(frame, schema)
    rows = split_rows(frame.height, target_RT, schema, settings, Shares(0.2, 0.2))
    quality = look(cells, schema, target_RT, rows, 0)
    assert quality.findings == ()
    assert quality.sampled == "scores of single columns were measured on 20,000 of 32,000 training rows."
    assert [one.name for one in quality.columns] == ["y", *(c.name for c in schema.inputs)]
    assert quality.columns[0].is_target
    assert quality == look(cells, schema, target_RT, rows, 0)


def test_short_says_how_many_are_left_out(found: Found, clean_table: Callable[..., Any]) -> None:
    findings = tuple(spoilt(found, clean_table).values())
    assert short(findings, "glassnet describe t.csv") == tuple(line(one) for one in findings)
    few = short(findings, "glassnet describe t.csv", limit=2)
    assert few == (line(findings[0]), "... and 2 more: glassnet describe t.csv")


@pytest.mark.parametrize("task", ["regression", "auto"])
def test_numbers_of_any_size_are_looked_at(found: Found, task: str) -> None:
    huge = [np.inf, -np.inf, 1e308, -1e308, 5e-324, 1e15, -1.0, 0.0]
    frame = pl.DataFrame({"x": huge * 5, "z": (huge[::-1] + [3.5] * 2) * 4, "y": (huge[2:] * 7)[:40]})
    assert "target told by one column" not in found(frame, task=task)


def test_rows_and_columns_may_be_few(look_at: Callable[..., Any]) -> None:
    for rows in (5, 6, 9):
        random = np.random.default_rng(rows)
        frame = pl.DataFrame({"x": random.normal(size=rows), "y": random.normal(size=rows)})
        assert findings_of(look_at(frame)) == ()

"""What was done differently: what was set, what was chosen, what columns were taken for."""

from dataclasses import replace

import glassnet
from glassnet.comparison.differing import differing
from glassnet.comparison.opened import opened
from glassnet.model import Model
from glassnet.pace import SECONDS
from glassnet.settings import Decision


def found(*models):
    return {one.name: one for one in differing(opened(list(models)))}


def test_equal_runs_differ_in_nothing(plain, twin):
    assert found(plain, twin) == {}


def test_settings_show_what_auto_became(prices):
    squared, huber = found(*prices)["loss"].choices
    assert (squared.value, squared.origin) == ("squared", "chosen")
    assert "minimum is the mean" in squared.reason
    assert (huber.value, huber.origin, huber.reason) == ("huber", "set", "")
    assert [one.value for one in found(*prices)["epochs"].choices] == ["4", "8"]


def test_columns_that_are_left_out_are_named(plain, blind):
    rows = found(plain, blind)
    assert rows["a"].kind == "column"
    assert [one.value for one in rows["a"].choices] == ["number", "number, left out"]
    assert rows["columns"].choices[1].value == "b, <i>c, city"


def test_tables_with_other_columns(plain):
    table = {"a": [1.0, 2.0] * 40, "z": [1.0, 2.0, 3.0, 4.0] * 20, "answer": ["no", "yes"] * 40}
    other = glassnet.fit(table, "answer", epochs=2, hidden=(8,), threads=1)
    rows = found(plain, other)
    assert rows["z"].choices[0].value == "not in the table"
    assert rows["table"].choices[1].value.endswith("80 rows")
    assert next(iter(rows)) == "table"
    assert rows["split"].kind == "decision"


def test_only_the_seed(plain, seeded):
    assert {"seed", "split"} <= set(found(plain, seeded)) <= {"seed", "split", "calibration", "threshold"}


def test_how_fast_the_steps_were_is_no_choice(plain):
    def timed(seconds: str) -> Model:
        probed = Decision(name=SECONDS, value=seconds, reason="by a probe")
        return Model(replace(plain.fitted, decisions=(*plain.fitted.decisions, probed)))

    assert found(timed("1.2e-05"), timed("1.3e-05")) == {}
    assert found(plain, timed("1.3e-05")) == {}

"""One value is one value however it is written, and what cannot be read is said."""

from datetime import datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from glassnet.errors import SourceError
from glassnet.settings import Settings
from glassnet.table.cells import conform, conform_targets, read_cells
from glassnet.table.numbers import number_text
from glassnet.table.schema import decide_schema
from glassnet.table.values import CellFormat, Column, Kind, Schema, Table, Target, Task


def table_of(columns: dict[str, object]) -> Table:
    return Table(frame=pl.DataFrame(columns), name="t", source="t")


def column_of(cells: list[str | None], **choices: object) -> Column:
    settings = Settings(target=("y",), **choices)
    y = [str(i % 2) for i in range(len(cells))]
    schema = decide_schema(
        table_of({"x": cells, "other": [f"{i % 3}.5" for i in range(len(cells))], "y": y}), settings
    )
    return next(column for column in schema.columns if column.name == "x")


def values_of(cells: list[str | None], **choices: object) -> list[object]:
    column = column_of(cells, **choices)
    return read_cells(pl.Series("x", cells), column.kind, column.dtype, column.cells).to_list()


NUMBERS = [
    (["1", "+2", "-3", None], [1, 2, -3, None]),
    ([" 1.5", "2e3 ", ".5", "5."], [1.5, 2000, 0.5, 5]),
    (["3,14", "2,5", "1"], [3.14, 2.5, 1]),
    (["1.234,5", "2.000,25", "7,1"], [1234.5, 2000.25, 7.1]),
    (["1,234", "12,000,000", "7"], [1234, 12_000_000, 7]),
    (["1,234.5", "7.25", "8"], [1234.5, 7.25, 8]),
    (["inf", "-Infinity", "2"], [np.inf, -np.inf, 2]),
    (["12%", "3.5 %", "-7%"], [12, 3.5, -7]),
    (["$1,234.50", "-$7.25", "$ 8"], [1234.5, -7.25, 8]),
    (["1.234,5 €", "-7 €", "8,25 €"], [1234.5, -7, 8.25]),
    (["EUR 12", "EUR 7.5", "NA"], [12, 7.5, None]),
    (["1", "NA", "n/a", "?", "-", "nan", "", "None", "2"], [1, *[None] * 7, 2]),
]


@pytest.mark.parametrize(("cells", "numbers"), NUMBERS)
def test_numbers_as_people_write_them(cells, numbers):
    assert column_of(cells).kind is Kind.NUMBER
    assert values_of(cells) == numbers


@pytest.mark.parametrize(
    "cells",
    [
        ["007", "012", "100"] * 3,  # leading zeros
        ["12345678901234567890", "12345678901234567891"] * 3,  # beyond 2^53
        ["1", "2", "3 or more"] * 3,
        ["1.2.3", "1.2.4"] * 3,
        ["1,2,3", "3,4,5"] * 3,
        ["0x10", "0x11"] * 3,
        ["12%", "0.5", "7%"] * 3,  # a share or a percentage: not safe
        ["$5", "€6"] * 3,
        ["$", "%"] * 3,
    ],
)
def test_codes_stay_text(cells):
    column = column_of(cells)
    assert (column.kind, column.dtype) == (Kind.CATEGORY, "text")
    assert values_of(cells) == cells


def notes_of(cells: list[str], **choices: object) -> str:
    table = table_of({"x": cells, "y": [str(i % 2) for i in range(len(cells))]})
    return " ".join(decide_schema(table, Settings(target=("y",), **choices)).notes)


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        (["1,234", "7,500", "8,125"], "--decimal"),
        (["01/02/2020", "03/04/2021", "03/04/2022"], "--dates"),
        (["DE", "NA", "FR", "US", "NA"] * 2, "read as a code such as DE"),
        (["red", "NA", "blue"] * 2, "read as missing"),
        (["12%", "7%", "9%"], "read without '%'; --kind x=category"),
        (["Insomnia", "None", "Apnea"] * 2, "read as a level"),
        ([*(str(i) for i in range(60)), "unknown"], "'unknown' in 1 cells, read as missing"),
    ],
)
def test_a_guess_names_the_option_that_settles_it(cells, says):
    assert says in notes_of(cells)
    assert any(option in notes_of(cells) for option in ("settles it", "--missing ''", "--kind"))


def test_what_the_user_says_settles_it():
    assert values_of(["1,234", "7,500", "8,125"], decimal=",") == [1.234, 7.5, 8.125]
    assert values_of(["1,234", "7,500", "8,125"], decimal=".") == [1234, 7500, 8125]
    days = ["01/02/2020", "03/04/2021", "05/04/2021"]
    assert values_of(days)[0] == datetime(2020, 1, 2)
    assert values_of(days, dates="%d/%m/%Y")[0] == datetime(2020, 2, 1)
    assert values_of(["NA", "red", "?", ""] * 2, missing=("?",))[:4] == ["NA", "red", None, None]
    assert values_of(["a", "2", "b", "3", "c", "d"], kinds=(("x", "number"),)) == [
        None,
        2,
        None,
        3,
        None,
        None,
    ]
    assert values_of(["m", "f", "f", "?"], kinds=(("x", "yes/no"),)) == [True, False, False, None]


def test_other_columns_decide_an_unclear_decimal_mark():
    frame = {"x": ["1,234", "2,500", "7,125"], "z": ["0,5", "2,75", "12,1"], "y": ["a", "b", "a"]}
    schema = decide_schema(table_of(frame), Settings(target=("y",)))
    conformed, _ = conform(pl.DataFrame(frame), schema)
    assert conformed["x"].to_list() == [1.234, 2.5, 7.125]


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        (["2020-01-02", "2021-03-04"], datetime(2020, 1, 2)),
        (["2020-01-02 10:11", "2021-03-04T10:11:12.5"], datetime(2020, 1, 2, 10, 11)),
        (["2020-01-02T10:00:00+02:00", "2021-03-04T10:00:00Z"], datetime(2020, 1, 2, 8)),
        (["31.12.2020", "1.2.2021"], datetime(2020, 12, 31)),
        (["31.12.2020 10:30", "1.2.2021 11:45"], datetime(2020, 12, 31, 10, 30)),
        (["12/31/2020", "1/2/2021"], datetime(2020, 12, 31)),
        (["31/12/2020", "1/2/2021"], datetime(2020, 12, 31)),
        (["31/12/20", "1/2/21"], datetime(2020, 12, 31)),
        (["2020/12/31", "2021/1/2"], datetime(2020, 12, 31)),
        (["31 Dec 2020", "1 Feb 2021"], datetime(2020, 12, 31)),
        (["Dec 31, 2020", "Feb 1, 2021"], datetime(2020, 12, 31)),
        (["12/31/2020 1:30 PM", "1/2/2021 11:45 AM"], datetime(2020, 12, 31, 13, 30)),
    ],
)
def test_dates_in_the_common_orders(cells, first):
    assert column_of(cells).kind is Kind.DATE
    assert values_of([*cells, "NA"])[0] == first
    assert values_of([*cells, "NA"])[-1] is None


@pytest.mark.parametrize("words", [("yes", "no"), ("Y", "N"), ("TRUE", "False"), ("t", "f"), ("On", "OFF")])
def test_yes_and_no_in_five_spellings(words):
    assert column_of([*words, "?"]).kind is Kind.YES_NO
    assert values_of([*words, "?"]) == [True, False, None]


def schema_of(kind: Kind, dtype: str, **cells: object) -> Schema:
    column = Column(
        name="x", kind=kind, reason="", used=True, dtype=dtype, cells=CellFormat(missing=("",), **cells)
    )
    return Schema(columns=(column,), targets=(), task=Task.REGRESSION, task_reason="")


@pytest.mark.parametrize("cells", [[1, 2], [1.0, 2.0], ["1", "2"], [" 1", "2.0"], [b"1", b"2"]])
def test_a_level_is_one_level_in_every_type(cells):
    if isinstance(cells[0], bytes):
        cells = pl.Series([one.decode() for one in cells], dtype=pl.Categorical)
    frame, unread = conform(pl.DataFrame({"x": cells}), schema_of(Kind.CATEGORY, "int"))
    assert frame["x"].to_list() == ["1", "2"]
    assert unread == ()


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        ([True, False], [None, None]),
        (["3", "x"], [3, None]),
        ([float("nan"), 2.5], [None, 2.5]),
        (pl.Series(["1.5", "2.25"]).cast(pl.Decimal(10, 2)), [1.5, 2.25]),
        ([[1, 2], [3]], [None, None]),
        ([datetime(2020, 1, 1), None], [None, None]),
    ],
)
def test_numbers_from_other_types(cells, values):
    frame, unread = conform(pl.DataFrame({"x": cells}), schema_of(Kind.NUMBER, "float"))
    assert frame.schema == {"x": pl.Float64}
    assert frame["x"].to_list() == values
    lost = pl.Series(cells).is_not_null().sum() - frame["x"].is_not_null().sum()
    assert len(unread) == (1 if lost and not isinstance(cells[0], float) else 0)


def test_dates_from_other_types():
    schema = schema_of(Kind.DATE, "date")
    zoned = pl.Series("x", [datetime(2020, 1, 1)]).dt.replace_time_zone("Europe/Berlin")
    for cells in (
        zoned,
        pl.Series("x", ["2019-12-31T23:00:00"]),
        pl.Series("x", [datetime(2019, 12, 31, 23)]),
    ):
        frame, _ = conform(cells.to_frame(), schema)
        assert frame.schema == {"x": pl.Datetime("us")}
        assert frame["x"].to_list() == [datetime(2019, 12, 31, 23)]
    _, unread = conform(pl.DataFrame({"x": [20200101]}), schema)
    assert "no date" in unread[0]


def test_column_order_and_extra_columns_change_nothing():
    frame = pl.DataFrame({"a": ["1", "2", "x"], "b": ["u", "v", "u"], "y": ["n", "p", "n"]})
    schema = decide_schema(table_of(frame.to_dict()), Settings(target=("y",)))
    expected, _ = conform(frame, schema)
    shuffled = frame.select(pl.lit(1).alias("extra"), "y", "b", pl.col("a").alias(" a "))
    assert conform(shuffled, schema)[0].equals(expected)
    with pytest.raises(SourceError, match=r"has no column 'b'\. Did you mean 'B'"):
        conform(frame.rename({"b": "B"}), schema)


def test_targets_as_numbers():
    frame = pl.DataFrame({"y": ["b", "a", "?", "new"], "z": ["1", "2.5", "", "x"]})
    cells = CellFormat(missing=("", "?"))
    classes = Target(name="y", dtype="text", labels=("a", "b"), cells=cells)
    numbers = Target(name="z", dtype="float", cells=cells)
    schema = Schema(columns=(), targets=(classes,), task=Task.BINARY, task_reason="")
    assert conform_targets(frame, schema).tolist() == [[1], [0], [-2], [-1]]
    schema = Schema(columns=(), targets=(numbers, numbers), task=Task.REGRESSION, task_reason="")
    np.testing.assert_array_equal(conform_targets(frame, schema)[:, 1], [1, 2.5, np.nan, np.nan])
    with pytest.raises(SourceError, match="no column 'z'"):
        conform_targets(frame.drop("z"), schema)


@pytest.mark.parametrize("labels", [(0, 1), (0.0, 1.5), (False, True), ("no", "yes")])
def test_labels_of_every_type_are_found(labels):
    dtype = {int: "int", float: "float", bool: "bool", str: "text"}[type(labels[0])]
    target = Target(name="y", dtype=dtype, labels=labels, cells=CellFormat(true=("true",), false=("false",)))
    schema = Schema(columns=(), targets=(target,), task=Task.BINARY, task_reason="")
    typed = pl.DataFrame({"y": list(labels)})
    assert conform_targets(typed, schema).tolist() == [[0], [1]]
    text = pl.DataFrame({"y": [str(label) for label in labels]})
    assert conform_targets(text, schema).tolist() == [[0], [1]]


@given(st.lists(st.integers(-(2**53), 2**53), min_size=1, max_size=20))
@hypothesis_settings(max_examples=50, deadline=None)
def test_whole_numbers_are_one_level_as_int_and_float(numbers):
    as_int = number_text(pl.Series(numbers, dtype=pl.Int64)).to_list()
    assert as_int == [str(number) for number in numbers]
    assert number_text(pl.Series([float(number) for number in numbers])).to_list() == as_int


@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=20), st.sampled_from([".", ","]))
@hypothesis_settings(max_examples=80, deadline=None)
def test_floats_come_back_exactly_in_both_decimal_marks(numbers, mark):
    cells = [repr(number).replace(".", mark) for number in numbers]
    back = read_cells(pl.Series(cells), Kind.NUMBER, "float", CellFormat(decimal=mark))
    assert back.to_list() == numbers


def test_numbers_in_half_the_memory_stay_so():
    frame = pl.DataFrame({"x": pl.Series([1.5, float("nan"), 0.1], dtype=pl.Float32)})
    found, unread = conform(frame, schema_of(Kind.NUMBER, "float"))
    assert found.schema == {"x": pl.Float32}
    assert found["x"].to_list() == [1.5, None, float(np.float32(0.1))]
    assert not unread

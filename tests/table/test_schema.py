"""Each column is what a sensible person would say it is, and the task is the one meant."""

import numpy as np
import polars as pl
import pytest

from glassnet.errors import SettingsError, SourceError
from glassnet.settings import Settings
from glassnet.table.examples import EXAMPLES
from glassnet.table.schema import decide_schema
from glassnet.table.source import read_table
from glassnet.table.values import Column, Kind, Schema, Task

ROWS = 60


def schema_of(table_columns: dict[str, object], /, **choices: object) -> Schema:
    table = read_table(table_columns, Settings())
    return decide_schema(table, Settings(**({"target": ("y",)} | choices)))


def column_of(cells: object, name: str = "x", **choices: object) -> Column:
    rng = np.random.default_rng(0)
    columns = {name: cells, "other": rng.normal(size=ROWS), "y": [i % 2 for i in range(ROWS)]}
    return next(column for column in schema_of(columns, **choices).columns if column.name == name)


NAMES = [f"{first} {middle}. of {last}" for first in "ABCDE" for middle in "FGHI" for last in "JKL"]


@pytest.mark.parametrize(
    ("cells", "name", "kind", "used"),
    [
        ([i % 7 for i in range(ROWS)], "x", Kind.NUMBER, True),
        ([i % 2 for i in range(ROWS)], "x", Kind.YES_NO, True),
        ([i % 2 == 0 for i in range(ROWS)], "x", Kind.YES_NO, True),
        ([float(i) / 7 for i in range(ROWS)], "x", Kind.NUMBER, True),
        (list(range(1, ROWS + 1)), "x", Kind.IDENTIFIER, False),
        (list(range(ROWS))[::-1], "x", Kind.IDENTIFIER, False),
        (list(range(1950, 1950 + ROWS)), "year", Kind.NUMBER, True),
        ([i * i for i in range(ROWS)], "customerID", Kind.IDENTIFIER, False),
        ([i * i for i in range(ROWS)], "paid", Kind.NUMBER, True),
        ([2**60 + i for i in range(ROWS)], "x", Kind.IDENTIFIER, False),
        ([f"u{i:04}" for i in range(ROWS)], "x", Kind.IDENTIFIER, False),
        (NAMES, "x", Kind.TEXT, False),
        ([f"level {i % 20}" for i in range(ROWS)], "x", Kind.CATEGORY, True),
        ([94110 + i % 9 for i in range(ROWS)], "zip_code", Kind.CATEGORY, True),
        (["same"] * ROWS, "x", Kind.CONSTANT, False),
        ([None] * ROWS, "x", Kind.CONSTANT, False),
        (["rare", *[None] * (ROWS - 1)], "x", Kind.CATEGORY, True),
        ([[1, 2]] * ROWS, "x", Kind.TEXT, False),
        (pl.Series(["1", "2"] * 30, dtype=pl.Categorical), "x", Kind.CATEGORY, True),
        ([str(100 + i % 20) for i in range(ROWS)], "x", Kind.CATEGORY, True),
        ([f"{i % 20}.0" if i % 3 else None for i in range(ROWS)], "x", Kind.CATEGORY, True),
        ([str(100 + i % 20) if i % 3 else "?" for i in range(ROWS)], "x", Kind.NUMBER, True),
        ([str(100 + i % 20) if i % 3 else "" for i in range(ROWS)], "x", Kind.NUMBER, True),
        ([f"{i % 20}.5" for i in range(ROWS)], "x", Kind.NUMBER, True),
        ([str(100 + i * i) for i in range(ROWS)], "x", Kind.NUMBER, True),
        ([str(i % 2) for i in range(ROWS)], "x", Kind.YES_NO, True),
    ],
)
def test_the_kind_is_what_one_would_say(cells, name, kind, used):
    column = column_of(cells, name)
    assert (column.kind, column.used) == (kind, used)
    assert column.reason
    assert bool(column.why_unused) != used


def test_whole_numbers_of_a_table_that_is_text_all_over_are_numbers():
    columns = {"x": [str(100 + i % 20) for i in range(ROWS)], "y": ["no", "yes"] * (ROWS // 2)}
    assert [column.kind for column in schema_of(columns).columns] == [Kind.NUMBER]


def test_what_the_user_says_overrules():
    ids = [f"u{i:04}" for i in range(ROWS)]
    assert column_of(ids, columns=("x",)).kind is Kind.CATEGORY
    assert column_of(ids, kinds=(("x", "category"),)).used
    assert column_of(list(range(ROWS)), kinds=(("x", "number"),)).used
    assert column_of([i % 3 for i in range(ROWS)], kinds=(("x", "category"),)).kind is Kind.CATEGORY
    assert not column_of([i % 3 for i in range(ROWS)], kinds=(("x", "text"),)).used
    assert column_of(ids, drop=("x",)).why_unused == "left out by --drop"
    assert not column_of([1.5, 2.5] * 30, keep=("x",)).used
    assert column_of([1.5, 2.5] * 30, columns=("other",)).why_unused == "not named in --columns"
    assert not column_of([1.5, 2.5] * 30, weight="x").used
    assert not column_of([1.5, 2.5] * 30, time="x").used
    assert not column_of(["a", "b"] * 30, group="x").used


@pytest.mark.parametrize("setting", ["columns", "drop", "keep", "kinds", "weight", "time", "group", "target"])
def test_an_unknown_column_has_a_near_miss(setting):
    value = {"kinds": (("othr", "number"),), "weight": "othr", "time": "othr", "group": "othr"}.get(
        setting, ("othr",)
    )
    with pytest.raises(SettingsError, match=r"no column 'othr'\. Did you mean 'other'"):
        column_of([1, 2] * 30, **{setting: value})


@pytest.mark.parametrize(
    ("choices", "says"),
    [
        ({"kinds": (("x", "numbr"),)}, "Did you mean 'number'"),
        ({"columns": ("y",)}, "would see the answer"),
        ({"weight": "x"}, "at least 0"),
        ({"target": ()}, "--target"),
        ({"target": ("y", "y")}, "named twice"),
        ({"drop": ("x", "other")}, "left out by --drop"),
    ],
)
def test_settings_that_do_not_go_are_refused(choices, says):
    with pytest.raises((SettingsError, SourceError), match=says):
        column_of([-1.5, 2] * 30, **choices)


def test_a_row_counter_is_used_where_it_is_the_only_input():
    schema = schema_of({"x": list(range(ROWS)), "y": [2.5 * i for i in range(ROWS)]})
    assert [column.name for column in schema.inputs] == ["x"]
    assert schema.inputs[0].kind is Kind.NUMBER


@pytest.mark.parametrize(
    ("target", "task", "labels"),
    [
        (["no", "yes"] * 30, Task.BINARY, ("no", "yes")),
        ([True, False] * 30, Task.BINARY, (False, True)),
        ([1, 2] * 30, Task.BINARY, (1, 2)),
        ([0.0, 1.0] * 30, Task.BINARY, (0.0, 1.0)),
        (["true", "false"] * 30, Task.BINARY, (False, True)),
        (["b", "a", "c"] * 20, Task.MULTICLASS, ("a", "b", "c")),
        ([2, 1, 3] * 20, Task.MULTICLASS, (1, 2, 3)),
        ([0.0, 1.0, 2.0] * 20, Task.MULTICLASS, (0.0, 1.0, 2.0)),
        ([3, 5, 8] * 20, Task.REGRESSION, ()),
        (list(range(20)) * 3, Task.REGRESSION, ()),
        ([1.5, 2.5, 3.5] * 20, Task.REGRESSION, ()),
        (["10", "9", "11"] * 20, Task.REGRESSION, ()),
    ],
)
def test_the_task_is_inferred_and_labels_keep_their_type(target, task, labels):
    schema = schema_of({"x": np.arange(ROWS) % 13, "y": target})
    assert (schema.task, schema.targets[0].labels) == (task, labels)
    assert [type(label) for label in schema.targets[0].labels] == [type(label) for label in labels]
    assert schema.task_reason


def test_the_task_can_be_told():
    columns = {"x": np.arange(ROWS) % 13, "y": [3, 5, 8] * 20}
    assert schema_of(columns, task="multiclass").targets[0].labels == (3, 5, 8)
    assert schema_of(columns | {"y": [0, 1] * 30}, task="regression").task is Task.REGRESSION
    for task, says in (("binary", "two classes"), ("multilabel", "two classes")):
        with pytest.raises(SettingsError, match=says):
            schema_of(columns, task=task)
    with pytest.raises(SettingsError, match="needs numbers"):
        schema_of(columns | {"y": ["a", "b"] * 30}, task="regression")


@pytest.mark.parametrize(
    ("cells", "kind", "task"),
    [
        ([0, 1, 2] * 20, "number", Task.REGRESSION),
        ([0, 1] * 30, "number", Task.REGRESSION),
        ([True, False] * 30, "number", Task.REGRESSION),
        ([1.5, 2.5, 3.5] * 20, "category", Task.MULTICLASS),
        ([3, 5, 8] * 20, "category", Task.MULTICLASS),
        ([3, 5] * 30, "category", Task.BINARY),
        ([3, 5] * 30, "yes/no", Task.BINARY),
    ],
)
def test_the_kind_of_a_target_tells_the_task(cells, kind, task):
    schema = schema_of({"x": np.arange(ROWS) % 13, "y": cells}, kinds=(("y", kind),))
    assert (schema.task, bool(schema.targets[0].labels)) == (task, task is not Task.REGRESSION)
    assert schema.task_reason.startswith(f"as told by --kind y={kind}")


@pytest.mark.parametrize("task", ["auto", "regression"])
def test_a_target_too_long_to_be_exact_is_a_number_where_it_is_told_so(task):
    columns = {"x": np.arange(ROWS) % 13, "y": [str(10**30 * (n + 7)) for n in range(ROWS)]}
    with pytest.raises((SettingsError, SourceError), match=r"If they are numbers: --kind y=number"):
        schema_of(columns, task=task)
    assert schema_of(columns, kinds=(("y", "number"),)).task is Task.REGRESSION


def test_words_in_a_column_told_to_be_numbers_are_missing_and_no_value_of_their_own():
    column = column_of(["1", "2", "lost"] * 20, kinds=(("x", "number"),))
    assert (column.kind, column.distinct, column.missing) == (Kind.NUMBER, 2, 20)


def test_kinds_of_several_targets():
    columns = {"x": np.arange(ROWS) % 13, "a": [0, 1] * 30, "b": [1, 0, 0] * 20}
    targets = ("a", "b")
    assert schema_of(columns, target=targets).task is Task.MULTILABEL
    assert schema_of(columns, target=targets, kinds=(("b", "number"),)).task is Task.REGRESSION
    both = (("a", "yes/no"), ("b", "category"))
    with pytest.raises(SettingsError, match=r"--kind tells 'a' to be a yes/no and 'b' a number; train one"):
        schema_of(columns, target=targets, kinds=(("a", "yes/no"), ("b", "number")))
    with pytest.raises(SettingsError, match="train one"):
        schema_of(columns, target=targets, kinds=both)
    assert schema_of(columns, target=targets, kinds=both[1:]).task is Task.MULTILABEL


@pytest.mark.parametrize(
    ("cells", "kind", "says"),
    [
        (["a", "b"] * 30, "number", "task regression needs numbers.* Leave --kind y=number out"),
        ([3, 5, 8] * 20, "yes/no", "task binary needs two classes.* Leave --kind y=yes/no out"),
        ([3, 5, 8] * 20, "numbr", "Did you mean 'number'"),
    ],
)
def test_a_kind_that_does_not_go_with_the_target_is_refused(cells, kind, says):
    with pytest.raises(SettingsError, match=says):
        schema_of({"x": np.arange(ROWS) % 13, "y": cells}, kinds=(("y", kind),))


@pytest.mark.parametrize(
    ("target", "task"),
    [
        ([1.5, 2.5], Task.REGRESSION),
        ([10, 20], Task.REGRESSION),
        ([0, 1], Task.BINARY),
        (["a", "b"], Task.BINARY),
        ([10, 20, 20], Task.BINARY),
    ],
)
def test_two_numbers_in_one_row_each_are_no_classes(target, task):
    columns = {"x": list(range(len(target))), "y": target}
    assert schema_of(columns).task is task
    assert schema_of(columns, task="binary").task is Task.BINARY


def test_several_targets():
    columns = {
        "x": np.arange(ROWS) % 13,
        "a": [0, 1] * 30,
        "b": ["no", "yes"] * 30,
        "c": [1.5, 2.5, 3.5] * 20,
    }
    assert schema_of(columns, target=("a", "b")).task is Task.MULTILABEL
    columns["d"] = columns["c"]
    assert schema_of(columns, target=("c", "d")).task is Task.REGRESSION
    with pytest.raises(SettingsError, match="mix classes"):
        schema_of(columns, target=("b", "c"))
    with pytest.raises(SettingsError, match="has one target"):
        schema_of(columns, target=("a", "b"), task="binary")
    with pytest.raises(SettingsError, match="two values each"):
        schema_of(columns | {"e": ["u", "v", "w"] * 20}, target=("b", "e"))


def test_the_positive_class_comes_last():
    columns = {"x": np.arange(ROWS) % 13, "y": ["good", "bad"] * 30}
    assert schema_of(columns).targets[0].labels == ("bad", "good")
    assert schema_of(columns, positive="bad").targets[0].labels == ("good", "bad")
    with pytest.raises(SettingsError, match=r"no class 'bat'\. Did you mean 'bad'"):
        schema_of(columns, positive="bat")
    with pytest.raises(SettingsError, match="binary target"):
        schema_of(columns | {"y": [1.5, 2.5, 3.5] * 20}, positive="bad")


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ([None] * ROWS, "missing in every row"),
        (["a"] * ROWS, "is a in every row"),
        ([f"t{i}" for i in range(ROWS)], "too many for classes"),
        ([[1]] * ROWS, "missing in every row"),
        ([], "no rows"),
    ],
)
def test_a_target_nothing_can_be_learned_from_is_refused(target, says):
    with pytest.raises(SourceError, match=says):
        schema_of({"x": list(range(len(target))), "y": target})


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_has_its_natural_task(name):
    settings = Settings(example=name)
    table = read_table("", settings)
    schema = decide_schema(table, settings)
    tasks = {"wine": Task.MULTICLASS, "digits": Task.MULTICLASS}
    tasks |= {"diabetes": Task.REGRESSION, "regression": Task.REGRESSION}
    assert schema.task is tasks.get(name, Task.BINARY)
    assert schema.targets[0].name == "target"
    assert table.frame.height == {
        "breast_cancer": 569,
        "wine": 178,
        "digits": 1797,
        "diabetes": 442,
        "random": 100,
    }.get(name, 1000)


def test_generated_examples_follow_the_settings():
    small = Settings(example="classification", example_rows=50, example_features=7, example_seed=3)
    frame = read_table("", small).frame
    assert frame.shape == (50, 8)
    assert frame.equals(read_table("", small).frame)
    assert not frame.equals(read_table("", Settings(example="classification", example_rows=50)).frame)
    with pytest.raises(SettingsError, match=r"no example is called 'moon'\. Did you mean 'moons'"):
        read_table("", Settings(example="moon"))


def test_the_classification_example_is_that_of_the_tutorial():
    from sklearn.datasets import make_classification

    features, target = make_classification(n_samples=1000, n_features=4, n_classes=2, random_state=0)
    frame = read_table("", Settings(example="classification")).frame
    np.testing.assert_array_equal(frame.drop("target").to_numpy(), features)
    np.testing.assert_array_equal(frame["target"].to_numpy(), target)


def flags(columns: int, rows: int, often: int) -> dict[str, list[int]]:
    """Return columns of 0 with `often` ones each at places of their own, and a number before them."""
    cells = {f"f{c}": [int((r + c) % rows < often) for r in range(rows)] for c in range(columns)}
    return {"x": [r % 97 for r in range(rows)]} | cells | {"y": [r % 2 for r in range(rows)]}


def test_where_columns_are_very_many_those_of_one_value_nearly_everywhere_are_left_out():
    used = {one.name: one for one in schema_of(flags(120, 300, often=19)).columns}
    assert used["x"].used
    assert not used["f7"].used
    assert used["f7"].why_unused.startswith("it is 0 in all but 19 of 300 rows")
    assert len(schema_of(flags(120, 300, often=20)).inputs) == 121
    assert len(schema_of(flags(120, 2000, often=19)).inputs) == 121, "rows enough for each"
    assert len(schema_of(flags(90, 300, often=19)).inputs) == 91, "columns few enough"


def test_a_bare_column_that_is_asked_for_is_used_and_all_are_where_nothing_else_is_left():
    cells = flags(120, 300, often=5)
    asked = schema_of(cells, kinds=(("f7", "number"),))
    assert [one.name for one in asked.inputs] == ["x", "f7"]
    names = tuple(name for name in cells if name != "y")
    assert len(schema_of(cells, columns=names).inputs) == 1, "naming all of them picks none"
    assert len(schema_of(cells, columns=names[:110]).inputs) == 110
    assert len(schema_of({name: cells[name] for name in cells if name != "x"}).inputs) == 120


def test_in_few_rows_a_column_is_not_bare_for_their_number():
    rows = 38
    cells = {"c": [f"level {r % 5}" for r in range(rows)]}
    cells |= {f"n{c}": [(r * (c + 7)) % 71 + 0.5 for r in range(rows)] for c in range(60)}
    cells |= {f"f{c}": [(r + c) % 2 for r in range(rows)] for c in range(60)}
    cells |= {"rare": [int(r == 3) for r in range(rows)], "y": [r % 2 for r in range(rows)]}
    unused = [one.name for one in schema_of(cells).columns if not one.used]
    assert unused == ["rare"], "half of them differed in less than 20 rows, for want of rows"

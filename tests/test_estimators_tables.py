"""Tables as people have them, at both doors, and what is checked when predicting."""

import datetime as dt
import warnings
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse

from glassnet.errors import GlassnetError
from glassnet.estimators import GlassnetClassifier, GlassnetRegressor

ROWS = 120
FAST = {"hidden": (8,), "epochs": 40, "learning_rate": 0.05, "members": 1, "threads": 1}


def columns() -> dict[str, list]:
    """One column of each kind, as plain Python values."""
    generator = np.random.default_rng(0)
    start = dt.datetime(2026, 1, 1, 12)
    return {
        "number": generator.normal(size=ROWS).tolist(),
        "count": generator.integers(0, 50, ROWS).tolist(),
        "city": generator.choice(["Bonn", "Celle", "Ulm"], ROWS).tolist(),
        "is_new": (generator.random(ROWS) < 0.5).tolist(),
        "since": [start + dt.timedelta(hours=int(h)) for h in generator.integers(0, 9000, ROWS)],
    }


def answers() -> np.ndarray:
    known = columns()
    return (np.array(known["number"]) + (np.array(known["city"]) == "Ulm") > 0.4).astype(int)


def pandas_numpy():
    return pd.DataFrame(columns())


def pandas_category():
    return pandas_numpy().astype({"city": "category"})


def pandas_nullable():
    return pandas_numpy().astype(
        {"number": "Float64", "count": "Int64", "city": "string", "is_new": "boolean"}
    )


def pandas_arrow():
    types = {
        "number": "double",
        "count": "int64",
        "city": "string",
        "is_new": "bool",
        "since": "timestamp[ns]",
    }
    return pandas_numpy().astype({name: f"{kind}[pyarrow]" for name, kind in types.items()})


def pandas_arrow_zoned():
    return pandas_zoned().astype({"since": "timestamp[ns, tz=Asia/Tokyo][pyarrow]"})


def polars_zoned():
    zone = pl.col("since").dt.replace_time_zone("UTC").dt.convert_time_zone("Asia/Tokyo")
    return pl.DataFrame(columns()).with_columns(zone, pl.col("city").cast(pl.Enum(["Bonn", "Celle", "Ulm"])))


def pandas_zoned():
    frame = pandas_numpy()
    return frame.assign(since=frame["since"].dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"))


def pandas_indexed():
    return pandas_numpy().set_index(pd.Index(range(1000, 1000 + ROWS)))


def numpy_objects():
    return np.array(list(zip(*columns().values(), strict=True)), dtype=object)


TABLES = {
    "pandas": pandas_numpy,
    "pandas categories": pandas_category,
    "pandas nullable": pandas_nullable,
    "pandas Arrow": pandas_arrow,
    "pandas zones": pandas_zoned,
    "pandas Arrow zones": pandas_arrow_zoned,
    "Polars zones and enumerations": polars_zoned,
    "pandas index": pandas_indexed,
    "Polars": lambda: pl.DataFrame(columns()),
    "Polars lazy": lambda: pl.LazyFrame(columns()),
    "Polars categories": lambda: pl.DataFrame(columns()).with_columns(pl.col("city").cast(pl.Categorical)),
    "pyarrow": lambda: pa.table(columns()),
    "dictionary": columns,
    "list of rows": lambda: [list(row) for row in zip(*columns().values(), strict=True)],
    "list of dictionaries": lambda: pl.DataFrame(columns()).to_dicts(),
    "NumPy objects": numpy_objects,
}
NAMELESS = {"list of rows", "NumPy objects"}


@pytest.fixture(scope="module")
def wanted() -> np.ndarray:
    frame = pl.DataFrame(columns())
    return GlassnetClassifier(**FAST).fit(frame, answers()).predict_proba(frame)


@pytest.mark.parametrize("kind", TABLES)
def test_the_same_rows_give_the_same_predictions(kind, wanted):
    table = TABLES[kind]()
    model = GlassnetClassifier(**FAST).fit(table, answers())
    np.testing.assert_allclose(model.predict_proba(table), wanted, atol=1e-9)
    assert model.n_features_in_ == 5
    assert hasattr(model, "feature_names_in_") == (kind not in NAMELESS)
    used = {column.name: column.kind for column in model.model_.fitted.schema.inputs}
    assert sorted(used.values()) == ["category", "date", "number", "number", "yes/no"]


@pytest.mark.parametrize("kind", ["pandas Arrow", "Polars lazy", "pyarrow", "dictionary"])
def test_a_table_of_another_library_is_predicted_too(kind, wanted):
    model = GlassnetClassifier(**FAST).fit(pandas_numpy(), answers())
    np.testing.assert_allclose(model.predict_proba(TABLES[kind]()), wanted, atol=1e-9)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT], ids=str)
def test_every_way_to_say_missing_is_missing(missing):
    frame = pandas_nullable()
    frame.loc[::5, ["number", "count", "city", "is_new"]] = pd.NA
    wanted = GlassnetClassifier(**FAST).fit(frame, answers()).predict_proba(frame)
    table = frame.astype(object)
    table = table.where(table.notna(), missing)
    got = GlassnetClassifier(**FAST).fit(table, answers()).predict_proba(table)
    np.testing.assert_allclose(got, wanted, atol=1e-9)


def test_masked_cells_are_missing():
    numbers = np.random.default_rng(0).normal(size=(ROWS, 3))
    mask = np.random.default_rng(1).random((ROWS, 3)) < 0.2
    gaps = np.where(mask, np.nan, numbers)
    wanted = GlassnetClassifier(**FAST).fit(gaps, answers())
    given = GlassnetClassifier(**FAST).fit(np.ma.masked_array(numbers, mask), answers())
    assert given.predict_proba(gaps).tobytes() == wanted.predict_proba(gaps).tobytes()
    assert (
        given.predict_proba(np.ma.masked_array(numbers, mask)).tobytes()
        == wanted.predict_proba(gaps).tobytes()
    )
    whole = np.ma.masked_array(numbers, np.zeros_like(mask))
    assert given.predict_proba(whole).tobytes() == wanted.predict_proba(numbers).tobytes()
    with pytest.raises(GlassnetError, match="Input y contains NaN, first in row 3"):
        GlassnetRegressor(**FAST).fit(numbers, np.ma.masked_array(numbers[:, 0], np.arange(ROWS) == 2))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda y: [Decimal(str(one)) for one in y],
        lambda y: pd.Series(y).astype(pd.ArrowDtype(pa.decimal128(10, 3))),
        lambda y: pl.Series(y).cast(pl.Decimal(10, 3)),
        lambda y: pd.Series(y, dtype="Float64"),
        lambda y: pd.Series(y, dtype="double[pyarrow]"),
        pa.array,
    ],
)
def test_every_kind_of_numbers(wrap):
    frame = pandas_numpy().drop(columns="number")
    number = np.round(columns()["number"], 3)
    wanted = GlassnetRegressor(**FAST).fit(frame, number).predict(frame)
    given = GlassnetRegressor(**FAST).fit(frame, wrap(number.tolist())).predict(frame)
    np.testing.assert_allclose(given, wanted, atol=1e-9)


@pytest.mark.parametrize(
    "wrap",
    [
        list,
        np.array,
        pd.Series,
        pl.Series,
        pa.array,
        pd.Categorical,
        lambda y: pd.Series(y, dtype="category"),
        lambda y: pd.Series(y, dtype="string"),
        lambda y: pd.Series(y, dtype="string[pyarrow]"),
        lambda y: np.array(y, dtype=object),
        lambda y: pd.DataFrame({"answer": y})["answer"],
    ],
)
def test_every_kind_of_labels(wrap):
    frame = pandas_numpy()
    labels = ["yes" if one else "no" for one in answers()]
    model = GlassnetClassifier(**FAST).fit(frame, wrap(labels))
    assert model.classes_.tolist() == ["no", "yes"]
    assert set(model.predict(frame)) <= {"no", "yes"}
    assert model.score(frame, wrap(labels)) == (model.predict(frame) == np.array(labels)).mean()


def test_columns_are_checked_when_predicting():
    frame = pandas_numpy()
    model = GlassnetRegressor(**FAST).fit(frame, frame["number"])
    with pytest.raises(ValueError, match="must be in the same order as they were in fit"):
        model.predict(frame[frame.columns[::-1]])
    with pytest.raises(ValueError, match="seen at fit time, yet now missing:\n- count"):
        model.predict(frame.drop(columns="count"))
    with pytest.raises(ValueError, match="unseen at fit time:\n- more"):
        model.predict(frame.assign(more=1))
    with (
        pytest.warns(UserWarning, match="X does not have valid feature names"),
        pytest.raises(ValueError, match="X has 3 features, but GlassnetRegressor is expecting 5"),
    ):
        model.predict(np.zeros((2, 3)))
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        nameless = model.predict(numpy_objects())
    np.testing.assert_allclose(nameless, model.predict(frame), atol=1e-9)


def test_numbers_keep_their_columns_and_constants_do_no_harm():
    X = np.column_stack([np.arange(60), np.ones(60), np.full(60, np.nan), np.arange(60) % 7])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = GlassnetRegressor(**FAST).fit(X, np.arange(60.0))
    assert [column.name for column in model.model_.fitted.schema.inputs] == ["x1", "x2", "x3", "x4"]
    assert np.isfinite(model.predict(X)).all()


@pytest.mark.parametrize(
    ("X", "words"),
    [
        (sparse.csr_matrix(np.eye(4)), "X is a sparse matrix"),
        (np.ones((4, 2)) * 1j, "Complex data not supported"),
        (np.ones(4), "Reshape your data"),
        (np.ones((4, 2, 2)), "Expected 2D array, got 3D"),
        (np.ones((4, 0)), r"0 feature\(s\)"),
        (np.ones((1, 2)), "1 sample"),
        ([[1, 2], [3]], "rows differ in length"),
        (pd.DataFrame({"a": [[1], [2], [3], [4]], "b": [1, 2, 3, 4]}), "holds lists"),
    ],
    ids=["sparse", "complex", "1d", "3d", "no columns", "one row", "ragged", "lists"],
)
def test_what_is_no_table_is_refused_in_words(X, words):
    with pytest.raises(GlassnetError, match=words):
        GlassnetRegressor(**FAST).fit(X, np.arange(4.0)[: 4 if isinstance(X, list) else X.shape[0]])


@pytest.mark.parametrize(
    ("y", "words"),
    [
        ([1.5, 2.5, 3.5, 4.5], "Unknown label type: continuous"),
        (["a", "b", None, "a"], "Input y contains NaN, first in row 3"),
        ([0.0, 1.0, np.nan, 1.0], "Input y contains NaN, first in row 3"),
        (["a", 1, "b", 2], "Unknown label type|two classes"),
        ([[0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 0, 0]], "multiclass-multioutput"),
        ([7, 7, 7, 7], "y holds 1 class, 7"),
    ],
    ids=["numbers", "none", "nan", "mixed", "several of several", "one class"],
)
def test_what_are_no_classes_is_refused_in_words(y, words):
    wrapped = np.array(y, dtype=object) if any(isinstance(one, str) for one in y) else y
    with pytest.raises(GlassnetError, match=words):
        GlassnetClassifier(**FAST).fit(np.eye(4), wrapped)


@pytest.mark.parametrize("library", ["pandas", "pyarrow"])
def test_a_name_that_two_columns_have_is_refused(library):
    rows = [[float(i), float(i % 3)] for i in range(20)]
    frame = pd.DataFrame(rows, columns=["a", "a"])
    given = (
        frame
        if library == "pandas"
        else pa.Table.from_arrays([frame.iloc[:, 0], frame.iloc[:, 1]], ["a", "a"])
    )
    with pytest.raises(GlassnetError, match="X has several columns called 'a'"):
        GlassnetClassifier().fit(given, [i % 2 for i in range(20)])


def test_a_frame_of_nothing_but_codes_holds_categories():
    generator = np.random.default_rng(0)
    codes = {name: generator.integers(1000, 1040, 400).astype(str) for name in ("a", "b")}
    y = np.where(generator.random(400) < 0.5, "1", "0")

    def kinds(X):
        model = GlassnetClassifier(epochs=1, members=1).fit(X, y).model_
        return [str(column.kind) for column in model.fitted.schema.columns]

    text = pd.DataFrame(codes, dtype=object)
    assert kinds(text) == kinds(pl.DataFrame(codes)) == ["category", "category"]
    # Neither a column of another kind beside them nor a cell that is no number changes what they are.
    days = pd.date_range("2026-01-01", periods=400)
    assert kinds(text.assign(when=days)) == ["category", "category", "date"]
    assert kinds(text.assign(b=["nan", *text["b"][1:]])) == ["category", "category"]
    # Decimals show that nobody looked at the types; a list of rows has none.
    assert kinds(text.assign(c=[f"{n % 9}.5" for n in range(400)])) == ["number", "number", "number"]
    assert kinds(text.to_dict("records")) == ["number", "number"]

"""A table in memory is the same table in every library."""

import subprocess
import sys
from datetime import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from glassnet.errors import SourceError
from glassnet.settings import Settings
from glassnet.table.frames import to_polars
from glassnet.table.source import read_table

COLUMNS = {"a": [1, 2, 3], "b": [1.5, None, 2.5], "c": ["x", None, "z"], "d": [True, False, True]}
FRAME = pl.DataFrame(COLUMNS)


@pytest.mark.parametrize(
    "data",
    [
        FRAME,
        FRAME.lazy(),
        COLUMNS,
        pa.table(COLUMNS),
        FRAME.to_dicts(),
        pd.DataFrame(COLUMNS, index=[7, 8, 9]),
        pd.DataFrame(COLUMNS).convert_dtypes(),
    ],
    ids=["polars", "lazy", "dict", "pyarrow", "rows", "pandas", "pandas-nullable"],
)
def test_the_same_table_from_every_library(data):
    frame = to_polars(data).with_columns(pl.col("b").fill_nan(None))
    assert frame.equals(FRAME)


def test_arrays_get_names():
    assert to_polars(np.arange(6.0).reshape(3, 2)).columns == ["x1", "x2"]
    assert to_polars(np.array([1, 2])).rows() == [(1,), (2,)]
    assert to_polars([[1, "a"], [2, "b"]]).rows() == [(1, "a"), (2, "b")]
    assert to_polars(pl.Series("a", [1])).columns == ["a"]


def test_pandas_types():
    day = datetime(2020, 1, 2, 3)
    frame = to_polars(
        pd.DataFrame(
            {
                "day": pd.to_datetime([day, None]),
                "zoned": pd.to_datetime([day, None]).tz_localize("Europe/Berlin"),
                "level": pd.Categorical(["u", None]),
                "mixed": pd.Series([1, "two"], dtype=object),
                "int": pd.Series([1, None], dtype="Int64"),
                3: [1, 2],
            }
        )
    )
    assert frame["day"].to_list() == [day, None]
    assert frame["zoned"].to_list() == [datetime(2020, 1, 2, 2), None]
    assert isinstance(frame["level"].dtype, pl.Categorical)
    assert frame["level"].to_list() == ["u", None]
    assert frame["mixed"].to_list() == ["1", "two"]
    assert frame["int"].to_list() == [1, None]
    assert frame["3"].to_list() == [1, 2]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (object(), "builtins.object"),
        (np.zeros((2, 2, 2)), "one or two axes"),
        ({"a": [1], "b": [1, 2]}, "equally long"),
        ({"a": 3.0}, "single value 3.0, not a list"),
        ({"a": "Bonn"}, "single value 'Bonn', not a list"),
    ],
)
def test_what_is_no_table_is_refused(data, says):
    with pytest.raises(SourceError, match=says):
        to_polars(data)


def test_a_name_used_twice_is_told_as_that_of_a_file():
    table = read_table(pd.DataFrame([[1, 2]], columns=["a", "a"]), Settings())
    assert table.frame.rows(named=True) == [{"a": 1, "a_2": 2}]
    assert table.notes == ("the name 'a' is used twice in the header; column 2 is 'a_2'.",)


def test_dates_beyond_microseconds_are_not_other_dates():
    far = pd.DataFrame({"when": np.array(["300000-01-01", "NaT"], dtype="datetime64[s]")})
    assert to_polars(far)["when"].to_list() == ["300000-01-01T00:00:00", None]


PROGRAM = """
import sys
sys.modules["pyarrow"] = None
import pandas, polars
from glassnet.settings import Settings
from glassnet.table.source import read_table, read_chunks
from glassnet.table.schema import decide_schema
table = read_table(sys.argv[1], Settings())
told = Settings(target=("y",))
schema = decide_schema(table, told)
assert sum(chunk.height for chunk in read_chunks(sys.argv[1], told, schema, 2)) == table.frame.height == 3
columns = {"a": [1.5, 2, 3], "c": ["x", None, "z"]}
assert read_table(pandas.DataFrame(columns), Settings()).frame.equals(polars.DataFrame(columns))
"""


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_nothing_needs_pyarrow(tmp_path, suffix):
    frame = pl.DataFrame({"a": [1.5, 2.5, 3.5], "y": ["p", "n", "p"]})
    path = str(tmp_path / f"t.{suffix}")
    frame.write_csv(path) if suffix == "csv" else frame.write_parquet(path)
    subprocess.run([sys.executable, "-c", PROGRAM, path], check=True)

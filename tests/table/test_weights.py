"""Weights of rows, and columns whose names look like patterns."""

import numpy as np
import polars as pl
import pytest

from glassnet.errors import SourceError
from glassnet.gather import gather
from glassnet.quality.checks import look
from glassnet.settings import Settings
from glassnet.table.frames import picked
from glassnet.table.source import read_table
from glassnet.table.values import Rows
from glassnet.table.weights import drop_rows_without_weight, row_weights


def test_no_names_pick_no_columns():
    assert picked(pl.DataFrame({"a": [1, 2]}), []).columns == []
    assert (
        gather({"a": [1.0, 2.0] * 9, "y": [0, 1] * 9}, None, None, Settings(target=("y",))).kept.columns == []
    )


NONE = np.empty(0, dtype=np.int64)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([1.0, None, 2.0], r"weight column 'w' is missing in row 13; weights must be numbers"),
        ([1.0, float("nan"), 2.0], "is missing in row 13"),
        ([1.0, 2.0, -1.5], "holds -1.5 in row 15"),
        ([float("inf"), 2.0, 1.0], "holds inf in row 10"),
        ([0.0, 0.0, 0.0], r"is 0 in every row\. Give some rows a weight"),
    ],
)
def test_bad_weights_are_refused_with_their_row_in_the_source(cells, said):
    frame = pl.DataFrame({"w": cells}, schema={"w": pl.Float64})
    with pytest.raises(SourceError, match=said):
        row_weights(frame, "w", np.array([9, 12, 14]))


def test_names_like_patterns_are_names():
    """Polars takes '^a.*$' and '*' for patterns where columns are selected by names."""
    rows = 60
    frame = pl.DataFrame(
        {
            "^a.*$": [float(i % 7) for i in range(rows)],
            "*": [float(i % 5) for i in range(rows)],
            "a1": [float(i % 3) for i in range(rows)],
            "^w.*$": [float(i % 2) for i in range(rows)],
            "w2": ["x", "y", "z"] * (rows // 3),
            "target": [i % 2 for i in range(rows)],
        }
    )
    settings = Settings(target=("target",), weight="^w.*$", keep=("*",), task="regression")
    table = read_table(frame, settings)
    assert table.frame.columns == ["a.*", "*", "a1", "w.*", "w2", "target"]
    assert table.notes[0] == "column '^a.*$' is called 'a.*': '^' to '$' is the sign of a pattern."
    assert drop_rows_without_weight(table, settings).frame.height == rows // 2
    found = gather(frame.with_columns(pl.col("target") + pl.col("a1")), None, None, settings)
    assert found.kept.columns == ["*"]
    assert [column.name for column in found.schema.inputs] == ["a.*", "a1", "w2"]
    split = Rows(fit=(np.arange(20),), validation=(NONE,), test=np.arange(20, 30), how="")
    seen = look(found.frame, found.schema, found.target_RT, split, 0)
    assert [one.name for one in seen.columns] == ["target", "a.*", "a1", "w2"]

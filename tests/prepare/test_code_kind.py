"""Codes of levels take the smallest type that counts them, and mean the same in each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from glassnet.prepare.assemble import apply, encode, prepare
from glassnet.prepare.values import Prepared, Weights
from glassnet.settings import Preparing
from glassnet.table.values import Column, Kind, Rows, Schema, Target, Task


def prepared_of(levels: int) -> Prepared:
    """Return rows of a category with so many levels, and of a small one; in two the first is missing."""
    cells = [f"{i:05d}" for i in range(levels)] + [None, None]
    frame = pl.DataFrame({"large": cells, "small": [str(i % 3) for i in range(len(cells))]})
    schema = Schema(
        columns=tuple(Column(name=n, kind=Kind.CATEGORY, reason="", used=True) for n in frame.columns),
        targets=(Target(name="y", dtype="float"),),
        task=Task.REGRESSION,
        task_reason="",
    )
    rows = np.arange(len(cells))
    return prepare(
        frame,
        schema,
        (rows % 7).astype(float)[:, None],
        Weights(row_R=np.ones(len(cells)), loss_R=np.ones(len(cells))),
        Rows(fit=(rows,), validation=(rows[:0],), test=rows[:0], how=""),
        Preparing(rare=1, target_means=True),
    )


@pytest.mark.parametrize(
    ("levels", "kind"), [(127, np.int8), (128, np.int16), (32_767, np.int16), (32_768, np.int32)]
)
def test_codes_of_each_type_mean_the_same(levels, kind):
    prepared = prepared_of(levels)
    encoded, preparation = prepared.encoded, prepared.preparation
    assert encoded.code_RC.dtype == kind
    wide = replace(encoded, code_RC=encoded.code_RC.astype(np.int32))
    assert encoded.code_RC[:, 0].tolist() == [*range(levels), -1, -1]
    found, expected = apply(encoded, preparation, 0), apply(wide, preparation, 0)
    np.testing.assert_array_equal(found.slot_RE, expected.slot_RE)
    np.testing.assert_array_equal(found.dense_RD, expected.dense_RD)
    assert len(set(found.slot_RE[:, 0].tolist())) == levels + 1  # every level has a slot, missing cells too


def test_a_level_never_seen_is_told_from_a_missing_cell():
    prepared = prepared_of(127)
    frame = pl.DataFrame({"large": ["00126", None, "new"], "small": ["0", None, "9"]})
    code_RC = encode(frame, prepared.preparation.encoding).code_RC
    assert code_RC.dtype == np.int8
    assert code_RC.tolist() == [[126, 0], [-1, -1], [-2, -2]]

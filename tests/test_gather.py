"""All tables of a run become one: own validation and test rows behind, weights and targets checked."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import glassnet
from glassnet.errors import GlassnetError, SettingsError, SourceError
from glassnet.gather import UNREAD, gather, table_key
from glassnet.settings import SETTING_NAMES, Settings, change

BASE = Settings(target=("y",))


def table(rows: int = 20, **columns: object) -> pl.DataFrame:
    plain = {
        "x": np.linspace(0.0, 1.0, rows),
        "c": ["a", "b"] * (rows // 2),
        "y": ["no", "yes", "no", "no"] * (rows // 4),
    }
    return pl.DataFrame(plain | columns)


def test_rows_follow_each_other():
    validation = table(8).with_columns(x=pl.lit(5.0))
    test = table(12).with_columns(x=pl.lit(7.0), c=pl.lit("never seen"))
    found = gather(table(), test, validation, BASE)
    assert found.own_rows == 20
    assert found.validation.tolist() == list(range(20, 28))
    assert found.test.tolist() == list(range(28, 40))
    assert found.frame["x"].to_list()[20:] == [5.0] * 8 + [7.0] * 12
    assert found.target_RT.shape == (40, 1)
    assert found.source_rows.tolist() == [*range(20), *range(8), *range(12)]
    assert found.weights.row_R.tolist() == [1.0] * 40


def test_rows_without_a_known_target_are_left_out_and_counted():
    main = table(y=["no", "yes", None, "no"] * 5)
    test = table(8).with_columns(y=pl.Series(["no", "maybe", None, "yes"] * 2))
    found = gather(main, test, None, BASE)
    assert found.own_rows == 15
    assert found.source_rows.tolist()[:4] == [0, 1, 3, 4]
    assert found.source_rows.tolist()[15:] == [0, 3, 4, 7]
    assert "5 rows have no target and are left out." in found.notes
    assert any(note.startswith("4 test rows have no target, or one never seen") for note in found.notes)
    with pytest.raises(SourceError, match="none of the test rows"):
        gather(main, test.with_columns(y=pl.lit("maybe")), None, BASE)
    with pytest.raises(SourceError, match=r"the validation rows in .* have no column 'y' to compare with"):
        gather(main, None, test.rename({"y": "yy"}), BASE)


@pytest.mark.parametrize("wild", [np.inf, -np.inf, 1e300, -1e101])
def test_targets_without_a_square_are_refused_with_their_row(wild):
    numbers = np.linspace(0.0, 1.0, 20)
    numbers[[6, 9]] = wild, 0.5
    with pytest.raises(SourceError, match=r"beyond 1e\+100 in 1 row, .* in row 7\. Leave these rows out"):
        gather(table(y=numbers), None, None, BASE)
    found = gather(table(y=np.linspace(0.0, 1e99, 20)), table(y=numbers), None, BASE)
    assert "1 test rows have no target" in str(found.notes)
    with pytest.raises(SourceError, match="'y' is at most 1e-200, of which no squared error can be told"):
        gather(table(y=np.linspace(0.0, 1e-200, 20)), None, None, BASE)


def test_kept_columns_follow_their_rows():
    settings = replace(BASE, keep=("c",))
    main = table(y=[None, "yes", "no", "no"] * 5, c=[f"c{n}" for n in range(20)])
    found = gather(main, table(8), None, settings)
    assert found.kept.columns == ["c"]
    assert found.kept["c"].to_list() == [f"c{n}" for n in range(20) if n % 4] + ["a", "b"] * 4
    assert [column.name for column in found.schema.inputs] == ["x"]
    with pytest.raises(SettingsError, match="the table has no column 'C2'"):
        gather(table(), None, None, replace(BASE, keep=("C2",)))


@pytest.mark.parametrize("bad", [-1.0, None, float("inf")])
def test_weights_are_numbers_of_at_least_nothing(bad):
    weights = [1.0] * 20
    weights[2] = bad
    with pytest.raises(GlassnetError, match="weights must be numbers of at least 0"):
        gather(table(w=pl.Series(weights, dtype=pl.Float64)), None, None, replace(BASE, weight="w"))
    with pytest.raises(GlassnetError, match="is 0 in every row"):
        gather(table(w=[0.0] * 20), None, None, replace(BASE, weight="w"))


def test_a_weight_is_no_input():
    found = gather(table(w=np.arange(20.0)), None, None, replace(BASE, weight="w"))
    assert [column.name for column in found.schema.inputs] == ["x", "c"]
    assert found.weights.row_R.tolist() == list(range(1, 20))
    assert found.weights.loss_R.tolist() == list(range(1, 20))


def test_a_row_of_weight_0_is_as_good_as_absent():
    weights = np.ones(20)
    weights[[3, 8]] = 0
    found = gather(table(w=weights), None, None, replace(BASE, weight="w"))
    assert found.own_rows == 18
    assert found.source_rows.tolist() == [row for row in range(20) if row not in (3, 8)]
    assert "2 rows have the weight 0 and are left out." in found.notes


@pytest.mark.parametrize(
    ("weight", "wanted"),
    [(2.0, 2.0), (10.0, 10.0), (11.0, 1.0), (1e-6, 1.0), (2.5, 1.0)],
    ids=["repeats", "many repeats", "survey weights", "tiny", "broken"],
)
def test_whole_weights_are_repeats_and_others_only_compare(weight, wanted):
    found = gather(table(w=np.full(20, weight)), None, None, replace(BASE, weight="w"))
    np.testing.assert_allclose(found.weights.row_R, wanted, rtol=1e-12)


def test_balanced_classes_count_the_same():
    found = gather(
        table(w=np.arange(20) % 3 + 1.0), None, None, replace(BASE, weight="w", class_weight="balanced")
    )
    is_yes = found.target_RT[:, 0] == 1
    sums = found.weights.loss_R[is_yes].sum(), found.weights.loss_R[~is_yes].sum()
    assert sums[0] == pytest.approx(sums[1])
    assert sum(sums) == pytest.approx(found.weights.row_R.sum())
    assert found.weights.row_R.tolist() == (np.arange(20) % 3 + 1.0).tolist()


def test_given_class_weights_multiply():
    found = gather(table(), None, None, replace(BASE, class_weight=(("yes", 3.0),)))
    assert found.weights.loss_R.tolist() == [1, 3, 1, 1] * 5


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        ((("yess", 3.0),), r"names a class 'yess' that the target has not\. Did you mean 'yes'\?"),
        ("even", "must be none, balanced or a weight for each class, not 'even'"),
    ],
)
def test_class_weights_that_fit_nothing_are_refused(weights, says):
    with pytest.raises(SettingsError, match=says):
        gather(table(), None, None, replace(BASE, class_weight=weights))


def test_numbers_have_no_class_weights():
    with pytest.raises(SettingsError, match="class_weight needs classes"):
        gather(table(y=np.linspace(0, 9, 20)), None, None, replace(BASE, class_weight="balanced"))


def test_no_reader_of_tables_looks_at_a_setting_that_is_left_out_of_its_key():
    source = Path(glassnet.__file__).parent
    files = [
        source / "gather.py",
        *(one for one in (source / "table").glob("*.py") if one.name != "split.py"),
    ]
    read = {name for one in files for name in re.findall(r"settings\.([a-z_]+)", one.read_text())}
    assert set(SETTING_NAMES) >= UNREAD
    assert not read & UNREAD
    assert {"target", "kinds", "weight"} <= read


def test_a_split_looks_at_settings_that_are_in_the_key_of_what_is_prepared():
    source = Path(glassnet.__file__).parent
    read = set(re.findall(r"settings\.([a-z_]+)", (source / "table" / "split.py").read_text()))
    assert read & UNREAD <= {"seed", "folds"}  # `pipeline.draft_of` adds these two


def test_runs_that_read_alike_have_one_key():
    assert table_key(BASE) == table_key(change(BASE, seed=3, hidden=(5,), learning_rate=0.1))
    assert table_key(BASE) != table_key(change(BASE, kinds={"x": "category"}))


def test_rows_of_other_tables_follow_numbers_in_half_the_memory():
    half = table().with_columns(pl.col("x").cast(pl.Float32))
    assert gather(half, None, None, BASE).frame["x"].dtype == pl.Float32
    found = gather(half, table(8), None, BASE).frame["x"]
    assert found.to_list() == [*half["x"].to_list(), *table(8)["x"].to_list()]


def test_numbers_in_half_the_memory_train_alike():
    half = table(80).with_columns(pl.col("x").cast(pl.Float32))
    whole = half.with_columns(pl.col("x").cast(pl.Float64))
    one, other = (glassnet.fit(each, target="y", epochs=2, seed=1) for each in (half, whole))
    np.testing.assert_array_equal(one.predict_proba(whole), other.predict_proba(half))

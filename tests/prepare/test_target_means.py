"""Means of the target by level: no row sees its own target, new rows see all, few rows count little."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from glassnet.model import fit, load
from glassnet.pipeline import Sources, draft_run
from glassnet.prepare.assemble import apply, dense_sources, encode
from glassnet.prepare.target_means import PARTS
from glassnet.settings import Settings

ON = Settings(target_means="on", folds=0, hidden=(8,), bins=0, epochs=3, threads=1, target=("y",))


def towns(rows: int = 2000, seed: int = 0, effect: float = 1.0) -> pl.DataFrame:
    """50 towns of different prices, an own street each row in twenty, and noise."""
    generator = np.random.default_rng(seed)
    town = generator.integers(0, 50, rows)
    price = np.random.default_rng(99).normal(0.0, effect, 50)
    y = price[town] + generator.normal(0.0, 1.0, rows)
    return pl.DataFrame(
        {
            "town": [None if n % 40 == 7 else f"t{one:02d}" for n, one in enumerate(town)],
            "few": generator.choice(["a", "b", "c"], rows),
            "x": generator.normal(size=rows),
            "y": y,
        }
    )


def means_of(table: pl.DataFrame, **changes):
    """Return the plan and each fold's columns of means for all its rows, `(R, X)`."""
    plan = draft_run(Sources(table=table), replace(ON, **changes)).plan
    preparation, encoded = plan.prepared.preparation, plan.prepared.encoded
    first = list(preparation.dense_names).index(preparation.means.names[0])
    end = first + len(preparation.means.names)
    return plan, [
        apply(encoded, preparation, f).dense_RD[:, first:end] for f in range(plan.prepared.rows.folds)
    ]


def test_only_categories_of_many_levels_have_means():
    plan, _ = means_of(towns())
    assert plan.prepared.preparation.means.names == ("town: mean of y", "town: rows of the level")
    sources = dense_sources(plan.prepared.preparation)
    assert len(sources) == plan.prepared.preparation.dense
    assert sources[-2:] == ("town", "town")


def test_means_are_off_unless_asked_for():
    plan = draft_run(Sources(table=towns()), replace(ON, target_means="off")).plan
    assert plan.prepared.preparation.means.names == ()
    assert plan.prepared.encoded.own_FRX.size == 0


@pytest.mark.parametrize("folds", [0, 3])
def test_no_row_sees_its_own_target(folds):
    table = towns(1000)
    plan, _ = means_of(table, folds=folds)
    for row in map(int, (plan.prepared.rows.fit[0][5], plan.prepared.rows.fit[-1][80])):
        # A target beyond all others lifts the mean of its level in all parts but its own.
        far = pl.when(pl.int_range(pl.len()) == row).then(500.0).otherwise(pl.col("y"))
        plan, seen = means_of(table.with_columns(y=far), folds=folds)
        town = table["town"].fill_null("-").to_numpy()
        same = set(np.flatnonzero(town == town[row]).tolist())
        for mean_RX, rows in zip(seen, plan.prepared.rows.fit, strict=True):
            mates = sorted(same & set(rows.tolist()))
            if row in mates:
                values = np.unique(mean_RX[mates, 0])
                assert len(values) > 1
                assert mean_RX[row, 0] == values[0]
                assert values[1] > values[0] + 1.0


def test_a_target_of_noise_tells_nothing_of_itself():
    """The trap of means with the row's own target: on noise they correlate with it."""
    generator = np.random.default_rng(1)
    rows = 3000
    table = pl.DataFrame(
        {
            "id": [f"i{n}" for n in generator.integers(0, 1000, rows)],
            "x": generator.normal(size=rows),
            "y": generator.normal(size=rows),
        }
    )
    plan, (mean_RX,) = means_of(table, kinds=(("id", "category"),))
    fit_rows = plan.prepared.rows.fit[0]
    seen = np.corrcoef(mean_RX[fit_rows, 0], table["y"].to_numpy()[fit_rows])[0, 1]
    full = apply(replace(plan.prepared.encoded, own_FRX=np.zeros((0, 0, 0))), plan.prepared.preparation, 0)
    names = plan.prepared.preparation.dense_names
    leaky = full.dense_RD[fit_rows, names.index("id: mean of y")]
    assert abs(seen) < 0.08  # two deviations of chance for 1,900 rows are 0.05
    assert np.corrcoef(leaky, table["y"].to_numpy()[fit_rows])[0, 1] > 0.4


def test_new_rows_get_the_smoothed_mean_of_all_fit_rows():
    table = towns()
    plan, (mean_RX,) = means_of(table)
    preparation, rows = plan.prepared.preparation, plan.prepared.rows.fit[0]
    new = pl.DataFrame({"town": ["t03", "t11", None, "never"], "few": ["a"] * 4, "x": [0.0] * 4})
    encoded = encode(new, preparation.encoding)
    names = list(preparation.dense_names)
    found = apply(encoded, preparation, 0).dense_RD[:, names.index("town: mean of y")]
    known = table[rows]
    order = known.group_by("town").agg(pl.col("y").mean(), pl.len()).sort("town")
    by_name = dict(zip(order["town"], order["y"], strict=True))
    mean = known["y"].mean()
    # The common scale is unknown here; distances from the mean of all keep their ratio.
    ratio = (found[0] - found[3]) / (found[1] - found[3])
    assert ratio == pytest.approx((by_name["t03"] - mean) / (by_name["t11"] - mean), rel=0.1)
    assert found[2] != found[3]  # missing is a level of its own
    assert abs(mean_RX[rows].mean()) < 1e-5
    np.testing.assert_allclose(mean_RX[rows].std(axis=0), 1.0, atol=1e-5)


def test_levels_that_do_not_differ_are_drawn_to_one_mean():
    _, (same,) = means_of(towns(effect=0.0).drop("few"))
    raw = draft_run(Sources(table=towns(effect=0.0)), ON).plan.prepared.preparation.means
    assert np.isfinite(same).all()
    assert np.isfinite(raw.table_FLV).all()


@pytest.mark.parametrize(
    ("of", "means"),
    [
        (lambda y: np.where(y > 0, "yes", "no"), ["mean of y"]),
        (
            lambda y: np.select([y < -1, y < 1], ["low", "middle"], "high"),
            [f"mean of y = {c}" for c in ("high", "low", "middle")],
        ),
    ],
    ids=["binary", "classes"],
)
def test_classes_have_a_mean_each(of, means):
    table = towns(600)
    table = table.with_columns(y=pl.Series(of(table["y"].to_numpy())))
    plan, (mean_RX,) = means_of(table)
    names = plan.prepared.preparation.means.names
    assert names == tuple(f"town: {one}" for one in (*means, "rows of the level"))
    assert np.isfinite(mean_RX).all()


@pytest.mark.parametrize("changes", [{}, {"folds": 3}, {"weight": "x2"}, {"test_share": 0.0}], ids=str)
def test_a_run_with_means_predicts_alike_from_its_file(tmp_path, changes):
    table = towns(500).with_columns(x2=pl.col("x").abs())
    model = fit(table, settings=replace(ON, **changes))
    again = load(model.save(tmp_path / "m.glassnet"))
    new = towns(60, seed=8).with_columns(x2=pl.lit(1.0))
    assert again.predict(new).tobytes() == model.predict(new).tobytes()
    assert again.fitted.preparation.means.names
    linear = model.fitted.evaluation.scores[0].linear
    assert np.isfinite(linear)


def test_means_help_where_a_level_says_much():
    table = towns(3000, effect=2.0)
    settings = replace(ON, epochs=8, embedding=1, seed=1)
    errors = {
        on: fit(table, settings=replace(settings, target_means=on)).fitted.evaluation.scores[0].value
        for on in ("on", "off")
    }
    assert errors["on"] < errors["off"]


def test_each_part_is_left_out_once():
    assert PARTS == 5
    table = towns(300)
    plan, (mean_RX,) = means_of(table)
    rows = plan.prepared.rows.fit[0]
    town = table["town"].fill_null("-").to_numpy()[rows]
    for one in np.unique(town):
        assert len(np.unique(mean_RX[rows[town == one], 0])) <= PARTS

"""Why a prediction: the parts are right where they are known, and sum to the whole everywhere."""

from functools import cache

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.errors import SettingsError, SourceError
from glassnet.model import Model, fit, load
from glassnet.why import why
from glassnet.why.values import Part, Why

CITIES = [f"City {n}" for n in range(12)]
PLAIN = {"threads": 1, "engine": "eager"}


def table(rows: int = 240) -> pl.DataFrame:
    generator = np.random.default_rng(5)
    age = generator.normal(50, 12, rows).round(1)
    city = generator.choice(CITIES, rows)
    near = np.isin(city, CITIES[:4])
    return pl.DataFrame(
        {
            "age": pl.Series(age).scatter(np.arange(0, rows, 11), None),
            "city": city,
            "since": pl.date_range(pl.date(2020, 1, 1), pl.date(2023, 1, 1), eager=True).sample(rows, seed=1),
            "paid": generator.choice(["yes", "no"], rows),
            "price": 100 + 3 * age + 20 * near + generator.normal(0, 2, rows),
            "rich": np.where(age + 10 * near > 55, "rich", "poor"),
            "size": generator.choice(["large", "middle", "small"], rows),
        }
    )


TARGETS = ("price", "rich", "size")


@cache
def trained(target: str, members: int = 1, folds: int = 0) -> Model:
    # Long steps would take two members so far apart that the mean of their log-odds says little.
    small = {"hidden": (16, 8), "epochs": 15, "batch_size": 32, "learning_rate": 2e-3, **PLAIN}
    others = tuple(name for name in TARGETS if name != target)
    return fit(table(), target=target, drop=others, members=members, folds=folds, **small)


def test_a_linear_network_has_the_parts_that_its_weights_say():
    generator = np.random.default_rng(2)
    x_RD = generator.normal(size=(200, 3))
    frame = pl.DataFrame(x_RD, schema=["a", "b", "c"]).with_columns(y=pl.Series(x_RD @ [2.0, -1.0, 0.5]))
    model = fit(frame, target="y", network="neuron", numbers="standard", bins=0, epochs=5, **PLAIN)
    found = why(model, {"a": 1.5, "b": -0.5, "c": 0.1})
    preparation = model.fitted.preparation
    weight_D = model.network.last.weight[0, 0].detach().double().numpy()
    # The mean training row is 0 after standardisation, but for float32's rounding.
    shifted_D = np.array([1.5, -0.5, 0.1]) - preparation.encoding.offset_N
    seen_D = (shifted_D - preparation.scales.location_FN[0]) / preparation.scales.scale_FN[0]
    expected = dict(zip("abc", weight_D * seen_D * preparation.target.scale_FT[0, 0], strict=True))
    assert {one.column: one.part for one in found.parts} == pytest.approx(expected, rel=1e-5, abs=1e-6)
    assert found.steps == 32
    assert abs(found.remainder) < 1e-9


rows = st.fixed_dictionaries(
    {
        "age": st.one_of(st.none(), st.floats(-50, 200)),
        "city": st.one_of(st.none(), st.sampled_from(CITIES), st.just("never seen")),
        "since": st.one_of(st.none(), st.dates()),
        "paid": st.sampled_from([None, "yes", "no"]),
    }
)


@pytest.mark.parametrize("target", TARGETS)
@given(row=rows)
@settings(max_examples=15, deadline=None)
def test_the_parts_sum_to_the_whole(target, row):
    found = why(trained(target, members=2), pl.DataFrame([row], schema=TYPES))
    total = found.start + sum(one.part for one in found.parts) + found.remainder
    assert total == pytest.approx(found.output, rel=1e-9, abs=1e-9)
    assert found.is_exact_enough
    assert {one.column for one in found.parts} == {"age", "city", "since", "paid"}


TYPES = {"age": pl.Float64, "city": pl.String, "since": pl.Date, "paid": pl.String}


def test_the_whole_is_the_prediction_in_the_tables_unit():
    row = table().drop(TARGETS)[3:4]
    model = trained("price", members=2)
    assert why(model, row).output == pytest.approx(float(model.predict(row)[0]), rel=1e-5)


def test_of_a_logarithm_that_was_learned_the_parts_are_its_own():
    model = fit(table(), target="price", drop=("rich", "size"), target_scale="soft_log", epochs=5, **PLAIN)
    row = table()[:1].drop("price", "rich", "size")
    found, target = why(model, row), model.fitted.preparation.target
    assert found.about.startswith("log(1 + price / 2")
    value = np.expm1(found.output) * target.unit_T[0] * target.level_T[0]
    assert model.predict(row)[0] == pytest.approx(
        value, rel=1e-3
    )  # a mean of members' logarithms, of numbers
    assert sum(part.part for part in found.parts) == pytest.approx(found.output - found.start, abs=0.01)


@pytest.mark.parametrize("folds", [0, 2])
def test_log_odds_are_those_of_the_probability(folds):
    row = table().drop(TARGETS)[4:5]
    model = trained("rich", members=2, folds=folds)
    found = why(model, row, label="rich")
    # The mean of two members' log-odds is not the log-odds of their mean probability, but lies near it.
    probability = float(model.predict_proba(row)[0, 1])
    assert found.output == pytest.approx(np.log(probability / (1 - probability)), abs=0.2)
    other = why(model, row, label="poor")
    assert [one.part for one in other.parts] == pytest.approx([-one.part for one in found.parts])


def test_a_class_is_compared_with_the_mean_of_all():
    row = table().drop(TARGETS)[5:6]
    model = trained("size")
    every = [why(model, row, label=label) for label in ("large", "middle", "small")]
    assert sum(one.output for one in every) == pytest.approx(0.0, abs=1e-9)
    assert every[0].about == "logit of size = large above the mean of all 3 classes'"
    best = str(model.predict(row)[0])
    assert why(model, row).about.startswith(f"logit of size = {best} above")


def test_cells_are_said_in_the_tables_words():
    row = {"age": "x9", "city": "Atlantis", "since": "2021-05-01", "paid": None}
    words = {one.column: one.cell for one in why(trained("rich"), row).parts}
    assert words == {
        "age": "x9 (unreadable, so missing)",
        "city": "Atlantis (never seen in training)",
        "since": "2021-05-01",
        "paid": "missing",
    }


def test_long_numbers_are_shortened_and_nan_is_missing():
    row = pl.DataFrame(
        [{"age": 31.123456789123, "city": "City 1", "since": None, "paid": "no"}], schema=TYPES
    )
    words = {one.column: one.cell for one in why(trained("rich"), row).parts}
    assert words["age"] == "31.1235"
    words = {one.column: one.cell for one in why(trained("rich"), row.with_columns(age=float("nan"))).parts}
    assert words["age"] == "missing"


def test_a_score_of_either_class_is_near_its_probability():
    model = fit(example="classification", recipe="neuron", epochs=20)
    row = {"x1": -1.0, "x2": 0.5, "x3": 0.2, "x4": -0.3}
    scores = [why(model, row, label=label).output for label in ("0", "1")]
    assert sum(scores) == pytest.approx(1.0)
    probability_P = model.predict_proba({name: [cell] for name, cell in row.items()})[0]
    assert np.clip(scores, 0, 1) == pytest.approx(probability_P, abs=1e-6)


def test_the_sigmoid_at_the_end_is_looked_behind():
    model = fit(example="random", recipe="sequential", epochs=3)
    row = dict.fromkeys((f"x{n}" for n in range(1, 11)), 0.5)
    found = why(model, row, label="1")
    probability = float(model.predict_proba({name: [cell] for name, cell in row.items()})[0, 1])
    assert found.about == "log-odds of target = 1"
    assert found.output == pytest.approx(np.log(probability / (1 - probability)), abs=1e-6)


def test_a_loaded_model_has_the_same_parts(tmp_path):
    row = table().drop(TARGETS)[6:7]
    model = trained("price")
    model.save(tmp_path / "price.glassnet")
    assert why(load(tmp_path / "price.glassnet"), row) == why(model, row)


EXAMPLE = Why(
    prediction="price = 120",
    about="price",
    start=100.0,
    output=120.0,
    parts=(
        Part(column="age <b>", cell="7", part=25.0),
        Part(column="$city$", cell="Bonn", part=-4.9),
        Part(column="paid", cell="no", part=0.05),
    ),
    remainder=-0.15,
    steps=1024,
    allowed=0.1,
)


def test_the_sentence_names_the_largest_reasons():
    assert EXAMPLE.sentence() == (
        "The network predicts price = 120, 20.00 above the mean training row's 100.0."
        " age <b> = 7 (+25.00) raises it; $city$ = Bonn (-4.900) lowers it."
    )
    lines = str(EXAMPLE).splitlines()
    assert lines[1].split() == ["mean", "training", "row", "100.0"]
    assert lines[2].split() == ["age", "<b>", "7", "+25.00"]
    assert lines[-1] == (
        "What the sum over 1024 steps leaves over: -0.1500."
        " More than the 1 % allowed: read the parts as rough."
    )


def test_names_are_no_markup():
    assert "age &lt;b&gt;" in EXAMPLE._repr_html_()
    assert "<b>" not in EXAMPLE._repr_html_()


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_the_picture_is_drawn(tmp_path, suffix):
    path = EXAMPLE.save(tmp_path / f"why{suffix}")
    assert path.stat().st_size > 3000
    labels = [one.get_text() for one in EXAMPLE.figure().axes[0].get_yticklabels()]
    assert labels == ["paid = no", "$city$ = Bonn", "age <b> = 7"]


def test_what_is_wrong_is_said():
    model, row = trained("size"), table().drop(TARGETS)
    with pytest.raises(SourceError, match="one row is explained at a time, but 240 are given"):
        why(model, row)
    with pytest.raises(SettingsError, match=r"target 'size' has no class 'smal'. Did you mean 'small'\?"):
        why(model, row[:1], label="smal")
    with pytest.raises(SettingsError, match="has no class to ask for"):
        why(trained("price"), row[:1], label="1")
    with pytest.raises(SettingsError, match=r"the model has no target 'prise'. Did you mean 'price'\?"):
        why(trained("price"), row[:1], target="prise")
    with pytest.raises(SourceError, match="no column 'city'"):
        why(model, {"age": 3.0, "since": "2021-01-01", "paid": "no"})
    with pytest.raises(SettingsError, match=r"must end in .png or .svg, but it is 'why.pdf'"):
        EXAMPLE.save("why.pdf")

"""What the report shows of the inside of a network, and of what the doctor found."""

import html
import re
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.doctor import diagnose
from glassnet.errors import SettingsError
from glassnet.pipeline import Sources, fit
from glassnet.report import plots
from glassnet.report.findings import cards
from glassnet.report.gradients import decade_tick, time_of
from glassnet.report.inside import inside, says, tiny_percent
from glassnet.report.page import page
from glassnet.settings import Settings, change
from glassnet.telemetry import QUANTITIES, Records


def made_records(value_NKLQ, layers=("hidden.0", "last"), per_epoch=4):
    """Records of every step of so many epochs."""
    steps = np.arange(value_NKLQ.shape[0])
    return Records(
        layers=tuple(layers),
        quantities=tuple(QUANTITIES),
        epoch_N=(steps // per_epoch + 1).astype(np.int32),
        step_N=(steps % per_epoch + 1).astype(np.int32),
        value_NKLQ=value_NKLQ.astype(np.float32),
        thinning="every step of the first epoch and every epoch's end are recorded",
    )


def filled(steps=12, members=1, layers=2, **values):
    """Values of all quantities: 1, but for the named ones."""
    value_NKLQ = np.ones((steps, members, layers, len(QUANTITIES)))
    value_NKLQ[..., [list(QUANTITIES).index(name) for name in ("idle", "non_finite")]] = 0
    for name, value in values.items():
        value_NKLQ[..., list(QUANTITIES).index(name)] = value
    return value_NKLQ


@pytest.fixture(scope="module")
def fitted():
    a = np.random.default_rng(0).normal(size=(200, 2))
    table = pl.DataFrame({"a": a[:, 0], "b": a[:, 1], "y": a[:, 0] * 2})
    settings = change(Settings(), target="y", epochs=4, members=3, threads=1, hidden=(8,))
    return fit(Sources(table=table), settings)


def test_lines_are_the_means_of_the_members(fitted):
    records = fitted.trained.history.records
    axes = plots.new_axes()
    plots.draw_gradients(records, "hidden.0", axes)
    lines = {line.get_label(): line for line in axes.lines}
    expected = records.values("gradient", "hidden.0").mean(axis=1)
    np.testing.assert_allclose(lines["gradient"].get_ydata(), expected, rtol=1e-6)  # float32 against float64
    np.testing.assert_allclose(lines["gradient"].get_xdata(), time_of(records))
    names = {text.get_text() for text in axes.texts}
    assert {"weights", "gradient", "update / weights"} <= names


def test_an_unknown_layer_is_named(fitted):
    with pytest.raises(SettingsError, match=r"no layer is called 'hiden.0'. Did you mean 'hidden.0'\?"):
        plots.draw_gradients(fitted.trained.history.records, "hiden.0", plots.new_axes())


@pytest.mark.parametrize(
    "value_NKLQ",
    [
        filled(gradient=0, clipped=0, update=0, ratio=0),
        filled(gradient=np.nan, weight=np.inf),
        filled(steps=1),
        filled(steps=1, members=2, weight=np.nan, gradient=np.nan, clipped=np.nan, ratio=np.nan),
        filled(steps=400, members=3, idle=0.5, gradient=1e-30, ratio=1e30),
    ],
    ids=["zeros", "not finite", "one step", "nothing known", "extreme"],
)
def test_any_records_are_drawn_and_said(fitted, value_NKLQ):
    records = made_records(value_NKLQ)
    text = inside(with_records(fitted, records))
    assert text.count("<svg") == 2
    assert not re.search(r"\bnan\b|\binf\b", re.sub(r"<[^>]*>", " ", text))


def with_records(fitted, records):
    history = replace(fitted.trained.history, records=records)
    return replace(fitted, trained=replace(fitted.trained, history=history))


def test_what_is_said_of_a_layer():
    value_NKLQ = filled(steps=40, ratio=0.001, gradient=np.linspace(1, 0.01, 40)[:, None, None])
    value_NKLQ[..., list(QUANTITIES).index("clipped")] = 0.5
    value_NKLQ[:, :, 0, list(QUANTITIES).index("idle")] = 0.25
    value_NKLQ[3, :, 0, list(QUANTITIES).index("non_finite")] = 2
    records = made_records(value_NKLQ)
    assert says(records, "hidden.0") == (
        "The gradient fell from 0.89 to 0.12; a step changed the weights by some 0.10\u00a0%."
        " Clipping shortened it in 50\u00a0% of the recorded steps."
        " At most 25\u00a0% of its units were idle, 25\u00a0% at the end."
        " In 1 recorded step some of its numbers were not finite."
    )
    assert "idle" not in says(records, "last")


def test_many_layers_stay_readable(fitted):
    layers = [f"blocks.{place}.linear" for place in range(70)]
    text = inside(with_records(fitted, made_records(filled(layers=70), layers)))
    assert text.count("<svg") == 24
    assert "All 70 layers" in text
    assert "Pictures of 18 more layers" in text
    assert "Layer ‘blocks.0.linear’" in text
    assert "Layer ‘blocks.69.linear’" in text


def test_the_thinning_and_the_words_are_there(fitted):
    text = html.unescape(page(fitted))
    assert "Recorded are " in text
    assert "at the ends of later epochs" in text
    assert "within the band from lowest to highest" in text


def test_what_looking_took_is_said_where_it_was_long(fitted):
    records = replace(fitted.trained.history.records, share=0.021)
    for seconds, is_told in ((0.1, False), (60.0, True)):
        history = replace(fitted.trained.history, records=records)
        trained = replace(fitted.trained, history=history, seconds=seconds)
        told = "took 2.1\u00a0% of the training time" in inside(replace(fitted, trained=trained))
        assert told is is_told
    assert tiny_percent(3e-9) == "below 0.0001\u00a0%"


def test_the_words_are_there(fitted):
    text = html.unescape(page(fitted))
    for meaning in QUANTITIES.values():
        assert meaning.split(" (")[0] in text


def test_without_records_it_says_so(fitted):
    off = replace(fitted, settings=replace(fitted.settings, records=False))
    assert "recording was turned off" in inside(with_records(off, None))
    assert "No step was recorded" in inside(with_records(fitted, None))
    assert "No step was recorded" in inside(with_records(fitted, made_records(filled(steps=0))))


def test_findings_stand_on_the_first_screen_and_nothing_where_nothing_is(fitted):
    found = diagnose(fitted)
    assert bool(found) == bool(cards(fitted))
    table = pl.DataFrame({"a": np.arange(80.0) * 1e6, "y": np.arange(80.0) % 7})
    settings = change(Settings(), target="y", epochs=3, threads=1, numbers="none", learning_rate=5.0)
    ill = fit(Sources(table=table), settings)
    assert diagnose(ill)
    first = page(ill).split('id="training"')[0]
    for finding in diagnose(ill):
        assert finding.name[1:] in first
    assert "What the doctor found" in first
    assert "<code>--numbers" in first


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0.0, "0"), (0.5, "50"), (0.0123, "1.2"), (0.000151, "0.015"), (1e-12, "below 0.0001"), (2.5, "250")],
)
def test_tiny_percent(share, shown):
    assert tiny_percent(share) == f"{shown}\u00a0%"


@given(st.integers(-20, 20))
def test_a_decade_reads_as_its_number(power):
    shown = decade_tick(10.0**power)
    back = shown.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    value = float(shown.replace(",", "")) if shown == back else 10.0 ** int(back[2:])
    assert value == pytest.approx(10.0**power)

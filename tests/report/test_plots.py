"""Drawings stand on the axes they are given and leave nothing behind."""

import matplotlib
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from glassnet.evaluate.values import Score
from glassnet.pipeline import Sources, fit
from glassnet.report import plots
from glassnet.report.canvas import figured
from glassnet.report.pictures import svg_of
from glassnet.settings import Settings, change


@pytest.fixture(scope="module")
def trained():
    a = np.random.default_rng(0).normal(size=(200, 2))
    table = pl.DataFrame({"a": a[:, 0], "b": a[:, 1], "y": a[:, 0] * 2})
    settings = change(Settings(), target="y", epochs=4, members=3, threads=1, hidden=(8,))
    return fit(Sources(table=table), settings).trained


def test_loss_has_lines_band_and_best_epochs(trained):
    axes = Figure().add_subplot()
    plots.draw_loss(trained, axes)
    names = axes.get_legend_handles_labels()[1]
    assert names == [
        "single batches",
        "training",
        "validation",
        "best epoch",
    ]  # members that share layers share it
    line = next(line for line in axes.lines if line.get_label() == "validation")
    np.testing.assert_allclose(line.get_ydata(), trained.history.validation_loss_EK.mean(axis=1))


def test_a_picture_is_the_same_twice_and_leaves_no_setting(trained):
    before = dict(matplotlib.rcParams)

    def draw():
        axes = plots.new_axes()
        plots.draw_loss(trained, axes, log=True)
        return svg_of(axes, "loss", "A <sentence>.")

    first = draw()
    assert first == draw()
    assert dict(matplotlib.rcParams) == before
    assert '<title id="loss-title">A &lt;sentence&gt;.</title>' in first
    assert "xmlns" not in first
    assert "<style" not in first  # it would reach beyond the picture
    assert "<metadata" not in first


def test_scatter_is_thinned_to_hexagons():
    x = np.random.default_rng(0).normal(size=5000)
    axes = plots.new_axes()
    plots.draw_predicted_against_true(x, x, "price", axes)
    assert len(axes.collections) == 1
    assert len(svg_of(axes, "a", "b")) < 100_000


def test_a_cell_keeps_its_figures_and_quotes():
    axes = plots.new_axes()
    plots.draw_confusion(np.eye(2), ['id="x" 1.2345', "$1 or $2"], axes)
    text = svg_of(axes, "c", "d")
    assert 'id="x" 1.2345' in text
    assert "$1 or $2" in text


@pytest.mark.parametrize("value", [0.0, 3.5])
def test_constant_values_have_an_axis(value):
    same = np.full(10, value)
    for draw in (plots.draw_predicted_against_true, plots.draw_residuals):
        axes = plots.new_axes()
        draw(same, same, "y", axes)
        svg_of(axes, "a", "b")


def figures_of(axis):
    """The figures that stand on an axis."""
    axis.axes.figure.canvas.draw()
    return [label.get_text() for label in axis.get_ticklabels() if label.get_text()]


def drawn(low, high, **choices):
    axes = Figure(figsize=(4.6, 3)).add_subplot()
    axes.set_xlim(low, high)
    figured(axes.xaxis, **choices)
    places = axes.xaxis.get_majorticklocs()
    shown = figures_of(axes.xaxis)
    return [place for place in places if low <= place <= high], shown


def test_an_axis_counts_in_one_unit():
    assert {"0", "5k", "10k"} <= set(drawn(0, 12_000)[1])
    assert "2000" in drawn(0, 9_000)[1]
    assert {"0", "0.5M"} <= set(drawn(0, 1.2e6)[1])
    assert "40 %" in drawn(0, 1, is_share=True)[1]


def test_close_figures_are_told_apart():
    shown = drawn(4.99643, 4.99672)[1]
    assert len(shown) == len(set(shown))


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(3, 7))
def test_an_axis_steps_by_1_2_or_5(low, length, most):
    places, _ = drawn(low, low + length, most=most)
    step = float(np.diff(places).mean()) if len(places) > 1 else 1.0
    first = float(f"{step:.6e}".split("e")[0])
    assert min(abs(first - one) for one in (1, 2, 2.5, 5, 10)) < 1e-4


def scored(**figures):
    known = {"value": 0.994, "low": 0.98, "high": 0.998, "linear": 0.983, "baseline": 0.1} | figures
    return Score(metric="accuracy", larger_is_better=True, **known)


def test_a_baseline_far_off_leaves_room_for_the_others():
    axes = plots.new_axes((4.6, 1.9))
    plots.draw_comparison(scored(), axes)
    assert axes.get_xlim()[0] > 0.9
    assert any(one.get_text().startswith("← 10.0") for one in axes.texts)
    near = plots.new_axes((4.6, 1.9))
    plots.draw_comparison(scored(baseline=0.95), near)
    assert near.get_xlim()[0] < 0.95

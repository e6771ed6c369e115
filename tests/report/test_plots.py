"""Drawings stand on the axes they are given and leave nothing behind."""

import matplotlib
import numpy as np
import polars as pl
import pytest
from matplotlib.figure import Figure

from glassnet.pipeline import Sources, fit
from glassnet.report import plots
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

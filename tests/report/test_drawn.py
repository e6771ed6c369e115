"""`Model.plot_...` draws on the axes it is given, and says in words where it cannot."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from matplotlib.figure import Figure

import glassnet
from glassnet.errors import GlassnetError

generator = np.random.default_rng(0)
A, B = generator.normal(size=150), generator.normal(size=150)
TABLES = {
    "binary": {"y": np.where(A > 0, "yes", "no")},
    "classes": {"y": np.where(A > 0.5, "red", np.where(A < -0.5, "green", "blue"))},
    "numbers": {"y": A * 3 + B},
    "two numbers": {"u": A * 2, "v": B - A},
    "answers": {"p": A > 0, "q": B > 0},
}


@pytest.fixture(scope="module")
def models():
    return {
        name: glassnet.fit(
            pl.DataFrame({"a": A, "b": B, **more}), tuple(more), epochs=2, hidden=4, threads=1, members=2
        )
        for name, more in TABLES.items()
    }


@pytest.mark.parametrize(
    ("name", "plot", "words"),
    [
        ("binary", "confusion", {}),
        ("binary", "roc", {}),
        ("binary", "roc", {"label": "no"}),
        ("binary", "calibration", {}),
        ("binary", "importance", {}),
        ("binary", "gradients", {}),
        ("binary", "gradients", {"layer": "last"}),
        ("classes", "confusion", {}),
        ("classes", "roc", {"label": "red"}),
        ("classes", "calibration", {"label": "blue"}),
        ("numbers", "residuals", {}),
        ("numbers", "importance", {}),
        ("two numbers", "residuals", {"target": "v"}),
        ("answers", "roc", {"label": "q"}),
        ("binary", "precision_recall", {}),
        ("classes", "precision_recall", {"label": "red"}),
        ("binary", "dependence", {"column": "a"}),
        ("classes", "dependence", {"column": "a"}),
        ("classes", "dependence", {"column": "a", "label": "red"}),
        ("numbers", "dependence", {"column": "b"}),
        ("two numbers", "dependence", {"column": "b", "label": "v"}),
        ("answers", "dependence", {"column": "b", "label": "q"}),
        ("answers", "dependence", {"column": "b", "table": {"a": A, "b": B}}),
        ("answers", "calibration", {"label": "p"}),
    ],
)
def test_the_axes_given_are_drawn_on_and_returned(models, name, plot, words):
    figure = Figure()
    axes = figure.add_subplot()
    draw = getattr(models[name], f"plot_{plot}")
    assert draw(ax=axes, **words) is axes
    assert axes.has_data()
    assert figure.axes == [axes]
    assert draw(**words).has_data()


def test_a_class_and_its_opposite_are_mirrored(models):
    drawn = [models["binary"].plot_roc(label=label).lines[1].get_xydata() for label in ("yes", "no")]
    areas = [np.trapezoid(line[:, 1], line[:, 0]) for line in drawn]
    assert areas[0] == pytest.approx(areas[1], abs=1e-9)  # shares of the two classes sum to 1


@pytest.mark.parametrize(
    ("name", "plot", "words", "said"),
    [
        ("numbers", "confusion", {}, r"predicts numbers; plot_confusion is for classes. See plot_residuals"),
        ("numbers", "roc", {}, r"predicts numbers; plot_roc is for classes"),
        ("answers", "confusion", {}, r"several yes/no answers; plot_confusion is for one"),
        ("answers", "roc", {}, r"2 targets; say which: plot_roc\(label='p'\). Known: p, q"),
        ("classes", "roc", {}, r"3 classes; say which: plot_roc\(label='blue'\)"),
        ("classes", "calibration", {"label": "rad"}, r"no class is called 'rad'. Did you mean 'red'\?"),
        ("binary", "residuals", {}, r"predicts classes, which leave no residuals"),
        ("two numbers", "residuals", {}, r"plot_residuals\(target='u'\)"),
        ("two numbers", "residuals", {"target": "w"}, r"no target is called 'w'"),
        ("numbers", "dependence", {"column": "aa"}, r"sees no column 'aa'. Did you mean 'a'\?"),
        ("classes", "dependence", {"column": "a", "label": "rad"}, r"no class is called 'rad'"),
        ("binary", "gradients", {"layer": "lost"}, r"no layer is called 'lost'. Did you mean 'last'\?"),
    ],
)
def test_what_cannot_be_drawn_is_said(models, name, plot, words, said):
    with pytest.raises(GlassnetError, match=said):
        getattr(models[name], f"plot_{plot}")(**words)


def test_without_records_or_rows_it_is_said():
    table = pl.DataFrame({"a": A, "y": A > 0})
    model = glassnet.fit(table, "y", epochs=1, hidden=4, threads=1, records=False)
    with pytest.raises(GlassnetError, match="fit again with records=True"):
        model.plot_gradients()
    few = replace(model.fitted.evaluation, truth=np.zeros(30), prediction_RP=np.full((30, 2), 0.5))
    one_class = glassnet.Model(replace(model.fitted, evaluation=replace(few, weight_R=np.ones(30))))
    with pytest.raises(GlassnetError, match="needs both"):
        one_class.plot_roc()
    bare = glassnet.Model(replace(model.fitted, evaluation=replace(few, importance=(), truth=np.zeros(0))))
    with pytest.raises(GlassnetError, match="importance was not measured"):
        bare.plot_importance()
    with pytest.raises(GlassnetError, match="measured on no rows"):
        bare.plot_calibration()


def test_dependence_that_was_not_kept_needs_rows(models):
    fitted = models["numbers"].fitted
    insight = replace(fitted.evaluation.insight, dependence=fitted.evaluation.insight.dependence[:1])
    few = glassnet.Model(replace(fitted, evaluation=replace(fitted.evaluation, insight=insight)))
    kept = insight.dependence[0].scale.column
    other = "b" if kept == "a" else "a"
    with pytest.raises(GlassnetError, match=rf"it was looked at for {kept}.*table=\.\.\."):
        few.plot_dependence(other)
    drawn = few.plot_dependence(other, table={"a": A, "b": B, "y": A})
    assert drawn.get_xlabel() == other


def test_a_fresh_look_at_the_same_rows_gives_the_same_line(models):
    """On the run's own test rows, `table=` draws what the run kept."""
    model = models["numbers"]
    rows = model.fitted.evaluated_rows
    kept, fresh = (
        model.plot_dependence("a", table=table).lines[1].get_xydata()
        for table in (None, {"a": A[rows], "b": B[rows]})
    )
    np.testing.assert_allclose(fresh, kept, rtol=1e-9)

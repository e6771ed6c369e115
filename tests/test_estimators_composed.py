"""What scikit-learn builds out of estimators works with ours: one small test each."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV, CalibrationDisplay
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingRegressor
from sklearn.inspection import DecisionBoundaryDisplay, PartialDependenceDisplay, partial_dependence
from sklearn.inspection import permutation_importance as shuffled
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import (
    ConfusionMatrixDisplay,
    DetCurveDisplay,
    PrecisionRecallDisplay,
    PredictionErrorDisplay,
    RocCurveDisplay,
)
from sklearn.model_selection import (
    GridSearchCV,
    LearningCurveDisplay,
    TunedThresholdClassifierCV,
    ValidationCurveDisplay,
    cross_val_score,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from glassnet.estimators import GlassnetClassifier, GlassnetRegressor

FAST = {"hidden": (8,), "epochs": 40, "learning_rate": 0.05, "members": 1, "threads": 1}
mpl.use("Agg")


def classifier(**changes: object) -> GlassnetClassifier:
    return GlassnetClassifier(**FAST | changes)


def regressor(**changes: object) -> GlassnetRegressor:
    return GlassnetRegressor(**FAST | changes)


@pytest.fixture(scope="module")
def numbers() -> tuple[np.ndarray, np.ndarray]:
    X = np.random.default_rng(0).normal(size=(120, 2))
    return X, (X[:, 0] + 0.3 * X[:, 1] > 0).astype(int)


@pytest.fixture(scope="module")
def fitted(numbers) -> GlassnetClassifier:
    return classifier().fit(*numbers)


def test_pipeline_and_column_transformer(numbers):
    X, y = numbers
    table = pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "city": np.where(X[:, 1] > 0, "Bonn", "Ulm")})
    columns = ColumnTransformer([("scaled", StandardScaler(), ["a"])], remainder="passthrough")
    pipe = make_pipeline(columns.set_output(transform="pandas"), classifier()).fit(table, y)
    assert pipe.score(table, y) > 0.8
    assert pipe[-1].feature_names_in_.tolist() == ["scaled__a", "remainder__b", "remainder__city"]


def test_an_encoder_before_it(numbers):
    X, y = numbers
    table = pd.DataFrame({"a": X[:, 0], "city": np.where(X[:, 1] > 0, "Bonn", "Ulm")})
    columns = ColumnTransformer(
        [("c", OneHotEncoder(sparse_output=False), ["city"])], remainder="passthrough"
    )
    assert make_pipeline(columns, classifier()).fit(table, y).score(table, y) > 0.8


def test_grid_search_over_a_pipeline(numbers):
    pipe = make_pipeline(StandardScaler(), classifier())
    search = GridSearchCV(pipe, {"glassnetclassifier__epochs": [1, 40]}, cv=2).fit(*numbers)
    assert search.best_params_ == {"glassnetclassifier__epochs": 40}


def test_cross_validation_with_scorers(numbers):
    for scoring in ("roc_auc", "neg_log_loss", "average_precision"):
        assert np.isfinite(cross_val_score(classifier(), *numbers, cv=2, scoring=scoring)).all()


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibration(numbers, method):
    X, y = numbers
    share = CalibratedClassifierCV(classifier(), method=method, cv=2).fit(X, y).predict_proba(X)
    np.testing.assert_allclose(share.sum(axis=1), 1)


def test_thresholds_are_tuned(numbers):
    tuned = TunedThresholdClassifierCV(classifier(), cv=2).fit(*numbers)
    assert 0 <= tuned.best_threshold_ <= 1


def test_stacking_voting_and_bagging(numbers):
    X, y = numbers
    stack = StackingClassifier([("net", classifier()), ("line", LogisticRegression())], cv=2)
    assert stack.fit(X, y).score(X, y) > 0.8
    vote = VotingRegressor([("net", regressor()), ("line", LinearRegression())])
    assert vote.fit(X, X[:, 0]).score(X, X[:, 0]) > 0.5
    assert BaggingClassifier(classifier(), n_estimators=2, random_state=0).fit(X, y).score(X, y) > 0.8


def test_several_of_them_for_several_targets(numbers):
    X, y = numbers
    assert OneVsRestClassifier(classifier()).fit(X, y + (X[:, 1] > 0.5)).predict(X).shape == (120,)
    assert MultiOutputClassifier(classifier()).fit(X, np.stack([y, 1 - y], axis=1)).predict(X).shape == (
        120,
        2,
    )
    logged = TransformedTargetRegressor(regressor(), func=np.log1p, inverse_func=np.expm1)
    assert (logged.fit(X, np.exp(X[:, 0])).predict(X) > 0).mean() > 0.9


def test_permutation_importance(numbers, fitted):
    found = shuffled(fitted, *numbers, n_repeats=3, random_state=0)
    assert found.importances_mean[0] > found.importances_mean[1]


def test_partial_dependence(numbers):
    X, _ = numbers
    model = regressor(epochs=80).fit(X, 2 * X[:, 0])
    found = partial_dependence(model, X, [0], grid_resolution=5)
    assert (np.diff(found["average"][0]) >= 0).all()


DISPLAYS = {
    "roc": RocCurveDisplay.from_estimator,
    "precision and recall": PrecisionRecallDisplay.from_estimator,
    "det": DetCurveDisplay.from_estimator,
    "confusion": ConfusionMatrixDisplay.from_estimator,
    "calibration": CalibrationDisplay.from_estimator,
    "boundary": lambda model, X, y: DecisionBoundaryDisplay.from_estimator(model, X, grid_resolution=10),
    "dependence": lambda model, X, y: PartialDependenceDisplay.from_estimator(
        model, X, [0], grid_resolution=5
    ),
}


@pytest.mark.parametrize("kind", DISPLAYS)
def test_displays(kind, fitted, numbers):
    DISPLAYS[kind](fitted, *numbers)
    mpl.pyplot.close("all")


def test_displays_that_train(numbers):
    X, y = numbers
    PredictionErrorDisplay.from_estimator(regressor().fit(X, X[:, 0]), X, X[:, 0])
    LearningCurveDisplay.from_estimator(classifier(), X, y, cv=2, train_sizes=[0.5, 1.0])
    ValidationCurveDisplay.from_estimator(classifier(), X, y, param_name="epochs", param_range=[1, 4], cv=2)
    mpl.pyplot.close("all")


def test_clone_keeps_own_parts():
    def own(predicted, target):
        return ((predicted - target) ** 2).mean(-1)

    copied = clone(regressor(loss=own))
    assert copied.loss is own
    assert not hasattr(copied, "model_")


def test_notebooks_show_the_parameters_and_the_losses(fitted):
    page = fitted._repr_html_()
    assert "sk-" in page  # scikit-learn's own diagram
    assert "<svg" in page
    assert "epochs" in page
    assert "<polyline" in page
    assert "<svg" not in classifier()._repr_html_()
    assert fitted._repr_mimebundle_()["text/html"].count("<polyline") == page.count("<polyline") >= 1

"""The linear models end where scikit-learn's do."""

import subprocess
import sys

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss

from glassnet.evaluate import linear


def rows(seed, count=120, inputs=4):
    generator = np.random.default_rng(seed)
    input_RX = generator.normal(size=(count, inputs)) * generator.uniform(0.3, 4, inputs) + generator.normal()
    return input_RX, generator.uniform(0.0, 2.0, count) * (generator.random(count) > 0.1), generator


@settings(deadline=None)
@given(st.integers(0, 2**16), st.integers(1, 3))
def test_ridge_is_that_of_scikit_learn(seed, targets):
    input_RX, weight_R, generator = rows(seed)
    target_RT = input_RX[:, :targets] * 3 + generator.normal(size=(120, targets)) + 100
    weight_AT = linear.ridge(input_RX, target_RT, weight_R)
    theirs = Ridge().fit(input_RX, target_RT, sample_weight=weight_R)
    predicted = np.asarray(theirs.predict(input_RX)).reshape(-1, targets)
    np.testing.assert_allclose(input_RX @ weight_AT[:-1] + weight_AT[-1], predicted, rtol=1e-8, atol=1e-8)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**16), st.integers(2, 5), st.booleans())
@example(1, 4, True)
def test_logistic_regression_is_that_of_scikit_learn(seed, classes, is_searched):
    input_RX, weight_R, generator = rows(seed)
    score_RC = input_RX @ generator.normal(size=(4, classes)) + generator.gumbel(size=(120, classes)) * 2
    class_R = score_RC.argmax(axis=1)
    classes_R = np.searchsorted(np.unique(class_R), class_R)
    found = int(classes_R.max()) + 1
    if found < 2:
        return
    weight_R = weight_R + 0.01  # each class counts
    newton = 0 if is_searched else 10**6
    weight_AC = linear.logistic(input_RX, classes_R, weight_R, found, newton)
    theirs = LogisticRegression(solver="lbfgs", max_iter=5000, tol=1e-9)
    expected = theirs.fit(input_RX, classes_R, sample_weight=weight_R).predict_proba(input_RX)
    shown = linear.shares(input_RX, weight_AC)
    np.testing.assert_allclose(shown.sum(axis=1), 1)
    if is_searched:  # it stops at a slope of 1e-4, as scikit-learn's does at its defaults
        losses = [log_loss(classes_R, one, sample_weight=weight_R) for one in (shown, expected)]
        np.testing.assert_allclose(*losses, atol=1e-3)
        np.testing.assert_allclose(shown, expected, atol=3e-2)
    else:
        np.testing.assert_allclose(shown, expected, atol=1e-5)


def test_classes_that_can_be_parted_have_a_finite_answer():
    input_RX = np.array([[-2.0], [-1.0], [1.0], [2.0]]) * 1e3
    weight_AC = linear.logistic(input_RX, np.array([0, 0, 1, 1]), np.ones(4), 2)
    assert np.isfinite(weight_AC).all()
    assert linear.shares(input_RX, weight_AC)[:, 1].round().tolist() == [0, 0, 1, 1]


def test_a_run_from_a_file_imports_no_scikit_learn(tmp_path):
    table = "\n".join(["a,b,y", *(f"{n % 7},{n % 5},{'yes' if n % 7 > 3 else 'no'}" for n in range(120))])
    (tmp_path / "table.csv").write_text(table)
    code = (
        "import sys, glassnet\n"
        f"path = {str(tmp_path / 'table.csv')!r}\n"
        "model = glassnet.fit(path, target='y', epochs=2, threads=1, hidden=(4,))\n"
        "assert model.fitted.evaluation.scores[0].linear > 0.5\n"
        "assert 'sklearn' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

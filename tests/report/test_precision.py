"""Precision and recall, against scikit-learn's."""

import numpy as np
import pytest
from sklearn.metrics import precision_score, recall_score

from glassnet.report import canvas
from glassnet.report.precision import draw_precision_recall, precision_picture

generator = np.random.default_rng(0)
TRUE = generator.random(300) < 0.3
GIVEN = np.clip(0.3 * TRUE + generator.random(300) * 0.7, 0, 1)
WEIGHT = generator.random(300) + 0.5


def test_the_curve_and_its_point_are_scikit_learns():
    axes = canvas.new_axes()
    draw_precision_recall(TRUE, GIVEN, WEIGHT, axes)
    lines = {line.get_label(): line.get_xydata() for line in axes.lines}
    expected = [score(TRUE, GIVEN >= 0.5, sample_weight=WEIGHT) for score in (recall_score, precision_score)]
    np.testing.assert_allclose(lines["threshold 50 %"][0], expected)
    assert lines["network"][-1] == pytest.approx([1, np.average(TRUE, weights=WEIGHT)])


def test_without_an_answer_there_is_no_point():
    axes = canvas.new_axes()
    draw_precision_recall(TRUE, GIVEN * 0.4, WEIGHT, axes)
    assert [line.get_label() for line in axes.lines] == ["calling every row so", "network"]


def test_the_sentence_is_the_table():
    whole = precision_picture(TRUE, TRUE.astype(float), np.ones(300), "yes")
    assert "To find half of the rows that are ‘yes’, 100\u00a0% of those called so are right" in whole.says
    assert whole.data.count("<tr>") == 11

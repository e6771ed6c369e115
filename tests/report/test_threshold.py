"""The threshold that can be moved: counts at each whole percent, and a page that stands without scripts."""

import html
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from glassnet.evaluate.values import Evaluation
from glassnet.report.markup import element
from glassnet.report.threshold import STEPS, movable_threshold, threshold_counts


@pytest.fixture(scope="module")
def evaluation():
    generator = np.random.default_rng(0)
    truth = (generator.random(300) < 0.3).astype(np.float64)
    share = np.clip(0.3 * truth + 0.7 * generator.random(300), 0, 1)
    share[:3] = (0.0, 0.5, 1.0)
    return Evaluation(
        on="test",
        rows=np.arange(300),
        truth=truth,
        prediction_RP=np.stack([1 - share, share], axis=1),
        weight_R=np.ones(300),
        scores=(),
    )


def test_counts_are_those_of_the_rows(evaluation):
    counts = threshold_counts(evaluation)
    share, truth = evaluation.prediction_RP[:, 1], evaluation.truth
    assert counts["positive"] + counts["negative"] == 300
    for step in range(STEPS + 1):
        called = share >= step / STEPS
        assert counts["found"][step] == (called & (truth == 1)).sum()
        assert counts["alarms"][step] == (called & (truth == 0)).sum()


def test_weights_count(evaluation):
    heavy = threshold_counts(replace(evaluation, weight_R=np.full(300, 2.5)))
    light = threshold_counts(evaluation)
    np.testing.assert_allclose(heavy["found"], 2.5 * np.array(light["found"]), atol=1e-3)


def test_the_part_is_hidden_until_its_script_runs(evaluation):
    part = movable_threshold(evaluation, '<b> "quoted"')
    assert part.startswith('<div class="threshold" hidden=""')
    assert "<b>" not in part
    assert part.count("<label>") == part.count("<input") == 3  # each control is named by its label
    counts = json.loads(html.unescape(re.search(r'data-counts="([^"]*)"', part).group(1)))
    assert counts == threshold_counts(evaluation)
    assert 'role="status"' in part


def test_an_input_is_an_element_without_an_end():
    assert element("input", marks={"type": "range"}) == '<input type="range">'

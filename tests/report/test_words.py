"""Numbers and sentences as people read them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from glassnet.report.curves import reliability, roc_curve, wilson
from glassnet.report.markup import element, table, text
from glassnet.report.verdict import of_hundred
from glassnet.report.words import brief, number, percent, plain, seconds, series, several, short, told_apart


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (35220.4, "35,220"),
        (0.3021, "0.3021"),
        (-1234.5, "−1,234"),
        (1.5e-9, "1.500·10⁻⁹"),
        (math.nan, "–"),
        (-math.inf, "−∞"),
        (2.5e20, "2.500·10²⁰"),
        (9.9996, "10.00"),
    ],
)
def test_number(value, shown):
    assert number(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.07, "0.07"), (653.0, "653"), (1200.0, "1,200"), (0.2502, "0.2502"), (2e-9, "2.000·10⁻⁹")],
)
def test_a_number_in_a_sentence_ends_in_no_zeros(value, shown):
    assert brief(value) == shown


def test_shares_and_times():
    assert percent(0.8462) == "84.6\u00a0%"
    assert percent(-0.0001) == "0.0\u00a0%"
    assert percent(-0.25) == "−25.0\u00a0%"
    assert plain(3.0) == "3"
    assert seconds(0.25) == "250 ms"
    assert seconds(125) == "2 min 5 s"
    assert seconds(7300) == "2 h 1 min"
    assert several(1, "row") == "1 row"
    assert series(["a", "b", "c"]) == "a, b and c"


@pytest.mark.parametrize(
    ("share", "rows", "said"),
    [
        (0.85, 1000, "85 of 100"),
        (1.0, 1000, "all"),
        (0.0, 1000, "none of 100"),
        (0.997, 1000, "997 of 1,000"),
        (0.75, 8, "6 of the 8"),
        (1.0, 8, "all 8"),
        (0.03, 87.4, "3 of 100"),  # weighted rows
        (0.004, 1000, "4 of 1,000"),
        (113 / 114, 114, "113 of the 114"),
        (0.0, 20, "none of the 20"),
    ],
)
def test_of_hundred(share, rows, said):
    assert of_hundred(share, rows) == said


def test_names_told_apart():
    names = [f"feature number {i} with a long name" for i in range(3)] + ["x"]
    assert len(set(told_apart(names, 24))) == 4
    assert all(len(one) <= 24 for one in told_apart(names, 24))


@given(st.text())
def test_escaped_text_holds_no_markup(value):
    shown = text(value)
    assert not set("<>\"'") & set(shown)
    shown.encode()  # no lone surrogates


@given(st.text(), st.integers(5, 80))
def test_short_is_short(value, limit):
    assert 1 <= len(short(value, limit)) <= max(limit, len("(blank)"))


def test_markup():
    assert element("p", "a < b", element("b", "x")) == "<p>a &lt; b<b>x</b></p>"
    assert element("a", "x", marks={"href": '"><script>'}) == '<a href="&quot;&gt;&lt;script&gt;">x</a>'
    assert '<th scope="row">1</th><td class="number">2</td>' in table("t", ("a", "b"), [("1", "2")], (1,))


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=40))
def test_roc_is_scikit_learns(rows):
    truth = np.array([one for one, _ in rows])
    share = np.array([two / 5 for _, two in rows])
    if truth.all() or not truth.any():
        return
    curve = roc_curve(truth, share, np.ones(len(rows)))
    area = float(np.sum(np.diff(curve.alarm) * (curve.found[1:] + curve.found[:-1]) / 2))
    assert area == pytest.approx(roc_auc_score(truth, share), abs=1e-12)  # sums of at most 40 shares
    alarm, found = curve.at(0.5)
    assert found == pytest.approx((truth & (share >= 0.5)).sum() / truth.sum())
    assert alarm == pytest.approx((~truth & (share >= 0.5)).sum() / (~truth).sum())


def test_reliability_counts_every_row():
    share = np.linspace(0, 1, 101)
    bins = reliability(share > 0.5, share, np.ones(101))
    assert sum(one.rows for one in bins) == 101
    assert [one.true for one in bins][:5] == [0.0] * 5
    assert all(one.low <= one.true <= one.high for one in bins)


def test_wilson_is_the_textbooks():
    # Newcombe 1998, Statistics in Medicine 17, table I: 81 of 263.
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)

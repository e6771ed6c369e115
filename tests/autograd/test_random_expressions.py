"""Random expressions: our gradients are torch's, and the slope that differences measure."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from glassnet.autograd.differences import check_expression
from glassnet.autograd.expression import evaluate, explain_expression
from glassnet.autograd.kinks import kinked
from glassnet.autograd.rules.book import RULES
from glassnet.autograd.rules.local import times
from glassnet.autograd.syntax import parse

SMOOTH = ["sigmoid", "tanh", "sin", "cos", "exp", "softplus", "silu", "gelu", "erf", "atan", "square"]
KINKED = ["relu", "leaky_relu", "abs", "elu"]
TO_NUMBER = ["sum", "mean", "max", "min", "norm", "std", "var", "prod", "logsumexp(flatten({}))"]
NUMBER = st.sampled_from(["a", "b", "2", "0.5", "a", "b"])
MATRIX = st.sampled_from(["x", "w", "x", "w", "a"])


def call(name, inner):
    return name.format(inner) if "{}" in name else f"{name}({inner})"


def extended(kind):
    entry = st.builds(call, st.sampled_from(SMOOTH + KINKED), kind)
    safe = st.builds("{}({} * {} + 1)".format, st.sampled_from(["log", "sqrt", "log1p"]), kind, kind)
    two = st.builds("({} {} {})".format, kind, st.sampled_from("+-*"), kind)
    ratio = st.builds("({0} / (1.5 + {1}*{1}))".format, kind, kind)
    power = st.builds("(({}) ** {})".format, kind, st.sampled_from(["2", "3", "1", "0"]))
    base = st.builds("(2 ** tanh({}))".format, kind)
    pairs = st.builds("{}({}, {})".format, st.sampled_from(["max", "min"]), kind, kind)
    negative = st.builds("(-{})".format, kind)
    return st.one_of(entry, safe, two, ratio, power, base, pairs, negative)


def matrices(kind):
    dims = st.sampled_from(["0", "1", "-1"])
    rows = st.builds(
        "{}(({}) + x, dim={})".format, st.sampled_from(["softmax", "log_softmax", "cumsum"]), kind, dims
    )
    reduced = st.builds(
        "(x * {}({} + w, dim={}))".format, st.sampled_from(["sum", "mean", "max", "norm", "std"]), kind, dims
    )
    product = st.builds("(({0} + x) @ ({1} + w))".format, kind, kind)
    transposed = st.builds("T({} + x)".format, kind)
    return st.one_of(rows, reduced, product, transposed, extended(kind), extended(kind))


SCALAR_EXPRESSION = st.recursive(NUMBER, extended, max_leaves=5)
MATRIX_EXPRESSION = st.builds(
    lambda name, inner: call(name, f"{inner} + x"),
    st.sampled_from(TO_NUMBER),
    st.recursive(MATRIX, matrices, max_leaves=4),
)
EXPRESSION = st.one_of(
    SCALAR_EXPRESSION, MATRIX_EXPRESSION, st.builds("{}; y = {}".format, NUMBER, MATRIX_EXPRESSION)
)
VALUE = st.floats(-2, 2).map(lambda value: round(value, 3))
SQUARE = st.lists(VALUE, min_size=4, max_size=4).map(lambda four: [four[:2], four[2:]])


@given(EXPRESSION, VALUE, VALUE, SQUARE, SQUARE)
@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
def test_gradients_are_torchs_and_the_measured_slope(text, a, b, x, w):
    program = parse(text)
    used = {
        name: torch.tensor(one, dtype=torch.float64) for name, one in zip("abxw", (a, b, x, w), strict=True)
    }
    assume(any(name in text.replace("tanh", "").replace("max", "") for name in used))
    try:
        seen = explain_expression(text, used)
    except ValueError as error:
        assume("no leaf" not in str(error) and "plain number" not in str(error))
        raise
    # torch.autograd, from leaves of our own and without any watching.
    leaves = {leaf.name: used[leaf.name].clone().requires_grad_(True) for leaf in seen.leaves}
    output, _ = evaluate(program, {**used, **leaves})
    assume(math.isfinite(output.item()) and abs(output.item()) < 1e4)
    reference = torch.autograd.grad(output, list(leaves.values()))
    largest = max(float(one.abs().nan_to_num(0, 0).max()) for one in reference)
    for leaf, torchs in zip(seen.leaves, reference, strict=True):
        torch.testing.assert_close(
            leaf.gradient, torchs, rtol=1e-9, atol=1e-9 * (1 + largest), equal_nan=True
        )
    assert seen.agrees, seen.mismatches
    assert all(edge.recomputed for edge in seen.edges if edge.passed is not None), seen.notes
    assume(not kinked(seen))
    assume(largest < 1e3 and all(torch.isfinite(one).all() for one in reference))
    for difference in check_expression(text, used):
        # Right beside a kink (closer than the step) a difference sees a mixture of both sides.
        beside = (difference.left - difference.right).abs().max() > 1e-3 * (1 + largest)
        assert difference.agrees or beside, difference.words()


def test_a_planted_wrong_rule_is_found():
    right = RULES["SinBackward0"]
    wrong = replace(
        right, local=lambda op, slot: times(op, "1.001 * cos({0})", 1.001 * op.tensor("self").cos())
    )
    seen = explain_expression("y = sin(a) * a", {"a": 1}, rules={**RULES, "SinBackward0": wrong})
    assert not seen.agrees
    assert "the rule '1.001 * cos(a)' of sin(a) (SinBackward0)" in seen.mismatches[0]
    assert "the gradient at a differs from torch's" in seen.mismatches[-1]
    assert "DO NOT AGREE" in str(seen)
    assert seen.node("a").torch_gradients[0] == pytest.approx(math.sin(1) + math.cos(1))


@pytest.mark.parametrize(
    ("text", "kinked_at"),
    [("relu(a)", True), ("abs(a)", True), ("max(a, b)", True), ("a**3 * 1000", False), ("exp(9*a)", False)],
)
def test_kinks_are_said(text, kinked_at):
    first = check_expression(text, {"a": 0, "b": 0})[0]
    assert bool(first.kink.any()) is kinked_at
    assert first.agrees
    assert bool(first.inside) is kinked_at
    assert ("kink" in first.words()) is kinked_at


def test_kinks_in_a_chain_cannot_be_compared():
    one = check_expression("min(max(w, a), a*a)", {"a": 0, "w": 0})[0]
    assert one.agrees
    assert (
        "cannot be compared, because max(w, a) and min(u1, u2) stands" in one.words() or "kink" in one.words()
    )

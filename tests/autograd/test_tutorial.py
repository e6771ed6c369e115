"""The two examples of the tutorials, to the digit."""

import pytest
import torch

from glassnet.autograd.differences import check_expression
from glassnet.autograd.expression import explain_expression
from glassnet.autograd.steps import chain_rule
from glassnet.autograd.walk import explain


def test_powers():
    seen = explain_expression("y = a**3 - b**2", {"a": 5, "b": 6})
    assert float(seen.node("y").value) == 89
    assert {name: float(one) for name, one in seen.gradients.items()} == {"a": 75.0, "b": -12.0}
    assert seen.agrees
    assert "3 * a**2 = 75" in str(seen)
    assert "PowBackward0" in str(seen)
    assert "dy/da = dy/du1 · (3 * a**2) = 1 · 75 = 75" in "\n".join(chain_rule(seen))


@pytest.mark.parametrize(("wrt", "gradient"), [("w", 3.0), ("b", 1.0), ("x", 2.0)])
def test_relu(wrt, gradient):
    seen = explain_expression("out = relu(w*x + b)", {"x": 3, "w": 2, "b": 1}, wrt=(wrt,))
    assert float(seen.node("out").value) == 7
    assert {name: float(one) for name, one in seen.gradients.items()} == {wrt: gradient}
    assert [
        difference.agrees for difference in check_expression("relu(w*x + b)", {"x": 3, "w": 2, "b": 1})
    ] == [
        True,
        True,
        True,
    ]


def test_the_plain_torch_program_gives_the_same():
    a, b = (torch.tensor(value, requires_grad=True) for value in (5.0, 6.0))
    y = a**3 - b**2
    seen = explain(y, names={"a": a, "b": b})
    y.backward()  # the graph is still there, and no gradient was written before
    assert {name: float(one) for name, one in seen.gradients.items()} == {
        "a": float(a.grad),
        "b": float(b.grad),
    }


def test_sum_over_paths_is_shown():
    seen = explain_expression("y = a*b + a**2", {"a": 3, "b": 4})
    text = "\n".join(chain_rule(seen))
    assert float(seen.gradients["a"]) == 10
    assert "4 via u1 + 6 via u2" in str(seen)
    assert "dy/da = 4 + 6 = 10   (sum over its 2 paths)" in text

"""What may be typed, and that everything else is refused in words, quickly, with the column."""

import time

import pytest

from glassnet.autograd.expression import explain_expression
from glassnet.autograd.leaves import read_leaves
from glassnet.autograd.syntax import parse
from glassnet.errors import GlassnetError

REFUSED = [
    ("b*2 + a*rellu(a)", r"column 9: no function is called 'rellu'. Did you mean 'relu'\?$"),
    ("__import__('os')", "column 1: no function is called '__import__'"),
    ("a.__class__.__base__", "column 1: attributes"),
    ("().__class__", "attributes"),
    ("sum.__globals__", "attributes"),
    ("lambda: a", "column 1: lambda is not allowed"),
    ("[a for a in b]", "list comp is not allowed"),
    ("eval('a')", "no function is called 'eval'"),
    ("open('x')", "no function is called 'open'"),
    ("a if a else b", "'if' is not allowed"),
    ("a < b", "comparisons"),
    ("a ^ 2", "write '\\*\\*'"),
    ("a[0]", "indexing"),
    ("'a'*9", "is not a number"),
    ("f'{a}'", "not allowed"),
    ("import os", "import is not allowed"),
    ("a; import os", "column 4: import"),
    ("y = a = b", "only a plain name"),
    ("y[0] = a", "only a plain name"),
    ("y += a", "write 'y = y"),
    ("relu(a, b)", "relu takes 1 input, but it is given 2"),
    ("relu(*a)", "not allowed"),
    ("sum(a, axis=0)", "takes no setting 'axis'"),
    ("sum(a, **b)", "takes no setting"),
    ("sum(a, dim=9**9)", "dim must be a whole number"),
    ("relu(a, dim=0)", "takes no dim"),
    ("sum(a)(b)", "only functions of the list"),
    ("(" * 3000 + "a", "nested more than 60 deep"),
    ("-" * 3000 + "a", "nested"),
    ("a" + "+a" * 1500, "nested more than 300"),
    ("9" * 3999, "no leaf|too large"),
    ("a" * 9999, "9999 characters"),
    ("a +", "column 4: this cannot be read"),
    ("a\0", "null|read"),
    ("", "empty"),
    (" ; ", "empty"),
    ("5 + 5", "uses no leaf"),
    ("q + a", "column 1: q has no value"),
    ("a; 5", "column 4: the result is a plain number"),
    ("X + X", "2×2 numbers"),
    ("X @ ones", "ones has no value"),
    ("X @ v", "this does not go together with 2×2 numbers and 3 numbers"),
    ("sum(X, dim=7)", "Dimension out of range"),
    ("2 @ X", "use '\\*' with a plain number"),
    ("sum(B + T(B))", "numbers; the limit"),
    ("detach(a)", "nothing to explain"),
]
VALUES = {"a": 2, "b": 3, "X": [[1, 2], [3, 4]], "v": "[1, 2, 3]", "B": "zeros(1, 5000)"}


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=[text[:20] for text, _ in REFUSED])
def test_refused_in_words(text, message):
    start = time.perf_counter()
    with pytest.raises(GlassnetError, match=message):
        explain_expression(text, VALUES)
    assert time.perf_counter() - start < 1.0


def test_huge_powers_are_infinite_at_once():
    start = time.perf_counter()
    seen = explain_expression("9**9**9**9 * a", {"a": 1})
    assert str(float(seen.node("out").value)) == "inf"
    assert time.perf_counter() - start < 1.0


def test_the_column_counts_letters_not_bytes():
    with pytest.raises(GlassnetError, match="column 6: no function is called 'f'"):
        parse("éü + f(a)")
    with pytest.raises(GlassnetError, match="line 2, column 5"):
        parse("a = b\na + f(a)")


def test_statements_names_and_constants():
    seen = explain_expression("h = a * pi; y = h * h;", {"a": 2})
    assert float(seen.node("y").value) == pytest.approx((2 * 3.141592653589793) ** 2)
    assert float(explain_expression("e * a", {"a": 2, "e": 10}).node("out").value) == 20


@pytest.mark.parametrize(
    ("text", "shape"),
    [("5", ()), ("-1e-3", ()), ("[1, 2]", (2,)), ("[1 2]", (2,)), ("[1, 2; 3, 4]", (2, 2)),
     ("[1; 2]", (2, 1)), ("[[1, 2], [3, 4]]", (2, 2)), ("[[1, 2]]", (1, 2)), ("randn(3, 2)", (3, 2)),
     ("zeros()", ()), ("ones(4)", (4,))],
)  # fmt: skip
def test_leaves(text, shape):
    assert tuple(read_leaves([f"x={text}"])["x"].shape) == shape


@pytest.mark.parametrize(
    ("text", "message"),
    [("x", "no value for a name"), ("1x=3", "no value for a name"), ("x=", "'' is not a number"),
     ("x=three", "'three' is not a number"), ("x=[1, 2; 3]", "row 2 has 1 numbers, but row 1 has 2"),
     ("x=[1, 2", "does not end"), ("x=[]", "no number"), ("x=rnadn(2)", "Did you mean 'randn'"),
     ("x=randn(99999, 99999)", "at most 1000000"), ("x=__import__('os')", "is not a number")],
)  # fmt: skip
def test_wrong_leaves(text, message):
    with pytest.raises(GlassnetError, match=message):
        read_leaves([text])


def test_random_leaves_depend_on_the_seed_and_their_name_alone():
    first = read_leaves(["x=randn(3)", "w=randn(3)"], seed=1)
    again = read_leaves(["w=randn(3)", "x=randn(3)"], seed=1)
    other = read_leaves(["x=randn(3)"], seed=2)
    assert first["x"].equal(again["x"])
    assert not first["x"].equal(first["w"])
    assert not first["x"].equal(other["x"])

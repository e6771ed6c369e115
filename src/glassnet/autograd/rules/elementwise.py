"""Local rules of operations that work entry by entry."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor

from glassnet.autograd.rules.local import Applied, Local, Rule, number, times

ROOT_HALF: Final = math.sqrt(0.5)
ROOT_TWO_PI: Final = math.sqrt(2.0 * math.pi)


def unary(plain: str, writes: str, text: str, derivative: Callable[[Applied], Tensor]) -> Rule:
    """Return the rule of a function of one input with this derivative."""
    return Rule(plain=plain, writes=writes, local=lambda op, slot: times(op, text, derivative(op)))


def of_input(derivative: Callable[[Tensor], Tensor]) -> Callable[[Applied], Tensor]:
    """Return the derivative as a function of the saved input."""
    return lambda op: derivative(op.tensor("self"))


def of_result(derivative: Callable[[Tensor], Tensor]) -> Callable[[Applied], Tensor]:
    """Return the derivative as a function of the saved result."""
    return lambda op: derivative(op.tensor("result"))


def _add(op: Applied, slot: int) -> Local:
    alpha = 1.0 if slot == 0 else float(op.saved("alpha"))
    return times(op, f"{alpha:g}", number(alpha))


def _subtract(op: Applied, slot: int) -> Local:
    alpha = 1.0 if slot == 0 else -float(op.saved("alpha"))
    return times(op, f"{alpha:g}", number(alpha))


def _multiply(op: Applied, slot: int) -> Local:
    return times(op, f"{{{1 - slot}}}", op.tensor("self" if slot else "other"))


def _divide(op: Applied, slot: int) -> Local:
    below = op.tensor("other")
    if slot == 0:
        return times(op, "1 / {1}", 1.0 / below)
    return times(op, "-{0} / {1}**2", -op.tensor("self") / (below * below))


def _power(op: Applied, slot: int) -> Local:
    exponent = float(op.saved("exponent"))
    if exponent == 0.0:
        return times(op, "0", number(0.0))
    less = exponent - 1.0
    text = f"{exponent:g}" + ("" if less == 0 else " * {0}" if less == 1 else f" * {{0}}**{less:g}")
    return times(op, text, exponent * op.tensor("self") ** less)


def _tensor_power(op: Applied, slot: int) -> Local:
    exponent = op.tensor("exponent")
    if slot == 0:
        slope = exponent * op.tensor("self") ** (exponent - 1.0)
        return times(op, "{1} * {0}**({1} - 1)", torch.where(exponent == 0.0, 0.0, slope))
    return times(op, "{y} * log({0})", _log_slope(op.tensor("self"), exponent, op.tensor("result")))


def _base_power(op: Applied, slot: int) -> Local:
    base = number(float(op.saved("self")))
    slope = _log_slope(base, op.tensor("exponent"), op.tensor("result"))
    return times(op, f"{{y}} * log({float(base):g})", slope)


def _log_slope(base: Tensor, exponent: Tensor, result: Tensor) -> Tensor:
    """Return result * log(base), and 0 where the base is 0 and the exponent is not negative."""
    return torch.where((base == 0.0) & (exponent >= 0.0), 0.0, result * base.log())


def _larger(op: Applied, slot: int) -> Local:
    return _chosen(op, slot, op.tensor("self") > op.tensor("other"), ">")


def _smaller(op: Applied, slot: int) -> Local:
    return _chosen(op, slot, op.tensor("self") < op.tensor("other"), "<")


def _chosen(op: Applied, slot: int, first_wins: Tensor, sign: str) -> Local:
    """Return 1 where this input is the one taken, 0 where not, and torch's 1/2 at a tie."""
    share = torch.where(op.tensor("self") == op.tensor("other"), 0.5, first_wins.to(torch.float64))
    text = f"1 where {{{slot}}} {sign} {{{1 - slot}}}, 1/2 if equal, else 0"
    return times(op, text, share if slot == 0 else 1.0 - share)


def _where(op: Applied, slot: int) -> Local:
    taken = op.tensor("condition").to(torch.float64)
    text = "1 where the condition holds, else 0" if slot == 0 else "0 where the condition holds, else 1"
    return times(op, text, taken if slot == 0 else 1.0 - taken)


def _lerp(op: Applied, slot: int) -> Local:
    weight = number(float(op.saved("weight")))
    return times(op, f"1 - {float(weight):g}" if slot == 0 else f"{float(weight):g}", _either(weight, slot))


def _either(weight: Tensor, slot: int) -> Tensor:
    return weight if slot else 1.0 - weight


def _inside(op: Applied) -> Tensor:
    """Return 1 where the input lies inside the bounds of a clamp, the bounds included."""
    x = op.tensor("self")
    low, high = getattr(op.grad_fn, "_saved_min", None), getattr(op.grad_fn, "_saved_max", None)
    above = torch.ones_like(x, dtype=torch.bool) if low is None else x >= low
    return (above if high is None else above & (x <= high)).to(torch.float64)


def _gelu(op: Applied) -> Tensor:
    """Return the derivative of x * Phi(x), or of its tanh form. Source: arXiv 1606.08415."""
    x = op.tensor("self")
    if op.saved("approximate") == "none":
        return 0.5 * (1.0 + torch.erf(x * ROOT_HALF)) + x * torch.exp(-0.5 * x * x) / ROOT_TWO_PI
    inner = math.sqrt(2.0 / math.pi) * (x + 0.044715 * x**3)
    slope = math.sqrt(2.0 / math.pi) * (1.0 + 3 * 0.044715 * x * x)
    return 0.5 * (1.0 + inner.tanh()) + 0.5 * x * (1.0 - inner.tanh() ** 2) * slope


def _silu(x: Tensor) -> Tensor:
    s = torch.sigmoid(x)
    return s * (1.0 + x * (1.0 - s))


def _softplus(op: Applied) -> Tensor:
    x, beta = op.tensor("self"), float(op.saved("beta"))
    return torch.where(x * beta > float(op.saved("threshold")), 1.0, torch.sigmoid(beta * x))


def _elu(op: Applied) -> Tensor:
    x = op.tensor("self")
    scale, alpha, inner = (float(op.saved(name)) for name in ("scale", "alpha", "input_scale"))
    return torch.where(x > 0.0, scale, scale * alpha * inner * torch.exp(inner * x))


def _leaky(op: Applied) -> Tensor:
    # Two plain numbers would give float32: the slope is a tensor, so that its digits stay.
    return torch.where(op.tensor("self") > 0.0, 1.0, number(float(op.saved("negative_slope"))))


def _is_positive(y: Tensor) -> Tensor:
    return (y > 0.0).to(y.dtype)


def _zero(op: Applied) -> Tensor:
    return number(0.0)


# Entry by entry, keyed by the name of torch's node.
ELEMENTWISE: Final[dict[str, Rule]] = {
    "AddBackward0": Rule(plain="sum of two", writes="{0} + {1}", local=_add),
    "AddBackward1": Rule(plain="sum of two", writes="{0} + {number}", local=_add),
    "SubBackward0": Rule(plain="difference", writes="{0} - {1}", local=_subtract),
    "SubBackward1": Rule(plain="difference", writes="{0} - {number}", local=_subtract),
    "RsubBackward1": unary("difference", "{number} - {0}", "-{alpha}", lambda op: -op.tensor("alpha")),
    "MulBackward0": Rule(plain="product", writes="{0} * {1}", local=_multiply),
    "DivBackward0": Rule(plain="quotient", writes="{0} / {1}", local=_divide),
    "NegBackward0": unary("negation", "-{0}", "-1", lambda op: number(-1.0)),
    "ReciprocalBackward0": unary("reciprocal", "1 / {0}", "-{y}**2", of_result(lambda y: -y * y)),
    "PowBackward0": Rule(plain="power", writes="{0} ** {exponent}", local=_power),
    "PowBackward1": Rule(plain="power", writes="{0} ** {1}", local=_tensor_power),
    "PowBackward2": Rule(plain="power", writes="{self} ** {0}", local=_base_power),
    "ExpBackward0": unary("exponential", "exp({0})", "{y}", of_result(lambda y: y)),
    "Expm1Backward0": unary("exponential - 1", "expm1({0})", "{y} + 1", of_result(lambda y: y + 1.0)),
    "LogBackward0": unary("logarithm", "log({0})", "1 / {0}", of_input(lambda x: 1.0 / x)),
    "Log1PBackward0": unary("log of 1 + x", "log1p({0})", "1 / (1 + {0})", of_input(lambda x: 1 / (1 + x))),
    "Log2Backward0": unary(
        "logarithm, base 2", "log2({0})", "1 / ({0} * log(2))", of_input(lambda x: 1.0 / (x * math.log(2)))
    ),
    "Log10Backward0": unary(
        "logarithm, base 10", "log10({0})", "1 / ({0} * log(10))", of_input(lambda x: 1 / (x * math.log(10)))
    ),
    "SqrtBackward0": unary("square root", "sqrt({0})", "1 / (2 * {y})", of_result(lambda y: 0.5 / y)),
    "RsqrtBackward0": unary("1 / square root", "rsqrt({0})", "-{y}**3 / 2", of_result(lambda y: -0.5 * y**3)),
    "SinBackward0": unary("sine", "sin({0})", "cos({0})", of_input(torch.cos)),
    "CosBackward0": unary("cosine", "cos({0})", "-sin({0})", of_input(lambda x: -torch.sin(x))),
    "TanBackward0": unary("tangent", "tan({0})", "1 + {y}**2", of_result(lambda y: 1.0 + y * y)),
    "AsinBackward0": unary(
        "arc sine", "asin({0})", "1 / sqrt(1 - {0}**2)", of_input(lambda x: (1 - x * x) ** -0.5)
    ),
    "AcosBackward0": unary(
        "arc cosine", "acos({0})", "-1 / sqrt(1 - {0}**2)", of_input(lambda x: -((1 - x * x) ** -0.5))
    ),
    "AtanBackward0": unary(
        "arc tangent", "atan({0})", "1 / (1 + {0}**2)", of_input(lambda x: 1 / (1 + x * x))
    ),
    "SinhBackward0": unary("hyperbolic sine", "sinh({0})", "cosh({0})", of_input(torch.cosh)),
    "CoshBackward0": unary("hyperbolic cosine", "cosh({0})", "sinh({0})", of_input(torch.sinh)),
    "TanhBackward0": unary("hyperbolic tangent", "tanh({0})", "1 - {y}**2", of_result(lambda y: 1.0 - y * y)),
    "SigmoidBackward0": unary(
        "sigmoid", "sigmoid({0})", "{y} * (1 - {y})", of_result(lambda y: y * (1.0 - y))
    ),
    "ErfBackward0": unary(
        "error function",
        "erf({0})",
        "2 / sqrt(pi) * exp(-{0}**2)",
        of_input(lambda x: 2.0 / math.sqrt(math.pi) * torch.exp(-x * x)),
    ),
    "ReluBackward0": unary("ReLU", "relu({0})", "1 where {0} > 0, else 0", of_result(_is_positive)),
    "LeakyReluBackward0": unary(
        "leaky ReLU", "leaky_relu({0})", "1 where {0} > 0, else {negative_slope}", _leaky
    ),
    "EluBackward0": unary("ELU", "elu({0})", "1 where {0} > 0, else exp({0})", _elu),
    "GeluBackward0": unary("GELU", "gelu({0})", "Phi({0}) + {0} * phi({0})", _gelu),
    "SiluBackward0": unary("SiLU", "silu({0})", "s * (1 + {0} * (1 - s)), s = sigmoid({0})", of_input(_silu)),
    "SoftplusBackward0": unary("softplus", "softplus({0})", "sigmoid({0})", _softplus),
    "LogSigmoidBackward0": unary(
        "log of sigmoid", "log_sigmoid({0})", "1 - sigmoid({0})", of_input(lambda x: torch.sigmoid(-x))
    ),
    "AbsBackward0": unary("absolute value", "abs({0})", "sign of {0}, 0 at 0", of_input(torch.sign)),
    "SignBackward0": unary("sign", "sign({0})", "0", _zero),
    "SgnBackward0": unary("sign", "sign({0})", "0", _zero),
    "FloorBackward0": unary("rounding down", "floor({0})", "0", _zero),
    "CeilBackward0": unary("rounding up", "ceil({0})", "0", _zero),
    "RoundBackward0": unary("rounding", "round({0})", "0", _zero),
    "ClampBackward1": unary("clamp", "clamp({0}, {min}, {max})", "1 from {min} to {max}, else 0", _inside),
    "ClampMinBackward0": unary("clamp from below", "clamp({0}, {min})", "1 from {min} up, else 0", _inside),
    "ClampMaxBackward0": unary("clamp from above", "clamp({0}, {max})", "1 up to {max}, else 0", _inside),
    "MaximumBackward0": Rule(plain="larger of two", writes="max({0}, {1})", local=_larger),
    "MinimumBackward0": Rule(plain="smaller of two", writes="min({0}, {1})", local=_smaller),
    "WhereBackward0": Rule(plain="choice", writes="where(condition, {0}, {1})", local=_where),
    "MaskedFillBackward0": unary(
        "masked fill",
        "masked_fill({0})",
        "0 where masked, else 1",
        lambda op: 1.0 - op.tensor("mask").to(torch.float64),
    ),
    "LerpBackward0": Rule(plain="mixture", writes="lerp({0}, {1}, {weight})", local=_lerp),
    "CloneBackward0": unary("copy", "copy of {0}", "1", lambda op: number(1.0)),
    "AliasBackward0": unary("same", "{0}", "1", lambda op: number(1.0)),
    "ToCopyBackward0": unary("change of dtype", "{0} in another dtype", "1", lambda op: number(1.0)),
}

"""The functions an expression may call: plain name, torch function, and the local rule in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, kw_only=True, slots=True)
class Function:
    """One function: what it is, what torch calls it, and its derivative as a person would write it."""

    plain: str
    torch_name: str
    derivative: str  # of y = f(x); G is the gradient that arrives from above
    call: Callable[..., Tensor]
    least: int = 1  # inputs
    most: int = 1
    takes_dim: bool = False  # whether dim=... may be given


def _reduced(
    over_all: Callable[[Tensor], Tensor], along: Callable[[Tensor, int], Any]
) -> Callable[..., Tensor]:
    """Return a function over all entries that also works along one dimension."""

    def call(x: Tensor, dim: int | None = None) -> Tensor:
        if dim is None:
            return over_all(x)
        result = along(x, dim)
        return result if isinstance(result, Tensor) else result.values

    return call


def _one_or_two(
    over_all: Callable[..., Tensor], pairwise: Callable[[Tensor, Tensor], Tensor]
) -> Callable[..., Tensor]:
    """Return max or min: of one tensor's entries, or entry by entry of two tensors."""

    def call(x: Tensor, other: Tensor | None = None, dim: int | None = None) -> Tensor:
        return over_all(x, dim) if other is None else pairwise(x, other)

    return call


def _along(call: Callable[[Tensor, int], Tensor]) -> Callable[..., Tensor]:
    """Return a function that works along a dimension: the last where none is named."""
    return lambda x, dim=-1: call(x, dim)


def _norm(x: Tensor, dim: int | None = None) -> Tensor:
    length: Tensor = torch.linalg.vector_norm(x, dim=dim)
    return length


_max = _reduced(torch.max, lambda x, dim: torch.max(x, dim=dim))
_min = _reduced(torch.min, lambda x, dim: torch.min(x, dim=dim))


def _entry(plain: str, torch_name: str, derivative: str, call: Callable[[Tensor], Tensor]) -> Function:
    return Function(plain=plain, torch_name=torch_name, derivative=derivative, call=call)


def _many(plain: str, torch_name: str, derivative: str, call: Callable[..., Tensor]) -> Function:
    return Function(plain=plain, torch_name=torch_name, derivative=derivative, call=call, takes_dim=True)


FUNCTIONS: Final[dict[str, Function]] = {
    "relu": _entry("ReLU", "torch.relu", "1 where x > 0, else 0", torch.relu),
    "leaky_relu": _entry(
        "leaky ReLU", "functional.leaky_relu", "1 where x > 0, else 0.01", lambda x: functional.leaky_relu(x)
    ),
    "elu": _entry("ELU", "functional.elu", "1 where x > 0, else exp(x)", lambda x: functional.elu(x)),
    "gelu": _entry("GELU", "functional.gelu", "Phi(x) + x * phi(x)", functional.gelu),
    "silu": _entry("SiLU", "functional.silu", "s * (1 + x * (1 - s))", lambda x: functional.silu(x)),
    "softplus": _entry("softplus", "functional.softplus", "sigmoid(x)", functional.softplus),
    "sigmoid": _entry("sigmoid", "torch.sigmoid", "y * (1 - y)", torch.sigmoid),
    "log_sigmoid": _entry("log of sigmoid", "functional.logsigmoid", "1 - sigmoid(x)", functional.logsigmoid),
    "tanh": _entry("hyperbolic tangent", "torch.tanh", "1 - y**2", torch.tanh),
    "exp": _entry("exponential", "torch.exp", "y", torch.exp),
    "expm1": _entry("exponential - 1", "torch.expm1", "y + 1", torch.expm1),
    "log": _entry("natural logarithm", "torch.log", "1 / x", torch.log),
    "log1p": _entry("log of 1 + x", "torch.log1p", "1 / (1 + x)", torch.log1p),
    "log2": _entry("logarithm, base 2", "torch.log2", "1 / (x * log(2))", torch.log2),
    "log10": _entry("logarithm, base 10", "torch.log10", "1 / (x * log(10))", torch.log10),
    "sqrt": _entry("square root", "torch.sqrt", "1 / (2 * y)", torch.sqrt),
    "square": _entry("square", "torch.square", "2 * x", torch.square),
    "abs": _entry("absolute value", "torch.abs", "sign of x, 0 at 0", torch.abs),
    "sign": _entry("sign", "torch.sign", "0", torch.sign),
    "sin": _entry("sine", "torch.sin", "cos(x)", torch.sin),
    "cos": _entry("cosine", "torch.cos", "-sin(x)", torch.cos),
    "tan": _entry("tangent", "torch.tan", "1 + y**2", torch.tan),
    "atan": _entry("arc tangent", "torch.atan", "1 / (1 + x**2)", torch.atan),
    "sinh": _entry("hyperbolic sine", "torch.sinh", "cosh(x)", torch.sinh),
    "cosh": _entry("hyperbolic cosine", "torch.cosh", "sinh(x)", torch.cosh),
    "erf": _entry("error function", "torch.erf", "2 / sqrt(pi) * exp(-x**2)", torch.erf),
    "sum": _many(
        "sum", "torch.sum", "1 for every entry", _reduced(torch.sum, lambda x, dim: torch.sum(x, dim=dim))
    ),
    "mean": _many(
        "mean",
        "torch.mean",
        "1/n for every entry",
        _reduced(torch.mean, lambda x, dim: torch.mean(x, dim=dim)),
    ),
    "prod": _many(
        "product of all",
        "torch.prod",
        "the product of the other entries",
        _reduced(torch.prod, lambda x, dim: torch.prod(x, dim=dim)),
    ),
    "var": _many(
        "variance",
        "torch.var",
        "2 * (x - mean) / (n - 1)",
        _reduced(torch.var, lambda x, dim: torch.var(x, dim=dim)),
    ),
    "std": _many(
        "standard deviation",
        "torch.std",
        "(x - mean) / ((n - 1) * y)",
        _reduced(torch.std, lambda x, dim: torch.std(x, dim=dim)),
    ),
    "norm": _many("length", "torch.linalg.vector_norm", "x / y", _norm),
    "max": Function(
        plain="largest",
        torch_name="torch.max, torch.maximum",
        derivative="1 at the entry taken (shared if equal), else 0",
        call=_one_or_two(_max, torch.maximum),
        most=2,
        takes_dim=True,
    ),
    "min": Function(
        plain="smallest",
        torch_name="torch.min, torch.minimum",
        derivative="1 at the entry taken (shared if equal), else 0",
        call=_one_or_two(_min, torch.minimum),
        most=2,
        takes_dim=True,
    ),
    "softmax": _many("softmax", "torch.softmax", "y * (G - sum(G * y))", _along(torch.softmax)),
    "log_softmax": _many(
        "log of softmax", "torch.log_softmax", "G - exp(y) * sum(G)", _along(torch.log_softmax)
    ),
    "logsumexp": _many("log of sum of exp", "torch.logsumexp", "exp(x - y)", _along(torch.logsumexp)),
    "cumsum": _many("running sum", "torch.cumsum", "sum of G from this entry on", _along(torch.cumsum)),
    "T": _entry("transpose", "x.mT", "G.T", lambda x: x.mT),
    "flatten": _entry("all entries in a row", "torch.flatten", "G in the shape of x", torch.flatten),
    "detach": _entry("value without history", "x.detach()", "no gradient passes", lambda x: x.detach()),
    "dot": Function(
        plain="dot product",
        torch_name="torch.dot",
        derivative="the other vector",
        call=torch.dot,
        least=2,
        most=2,
    ),
    "mse": Function(
        plain="mean squared error",
        torch_name="functional.mse_loss",
        derivative="2 * (x - t) / n",
        call=lambda x, t: functional.mse_loss(x, t),
        least=2,
        most=2,
    ),
}

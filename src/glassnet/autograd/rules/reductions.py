"""Local rules of operations that bring many numbers together: sums, means, extremes, norms, softmax."""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor

from glassnet.autograd.rules.local import Applied, Local, Rule, number, product, times


def _opened(op: Applied, reduced: Tensor, rank: int) -> Tensor:
    """Return a reduced tensor with the dimensions that the reduction removed put back with size 1."""
    if getattr(op.grad_fn, "_saved_keepdim", False) or reduced.dim() == rank:
        return reduced
    for dim in sorted(op.dims(rank)):
        reduced = reduced.unsqueeze(dim)
    return reduced


def _spread(op: Applied, text: str, slope: Tensor) -> Local:
    """Return the rule of a reduction whose result moves by `slope` (the input's shape) per entry."""
    return Local(text=op.write(text), derivative=slope, pass_on=lambda g: _opened(op, g, slope.dim()) * slope)


def _sum(op: Applied, slot: int) -> Local:
    return _spread(op, "1 for every entry", torch.ones(op.shape(0), dtype=torch.float64))


def _mean(op: Applied, slot: int) -> Local:
    shape = op.shape(0)
    count = math.prod(shape[dim] for dim in op.dims(len(shape)))
    return _spread(op, f"1/{count} for every entry", torch.full(shape, 1.0 / count, dtype=torch.float64))


def _extreme(op: Applied, slot: int) -> Local:
    x = op.tensor("self")
    hit = (x == _opened(op, op.tensor("result"), x.dim())).to(torch.float64)
    share = hit / hit.sum(dim=op.dims(x.dim()), keepdim=True)
    return _spread(op, "1 at the entry taken (shared if equal), else 0", share)


def _picked(op: Applied, slot: int) -> Local:
    shape = op.shape(0)
    at = _opened(op, op.tensor("indices"), len(shape))
    (dim,) = op.dims(len(shape))
    zeros = torch.zeros(shape, dtype=torch.float64)
    hit = zeros.scatter(dim, at, 1.0) if shape else zeros + 1.0
    return _spread(op, "1 at the entry taken, else 0", hit)


def _variance(op: Applied, slot: int) -> Local:
    centred, degrees = _centred(op)
    text = f"2 * ({{0}} - mean) / {degrees:g}"
    return _spread(op, text, 2.0 * centred / degrees)


def _deviation(op: Applied, slot: int) -> Local:
    centred, degrees = _centred(op)
    y = _opened(op, op.tensor("result"), centred.dim())
    slope = torch.where(y == 0.0, 0.0, centred / (degrees * y))
    return _spread(op, f"({{0}} - mean) / ({degrees:g} * {{y}})", slope)


def _centred(op: Applied) -> tuple[Tensor, float]:
    """Return the input less its mean, and the number the squares are divided by."""
    x = op.tensor("self")
    dims = op.dims(x.dim())
    kept = getattr(op.grad_fn, "_saved_correction", None)
    count = math.prod(x.shape[dim] for dim in dims)
    return x - x.mean(dim=dims, keepdim=True), count - (1.0 if kept is None else float(kept))


def _norm(op: Applied, slot: int) -> Local:
    x, order = op.tensor("self"), float(op.saved("ord"))
    y = _opened(op, op.tensor("result"), x.dim())
    if order == 2.0:
        return _spread(op, "{0} / {y}", torch.where(y == 0.0, 0.0, x / y))
    if order == 1.0:
        return _spread(op, "sign of {0}", torch.sign(x))
    if math.isinf(order):
        hit = (x.abs() == y).to(x.dtype)
        share = torch.sign(x) * hit / hit.sum(dim=op.dims(x.dim()), keepdim=True)
        return _spread(op, "sign of {0} at the entry taken, else 0", share)
    slope = torch.where(y == 0.0, 0.0, torch.sign(x) * x.abs() ** (order - 1) / y ** (order - 1))
    return _spread(op, f"sign({{0}}) * |{{0}}|**{order - 1:g} / {{y}}**{order - 1:g}", slope)


def _product_of_all(op: Applied, slot: int) -> Local:
    x = op.tensor("self")
    others = _others(x.reshape(-1), 0).reshape(x.shape)
    return _spread(op, "product of the other entries", others)


def _product_along(op: Applied, slot: int) -> Local:
    x = op.tensor("self")
    if x.dim() == 0:
        return _spread(op, "1", torch.ones_like(x))
    return _spread(op, "product of the other entries", _others(x, op.dims(x.dim())[0]))


def _others(x: Tensor, dim: int) -> Tensor:
    """Return for every entry the product of the others along `dim`; no division, so zeros are right."""
    one = torch.ones_like(x.narrow(dim, 0, 1))
    size = x.shape[dim]
    before = torch.cat([one, x.narrow(dim, 0, size - 1)], dim).cumprod(dim)
    after = torch.cat([x.narrow(dim, 1, size - 1), one], dim).flip(dim).cumprod(dim).flip(dim)
    return before * after


def _softmax(op: Applied, slot: int) -> Local:
    y = op.tensor("result")
    dims = op.dims(y.dim())
    return product(op, "{y} * (G - sum(G * {y}))", lambda g: y * (g - (g * y).sum(dim=dims, keepdim=True)))


def _log_softmax(op: Applied, slot: int) -> Local:
    y = op.tensor("result")
    dims = op.dims(y.dim())
    return product(op, "G - exp({y}) * sum(G)", lambda g: g - y.exp() * g.sum(dim=dims, keepdim=True))


def _log_sum_exp(op: Applied, slot: int) -> Local:
    x = op.tensor("self")
    return _spread(op, "exp({0} - {y})", torch.exp(x - _opened(op, op.tensor("result"), x.dim())))


def _running_sum(op: Applied, slot: int) -> Local:
    rank = len(op.shape(0))
    if rank == 0:
        return times(op, "1", number(1.0))
    (dim,) = op.dims(rank)
    return product(op, "sum of G from this entry on", lambda g: g.flip(dim).cumsum(dim).flip(dim))


def _layer_norm(op: Applied, slot: int) -> Local:
    """Return the rule of xhat * weight + bias. Source: arXiv 1607.06450."""
    x, mean, inverse = (op.tensor(name) for name in ("input", "result1", "result2"))
    scaled = (x - mean) * inverse
    if slot == 1:
        return times(op, "({0} - mean) / deviation", scaled)
    if slot == 2:
        return times(op, "1", number(1.0))
    kept = getattr(op.grad_fn, "_saved_weight", None)
    weight = number(1.0) if kept is None else kept.detach().cpu()
    dims = tuple(range(x.dim() - len(op.saved("normalized_shape")), x.dim()))

    def pass_on(g: Tensor) -> Tensor:
        own = g * weight
        along = (own * scaled).mean(dim=dims, keepdim=True)
        return inverse * (own - own.mean(dim=dims, keepdim=True) - scaled * along)

    text = "(H - mean(H) - z * mean(H * z)) / deviation, H = G * {1}, z = ({0} - mean) / deviation"
    return product(op, text.replace("G * {1}", "G") if kept is None else text, pass_on)


# Many numbers to few, keyed by the name of torch's node.
REDUCTIONS: Final[dict[str, Rule]] = {
    "SumBackward0": Rule(plain="sum", writes="sum({0})", local=_sum),
    "SumBackward1": Rule(plain="sum", writes="sum({0}, dim={dim})", local=_sum),
    "MeanBackward0": Rule(plain="mean", writes="mean({0})", local=_mean),
    "MeanBackward1": Rule(plain="mean", writes="mean({0}, dim={dim})", local=_mean),
    "MaxBackward0": Rule(plain="largest", writes="max({0}, dim={dim})", local=_picked),
    "MaxBackward1": Rule(plain="largest", writes="max({0})", local=_extreme),
    "MinBackward0": Rule(plain="smallest", writes="min({0}, dim={dim})", local=_picked),
    "MinBackward1": Rule(plain="smallest", writes="min({0})", local=_extreme),
    "AmaxBackward0": Rule(plain="largest", writes="max({0}, dim={dim})", local=_extreme),
    "AminBackward0": Rule(plain="smallest", writes="min({0}, dim={dim})", local=_extreme),
    "VarBackward0": Rule(plain="variance", writes="var({0})", local=_variance),
    "StdBackward0": Rule(plain="standard deviation", writes="std({0})", local=_deviation),
    "ProdBackward0": Rule(plain="product of all", writes="prod({0})", local=_product_of_all),
    "ProdBackward1": Rule(plain="product of all", writes="prod({0}, dim={dim})", local=_product_along),
    "LinalgVectorNormBackward0": Rule(plain="norm", writes="norm({0})", local=_norm),
    "SoftmaxBackward0": Rule(plain="softmax", writes="softmax({0}, dim={dim})", local=_softmax),
    "LogSoftmaxBackward0": Rule(
        plain="log of softmax", writes="log_softmax({0}, dim={dim})", local=_log_softmax
    ),
    "LogsumexpBackward0": Rule(
        plain="log of sum of exp", writes="logsumexp({0}, dim={dim})", local=_log_sum_exp
    ),
    "NativeLayerNormBackward0": Rule(plain="layer norm", writes="layer_norm({0})", local=_layer_norm),
    "CumsumBackward0": Rule(plain="running sum", writes="cumsum({0}, dim={dim})", local=_running_sum),
}

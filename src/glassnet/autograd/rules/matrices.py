"""Local rules of matrix products and of operations that only move numbers."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from glassnet.autograd.rules.local import Applied, Local, NotKeptError, Rule, number, product, signed, times


def _matrix_product(op: Applied, slot: int) -> Local:
    if slot == 0:
        right = op.tensor("mat2")
        return product(op, "G @ {1}.T", lambda g: g @ right.mT)
    left = op.tensor("self")
    return product(op, "{0}.T @ G", lambda g: left.mT @ g)


def _matrix_vector(op: Applied, slot: int) -> Local:
    if slot == 0:
        vector = op.tensor("vec")
        return product(op, "outer(G, {1})", lambda g: g[:, None] * vector[None, :])
    matrix = op.tensor("self")
    return product(op, "{0}.T @ G", lambda g: (matrix * g[:, None]).sum(dim=0))


def _dot(op: Applied, slot: int) -> Local:
    return times(op, f"{{{1 - slot}}}", op.tensor("self" if slot else "tensor"))


def _affine(op: Applied, slot: int) -> Local:
    """Return the rule of the result beta * {0} + alpha * ({1} @ {2})."""
    if slot == 0:
        beta = float(op.saved("beta"))
        return times(op, f"{beta:g}", number(beta))
    alpha = float(op.saved("alpha"))
    scale = "" if alpha == 1.0 else f"{alpha:g} * "
    if slot == 1:
        right = op.tensor("mat2")
        return product(op, scale + "G @ {2}.T", lambda g: alpha * (g @ right.mT))
    left = op.tensor("mat1")
    return product(op, scale + "{1}.T @ G", lambda g: alpha * (left.mT @ g))


def _reshape(op: Applied, slot: int) -> Local:
    shape = op.shape(0)
    return product(op, "G in the shape of {0}", lambda g: g.reshape(shape))


def _expand(op: Applied, slot: int) -> Local:
    return product(op, "G summed over the copies", lambda g: g)


def _transpose(op: Applied, slot: int) -> Local:
    return product(op, "G.T", lambda g: g.t())


def _swap(op: Applied, slot: int) -> Local:
    one, other = (signed(op.saved(name)) for name in ("dim0", "dim1"))
    return product(op, "G with the same dimensions swapped back", lambda g: g.transpose(one, other))


def _permute(op: Applied, slot: int) -> Local:
    order = op.dims(len(op.shape(0)), "dims")
    back = sorted(range(len(order)), key=order.__getitem__)
    return product(op, "G with the dimensions put back", lambda g: g.permute(back))


def _select(op: Applied, slot: int) -> Local:
    shape, dim, index = op.shape(0), signed(op.saved("dim")), signed(op.saved("index"))

    def pass_on(g: Tensor) -> Tensor:
        whole = torch.zeros(shape, dtype=g.dtype)
        whole.select(dim, index).copy_(g)
        return whole

    return product(op, "G at this place, 0 elsewhere", pass_on)


def _slice(op: Applied, slot: int) -> Local:
    shape, dim = op.shape(0), signed(op.saved("dim"))
    start, end, step = (signed(op.saved(name)) for name in ("start", "end", "step"))
    places = torch.arange(shape[dim])[slice(start, end, step)]
    return product(
        op,
        "G at these places, 0 elsewhere",
        lambda g: torch.zeros(shape, dtype=g.dtype).index_copy(dim, places, g),
    )


def _index(op: Applied, slot: int) -> Local:
    shape = op.shape(0)
    at = tuple(slice(None) if one is None else one for one in op.saved("indices"))

    def pass_on(g: Tensor) -> Tensor:
        places = torch.arange(shape.numel() if isinstance(shape, torch.Size) else _count(shape)).reshape(
            shape
        )
        flat = torch.zeros(_count(shape), dtype=g.dtype)
        return flat.index_add(0, places[at].reshape(-1), g.reshape(-1)).reshape(shape)

    return product(op, "G added up at the places taken, 0 elsewhere", pass_on)


def _count(shape: tuple[int, ...]) -> int:
    return int(torch.Size(shape).numel())


def _embedding(op: Applied, slot: int) -> Local:
    shape, rows = op.shape(0), op.tensor("indices").reshape(-1)
    if op.saved("scale_grad_by_freq") or signed(op.saved("padding_idx")) >= 0:
        raise NotKeptError("padding and frequency scaling are left to torch")
    return product(
        op,
        "G added up at the rows looked up, 0 elsewhere",
        lambda g: torch.zeros(shape, dtype=g.dtype).index_add(0, rows, g.reshape(len(rows), -1)),
    )


def _join(op: Applied, slot: int) -> Local:
    dim = op.dims(len(op.shape(slot)))[0]
    start = sum(op.shape(i)[dim] for i in range(slot))
    size = op.shape(slot)[dim]
    return product(op, f"the part of G that came from {{{slot}}}", lambda g: g.narrow(dim, start, size))


def _stack(op: Applied, slot: int) -> Local:
    dim = op.dims(len(op.shape(slot)) + 1)[0]
    return product(op, f"the part of G that came from {{{slot}}}", lambda g: g.select(dim, slot))


def _diagonal(op: Applied, slot: int) -> Local:
    shape = op.shape(0)
    offset, one, other = (signed(op.saved(name)) for name in ("offset", "dim1", "dim2"))

    def pass_on(g: Tensor) -> Tensor:
        whole = torch.zeros(shape, dtype=g.dtype)
        whole.diagonal(offset, one, other).copy_(g)
        return whole

    return product(op, "G on the diagonal, 0 elsewhere", pass_on)


def _trace(op: Applied, slot: int) -> Local:
    return times(op, "1 on the diagonal, else 0", torch.eye(*op.shape(0), dtype=torch.float64))


# Products of matrices and moves of numbers, keyed by the name of torch's node.
MATRICES: Final[dict[str, Rule]] = {
    "MmBackward0": Rule(plain="matrix product", writes="{0} @ {1}", local=_matrix_product),
    "BmmBackward0": Rule(plain="matrix products", writes="{0} @ {1}", local=_matrix_product),
    "MvBackward0": Rule(plain="matrix times vector", writes="{0} @ {1}", local=_matrix_vector),
    "DotBackward0": Rule(plain="dot product", writes="{0} @ {1}", local=_dot),
    "AddmmBackward0": Rule(plain="linear layer", writes="{0} + {1} @ {2}", local=_affine),
    "ViewBackward0": Rule(plain="reshape", writes="reshape({0})", local=_reshape),
    "UnsafeViewBackward0": Rule(plain="reshape", writes="reshape({0})", local=_reshape),
    "ReshapeAliasBackward0": Rule(plain="reshape", writes="reshape({0})", local=_reshape),
    "UnsqueezeBackward0": Rule(plain="added dimension", writes="unsqueeze({0}, {dim})", local=_reshape),
    **{
        f"SqueezeBackward{i}": Rule(plain="removed dimension", writes="squeeze({0})", local=_reshape)
        for i in range(6)
    },
    "ExpandBackward0": Rule(plain="copies along a dimension", writes="expand({0})", local=_expand),
    "TBackward0": Rule(plain="transpose", writes="{0}.T", local=_transpose),
    "TransposeBackward0": Rule(plain="transpose", writes="transpose({0}, {dim0}, {dim1})", local=_swap),
    "PermuteBackward0": Rule(plain="transpose", writes="permute({0}, {dims})", local=_permute),
    "SelectBackward0": Rule(plain="one of many", writes="{0}[{index}, dim={dim}]", local=_select),
    "SliceBackward0": Rule(plain="slice", writes="{0}[{start}:, dim={dim}]", local=_slice),
    "IndexBackward0": Rule(plain="entries taken", writes="{0}[…]", local=_index),
    "EmbeddingBackward0": Rule(plain="rows looked up", writes="embedding({0})", local=_embedding),
    "CatBackward0": Rule(plain="joined", writes="cat({all}, dim={dim})", local=_join),
    "StackBackward0": Rule(plain="stacked", writes="stack({all}, dim={dim})", local=_stack),
    "DiagonalBackward0": Rule(plain="diagonal", writes="diagonal({0})", local=_diagonal),
    "TraceBackward0": Rule(plain="trace", writes="trace({0})", local=_trace),
}

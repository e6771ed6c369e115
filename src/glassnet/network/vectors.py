"""Embedded vectors in place of slots: how an explanation moves a category bit by bit.

Shapes: K members, S slots of all embedded categories, E embedded categories, V numbers of an embedding,
B rows, D dense inputs, T outputs.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from glassnet.network.members import MemberEmbedding


def embedding_of(network: nn.Module) -> MemberEmbedding | None:
    """Return the network's embedding of categories, if it has one."""
    return next((one for one in network.modules() if isinstance(one, MemberEmbedding)), None)


def mean_vectors(embedding: MemberEmbedding, share_S: Tensor, slots: Sequence[int]) -> Tensor:
    """Return each category's mean vector, `(K, E, V)`, where `share_S` of the rows are in each slot."""
    tables = torch.split(embedding.weight.detach(), list(slots), dim=1)
    shares = torch.split(share_S, list(slots))
    means = [torch.einsum("s,ksv->kv", share, table) for share, table in zip(shares, tables, strict=True)]
    return torch.stack(means, dim=1)


def outputs_at(network: nn.Module, dense_KBD: Tensor, slot_KBE: Tensor, vector_KBX: Tensor) -> Tensor:
    """Return the outputs `(K, B, T)` with these vectors in the place of the embedding's."""
    embedding = embedding_of(network)
    hook = None
    if embedding is not None:
        hook = embedding.register_forward_hook(lambda module, args, given: vector_KBX)
    try:
        output_KBT: Tensor = network(dense_KBD, slot_KBE)
    finally:
        if hook is not None:
            hook.remove()
    return output_KBT

"""The straight line from the mean training row to a row, and the network's slopes along it. In float64.

Shapes: K members, S steps, D dense inputs, E embedded categories, V numbers of an embedding, T outputs.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from glassnet.network.members import MemberEmbedding
from glassnet.network.vectors import embedding_of, mean_vectors, outputs_at
from glassnet.pipeline import Fitted
from glassnet.prepare.assemble import apply
from glassnet.prepare.values import Encoded, Floats64
from glassnet.why.question import EDGE, Asked, unit


class Path:
    """The straight line from a fold's mean training row to the row, as its members see it. In float64."""

    def __init__(self, fitted: Fitted, encoded: Encoded, asked: Asked, fold: int) -> None:
        preparation = fitted.preparation
        self.network = copy.deepcopy(fitted.network).double().eval()
        self.members = fitted.recipe.architecture.members
        folds = fitted.predictor.folds
        self.mine = [member for member in fitted.trained.members if member % folds == fold]
        self.asked = asked
        self.weight_T = torch.from_numpy(asked.weight_T / fitted.calibration.temperature)
        self.scale, self.shift = unit(fitted, asked, fold)
        inputs = apply(encoded, preparation, fold)
        self.dense_from = torch.tensor(preparation.baseline.dense_FD[fold])
        self.dense_to = torch.from_numpy(inputs.dense_RD[0]).double()
        self.slot_E = torch.from_numpy(inputs.slot_RE[0]).long()
        shares = torch.tensor(preparation.baseline.share_FS[fold])
        self.vector_from, self.vector_to = _vectors(
            embedding_of(self.network), shares, self.slot_E, preparation.embedded
        )

    def at(self, place: float) -> float:
        """Return the sum of the members' outputs at a place of the line, from 0 to 1."""
        with torch.no_grad():
            dense, vectors = self._points(torch.tensor([place], dtype=torch.float64))
            return float(self._outputs(dense, vectors).sum())

    def parts(self, steps: int) -> Floats64:
        """Return the sum of the members' parts of each dense input, then of each embedded category."""
        places = (torch.arange(steps, dtype=torch.float64) + 0.5) / steps
        dense, vectors = (one.requires_grad_() for one in self._points(places))
        given = [one for one in (dense, vectors) if one.numel()]
        slopes = torch.autograd.grad(self._outputs(dense, vectors).sum(), given, allow_unused=True)
        slope = {
            id(one): s if s is not None else torch.zeros_like(one)
            for one, s in zip(given, slopes, strict=True)
        }
        parts = [torch.zeros(0, dtype=torch.float64)]
        if dense.numel():
            parts.append((slope[id(dense)].mean(dim=1) * (self.dense_to - self.dense_from)).sum(dim=0))
        if vectors.numel():
            way = (self.vector_to - self.vector_from).flatten(1)
            each = (slope[id(vectors)].mean(dim=1) * way).view_as(self.vector_to)
            parts.append(each.sum(dim=(0, 2)))
        found: Floats64 = torch.cat(parts).numpy()
        return found

    def _points(self, places_S: Tensor) -> tuple[Tensor, Tensor]:
        """Return the line's points for every member: dense `(K, S, D)` and vectors `(K, S, E * V)`."""
        dense_SD = torch.lerp(self.dense_from, self.dense_to, places_S[:, None])
        way = (self.vector_to - self.vector_from).flatten(1)[:, None]
        vectors = self.vector_from.flatten(1)[:, None] + places_S[:, None] * way
        return dense_SD.expand(self.members, -1, -1).clone(), vectors.detach().clone()

    def _outputs(self, dense_KSD: Tensor, vectors: Tensor) -> Tensor:
        """Return what is asked of each of this fold's members at each point, in the table's unit."""
        rows = dense_KSD.shape[1]
        slots = self.slot_E.expand(self.members, rows, -1)
        output_KST = outputs_at(self.network, dense_KSD, slots, vectors)
        if self.asked.is_logit_of_sigmoid:
            output_KST = torch.logit(output_KST, eps=EDGE)
        asked_KS = output_KST[self.mine] @ self.weight_T
        return asked_KS * self.scale + self.shift


def _vectors(
    embedding: MemberEmbedding | None, share_S: Tensor, slot_E: Tensor, slots: tuple[int, ...]
) -> tuple[Tensor, Tensor]:
    """Return the mean training row's and the row's vectors of each category, `(K, E, V)`."""
    if embedding is None:
        assert not slots, "categories go through an embedding"
        return torch.zeros(1, 0, 1, dtype=torch.float64), torch.zeros(1, 0, 1, dtype=torch.float64)
    tables = torch.split(embedding.weight.detach(), list(slots), dim=1)
    end = [table[:, int(slot)] for table, slot in zip(tables, slot_E, strict=True)]
    return mean_vectors(embedding, share_S, slots), torch.stack(end, dim=1)

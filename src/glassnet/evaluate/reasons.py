"""How far each column moves single predictions: integrated gradients of many rows at once.

The parts are those of `glassnet.why`, from the mean training row to each row, with a fixed number of steps:
means over rows forgive what the sum over steps leaves over.

Shapes: K members, R rows, S steps, D dense inputs, E embedded categories, V numbers of an embedding,
T outputs, I inputs of both kinds, Z = S * R points.
Source: M. Sundararajan et al., "Axiomatic Attribution for Deep Networks", 2017, arXiv 1703.01365.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from torch import Tensor

from glassnet.evaluate.insight import Reason
from glassnet.evaluate.vary import Looked
from glassnet.network.own import OwnModule
from glassnet.network.vectors import embedding_of, mean_vectors, outputs_at
from glassnet.predict import Predictor, torch_threads
from glassnet.prepare.assemble import apply, dense_sources
from glassnet.prepare.values import Encoded, Floats64
from glassnet.table.values import RowNumbers, Task

ROWS: Final = 128
STEPS: Final = 16
AT_ONCE: Final = 5_000_000  # inputs on the way at once, with as many slopes: of all rows 300 MB with bins
EDGE: Final = 1e-7  # outputs of a sigmoid are kept this far from 0 and 1 before a logarithm


def reasons(
    looked: Looked, prediction_RP: Floats64, rows: RowNumbers, *, ends_in_sigmoid: bool
) -> tuple[Reason, ...]:
    """Return how far each column moves the predictions of the rows, the largest first.

    Nothing for a module of the user's own, whose inside is not known.
    """
    names = [column.name for column in looked.columns]
    sample = Encoded(number_RN=looked.encoded.number_RN[rows], code_RC=looked.encoded.code_RC[rows])
    return reasons_of(looked.predictor, sample, prediction_RP[rows], names, ends_in_sigmoid=ends_in_sigmoid)


def reasons_of(
    predictor: Predictor,
    sample: Encoded,
    prediction_RP: Floats64,
    columns: Sequence[str],
    *,
    ends_in_sigmoid: bool,
) -> tuple[Reason, ...]:
    """Return the same for rows that are picked already, with their predictions."""
    if isinstance(predictor.network, OwnModule) or not sample.rows:
        return ()
    weight_RT = torch.from_numpy(_asked(predictor, prediction_RP))
    part_RI = np.zeros((sample.rows, 0))
    with torch_threads(1):
        for fold in range(predictor.folds):
            mine = [m for m in predictor.members if m % predictor.folds == fold]
            if mine:
                lines = (
                    (_Line(predictor, sample.picked(here), fold), weight_RT[here])
                    for here in _pieces(predictor, sample.rows)
                )
                each = [line.parts(mine, weight, is_sigmoid=ends_in_sigmoid) for line, weight in lines]
                parts = np.concatenate(each)
                part_RI = parts if not part_RI.size else part_RI + parts
    names = np.array((*dense_sources(predictor.preparation), *predictor.preparation.embedded_names))
    found = []
    for column in columns:
        part_R = part_RI[:, names == column].sum(axis=1) / len(predictor.members)
        found.append(Reason(column=column, mean=float(part_R.mean()), size=float(np.abs(part_R).mean())))
    return tuple(sorted(found, key=lambda one: -one.size))


def _pieces(predictor: Predictor, rows: int) -> list[slice]:
    """Return the rows in pieces whose steps, for all members, are so many inputs at most."""
    members = int(next(iter(predictor.network.parameters())).shape[0])
    each = max(1, AT_ONCE // max(1, members * STEPS * predictor.preparation.dense))
    return [slice(first, first + each) for first in range(0, rows, each)]


def about(predictor: Predictor, *, ends_in_sigmoid: bool) -> str:
    """Return what the parts add up to, in words."""
    if predictor.task is Task.REGRESSION:
        is_log = predictor.link == "exp" or predictor.preparation.target.is_log
        return "the logarithm of the prediction" if is_log else "the prediction"
    if predictor.link == "sigmoid" or ends_in_sigmoid:
        return "the log-odds"
    return "the answer's logit above the classes' mean" if predictor.link == "softmax" else "the score"


def _asked(predictor: Predictor, prediction_RP: Floats64) -> Floats64:
    """Return the weights of the outputs, `(R, T)`: the only one, the answer above the mean, or the first."""
    rows, outputs = prediction_RP.shape[0], predictor.outputs
    if predictor.task is Task.MULTICLASS:
        return np.asarray(np.eye(outputs)[prediction_RP.argmax(axis=1)] - 1.0 / outputs)
    return np.tile(np.eye(outputs)[0 if predictor.task is not Task.BINARY else outputs - 1], (rows, 1))


class _Line:
    """The straight lines from a fold's mean training row to each row. Private to this file."""

    def __init__(self, predictor: Predictor, encoded: Encoded, fold: int) -> None:
        self.predictor = predictor
        inputs = apply(encoded, predictor.preparation, fold)
        first = next(iter(predictor.network.parameters()))
        self.members = int(first.shape[0])
        baseline = predictor.preparation.baseline
        self.scale = 1.0
        if predictor.task is Task.REGRESSION and predictor.scales_target:
            self.scale = float(predictor.preparation.target.scale_FT[fold, 0])
        self.dense_from = torch.tensor(baseline.dense_FD[fold]).to(first.dtype)
        self.dense_RD = torch.from_numpy(inputs.dense_RD).to(first.dtype)
        self.slot_RE = torch.from_numpy(inputs.slot_RE).long()
        self.embedding = embedding_of(predictor.network)
        self.share_S = torch.tensor(baseline.share_FS[fold]).to(first.dtype)

    def parts(self, mine: list[int], weight_RT: Tensor, *, is_sigmoid: bool) -> Floats64:
        """Return the sum of some members' parts of each dense input, then each category, `(R, I)`."""
        place_S = (torch.arange(STEPS, dtype=self.dense_RD.dtype) + 0.5) / STEPS
        dense = self._between(self.dense_from, self.dense_RD, place_S).expand(self.members, -1, -1).clone()
        from_KEV, to_KREV = self._vectors()
        vectors = self._between(from_KEV.flatten(1)[:, None], to_KREV.flatten(2), place_S)
        given = [dense.requires_grad_(), vectors.detach().clone().requires_grad_()]
        slot_KZE = self.slot_RE.repeat(STEPS, 1).expand(self.members, -1, -1)
        output_KZT = outputs_at(self.predictor.network, given[0], slot_KZE, given[1])
        output_KZT = torch.logit(output_KZT, eps=EDGE) if is_sigmoid else output_KZT
        asked = (output_KZT[mine] * weight_RT.to(output_KZT.dtype).repeat(STEPS, 1)).sum()
        slopes = torch.autograd.grad(asked, given, allow_unused=True)
        dense_slope, vector_slope = (
            torch.zeros_like(one) if slope is None else slope
            for one, slope in zip(given, slopes, strict=True)
        )
        rows = self.dense_RD.shape[0]
        slope_RD = dense_slope.view(self.members, STEPS, rows, dense.shape[2]).mean(dim=1).sum(dim=0)
        slope_KRX = vector_slope.view(self.members, STEPS, rows, vectors.shape[2]).mean(dim=1)
        way_KREV = to_KREV - from_KEV[:, None]
        of_vectors = (slope_KRX.view_as(way_KREV) * way_KREV).sum(dim=(0, 3))
        whole = torch.cat([slope_RD * (self.dense_RD - self.dense_from), of_vectors], dim=1)
        # The target's scale in 64 bits: in 32 targets beyond 1e38 have infinite parts, tiny ones none.
        return np.asarray(whole.detach().double().numpy() * self.scale)

    @staticmethod
    def _between(start: Tensor, end: Tensor, place_S: Tensor) -> Tensor:
        """Return points on the way, step after step: `(..., S * R, X)`."""
        steps = [torch.lerp(start.expand_as(end), end, float(place)) for place in place_S]
        return torch.cat(steps, dim=-2)

    def _vectors(self) -> tuple[Tensor, Tensor]:
        """Return the mean training row's vectors `(K, E, V)` and the rows' `(K, R, E, V)`."""
        slots = self.predictor.preparation.embedded
        if self.embedding is None:
            rows = self.dense_RD.shape[0]
            empty = torch.zeros(self.members, rows, 0, 1, dtype=self.dense_RD.dtype)
            return empty[:, 0], empty
        tables = torch.split(self.embedding.weight.detach(), list(slots), dim=1)
        end = [table[:, self.slot_RE[:, place]] for place, table in enumerate(tables)]
        return mean_vectors(self.embedding, self.share_S, slots), torch.stack(end, dim=2)

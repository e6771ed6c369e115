"""Pairs of columns that say something only together, and whether that is more than chance.

The joint effect of two columns, less the effect of each, is what only both say. It is no chance where
predictions of rows that did not train get worse when it is taken away from them, by more than rows differ
and after counting how many pairs were looked at.

Shapes: R rows, G and H cells of two columns.
Source of the effects: J. H. Friedman, B. E. Popescu, "Predictive Learning via Rule Ensembles", 2008; of the
counting: S. Holm, Scand. J. Stat. 1979.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from glassnet.evaluate.insight import Pair, Scale, Surface
from glassnet.evaluate.values import FITTED, Evaluation
from glassnet.evaluate.vary import Cells, Looked, cells_of, nearest, number_of, predict_with
from glassnet.prepare.target import bent, unbent
from glassnet.prepare.values import Floats64
from glassnet.table.values import Kind, RowNumbers, Task

COLUMNS: Final = 5  # the most important ones: ten pairs
CELLS: Final = 6
ROWS: Final = 100  # at most, over which effects are means
FEWEST: Final = 50  # rows without which nothing can be told
SURE: Final = 0.05  # largest probability of chance at which a pair is named
EDGE: Final = 1e-6  # probabilities are kept this far from 0 and 1 before a logarithm


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """The number that is looked at: a class's log-odds, a logarithm, or a number as it is."""

    output: int
    is_share: bool
    is_log: bool
    unit_T: Floats64  # of the logarithm that the network learned, `(1,)`; empty: none

    def score(self, value: Floats64) -> Floats64:
        """Return predictions on the scale on which effects add up."""
        if self.is_share:
            kept = np.clip(value, EDGE, 1 - EDGE)
            return np.log(kept) - np.log1p(-kept)
        return np.log(np.maximum(value, EDGE)) if self.is_log else bent(value, self.unit_T)

    def loss(self, score_R: Floats64, truth_R: Floats64) -> Floats64:
        """Return each row's log loss or squared error."""
        if self.is_share:
            return np.logaddexp(0.0, np.where(truth_R > 0.5, -score_R, score_R))
        return np.square((np.exp(score_R) if self.is_log else unbent(score_R, self.unit_T)) - truth_R)


def interplay(
    looked: Looked, evaluation: Evaluation, columns: Sequence[str], output: int, rows: RowNumbers
) -> tuple[tuple[Pair, ...], Surface | None]:
    """Return the pairs of the columns, sure ones first, and the surface of the first where it is sure.

    Of the sure ones that is first without which predictions lose most.
    """
    if evaluation.on in FITTED or len(evaluation.truth) < FEWEST:
        return (), None
    task = looked.predictor.task
    asked = Asked(
        output=output,
        is_share=task is not Task.REGRESSION,
        is_log=looked.predictor.link == "exp",
        unit_T=looked.predictor.preparation.target.unit_T[output : output + 1],
    )
    cells = {name: cells_of(looked, name, CELLS, with_missing=False) for name in columns[:COLUMNS]}
    cells = {name: one for name, one in cells.items() if one.encoded.rows > 1}
    alone = {name: _effect(asked, predict_with(looked, rows, [one])) for name, one in cells.items()}
    place_R = {name: _places(looked, one.scale) for name, one in cells.items()}
    found = []
    for pair in itertools.combinations(cells, 2):
        value_GHRP = predict_with(looked, rows, [cells[name] for name in pair])
        joint_GH = _effect(asked, value_GHRP)
        both_GH = joint_GH - alone[pair[0]][:, None] - alone[pair[1]]
        only_R = _at(both_GH, place_R[pair[0]], place_R[pair[1]])
        one = _judged(evaluation, asked, pair, only_R, _at(joint_GH, place_R[pair[0]], place_R[pair[1]]))
        found.append((one, value_GHRP[..., asked.output].mean(axis=-1)))
    counted = holm([one.chance for one, _ in found])
    judged = [(replace(one, chance=many), mean) for (one, mean), many in zip(found, counted, strict=True)]
    judged.sort(key=lambda one: (one[0].chance > SURE, -one[0].worse))
    pairs = tuple(one for one, _ in judged)
    if not pairs or pairs[0].chance > SURE:
        return pairs, None
    return pairs, _surface(pairs[0], cells, output, judged[0][1])


def _effect(asked: Asked, value: Floats64) -> Floats64:
    """Return the mean score over the rows for each combination of cells."""
    return np.asarray(asked.score(value[..., asked.output]).mean(axis=-1))


def _places(looked: Looked, scale: Scale) -> Floats64:
    """Return where each row lies between the cells of a scale, `(R,)`; NaN: missing, or a level not in it."""
    series = looked.frame[scale.column]
    if scale.kind is Kind.CATEGORY:
        place_R = nearest(series, scale.kind, scale.place_G, scale.names).astype(np.float64)
        return np.where(place_R < 0, np.nan, place_R)
    return np.interp(number_of(series, scale.kind), scale.place_G, np.arange(scale.place_G.size))


def _at(value_GH: Floats64, first_R: Floats64, second_R: Floats64) -> Floats64:
    """Return a surface at each row's place, linear between cells, as distance from its mean; 0 for NaN."""
    known_R = np.isfinite(first_R) & np.isfinite(second_R)
    x_R, y_R = np.where(known_R, first_R, 0.0), np.where(known_R, second_R, 0.0)
    left_R = np.minimum(x_R.astype(np.int64), value_GH.shape[0] - 2)
    low_R = np.minimum(y_R.astype(np.int64), value_GH.shape[1] - 2)
    a_R, b_R = x_R - left_R, y_R - low_R
    found_R = (1 - a_R) * ((1 - b_R) * value_GH[left_R, low_R] + b_R * value_GH[left_R, low_R + 1])
    found_R += a_R * ((1 - b_R) * value_GH[left_R + 1, low_R] + b_R * value_GH[left_R + 1, low_R + 1])
    if not known_R.any():
        return np.zeros_like(found_R)
    return np.where(known_R, found_R - found_R[known_R].mean(), 0.0)


def _judged(
    evaluation: Evaluation, asked: Asked, pair: tuple[str, str], only_R: Floats64, joint_R: Floats64
) -> Pair:
    """Return what only both columns say: how strong, and what predictions lose without it."""
    truth = evaluation.truth
    truth_R = truth[:, asked.output] if truth.ndim == 2 else (truth == asked.output).astype(np.float64)
    score_R = asked.score(evaluation.prediction_RP[:, asked.output])
    weight_R = evaluation.weight_R
    change_R = asked.loss(score_R - only_R, truth_R) - asked.loss(score_R, truth_R)
    worse = float(np.average(change_R, weights=weight_R))
    # In a unit of their own: of targets around 1e90 squares of squared errors overflow.
    unit = float(np.abs(change_R).max()) or 1.0
    variance = float(np.average(np.square((change_R - worse) / unit), weights=weight_R))
    error = unit * math.sqrt(variance * float(np.square(weight_R).sum())) / float(weight_R.sum())
    whole = float(np.square(joint_R).mean())
    return Pair(
        columns=pair,
        strength=float(np.sqrt(np.square(only_R).mean())),
        share=min(float(np.square(only_R).mean()) / whole, 1.0) if whole > 0 else 0.0,
        worse=worse,
        chance=0.5 * math.erfc(worse / error / math.sqrt(2.0)) if error > 0 else 1.0,
    )


def holm(chances: Sequence[float]) -> list[float]:
    """Return probabilities of chance that count how many were looked at, in the order given; NaN stays."""
    known = [place for place, one in enumerate(chances) if not math.isnan(one)]
    adjusted, most = list(chances), 0.0
    for turn, place in enumerate(sorted(known, key=lambda one: chances[one])):
        most = max(most, min((len(known) - turn) * chances[place], 1.0))
        adjusted[place] = most
    return adjusted


def _surface(pair: Pair, cells: dict[str, Cells], output: int, mean_GH: Floats64) -> Surface:
    """Return the means with levels ordered by theirs, so that a pattern can be seen."""
    first, second = (cells[name].scale for name in pair.columns)
    order_G, order_H = _order(first, mean_GH.mean(axis=1)), _order(second, mean_GH.mean(axis=0))
    return Surface(
        scales=(_reordered(first, order_G), _reordered(second, order_H)),
        output=output,
        mean_GH=mean_GH[order_G][:, order_H],
    )


def _order(scale: Scale, mean_G: Floats64) -> RowNumbers:
    if scale.kind is not Kind.CATEGORY:
        return np.arange(mean_G.size)
    return np.argsort(mean_G, kind="stable")


def _reordered(scale: Scale, order_G: RowNumbers) -> Scale:
    if scale.kind is not Kind.CATEGORY:
        return scale
    names = tuple(scale.names[g] for g in order_G)
    return replace(scale, names=names, share_G=scale.share_G[order_G])

"""The trained members' outputs for the rows that they were not fitted on.

With folds each member gives its own held-out rows (out of fold); else all members give the validation rows.

Shapes: K members, n held-out rows, T outputs, P numbers of a prediction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from torch import nn

from glassnet.engine.plan import Plan
from glassnet.predict import Predictor, finish, member_outputs, predictor_of
from glassnet.prepare.values import Encoded, Floats64
from glassnet.table.values import RowNumbers


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldPart:
    """The held-out rows of one fold, as the members see them that were not fitted on them."""

    rows: RowNumbers  # (n,)
    predictor: Predictor  # of this fold's members alone
    output: Mapping[int, Floats64]  # of each of them, (n, T)


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldOut:
    """All held-out rows, fold after fold; none where nothing was held out."""

    parts: tuple[HeldPart, ...]

    @property
    def rows(self) -> RowNumbers:
        """The rows' places in the table, in the order of `predictions`."""
        none = np.zeros(0, dtype=np.int64)
        return np.concatenate([none, *(part.rows for part in self.parts)])

    def predictions(self, temperature: float = 1.0) -> Floats64:
        """Return the predictions at a temperature, `(n, P)`, each row by the members not fitted on it."""
        parts = [finish(replace(part.predictor, temperature=temperature), part.output) for part in self.parts]
        return np.concatenate(parts) if parts else np.zeros((0, 0))

    def picked(self, places: RowNumbers) -> HeldOut:
        """Return only the rows at these places of `rows`."""
        parts, first = [], 0
        for part in self.parts:
            mine = places[(places >= first) & (places < first + len(part.rows))] - first
            first += len(part.rows)
            if mine.size:
                output = {member: output_nT[mine] for member, output_nT in part.output.items()}
                parts.append(replace(part, rows=part.rows[mine], output=output))
        return HeldOut(parts=tuple(parts))


def held_out_outputs(plan: Plan, network: nn.Module, members: tuple[int, ...]) -> HeldOut:
    """Return the outputs for the plan's validation rows of those members that did not fail."""
    encoded = plan.prepared.encoded
    parts = []
    for fold, rows in enumerate(plan.prepared.rows.validation):
        mine = tuple(member for member in members if plan.fold(member) == fold)
        if len(rows) and mine:
            predictor = predictor_of(plan, network, mine)
            here = Encoded(number_RN=encoded.number_RN[rows], code_RC=encoded.code_RC[rows])
            output_KnT = member_outputs(predictor, here, fold, list(mine))
            parts.append(
                HeldPart(rows=rows, predictor=predictor, output=dict(zip(mine, output_KnT, strict=True)))
            )
    return HeldOut(parts=tuple(parts))

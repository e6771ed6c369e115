"""How much a run may cost for its accuracy: sizes by name.

What each reaches, and in what time, is measured in benchmarks/LOG.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True, slots=True)
class Effort:
    """The sizes that time is spent on."""

    team: int  # members that share layers
    fold_team: int  # the same for each fold: folds differ by their rows too
    steps: int  # of gradient descent, about
    widths: tuple[tuple[int, ...], ...]  # of the hidden layers below 1,000 rows, below 10,000, and above
    deep: tuple[tuple[int, ...], ...]  # the same for yes/no targets


# 64 x 64 on all tables was 0.7 % worse than "auto" in a third of the time. A third layer was better on most
# of 20 tables with a yes or no, worse on those with several classes, no better for numbers: see LOG.md.
EFFORTS: Final[dict[str, Effort]] = {
    "fast": Effort(
        team=8,
        fold_team=2,
        steps=2000,
        widths=((64, 64), (64, 64), (64, 64)),
        deep=((64, 64, 64), (64, 64, 64), (64, 64, 64)),
    ),
    "auto": Effort(
        team=16,
        fold_team=4,
        steps=4000,
        widths=((64, 64), (128, 128), (256, 128)),
        deep=((64, 64, 64), (128, 128, 128), (128, 128, 128)),
    ),
    "best": Effort(
        team=32,
        fold_team=8,
        steps=8000,
        widths=((128, 128), (256, 256), (256, 256)),
        deep=((128, 128, 128), (128, 128, 128), (256, 256, 256)),
    ),
}

"""What the code of a run with folds has besides: each fold learns the preparation from its own rows.

Shapes: F folds, L levels.
"""

from __future__ import annotations

import textwrap
from typing import Final

from glassnet.script.values import Run, block, listing
from glassnet.table.values import Task

LEVELS: Final = '''def own_levels(name, rows):
    """Return the levels that some rows give a number{last}.

    They are those that at least {rare} of the rows have.
    """
    level, count = np.unique(table[name]{filled}.to_numpy()[rows], return_counts=True)
    own = {own}
    if own.all():
        own[np.argmin(count)] = False  # the rarest: number 0 needs rows to learn from
    return level[own]


def every_level(name):
    """Return the levels that have a number in any fold, so that a number means the same in all."""
    return np.unique(np.concatenate([own_levels(name, rows) for rows, _ in folds]))


def levels_of(name):
    """Return each row's level as a number: 1, 2, ... in alphabetical order{last}.

    Number 0 is for levels with less than {rare} of the fold's
    training rows, and for those with none.
    """
    own = own_levels(name, train)
    number = {{level: place for place, level in enumerate(every_level(name), start=1) if level in own}}
    return np.array([number.get(cell, 0) for cell in table[name]{filled}])'''

ONE_HOT: Final = '''def one_hot(name):
    """Return a column of 0 and 1 for each level number."""
    return np.eye(1 + len(every_level(name)))[levels_of(name)]'''

SAYS: Final = (
    "All that is learned here, each fold learns from its own training rows alone: `train`, in the loop below."
)


def shares_levels(run: Run) -> bool:
    """Return whether the same levels are rare in every fold, so that each comes to the same numbers."""
    slots = run.fitted.preparation.slots
    slot_FL, missing_FC = slots.slot_FL, slots.missing_FC
    return bool((slot_FL == slot_FL[:1]).all() and (missing_FC == missing_FC[:1]).all())


def size_lines(run: Run) -> list[str]:
    """Return the line that makes `sizes`, how many numbers each embedded category has, where folds differ."""
    embedded = run.fitted.preparation.embedded_names
    if not embedded or shares_levels(run):
        return []
    return [f"sizes = [1 + len(every_level(name)) for name in {listing(embedded, 50)}]"]


def length_code(run: Run) -> str:
    """Return the number of rows in an epoch as code."""
    return "LONGEST" if run.has_folds else "len(train)"


def parts_of(run: Run) -> str:
    """Return the names of what is prepared for a fold, as the script lists them."""
    return f"train, validation, x{', target, mean, deviation' if _scales_target(run) else ''}"


def parts_in_use(run: Run) -> str:
    """Return the same names for a prediction, `_` for what it does not need."""
    return "_, _, x, _, mean, deviation" if _scales_target(run) else "_, _, x"


def _scales_target(run: Run) -> bool:
    """Return whether each fold has its own unit of the target."""
    return run.fitted.schema.task is Task.REGRESSION and run.fitted.scales_target


def for_each_fold(run: Run, lines: list[str], target: list[str]) -> list[str]:
    """Return the lines that prepare every fold: `lines` make `x`, and `target` what is compared with."""
    target_here = target if _scales_target(run) else []
    return [
        *(target if not target_here else []),
        "prepared = []  # what each fold's network sees",
        "for train, validation in folds:",
        textwrap.indent(block(*lines, *target_here, f"prepared.append(({parts_of(run)}))"), "    "),
    ]

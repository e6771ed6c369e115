"""The code of averaged weights: torch's own class, and how far a step moves the average.

It is exact beside `engine.average`: the first step is copied, later ones round alike.
"""

from __future__ import annotations

from typing import Final

from glassnet.script.values import Run

MOVED: Final = '''def moved(mean, newest, steps):
    """Return the average moved towards the newest weights: far at first, later {percent:.3g} % of the way."""
    kept = min({decay}, (1 + int(steps)) / (10 + int(steps)))
    return mean + (1 - kept) * (newest - mean)'''
MAKE: Final = "torch.optim.swa_utils.AveragedModel(network, avg_fn=moved).eval()"
UPDATE: Final = "average.update_parameters(network)"
STATE: Final = "average.module.state_dict()"
SAYS: Final = (
    " Beside the weights that a step leaves there is their average over the steps, which is calmer: it is"
    " what is looked at and kept."
)


def averages(run: Run) -> bool:
    """Return whether averaged weights predict."""
    return run.fitted.recipe.training.average > 0


def moved_code(run: Run) -> str:
    """Return the function that moves averaged weights towards the newest."""
    decay = run.fitted.recipe.training.average
    return MOVED.format(decay=decay, percent=100 * (1 - decay))

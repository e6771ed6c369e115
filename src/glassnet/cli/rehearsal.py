"""How long a run would take, part by part: the tables are read, steps are timed, and the rest is rehearsed.

What follows training (evaluation, report, the folder) does not depend on how well the network is trained.
So it is done once with a network of at most one epoch or one second, into a folder that is thrown away.
"""

from __future__ import annotations

import math
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from glassnet.appraise import AFTER_SHARE
from glassnet.engine.choose import choose_engine
from glassnet.engine.threads import torch_share
from glassnet.model import Model
from glassnet.pace import measure_pace
from glassnet.pipeline import Draft, Listener, Sources, fit
from glassnet.predict import torch_threads
from glassnet.run_folder import write_run
from glassnet.settings import Settings
from glassnet.shared import Shared

REHEARSED: Final = 1.0  # seconds of training before the rest is rehearsed
# Of the epochs, where training may stop early: 0.31 to 1 of them on eight tables of 10,000 rows. With folds,
# which stop after 16 epochs without a gain, 0.12 to 1 on 26 smaller tables, half of them from 0.15 to 0.28.
EARLY: Final = 0.45
EARLY_FOLDED: Final = 0.22


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """Seconds of the parts of a run."""

    starting: float  # of the program itself
    reading: float
    preparing: float
    training: float  # where it stops as early as most do
    longest_training: float  # of all epochs
    evaluating: float
    writing: float  # the report and the other files

    @property
    def total(self) -> float:
        """Return the seconds of the whole command."""
        before = self.starting + self.reading + self.preparing
        return before + self.training + self.evaluating + self.writing


def estimate_run(draft: Draft, sources: Sources, settings: Settings, shared: Shared) -> Estimate:
    """Return how long each part would take; `shared` is what the draft was made with."""
    starting = time.process_time() - draft.seconds["reading"] - draft.seconds["preparing"]
    engine, _ = choose_engine(draft.plan, draft.recipe.engine)
    with torch_threads(torch_share(draft.plan, engine.name)):
        pace = measure_pace(draft.plan, engine, draft.metrics[0])
    del engine
    longest = min(pace.training(draft.plan), settings.time_limit * (1.0 - AFTER_SHARE[0]))
    stops = draft.plan.training.patience > 0 and any(len(rows) for rows in draft.rows.validation)
    early = EARLY_FOLDED if draft.recipe.folds else EARLY
    expected = pace.training(draft.plan) * (early if stops else 1.0)
    evaluating, writing = _rehearse(sources, settings, shared)
    return Estimate(
        starting=max(starting, 0.0),
        reading=draft.seconds["reading"],
        preparing=draft.seconds["preparing"] + draft.seconds.get("looking", 0.0),
        training=min(expected, longest),
        longest_training=longest,
        evaluating=evaluating,
        writing=writing,
    )


def _rehearse(sources: Sources, settings: Settings, shared: Shared) -> tuple[float, float]:
    """Return the seconds of evaluation and of writing a run, after next to no training."""
    end = math.inf

    def phase(name: str) -> None:
        nonlocal end
        if name == "training":
            end = time.monotonic() + REHEARSED

    listener = Listener(phase=phase, should_stop=lambda: time.monotonic() > end)
    short = replace(settings, epochs=1, time_limit=math.inf)
    fitted = fit(sources, short, listener, shared)
    before = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="glassnet-") as folder:
        write_run(Model(fitted), Path(folder) / "run", ("glassnet",), sources)
    return fitted.facts.seconds["evaluating"], time.monotonic() - before

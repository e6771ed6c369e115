"""How long a run would take, part by part: the tables are read, and the run itself is begun and broken off.

The trial is the run: the same plan, schedule and rows, trained for some seconds, and all that follows
(evaluation, report, the folder) once, in a folder that is thrown away. The run of a small table ends within
them. That of a larger one shows how fast its epochs are, and whether its held-out rows still gain.
"""

from __future__ import annotations

import math
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from glassnet.engine.choose import choose_engine
from glassnet.engine.plan import Plan
from glassnet.engine.threads import torch_share
from glassnet.model import Model
from glassnet.pace import PLANNED, measure_pace
from glassnet.pipeline import Draft, Listener, Sources, fit
from glassnet.predict import torch_threads
from glassnet.run_folder import write_run
from glassnet.settings import Settings
from glassnet.shared import Shared
from glassnet.train import Progress, Trained

TRIAL: Final = 3.0  # seconds of training, at least
LONGEST_TRIAL: Final = 15.0  # seconds, at most
PATIENT: Final = 3.0  # times as long where the machine is busy with something else
# What is told lies between the fewest and the most epochs: once those are this share of these, it is wrong by
# about 1.5 at most.
SURE: Final = 1 / 1.5**2
# Of the way (in logarithms) from fewest to most, while held-out rows gain: of seven public tables whose
# trial was broken off then, five ran to four fifths of it or more, two little beyond the fewest (2026-11).
GAINING: Final = 0.6


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """Seconds of the parts of a run."""

    starting: float  # of the program itself
    reading: float
    preparing: float
    training: float  # where it stops as early as it is expected to
    shortest_training: float  # where held-out rows have gained their last already
    longest_training: float  # of all epochs
    evaluating: float
    writing: float  # the report and the other files

    @property
    def total(self) -> float:
        """Return the seconds of the whole command."""
        before = self.starting + self.reading + self.preparing
        return before + self.training + self.evaluating + self.writing


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """A run that was broken off, and the seconds of its parts."""

    trained: Trained
    making: float  # of the engine, which trains
    evaluating: float
    writing: float


class Patience:
    """Says when a trial has trained long enough to tell how long the run would."""

    def __init__(self, plan: Plan, most: float) -> None:
        self.most = min(most, LONGEST_TRIAL)  # seconds
        self.stops = may_stop(plan)
        self.least = SURE * plan.training.epochs - plan.training.patience  # epochs; the patience is known
        self.began = math.inf  # moment of time.monotonic() at which training did
        self.used = 0.0  # seconds of the processor until then
        self.ended = math.inf
        self.epochs = 0

    def phase(self, name: str) -> None:
        """Note when training begins and ends."""
        if name == "training":
            self.began, self.used = time.monotonic(), time.process_time()
        elif name == "evaluating":
            self.ended = time.monotonic()

    def progress(self, progress: Progress) -> None:
        """Note how far training is."""
        self.epochs = progress.epoch

    def should_stop(self) -> bool:
        """Return whether the trial has trained long enough."""
        wall, used = time.monotonic() - self.began, time.process_time() - self.used
        passed = max(min(wall, used), wall / PATIENT)
        is_sure = not self.stops or self.epochs >= self.least
        return passed > self.most or (is_sure and passed > TRIAL)


def estimate_run(
    draft: Draft, sources: Sources, settings: Settings, shared: Shared, starting: float
) -> Estimate:
    """Return how long each part would take; `shared` is what the draft was made with.

    `starting` are the seconds that the program took before it read the table.
    """
    plan, reading, preparing = draft.plan, draft.seconds["reading"], draft.seconds["preparing"]
    trial = _try(plan, sources, settings, shared)
    epoch = _epoch_seconds(draft, trial.trained)
    left = settings.time_limit - reading - preparing - trial.making - trial.evaluating
    bounds = possible_epochs(plan, trial.trained)
    shortest, expected, longest = (
        trial.making + min(epoch * epochs, max(left, 0.0) * PLANNED)
        for epochs in (bounds[0], expected_epochs(plan, trial.trained), bounds[1])
    )
    return Estimate(
        starting=starting,
        reading=reading,
        preparing=preparing,
        training=expected,
        shortest_training=shortest,
        longest_training=longest,
        evaluating=trial.evaluating,
        writing=trial.writing,
    )


def may_stop(plan: Plan) -> bool:
    """Return whether training may stop before its last epoch."""
    return plan.training.patience > 0 and any(len(rows) for rows in plan.prepared.rows.validation)


def possible_epochs(plan: Plan, trained: Trained) -> tuple[int, int]:
    """Return the fewest and the most epochs of a run of which a trial is known.

    It stops when the patience has passed since the last gain: at the earliest since that of the trial.
    """
    ran, epochs = trained.history.epochs, plan.training.epochs
    if not trained.interrupted:
        return ran, ran
    if not may_stop(plan):
        return epochs, epochs
    return min(max(trained.best_epoch_K) + plan.training.patience, epochs), epochs


def expected_epochs(plan: Plan, trained: Trained) -> float:
    """Return how many epochs a run takes of which a trial is known.

    While held-out rows gain it is about the geometric middle of what is possible, and the longer they have
    not gained, the nearer to the fewest epochs.
    """
    least, most = possible_epochs(plan, trained)
    waited = trained.history.epochs - max(trained.best_epoch_K)
    share = min(waited / max(plan.training.patience, 1), 1.0)
    return float(least * (most / least) ** (GAINING * (1 - share))) if least else 0.0


def _epoch_seconds(draft: Draft, trained: Trained) -> float:
    """Return the seconds of an epoch: those of the trial, or by timed steps where it ended none."""
    ends = trained.history.seconds_E
    if not trained.interrupted:
        return trained.seconds / max(len(ends), 1)
    if len(ends) > 1:
        return float(ends[-1] - ends[0]) / (len(ends) - 1)
    if len(ends):
        return float(ends[0])
    engine, _ = choose_engine(draft.plan, draft.recipe.engine)
    with torch_threads(torch_share(draft.plan, engine.name)):
        return measure_pace(draft.plan, engine, draft.metrics[0]).epoch(draft.plan)


def _try(plan: Plan, sources: Sources, settings: Settings, shared: Shared) -> Trial:
    """Return what came of beginning the run, breaking it off, and doing all that follows once."""
    patience = Patience(plan, settings.time_limit)
    listener = Listener(
        phase=patience.phase, progress=patience.progress, should_stop=patience.should_stop, every_epoch=True
    )
    fitted = fit(sources, replace(settings, time_limit=math.inf), listener, shared)
    before = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="glassnet-") as folder:
        write_run(Model(fitted), Path(folder) / "run", ("glassnet",), sources)
    seconds = fitted.facts.seconds
    return Trial(
        trained=fitted.trained,
        making=max(patience.ended - patience.began - seconds["training"], 0.0),
        evaluating=seconds["evaluating"],
        writing=time.monotonic() - before,
    )

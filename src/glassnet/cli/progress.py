"""What a run shows while it lasts: a live line on a terminal, a line an epoch for the neuron, else little."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.status import Status
from rich.table import Table
from rich.text import Text

from glassnet.cli.console import figure, seconds_text

if TYPE_CHECKING:
    from glassnet.train import Progress

REDRAW: Final = 0.1  # seconds between two pictures, at least
BAR: Final = 30  # columns of the bar


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """What the command wants to see of a run."""

    live: bool  # a moving picture
    lines: bool  # a line where training starts
    epochs: bool = False  # a line for each epoch


class Display:
    """Follows a run on the console; its picture is gone when its context ends."""

    def __init__(self, console: Console, shown: Shown) -> None:
        self.console = console
        self.shown = shown
        self.phase_shown: Status | None = None
        self.live: Live | None = None
        self.drawn = -math.inf
        self.started = 0.0

    def phase(self, name: str) -> None:
        """Show that a phase begins: "reading", "preparing", "training", "evaluating"."""
        self.close()
        if name == "training" and self.shown.lines:
            self.console.print("Training ...")
            self.console.file.flush()  # a pipe would keep it until the end
        if not self.shown.live:
            return
        if name == "training":
            self.started = time.monotonic()
            self.live = Live(Text("Training ..."), console=self.console, auto_refresh=False, transient=True)
            self.live.start(refresh=True)
        else:
            self.phase_shown = Status(Text(f"{name.capitalize()} ..."), console=self.console)
            self.phase_shown.start()

    def progress(self, progress: Progress) -> None:
        """Draw how far training is, at most ten times a second."""
        if self.shown.epochs:
            self._epoch_lines(progress)
        now = time.monotonic()
        if self.live is None or now - self.drawn < REDRAW:
            return
        self.drawn = now
        self.live.update(picture(progress, now - self.started), refresh=True)

    def _epoch_lines(self, progress: Progress) -> None:
        """Print each epoch's loss, as the neuron's tutorial does: "epoch 1/200  loss 0.3456"."""
        first = progress.epoch - len(progress.ended_losses) + 1
        for number, loss in enumerate(progress.ended_losses, start=first):
            self.console.print(f"epoch {number}/{progress.epochs}  loss {loss:.4f}", highlight=False)

    def say(self, text: str) -> None:
        """Print a line above the picture."""
        self.console.print(Text(text))
        self.console.file.flush()

    def close(self) -> None:
        """Take the picture away."""
        if self.phase_shown is not None:
            self.phase_shown.stop()
            self.phase_shown = None
        if self.live is not None:
            self.live.stop()
            self.live = None


def picture(progress: Progress, seconds: float) -> Group:
    """Return the two lines of a run that has trained for so many seconds."""
    left = progress.seconds_left
    share = seconds / (seconds + left) if math.isfinite(left) and seconds + left > 0 else 0.0
    top = Table.grid(padding=(0, 2))
    top.add_row(
        Text("Training", style="bold"),
        ProgressBar(total=1.0, completed=share, width=BAR, complete_style="cyan"),
        Text(f"epoch {min(progress.epoch + 1, progress.epochs)} of {progress.epochs}"),
        Text(f"{seconds_text(left)} left", style="dim"),
    )
    parts = [
        ("loss", progress.training_loss),
        ("validation", progress.validation_loss),
        (progress.metric_name.replace("_", " "), progress.metric),
    ]
    known = [f"{name} {figure(value)}" for name, value in parts if math.isfinite(value)]
    known.append(f"{progress.rows_per_second:,.0f} rows/s")
    return Group(top, Text(" " * 10 + "   ".join(known)))

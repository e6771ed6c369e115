"""A script run in a fresh process, and its numbers beside the run's."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from glassnet.errors import TrainingError
from glassnet.pipeline import Fitted
from glassnet.script.write import write_script
from glassnet.table.values import Task

# Runs a script under its own name and keeps the three results; a picture goes where the process runs.
RUNNER: Final = """
import runpy, sys
import numpy as np
made = runpy.run_path(sys.argv[1], run_name="__main__")
np.savez(sys.argv[2], **{name: np.array(made[name], dtype=np.float64)
                         for name in ("training_loss", "validation_loss", "predicted") if name in made})
"""
LAST_LINES: Final = 3  # of an error that are worth showing


@dataclass(frozen=True, kw_only=True, slots=True)
class Verified:
    """How far a script's numbers are from the run's."""

    training_loss: float  # largest absolute difference over all epochs and members
    validation_loss: float
    predicted: float  # largest absolute difference of a probability, or of a number in target deviations
    epochs: tuple[int, int]  # of the run, of the script
    printed: str  # what the script printed

    @property
    def is_exact(self) -> bool:
        """Whether every number is the same."""
        same = self.epochs[0] == self.epochs[1]
        return same and self.training_loss == self.validation_loss == self.predicted == 0.0

    def __str__(self) -> str:
        if self.epochs[0] != self.epochs[1]:
            return f"The run had {self.epochs[0]} epochs, the script {self.epochs[1]}: they are not the same."
        if self.is_exact:
            return (
                f"All {self.epochs[0]:,} epochs' losses and all predictions are the same, to the last digit."
            )
        return (
            f"Largest differences over {self.epochs[0]:,} epochs: training loss {self.training_loss:.3g},"
            f" validation loss {self.validation_loss:.3g}, predictions {self.predicted:.3g}."
        )


def verify(fitted: Fitted, style: str = "modules", source: str = "") -> Verified:
    """Run the script in a fresh process and return how far its numbers are from the run's.

    Raises TrainingError with the last lines where the script fails.
    """
    place = source or fitted.source
    absolute = str(Path(place).resolve()) if Path(place).exists() else source
    script = write_script(fitted, style, absolute)
    with tempfile.TemporaryDirectory(prefix="glassnet-") as folder:
        path, found = Path(folder) / "run.py", Path(folder) / "found.npz"
        path.write_text(script, encoding="utf-8")
        ran = subprocess.run(
            [sys.executable, "-c", RUNNER, str(path), str(found)],
            cwd=folder,
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode:
            last = " ".join(ran.stderr.strip().splitlines()[-LAST_LINES:])
            raise TrainingError(f"the script failed: {last}")
        with np.load(found) as arrays:
            return compared(fitted, dict(arrays), ran.stdout)


def must_be_exact(fitted: Fitted) -> bool:
    """Return whether script and run round alike: one network, on the engine `eager`, in one thread."""
    facts, architecture = fitted.facts, fitted.recipe.architecture
    is_one = architecture.members == 1 and architecture.sharing == architecture.input_scaling == "none"
    # A factor of the rate and that of the schedule are multiplied in another order.
    is_one = is_one and not fitted.recipe.training.rate_factors
    return facts.engine == "eager" and facts.threads == 1 and is_one


def _environment() -> dict[str, str]:
    """Return this process's environment, with pictures drawn to files."""
    return {**os.environ, "MPLBACKEND": "agg"}


def compared(fitted: Fitted, found: dict[str, NDArray[np.float64]], printed: str) -> Verified:
    """Return how far the losses and predictions that a script left are from the run's."""
    history = fitted.trained.history
    epochs = (history.epochs, len(found["training_loss"]))
    shared = min(epochs)
    unit = 1.0
    if fitted.schema.task is Task.REGRESSION:
        scale = fitted.preparation.target
        unit = float(scale.scale_FT.max() * (scale.unit_T.max() if scale.is_log else 1.0))
    validation = found.get("validation_loss", np.full_like(history.validation_loss_EK, np.nan))
    return Verified(
        training_loss=_largest(found["training_loss"][:shared], history.training_loss_EK[:shared]),
        validation_loss=_largest(validation[:shared], history.validation_loss_EK[:shared]),
        predicted=_largest(found["predicted"], _expected(fitted)) / unit,
        epochs=epochs,
        printed=printed,
    )


def _expected(fitted: Fitted) -> NDArray[np.float64]:
    """Return the run's predictions in the script's shape: the second class alone where there are two."""
    prediction_RP = fitted.evaluation.prediction_RP
    return (
        prediction_RP[:, 1:] if fitted.schema.task is Task.BINARY and fitted.outputs == 1 else prediction_RP
    )


def _largest(found: NDArray[np.float64], expected: NDArray[np.float64]) -> float:
    """Return the largest absolute difference; where both are NaN there is none."""
    left = found.reshape(expected.shape)
    difference = np.where(np.isnan(left) & np.isnan(expected), 0.0, np.abs(left - expected))
    return float(difference.max(initial=0.0))

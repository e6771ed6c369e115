"""The code of each loss: one number for each row, whose mean is minimised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from glassnet.script.values import Run, writer
from glassnet.table.values import Task

EACH: Final = 'reduction="none")  # one number for each row'


@dataclass(frozen=True, kw_only=True, slots=True)
class LossCode:
    """One loss as code."""

    define: str  # what defines `row_loss(outputs, y)`, which gives one number for each row
    plain: str = ""  # what defines `criterion(outputs, y)`, the mean, where torch has it with the same bits


def _mean(run: Run) -> str:
    """Return the mean over a row's outputs where there are several."""
    return ".mean(dim=1)" if run.fitted.outputs > 1 else ""


FUNCTION: Final = '''def row_loss(output, y):
    """Return each row's {says}."""
    return {value}'''

HUBER: Final = '''def row_loss(output, y):
    """Return each row's Huber loss: squared within one deviation of the target, straight beyond."""
    error = (output - y).abs()
    near = error.clamp(max=1.0)
    return (near * (error - 0.5 * near)){mean}'''

QUANTILE: Final = '''def row_loss(output, y):
    """Return each row's pinball loss, which is least at the quantile {level}."""
    error = y - output
    return torch.maximum({level} * error, ({level} - 1.0) * error){mean}'''

SMOOTHED: Final = '''def row_loss(output, y):
    """Return each row's cross-entropy, with a share {share} of the target spread over all classes."""
    logs = nn.functional.log_softmax(output, dim=1)
    own = logs.gather(1, y[:, None]).squeeze(1)
    return -(1.0 - {share}) * own - {share} * logs.mean(dim=1)'''


def _function(run: Run, says: str, value: str) -> LossCode:
    return LossCode(define=FUNCTION.format(says=says, value=f"{value}{_mean(run)}"))


def _squared(run: Run) -> LossCode:
    if run.fitted.outputs > 1:
        return _function(run, "squared error", "(output - y).square()")
    return LossCode(define=f"row_loss = nn.MSELoss({EACH}", plain="criterion = nn.MSELoss()")


def _absolute(run: Run) -> LossCode:
    if run.fitted.outputs > 1:
        return _function(run, "absolute error", "(output - y).abs()")
    return LossCode(define=f"row_loss = nn.L1Loss({EACH}")


def _huber(run: Run) -> LossCode:
    return LossCode(define=HUBER.format(mean=_mean(run)))


def _quantile(run: Run) -> LossCode:
    level = run.fitted.recipe.training.quantile
    return LossCode(define=QUANTILE.format(level=level, mean=_mean(run)))


def _poisson(run: Run) -> LossCode:
    return _function(
        run, "Poisson loss; the output is a log count", "(output.clamp(max=30.0).exp() - y * output)"
    )


def _binary_cross_entropy(run: Run) -> LossCode:
    smoothing = run.fitted.recipe.training.label_smoothing
    if not smoothing and run.fitted.outputs == 1:
        return LossCode(define='row_loss = nn.BCEWithLogitsLoss(reduction="none")  # one number for each row')
    soft = f"y * (1.0 - {smoothing}) + 0.5 * {smoothing}" if smoothing else "y"
    value = f'nn.functional.binary_cross_entropy_with_logits(output, {soft}, reduction="none")'
    return _function(run, "binary cross-entropy", value)


def _cross_entropy(run: Run) -> LossCode:
    smoothing = run.fitted.recipe.training.label_smoothing
    if not smoothing:
        return LossCode(define='row_loss = nn.CrossEntropyLoss(reduction="none")  # one number for each row')
    return LossCode(define=SMOOTHED.format(share=smoothing))


LOSS_WRITERS: Final[dict[str, Callable[[Run], LossCode]]] = {
    "squared": _squared,
    "absolute": _absolute,
    "huber": _huber,
    "quantile": _quantile,
    "poisson": _poisson,
    "binary_cross_entropy": _binary_cross_entropy,
    "cross_entropy": _cross_entropy,
}
REFUSED_LOSSES: Final[dict[str, str]] = {}


def loss_code(run: Run) -> LossCode:
    """Return the run's loss as code. Raises SettingsError for a user's own."""
    return writer(LOSS_WRITERS, REFUSED_LOSSES, run.fitted.recipe.training.loss, "loss")(run)


def by_class(run: Run) -> bool:
    """Return whether the loss takes class numbers."""
    return run.fitted.recipe.training.loss == "cross_entropy"


# ---- from outputs to predictions ----


def _identity(run: Run) -> str:
    return ""


def _sigmoid(run: Run) -> str:
    return (
        "small = np.exp(-np.abs(output))  # of a negative number, so that it cannot overflow\n"
        "predicted = np.where(output >= 0, 1, small) / (1 + small)  # probabilities"
    )


def _softmax(run: Run) -> str:
    return (
        "raised = np.exp(output - output.max(axis=1, keepdims=True))\n"
        "predicted = raised / raised.sum(axis=1, keepdims=True)  # probabilities"
    )


def _clip(run: Run) -> str:
    if run.fitted.recipe.architecture.output == "sigmoid" and run.fitted.outputs == 1:
        return "predicted = output  # probabilities"
    if run.fitted.schema.task in (Task.BINARY, Task.MULTILABEL):
        return "predicted = output.clip(0, 1)  # probabilities"
    return (
        "held = output.clip(0, 1)\n"
        "total = held.sum(axis=1, keepdims=True)\n"
        f"predicted = np.where(total > 0, held / np.where(total > 0, total, 1), 1 / {run.fitted.outputs})"
    )


def _exp(run: Run) -> str:
    return "predicted = np.exp(np.minimum(output, 700))"


LINK_WRITERS: Final[dict[str, Callable[[Run], str]]] = {
    "identity": _identity,
    "sigmoid": _sigmoid,
    "softmax": _softmax,
    "clip": _clip,
    "exp": _exp,
}
REFUSED_LINKS: Final[dict[str, str]] = {}


def link_code(run: Run) -> str:
    """Return the code that makes `predicted` of `output`."""
    return _link(run) + _bounds(run)


def _bounds(run: Run) -> str:
    """Return the line that holds predicted numbers to the targets seen, where the run does."""
    if run.fitted.schema.task is not Task.REGRESSION or run.fitted.recipe.preparing.bounds != "seen":
        return ""
    axis = "axis=0" if run.fitted.outputs > 1 else ""
    known = "np.concatenate([train, validation])" if run.has_validation else "train"
    known = "known" if run.has_folds else known
    return (
        f"\nseen = y[{known}]\n"
        f"predicted = predicted.clip(seen.min({axis}), seen.max({axis}))  # within what was seen"
    )


def constants(value_T: NDArray[np.float64]) -> str:
    """Return a number for each target as code."""
    numbers = [repr(float(one)) for one in value_T]
    return numbers[0] if len(numbers) == 1 else f"np.array([{', '.join(numbers)}])"


def _unscaled(run: Run) -> str:
    """Return the lines that bring outputs into the table's unit."""
    target = run.fitted.preparation.target
    if not target.is_log:
        return "predicted = output * deviation + mean  # in the table's unit"
    level = f" * {constants(target.level_T)}" if target.level_T.size else ""
    says = "  # with the mean of held-out targets" if level else ""
    return (
        "bent = output * deviation + mean\n"
        f"predicted = np.sign(bent) * np.expm1(np.abs(bent)) * UNIT{level}{says}"
    )


def _link(run: Run) -> str:
    write = writer(LINK_WRITERS, REFUSED_LINKS, run.fitted.link, "link")
    if run.fitted.link == "identity":
        return _unscaled(run) if run.fitted.scales_target else "predicted = output"
    temperature = run.fitted.calibration.temperature
    cooled = f"output = output / {temperature!r}  # a temperature, fitted on held-out rows\n"
    return (cooled if temperature != 1.0 else "") + write(run)

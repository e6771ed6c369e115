"""What a notebook shows of a fitted estimator below scikit-learn's diagram: the losses of its epochs.

Shapes: E epochs, K members.
"""

from __future__ import annotations

import html
from typing import Final

import numpy as np
from numpy.typing import NDArray

from glassnet.model import Model

WIDTH: Final = 420  # pixels
HEIGHT: Final = 140
LEFT: Final = 52  # room for the numbers of the axis
BOTTOM: Final = 22
MOST_POINTS: Final = 400  # of a line: more cannot be seen


def loss_panel(model: Model) -> str:
    """Return HTML with the model in words and a line of the training and the validation loss over epochs."""
    history = model.fitted.trained.history
    lines = [
        ("training", "#1f77b4", _mean(history.training_loss_EK)),
        ("validation", "#d62728", _mean(history.validation_loss_EK)),
    ]
    shown = [(name, colour, loss_E) for name, colour, loss_E in lines if np.isfinite(loss_E).any()]
    if not shown:
        return ""
    finite = np.concatenate([loss_E[np.isfinite(loss_E)] for _, _, loss_E in shown])
    low, high = float(finite.min()), float(finite.max())
    drawn = "".join(_line(loss_E, colour, low, high) for _, colour, loss_E in shown)
    keys = " ".join(f'<span style="color:{colour}">&#9473; {name}</span>' for name, colour, _ in shown)
    words = html.escape(f"{model!r}; {history.epochs} epochs; {model.fitted.trained.stopped}")
    return (
        '<figure style="margin:0.5em 0;font:12px sans-serif">'
        f"<figcaption>{words}<br>loss: {keys}</figcaption>"
        f'<svg role="img" aria-label="loss over {history.epochs} epochs" width="{WIDTH}" height="{HEIGHT}"'
        f' viewBox="0 0 {WIDTH} {HEIGHT}" fill="none" stroke-width="1.5">'
        f"{_axes(low, high, history.epochs)}{drawn}</svg></figure>"
    )


def _mean(loss_EK: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of the members with a finite loss, `(E,)`; NaN where there is none."""
    is_finite_EK = np.isfinite(loss_EK)
    count_E = is_finite_EK.sum(axis=1)
    total_E = np.where(is_finite_EK, loss_EK, 0.0).sum(axis=1)
    return np.where(count_E > 0, total_E / np.maximum(count_E, 1), np.nan)


def _line(loss_E: NDArray[np.float64], colour: str, low: float, high: float) -> str:
    place_E = np.unique(np.linspace(0, loss_E.size - 1, min(loss_E.size, MOST_POINTS)).astype(int))
    place_E = place_E[np.isfinite(loss_E[place_E])]
    x_E = LEFT + (WIDTH - LEFT - 8) * place_E / max(loss_E.size - 1, 1)
    y_E = 8 + (HEIGHT - BOTTOM - 12) * (high - loss_E[place_E]) / ((high - low) or 1.0)
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(x_E, y_E, strict=True))
    return f'<polyline stroke="{colour}" points="{points}"/>'


def _axes(low: float, high: float, epochs: int) -> str:
    """Return the two axes with their ends in numbers, in the colour of the page's text."""
    foot = HEIGHT - BOTTOM
    text = 'fill="currentColor" stroke="none" font-size="11"'
    return (
        f'<path stroke="currentColor" stroke-width="0.7" d="M{LEFT} 4V{foot}H{WIDTH - 4}"/>'
        f'<text {text} x="{LEFT - 4}" y="14" text-anchor="end">{high:.3g}</text>'
        f'<text {text} x="{LEFT - 4}" y="{foot}" text-anchor="end">{low:.3g}</text>'
        f'<text {text} x="{LEFT}" y="{HEIGHT - 6}">epoch 1</text>'
        f'<text {text} x="{WIDTH - 6}" y="{HEIGHT - 6}" text-anchor="end">{epochs}</text>'
    )

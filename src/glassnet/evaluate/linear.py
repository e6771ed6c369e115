"""Linear models by a few matrix products: ridge regression and logistic regression, both with an intercept.

The same optimum as scikit-learn's `Ridge()` and `LogisticRegression()`, whose import alone takes 1.5 seconds
of processor time, more than fitting either (adult, 2026-11-22).

Shapes: R rows, X inputs, T targets, C classes, A = X + 1 inputs and the intercept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from glassnet.loss.link import LINKS
from glassnet.prepare.values import Floats64

PENALTY: Final = 1.0  # on half the sum of squared weights; never on the intercept
NEWTON_WEIGHTS: Final = 600  # inputs times classes up to which Newton's steps are cheap, and few
STEPS: Final = 50  # Newton's steps, at most; five to ten are usual
HALVINGS: Final = 30  # of one step, at most
SLOPE: Final = 1e-7  # largest slope of the mean loss at which it has arrived
SEARCHED: Final = 100  # steps where there are too many weights for Newton
NEVER_FLAT: Final = 1e-10  # keeps the direction that moves all classes alike, and no probability, solvable


def ridge(input_RX: Floats64, target_RT: Floats64, weight_R: Floats64) -> Floats64:
    """Return the weights `(A, T)`, the intercepts last, that minimise squared errors and the penalty."""
    share_R = weight_R / weight_R.sum()
    mean_X, mean_T = share_R @ input_RX, share_R @ target_RT
    from_mean_RX = input_RX - mean_X
    weighted_RX = from_mean_RX * weight_R[:, None]
    square_XX = from_mean_RX.T @ weighted_RX
    square_XX[np.diag_indices_from(square_XX)] += PENALTY
    weight_XT = np.linalg.solve(square_XX, weighted_RX.T @ (target_RT - mean_T))
    return np.concatenate([weight_XT, (mean_T - mean_X @ weight_XT)[None]])


def logistic(
    input_RX: Floats64,
    class_R: NDArray[np.int64],
    weight_R: Floats64,
    classes: int,
    newton: int = NEWTON_WEIGHTS,
) -> Floats64:
    """Return the weights `(A, C)`, the intercepts last, that minimise the log loss and the penalty.

    Newton's steps lead there where inputs times classes are `newton` or fewer, else a search.
    """
    input_RA = np.concatenate([input_RX, np.ones((input_RX.shape[0], 1))], axis=1)
    truth_RC = (class_R[:, None] == np.arange(classes)).astype(np.float64)
    # Of two classes the second alone has weights, as in scikit-learn: the penalty counts them once.
    is_binary = classes == 2
    truth_RC = truth_RC[:, 1:] if is_binary else truth_RC
    fit = _Fit(input_RA=input_RA, truth_RC=truth_RC, weight_R=weight_R)
    is_small = input_RX.shape[1] * classes <= newton
    weight_AC = _newton(fit) if is_small else _search(fit)
    return np.concatenate([np.zeros_like(weight_AC), weight_AC], axis=1) if is_binary else weight_AC


def shares(input_RX: Floats64, weight_AC: Floats64) -> Floats64:
    """Return the probability of each class, `(R, C)`."""
    return _shares(input_RX @ weight_AC[:-1] + weight_AC[-1])


def _shares(score_RC: Floats64) -> Floats64:
    return LINKS["sigmoid" if score_RC.shape[1] == 1 else "softmax"](score_RC)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Fit:
    """What logistic regression minimises over weights `(A, C)`; one column of truths is yes or no."""

    input_RA: Floats64
    truth_RC: Floats64
    weight_R: Floats64

    def loss(self, weight_AC: Floats64) -> float:
        """Return the sum of the rows' log losses, with the penalty."""
        score_RC = self.input_RA @ weight_AC
        if score_RC.shape[1] == 1:
            every_R = np.logaddexp(0.0, score_RC[:, 0])
        else:
            top_R = score_RC.max(axis=1)
            every_R = top_R + np.log(np.exp(score_RC - top_R[:, None]).sum(axis=1))
        loss_R = every_R - (self.truth_RC * score_RC).sum(axis=1)
        return float(self.weight_R @ loss_R + 0.5 * PENALTY * (weight_AC[:-1] ** 2).sum())

    def slope(self, weight_AC: Floats64, share_RC: Floats64) -> Floats64:
        """Return the loss's gradient, `(A, C)`, where the weights give these probabilities."""
        slope_AC = self.input_RA.T @ (self.weight_R[:, None] * (share_RC - self.truth_RC))
        slope_AC[:-1] += PENALTY * weight_AC[:-1]
        return np.asarray(slope_AC)

    def bend(self, share_RC: Floats64) -> Floats64:
        """Return the loss's second derivatives, `(C A, C A)`, class by class."""
        inputs, classes = self.input_RA.shape[1], share_RC.shape[1]
        bend_CACA = np.zeros((classes, inputs, classes, inputs))
        for c in range(classes):
            for d in range(c + 1):
                both_R = share_RC[:, c] * ((c == d) - share_RC[:, d])
                block_AA = self.input_RA.T @ ((self.weight_R * both_R)[:, None] * self.input_RA)
                bend_CACA[c, :, d], bend_CACA[d, :, c] = block_AA, block_AA
            bend_CACA[c, :, c][np.diag_indices(inputs - 1)] += PENALTY
        bend = bend_CACA.reshape(classes * inputs, classes * inputs)
        bend[np.diag_indices_from(bend)] += NEVER_FLAT
        return bend


def _newton(fit: _Fit) -> Floats64:
    """Return the weights by Newton's steps, each halved until the loss falls."""
    weight_AC = np.zeros((fit.input_RA.shape[1], fit.truth_RC.shape[1]))
    loss, rows = fit.loss(weight_AC), float(fit.weight_R.sum())
    for _ in range(STEPS):
        share_RC = _shares(fit.input_RA @ weight_AC)
        slope_AC = fit.slope(weight_AC, share_RC)
        if np.abs(slope_AC).max() <= SLOPE * rows:
            break
        step = np.linalg.solve(fit.bend(share_RC), slope_AC.T.ravel())
        step_AC = step.reshape(slope_AC.shape[::-1]).T
        size = 1.0
        while (after := fit.loss(weight_AC - size * step_AC)) > loss and size > 0.5**HALVINGS:
            size /= 2
        if not after < loss:
            break
        weight_AC, loss = weight_AC - size * step_AC, after
    return weight_AC


def _search(fit: _Fit) -> Floats64:
    """Return the weights by quasi-Newton search (L-BFGS), which needs no second derivatives."""
    from scipy.optimize import minimize  # type: ignore[import-untyped]  # here: it takes 0.3 s to import

    shape = (fit.input_RA.shape[1], fit.truth_RC.shape[1])
    rows = float(fit.weight_R.sum())

    def mean_loss(flat: Floats64) -> tuple[float, Floats64]:
        weight_AC = flat.reshape(shape)
        slope_AC = fit.slope(weight_AC, _shares(fit.input_RA @ weight_AC))
        return fit.loss(weight_AC) / rows, slope_AC.ravel() / rows

    found = minimize(
        mean_loss,
        np.zeros(shape[0] * shape[1]),
        method="L-BFGS-B",
        jac=True,
        options={"maxiter": SEARCHED, "maxls": 50, "gtol": 1e-4, "ftol": 64 * np.finfo(float).eps},
    )
    return np.asarray(found.x).reshape(shape)

"""All findings by name, most important first, and which of them explain others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from glassnet.doctor import gradients, inputs, outcome, rate, shortfall, units
from glassnet.doctor.signs import signs_of
from glassnet.doctor.values import Finding, Signs
from glassnet.pipeline import Fitted

# In this order: what makes the rest worthless first, what one may leave as it is last.
FINDINGS: Final[dict[str, Callable[[Signs], Finding | None]]] = {
    "loss of (N,) against (N, 1)": inputs.broadcast,
    "gradients never cleared": inputs.forgotten_zero_grad,
    "steps without a gradient": inputs.no_gradient,
    "time limit too short": shortfall.cut_short,
    "target leak suspected": outcome.leak,
    "unscaled inputs": inputs.unscaled,
    "learning rate too high": rate.too_high,
    "saturated sigmoid with squared error": units.saturated_output,
    "dead ReLUs": units.dead,
    "saturated units": units.saturated,
    "vanishing gradients": gradients.vanishing,
    "exploding gradients": gradients.exploding,
    "clipping on every step": gradients.clipping_always,
    "learning rate too low": rate.too_low,
    "no better than the baseline": outcome.no_better,
    "a linear model does far better": shortfall.linear_better,
    "overfitting": outcome.overfitting,
    "validation too small": outcome.small_validation,
    "clipping never acts": gradients.clipping_never,
}

# A cause that is named -> what it brings with it, which is then left unsaid: its own remedy would not help.
LINEAR: Final = "a linear model does far better"
EXPLAINS: Final[dict[str, tuple[str, ...]]] = {
    "loss of (N,) against (N, 1)": ("dead ReLUs", "learning rate too low", LINEAR),
    "gradients never cleared": ("exploding gradients", "learning rate too high"),
    "steps without a gradient": ("learning rate too low", "vanishing gradients", "clipping on every step"),
    "time limit too short": ("learning rate too low", "no better than the baseline", LINEAR),
    "unscaled inputs": (
        "learning rate too high",
        "learning rate too low",
        "exploding gradients",
        "clipping on every step",
        "dead ReLUs",
        "saturated units",
        LINEAR,
    ),
    "learning rate too high": (
        "exploding gradients",
        "clipping on every step",
        "vanishing gradients",
        LINEAR,
    ),
    "saturated sigmoid with squared error": ("learning rate too low", "vanishing gradients", LINEAR),
    "dead ReLUs": ("vanishing gradients", "learning rate too low", LINEAR),
    "saturated units": ("vanishing gradients", "learning rate too low", LINEAR),
    "vanishing gradients": ("learning rate too low", LINEAR),
    "exploding gradients": ("clipping on every step", "learning rate too low", LINEAR),
    "clipping on every step": ("learning rate too low", LINEAR),
    "learning rate too low": (LINEAR,),
    "no better than the baseline": (LINEAR,),  # which names the linear model's figure itself
}


def diagnose(fitted: Fitted) -> tuple[Finding, ...]:
    """Return what looks wrong in a finished run, most important first; empty where nothing does."""
    return findings_of(signs_of(fitted))


def findings_of(signs: Signs) -> tuple[Finding, ...]:
    """Return the findings that the signs allow: warnings before hints, each in the order of FINDINGS."""
    seen = {name: finding for name, check in FINDINGS.items() if (finding := check(signs)) is not None}
    explained = {other for name in seen for other in EXPLAINS.get(name, ())}
    left = [finding for name, finding in seen.items() if name not in explained]
    return tuple(sorted(left, key=lambda finding: finding.severity != "warning"))


def short(findings: Sequence[Finding], limit: int = 3) -> tuple[str, ...]:
    """Return at most `limit` lines for the end of training; the last says how many findings are left out."""
    if len(findings) <= limit:
        return tuple(_line(finding) for finding in findings)
    more = len(findings) - limit + 1
    return (
        *(_line(finding) for finding in findings[: limit - 1]),
        f"{more} more findings: glassnet doctor MODEL",
    )


def _line(finding: Finding) -> str:
    return f"{finding.name}: {finding.evidence} {finding.remedy}"

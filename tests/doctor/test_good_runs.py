"""Good runs have no finding that is wrong: the examples at their defaults, and the tutorials' recipes."""

from __future__ import annotations

import pytest

from glassnet.doctor.findings import diagnose
from glassnet.model import fit

EXAMPLES = ["breast_cancer", "wine", "digits", "diabetes", "classification", "moons", "circles", "regression"]


def names(**settings):
    return [finding.name for finding in diagnose(fit(**settings).fitted)]


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_at_their_defaults(example):
    assert names(example=example) == []


@pytest.mark.parametrize(
    "settings",
    [
        {"recipe": "neuron", "example": "classification", "epochs": 50},
        {"recipe": "neuron", "example": "diabetes", "epochs": 50},
        {"recipe": "sequential", "example": "moons", "epochs": 2000},
        {"example": "breast_cancer", "folds": 3, "members": 3},
        {"example": "moons", "activation": "tanh"},
        {"example": "moons", "activation": "sigmoid", "hidden": (16, 16), "sharing": "none"},
        {"example": "diabetes", "loss": "absolute", "validation_share": 0.0, "epochs": 10},
        {"example": "diabetes", "loss": "quantile", "quantile": 0.9},
        {"example": "wine", "normalization": "layer"},
        {"example": "diabetes", "records": False},
    ],
)
def test_other_good_runs(settings):
    assert names(**settings) == []

"""Small real runs: a table that a network learns in a second, and the names of what the doctor finds."""

from __future__ import annotations

import numpy as np
import pytest

from glassnet.doctor.findings import diagnose
from glassnet.model import fit


def table_of(rows: int = 400, seed: int = 0):
    """Return six normal columns, of which three make the answer."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(rows, 6))
    yes = x[:, 0] + x[:, 1] * x[:, 2] + 0.3 * draw.normal(size=rows) > 0
    return {f"x{place}": x[:, place] for place in range(6)} | {"y": np.where(yes, "yes", "no")}


@pytest.fixture(scope="session")
def learnable():
    """The function that makes the table."""
    return table_of


@pytest.fixture(scope="session")
def seen():
    """A function of a table and settings: train on column y, and return the findings by name."""

    def run(table, **settings):
        model = fit(table, "y", **({"epochs": 20} | settings))
        return {finding.name: finding for finding in diagnose(model.fitted)}

    return run

"""The command `doctor`: what it prints, its JSON, its exit code."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from glassnet.cli.doctor import doctor
from glassnet.model import fit


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A run with a fault and one without."""
    folder = tmp_path_factory.mktemp("models")
    draw = np.random.default_rng(0)
    x = draw.normal(size=300)
    table = {"x": x, "noise": draw.normal(size=300), "y": x + 0.3 * draw.normal(size=300)}
    bad = fit(table | {"x": x * 1e6}, "y", numbers="none", epochs=5)
    good = fit(table, "y", epochs=20)
    return bad.save(folder / "bad.glassnet"), good.save(folder / "good.glassnet")


def run(*arguments):
    return CliRunner().invoke(doctor, [str(one) for one in arguments], catch_exceptions=False)


def test_a_finding_is_printed_with_evidence_meaning_and_remedy(models):
    done = run(models[0])
    assert done.exit_code == 0
    assert done.stdout.startswith("Unscaled inputs  warning\n")
    for part in ("  seen    These inputs", "  means   The first weights", "  remedy  Try --numbers robust."):
        assert part in done.stdout
    assert "things looked for" in done.stdout.splitlines()[-1]


def test_a_good_run(models):
    done = run(models[1])
    assert done.exit_code == 0
    assert done.stdout.startswith("Nothing looks wrong. Looked for ")


def test_json(models):
    told = json.loads(run(models[0], "--json").stdout)
    assert told["findings"][0]["name"] == "unscaled inputs"
    assert set(told["findings"][0]) == {"name", "severity", "evidence", "meaning", "remedy"}
    assert "overfitting" in told["looked_for"]
    assert json.loads(run(models[1], "--json").stdout)["findings"] == []


def test_help_needs_no_torch():
    code = (
        "import sys, glassnet.cli.doctor;"
        " print([m for m in ('torch', 'polars', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

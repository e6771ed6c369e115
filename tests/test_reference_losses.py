"""Five small runs end at the losses recorded in `tests/data/losses.json`, to 1e-5.

After a change that is meant to change them `python tests/test_reference_losses.py` writes them anew; the
commit says why. What the recipe chooses is given here, so that a better recipe does not count as a change.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from glassnet.pipeline import Listener, Sources, fit
from glassnet.settings import Settings, change

RECORDED = Path(__file__).parent / "data" / "losses.json"
TOLERANCE = 1e-5  # float32 over some hundred steps, on another machine's matrix products
QUIET = Listener(evaluates=False)
SHARED = Settings(
    epochs=6,
    hidden=(16, 8),
    activation="relu",
    dropout=0.1,
    normalization="none",
    members=1,
    sharing="none",
    numbers="robust",
    bins=0,
    optimizer="adamw",
    learning_rate=1e-2,
    weight_decay=0.02,
    clip=1.0,
    schedule="cosine",
    warmup=0.02,
    batch_size=32,
    patience=0,
    validation_share=0.2,
    test_share=0.2,
    engine="eager",
    threads=1,
)
RUNS: dict[str, Settings] = {
    "breast_cancer, two members": change(SHARED, example="breast_cancer", members=2),
    "wine, layer norm, smoothing": change(
        SHARED, example="wine", normalization="layer", label_smoothing=0.1, activation="silu", epochs=12
    ),
    "diabetes, folds, huber": change(
        SHARED, example="diabetes", members=3, folds=3, loss="huber", schedule="one_cycle"
    ),
    "moons, sgd": change(
        SHARED, example="moons", example_rows=300, optimizer="sgd", momentum=0.9, weight_decay=1e-3, epochs=20
    ),
    "classification, the neuron": Settings(
        example="classification", recipe="neuron", epochs=30, threads=1, engine="eager"
    ),
}


def losses(settings: Settings) -> dict[str, list[float]]:
    """Return a run's last training and best validation losses, one per member."""
    history = fit(Sources(), settings, QUIET).trained.history
    best = history.validation_loss_EK.min(axis=0)
    is_held_out = bool(np.isfinite(best).all())
    return {
        "training": history.training_loss_EK[-1].tolist(),
        "validation": best.tolist() if is_held_out else [],
    }


def test_every_run_is_recorded():
    assert set(json.loads(RECORDED.read_text())) == set(RUNS)


@pytest.mark.parametrize("name", RUNS)
def test_a_run_ends_where_it_ended(name):
    wanted = json.loads(RECORDED.read_text())[name]
    found = losses(RUNS[name])
    for part in ("training", "validation"):
        assert found[part] == pytest.approx(wanted[part], abs=TOLERANCE, rel=0), part


if __name__ == "__main__":
    RECORDED.write_text(json.dumps({name: losses(one) for name, one in RUNS.items()}, indent=1) + "\n")

"""The blocks of docs/estimators.md run, and do what the page says."""

import re
from pathlib import Path

import pytest

from glassnet.estimators import GlassnetClassifier, GlassnetRegressor

PAGE = Path(__file__).parents[1] / "docs" / "estimators.md"


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_the_blocks_run(capsys):
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), flags=re.M | re.S)
    assert len(blocks) == 8
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, PAGE.name, "exec"), names)
    for own in ("own_module", "own_optimizer", "own_metric"):
        assert names[own].score(names["X"], names["y"]) > 0.8, own
    assert names["own_loss"].score(names["numbers"], names["X"]["alcohol"]) > 0.3
    enough = names["enough"]
    assert len(enough.seen) == names["stopped"].n_iter_ < 100
    assert enough.seen[-1] < 0.3 <= min(enough.seen[:-1])
    assert "NAdam" in str(names["own_optimizer"].model_.fitted.recipe.training.optimizer)


def test_own_parts_are_short():
    """An example that does not fit on a screen is not read."""
    for block in re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), flags=re.M | re.S):
        assert len(block.splitlines()) <= 12


@pytest.mark.parametrize("kind", [GlassnetClassifier, GlassnetRegressor])
def test_every_parameter_and_attribute_is_described(kind):
    described = re.findall(r"^    (\w+) : ", kind.__doc__, flags=re.M)
    fitted = kind(epochs=1, hidden=(2,), members=1, threads=1).fit({"x": [0, 1] * 10}, [0, 1] * 10)
    public = [name for name in vars(fitted) if name.endswith("_") and not name.startswith("_")]
    public += ["classes_"] if hasattr(kind, "classes_") else []
    assert set(described) == set(kind().get_params()) | set(public)

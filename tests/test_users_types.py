"""A user's program under `mypy --strict`: right use passes with real types, wrong use is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from mypy import api

import glassnet

ROOT = Path(__file__).parents[1]

RIGHT = """
from pathlib import Path
from typing import Any, assert_type

import numpy as np
import polars as pl
from numpy.typing import NDArray

import glassnet
from glassnet import GlassnetClassifier, GlassnetRegressor, GlassnetSearchCV, Settings
from glassnet.search.cross import CrossValidated

table = {"x": [0.0, 1.0] * 20, "y": ["no", "yes"] * 20}
model = glassnet.fit(table, "y", settings=Settings(epochs=3), hidden=(8,))
assert_type(model, glassnet.Model)
assert_type(model.predict(table), NDArray[Any])
assert_type(model.predict_proba(table), NDArray[np.float64])
assert_type(model.history, pl.DataFrame)
assert_type(model.save("a.glassnet"), Path)
assert_type(glassnet.load("a.glassnet"), glassnet.Model)

classifier = GlassnetClassifier(epochs=3, hidden=(8,)).fit([[0.0], [1.0]], [0, 1])
assert_type(classifier, GlassnetClassifier)
assert_type(classifier.predict_proba([[0.5]]), NDArray[np.float64])
assert_type(classifier.classes_, NDArray[Any])
regressor = GlassnetRegressor(learning_rate=0.01)
assert_type(regressor.predict([[0.5]]), NDArray[np.float64])

found = glassnet.cross_validate(table, "y", folds=2, settings=[{"epochs": 3}], scoring=["accuracy"])
assert_type(found, CrossValidated)
assert_type(found.mean["accuracy"], NDArray[np.float64])
search = GlassnetSearchCV(classifier, {"learning_rate": [0.1]}, n_iter="all", cv=2)
assert_type(search.fit([[0.0], [1.0]], [0, 1]), GlassnetSearchCV)
assert_type(search.score([[0.0]], [0]), float)

try:
    glassnet.fit("houses.csv", "price")
except glassnet.SourceError as error:
    print(error)
"""

WRONG = """
import glassnet
from glassnet import GlassnetClassifier, Settings

GlassnetClassifier(epochs=[3])
GlassnetClassifier(epoch=3)
Settings(hidden="wide")
glassnet.fit({}, 3)
print(glassnet.load("a.glassnet").predictions)
glassnet.cross_validate({}, "y", settings=3)
glassnet.fitt
"""


def mypy(program: str, folder: Path) -> list[str]:
    """What mypy says of a program, one line an error."""
    path = folder / "program.py"
    path.write_text(program)
    # The cache of ./check's own run: without it, mypy would read torch anew.
    said, trouble, _ = api.run(
        [
            "--strict",
            f"--config-file={ROOT / 'pyproject.toml'}",
            f"--cache-dir={ROOT / '.mypy_cache'}",
            str(path),
        ]
    )
    assert not trouble
    return [line for line in said.splitlines() if ": error:" in line]


def test_the_package_says_that_it_is_typed():
    assert (Path(glassnet.__file__).parent / "py.typed").exists()


@pytest.mark.slow
def test_right_use_has_real_types_and_wrong_use_is_found(tmp_path):
    assert mypy(RIGHT, tmp_path) == []
    errors = mypy(WRONG, tmp_path)
    wrong = [number for number, line in enumerate(WRONG.splitlines(), 1) if number > 4 and line]
    assert sorted({int(line.split(":")[1]) for line in errors}) == wrong

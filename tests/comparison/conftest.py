"""Small runs on one table: alike but for one thing each, and the folders and files that hold them."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import glassnet
from glassnet.model import Model
from glassnet.pipeline import Sources
from glassnet.run_folder import write_run

ROWS = 400


def draw_table() -> pl.DataFrame:
    generator = np.random.default_rng(3)
    a, b, c = (generator.normal(size=ROWS) for _ in range(3))
    return pl.DataFrame(
        {
            "a": a,
            "b": b,
            "<i>c": c,
            "city": generator.choice(["Aachen", "Bonn", "Celle"], ROWS),
            "answer": np.where(a + 0.4 * generator.normal(size=ROWS) > 0, "yes", "no"),
            "level": np.select([a < -0.5, a < 0.5], ["low", "middle"], "high"),
            "price": 100 * a + 20 * b + generator.normal(size=ROWS),
        }
    )


def train(target: str = "answer", **changes) -> Model:
    usual = {
        "epochs": 4,
        "hidden": (8,),
        "threads": 1,
        "members": 1,
        "learning_rate": 0.02,
        "columns": ("a", "b", "<i>c", "city"),
    }
    return glassnet.fit(draw_table(), target, **(usual | changes))


@pytest.fixture(scope="session")
def plain() -> Model:
    return train()


@pytest.fixture(scope="session")
def blind() -> Model:
    """As the plain one, without the column that matters."""
    return train(columns=("b", "<i>c", "city"))


@pytest.fixture(scope="session")
def twin() -> Model:
    """As the plain one in everything, trained again."""
    return train()


@pytest.fixture(scope="session")
def seeded() -> Model:
    """As the plain one with another seed, and so other test rows."""
    return train(seed=1)


@pytest.fixture(scope="session")
def prices() -> tuple[Model, Model]:
    """Two runs that predict a number, by losses of different kinds."""
    return train("price"), train("price", loss="huber", epochs=8)


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory, plain: Model, blind: Model) -> Path:
    """A folder with the runs `plain` and `blind`."""
    folder = tmp_path_factory.mktemp("runs")
    for name, model in (("plain", plain), ("blind", blind)):
        write_run(model, folder / name, ["train"], Sources(table=""))
    return folder

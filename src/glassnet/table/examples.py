"""Tables that come with the program: real ones shipped with scikit-learn, and generated ones.

Each has the target column `target`. Generated tables are drawn with `settings.example_seed`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glassnet.chance import Purpose, normal, uniform
from glassnet.errors import pick
from glassnet.settings import Settings
from glassnet.table.values import Table

TARGET: Final = "target"


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """How a generated table is to be drawn."""

    rows: int
    features: int
    noise: float
    seed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """One table that comes with the program, and its own size where the settings leave it open."""

    make: Callable[[Size], pl.DataFrame]
    says: str  # one sentence
    target: str = TARGET
    rows: int = 1000
    features: int = 4
    noise: float = 0.1
    takes: tuple[str, ...] = ()  # the settings that a generated table heeds; empty: it is as it is


def example_table(settings: Settings) -> Table:
    """Return the example that `settings.example` names. Raises SettingsError, with all names, for another."""
    example = pick(EXAMPLES, settings.example, "example")
    frame = example.make(example_size(example, settings))
    return Table(frame=frame, name=settings.example, source=f"example {settings.example}")


def example_size(example: Example, settings: Settings) -> Size:
    """Return the size asked for; what the settings leave at "auto" is the example's own."""
    rows, features, noise = settings.example_rows, settings.example_features, settings.example_noise
    return Size(
        rows=example.rows if isinstance(rows, str) else rows,
        features=example.features if isinstance(features, str) else features,
        noise=example.noise if isinstance(noise, str) else noise,
        seed=settings.example_seed,
    )


def _shipped(load: str, classes: bool) -> pl.DataFrame:
    """Return a table of scikit-learn; classes as their names."""
    from sklearn import datasets  # here: the rest of the table layer needs no scikit-learn

    data = getattr(datasets, load)()
    names = [str(name) for name in data.feature_names]
    target = np.asarray(data.target_names)[data.target].astype(str) if classes else data.target
    return _frame(np.asarray(data.data, dtype=np.float64), pl.Series(TARGET, target), names)


def _frame(features: NDArray[np.float64], target: pl.Series, names: list[str] | None = None) -> pl.DataFrame:
    names = names or [f"x{j + 1}" for j in range(features.shape[1])]
    return pl.DataFrame(features, schema=names, orient="row").with_columns(target.alias(TARGET))


def breast_cancer(size: Size) -> pl.DataFrame:
    """Return 569 tumours, 30 measurements of their cells, benign or malignant (UCI, Wolberg et al. 1995)."""
    del size
    return _shipped("load_breast_cancer", classes=True)


def wine(size: Size) -> pl.DataFrame:
    """Return 178 wines of three growers, 13 measurements (UCI, Aeberhard and Forina 1992)."""
    del size
    return _shipped("load_wine", classes=True)


def digits(size: Size) -> pl.DataFrame:
    """Return 1,797 handwritten digits of 8 x 8 pixels from 0 to 16 (UCI, Alpaydin and Kaynak 1998)."""
    del size
    return _shipped("load_digits", classes=False).with_columns(pl.col(TARGET).cast(pl.Int64))


def diabetes(size: Size) -> pl.DataFrame:
    """Return 442 patients, 10 measurements, progression of diabetes after a year (Efron et al. 2004)."""
    del size
    return _shipped("load_diabetes", classes=False)


def classification(size: Size) -> pl.DataFrame:
    """Return two classes in clusters; the noise is the share of labels drawn anew."""
    from sklearn.datasets import make_classification

    informative = min(2, size.features)
    features, target = make_classification(
        n_samples=size.rows,
        n_features=size.features,
        n_informative=informative,
        n_redundant=min(2, size.features - informative),
        n_clusters_per_class=informative,
        flip_y=min(size.noise, 1.0),
        random_state=_sklearn_seed(size),
    )
    return _frame(features, pl.Series(target, dtype=pl.Int64))


def moons(size: Size) -> pl.DataFrame:
    """Return two interleaved half circles in the plane; the noise is the deviation of a point."""
    from sklearn.datasets import make_moons

    features, target = make_moons(n_samples=size.rows, noise=size.noise, random_state=_sklearn_seed(size))
    return _frame(features, pl.Series(target, dtype=pl.Int64))


def circles(size: Size) -> pl.DataFrame:
    """Return a circle inside another in the plane; the noise is the deviation of a point."""
    from sklearn.datasets import make_circles

    features, target = make_circles(
        n_samples=size.rows, noise=size.noise, factor=0.5, random_state=_sklearn_seed(size)
    )
    return _frame(features, pl.Series(target, dtype=pl.Int64))


def regression(size: Size) -> pl.DataFrame:
    """Return a number that is a weighted sum of the features; the noise is its deviation from that."""
    from sklearn.datasets import make_regression

    features, target = make_regression(
        n_samples=size.rows,
        n_features=size.features,
        n_informative=size.features,
        noise=size.noise,
        random_state=_sklearn_seed(size),
    )
    return _frame(features, pl.Series(target))


def random(size: Size) -> pl.DataFrame:
    """Return normal random features and a random 0 or 1 that has nothing to do with them."""
    count = size.rows * size.features
    features = normal(size.seed, Purpose.EXAMPLE, count).reshape(size.rows, size.features)
    target = uniform(size.seed, Purpose.EXAMPLE, size.rows, step=1) >= 0.5
    return _frame(features, pl.Series(target.astype(np.int64)))


def _sklearn_seed(size: Size) -> int:
    return size.seed % 2**32


SHAPE: Final = ("example_rows", "example_features", "example_noise", "example_seed")
PLANE: Final = ("example_rows", "example_noise", "example_seed")  # two features always
PURE: Final = ("example_rows", "example_features", "example_seed")  # all of it is noise

EXAMPLES: Final[dict[str, Example]] = {
    "breast_cancer": Example(make=breast_cancer, says="569 tumours, benign or malignant"),
    "circles": Example(make=circles, says="a circle inside another", features=2, takes=PLANE),
    "classification": Example(make=classification, says="two classes in clusters", noise=0.01, takes=SHAPE),
    "diabetes": Example(make=diabetes, says="442 patients, progression after a year"),
    "digits": Example(make=digits, says="1,797 handwritten digits of 8 x 8 pixels"),
    "moons": Example(make=moons, says="two interleaved half circles", features=2, takes=PLANE),
    "random": Example(make=random, says="random 0 or 1", rows=100, features=10, takes=PURE),
    "regression": Example(make=regression, says="a weighted sum of the features", noise=10.0, takes=SHAPE),
    "wine": Example(make=wine, says="178 wines of three growers"),
}

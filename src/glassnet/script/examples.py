"""The code that makes the tables which come with the program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from glassnet.script.values import Run
from glassnet.settings import Settings
from glassnet.table.examples import EXAMPLES, example_size
from glassnet.table.values import Kind

REFUSED_EXAMPLES: Final[dict[str, str]] = {}
GENERATED: Final = {"classification", "circles", "moons", "regression", "random"}


def is_matrix(run: Run) -> bool:
    """Return whether the inputs are all columns of a generated array, `features`, as in a tutorial."""
    columns = run.fitted.schema.columns
    return run.fitted.settings.example in GENERATED and all(
        column.used and column.kind is Kind.NUMBER for column in columns
    )


def _asked(settings: Settings, name: str) -> tuple[int, int, float]:
    """Return rows, features and noise of a generated table."""
    size = example_size(EXAMPLES[name], settings)
    return size.rows, size.features, size.noise


def _sklearn_seed(settings: Settings) -> int:
    return settings.example_seed % 2**32


def _shipped(load: str, has_names: bool) -> Callable[[Run], str]:
    target = "data.target_names[data.target]" if has_names else "data.target"

    def write(run: Run) -> str:
        del run
        return (
            f"data = {load}()\n"
            "table = pl.DataFrame(data.data, schema=list(data.feature_names))\n"
            f"table = table.with_columns(target={target})"
        )

    return write


def classification(run: Run) -> str:
    """Return the call of scikit-learn that draws the clusters."""
    rows, features, noise = _asked(run.fitted.settings, "classification")
    informative = min(2, features)
    return (
        "features, y = make_classification(\n"
        f"    n_samples={rows},\n"
        f"    n_features={features},\n"
        f"    n_informative={informative},\n"
        f"    n_redundant={min(2, features - informative)},\n"
        f"    n_clusters_per_class={informative},\n"
        f"    flip_y={min(noise, 1.0)},  # share of labels drawn anew\n"
        f"    random_state={_sklearn_seed(run.fitted.settings)},\n"
        ")"
    )


def moons(run: Run) -> str:
    """Return the call of scikit-learn that draws two half circles."""
    rows, _, noise = _asked(run.fitted.settings, "moons")
    seed = _sklearn_seed(run.fitted.settings)
    return f"features, y = make_moons(n_samples={rows}, noise={noise}, random_state={seed})"


def circles(run: Run) -> str:
    """Return the call of scikit-learn that draws two circles."""
    rows, _, noise = _asked(run.fitted.settings, "circles")
    seed = _sklearn_seed(run.fitted.settings)
    return f"features, y = make_circles(n_samples={rows}, noise={noise}, factor=0.5, random_state={seed})"


def regression(run: Run) -> str:
    """Return the call of scikit-learn that draws a weighted sum."""
    rows, features, noise = _asked(run.fitted.settings, "regression")
    return (
        "features, y = make_regression(\n"
        f"    n_samples={rows}, n_features={features}, n_informative={features}, noise={noise},"
        f" random_state={_sklearn_seed(run.fitted.settings)}\n)"
    )


def random(run: Run) -> str:
    """Return the draws of normal features and of targets that have nothing to do with them."""
    settings = run.fitted.settings
    rows, features, _ = _asked(settings, "random")
    seed = "" if settings.example_seed == settings.seed else f", seed={settings.example_seed}"
    return (
        f"features = normal(EXAMPLE, {rows} * {features}{seed}).reshape({rows}, {features})\n"
        f"y = uniform(EXAMPLE, {rows}, step=1{seed}) >= 0.5  # nothing to do with the features"
    )


EXAMPLE_WRITERS: Final[dict[str, Callable[[Run], str]]] = {
    "breast_cancer": _shipped("load_breast_cancer", has_names=True),
    "circles": circles,
    "classification": classification,
    "diabetes": _shipped("load_diabetes", has_names=False),
    "digits": _shipped("load_digits", has_names=False),
    "moons": moons,
    "random": random,
    "regression": regression,
    "wine": _shipped("load_wine", has_names=True),
}

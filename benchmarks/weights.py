"""Weighted tables against repeated ones above 200 rows: predictions should agree in expectation over seeds.

    python benchmarks/weights.py --seeds 12

For each table: the mean over seeds of the test log loss (or squared error over variance) from weights and
from repeats, their difference with its standard error, and the root mean square distance of the two mean
predictions beside that of two means of repeats alone (odd against even seeds): what chance leaves. No rows
are held out: of a repeated table, repeats of one row would be on both sides, and choose the epoch too late.
Rows and repeats fill whole batches of 32: a last batch of a few rows is a step like any other, and a table of
194 rows has 2 in every seventh step where its 403 repeats have 19 in every 13th (`--ragged` shows that).
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer, load_diabetes, make_friedman1
from sklearn.metrics import log_loss

from glassnet import GlassnetClassifier, GlassnetRegressor

Floats = NDArray[np.float64]
Parameters = dict[str, Any]
SMALL: Parameters = {"members": 1, "dropout": 0.0, "hidden": (32,), "bins": 8}  # for many seeds
TRAINED = 250  # rows, before they are weighted
WHOLE = (58, 64, 64, 64)  # rows of weight 0, 1, 2, 3: 192 rows count, and they are 384 repeats


def tables() -> dict[str, tuple[Floats, Floats, bool]]:
    """Return rows, targets and whether they are classes."""
    cancer = load_breast_cancer(return_X_y=True)
    diabetes = load_diabetes(return_X_y=True)
    friedman = make_friedman1(800, noise=1.0, random_state=0)
    return {
        "breast_cancer": (*cancer, True),
        "diabetes": (*diabetes, False),
        "friedman1": (*friedman, False),
    }


def predicted(
    table: tuple[Floats, Floats, bool], weight_R: Floats, seed: int, given: Parameters, *, repeated: bool
) -> Floats:
    """Return predictions for the rows that were not trained on, of the first class or in deviations."""
    X, y, are_classes = table
    X_fit, y_fit = X[:TRAINED], y[:TRAINED]
    kind = GlassnetClassifier if are_classes else GlassnetRegressor
    model = kind(threads=1, random_state=seed, validation_share=0.0, **given)
    if repeated:
        rows = np.repeat(np.arange(TRAINED), weight_R.astype(int))
        model.fit(X_fit[rows], y_fit[rows])
    else:
        model.fit(X_fit, y_fit, sample_weight=weight_R)
    return model.predict_proba(X[TRAINED:])[:, 1] if are_classes else model.predict(X[TRAINED:])


def error(table: tuple[Floats, Floats, bool], guess: Floats) -> float:
    """Return the log loss, or the squared error over the variance, of the rows not trained on."""
    truth, are_classes = table[1][TRAINED:], table[2]
    return (
        float(log_loss(truth, guess)) if are_classes else float(np.mean((guess - truth) ** 2) / truth.var())
    )


def weights(*, ragged: bool) -> Floats:
    """Return the weights of the rows to train on, 0 to 3: with whole batches only, or as they fall."""
    generator = np.random.default_rng(0)
    if ragged:
        return generator.integers(0, 4, TRAINED).astype(float)
    return generator.permutation(np.repeat(np.arange(4.0), WHOLE))


def line(
    name: str, table: tuple[Floats, Floats, bool], weight_R: Floats, seeds: int, model: Parameters
) -> str:
    """Return one line of the table."""
    weighted = [predicted(table, weight_R, seed, model, repeated=False) for seed in range(seeds)]
    repeated = [predicted(table, weight_R, seed, model, repeated=True) for seed in range(seeds)]
    errors = np.array([[error(table, a), error(table, b)] for a, b in zip(weighted, repeated, strict=True)])
    apart = errors[:, 0] - errors[:, 1]
    unit = 1.0 if table[2] else float(table[1].std())
    between = np.sqrt(np.mean((np.mean(weighted, axis=0) - np.mean(repeated, axis=0)) ** 2)) / unit
    halves = [np.mean(repeated[start::2], axis=0) for start in (0, 1)]
    chance = np.sqrt(np.mean((halves[0] - halves[1]) ** 2)) / unit
    cells = [name, *(f"{one:.4f}" for one in errors.mean(axis=0))]
    cells += [
        f"{apart.mean():+.4f} ± {apart.std(ddof=1) / np.sqrt(seeds):.4f}",
        f"{between:.4f}",
        f"{chance:.4f}",
    ]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Compare weighted with repeated tables over seeds.")
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument(
        "--ragged", action="store_true", help="weights as they fall, last batches of few rows"
    )
    parser.add_argument("--small", action="store_true", help="a small network, for many seeds")
    asked = parser.parse_args()
    weight_R, model = weights(ragged=asked.ragged), SMALL if asked.small else {}
    print("| table | weighted | repeated | difference | distance of the means | of halves of repeats |")
    print("|---|---|---|---|---|---|")
    for name, table in tables().items():
        print(line(name, table, weight_R, asked.seeds, model), flush=True)


if __name__ == "__main__":
    main()

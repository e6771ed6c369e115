"""Is a search side by side cheaper than scikit-learn's loop, with the same scores.

    python benchmarks/search.py [--rows 10000] [--columns 20] [--folds 5] [--threads 2]

Eight settings (two learning rates, two weight decays, two seeds) on the folds of one table, by GridSearchCV
with one job, by GridSearchCV with a job for each core, and by GlassnetSearchCV, one after another in one
process. The estimators: with defaults, of one member, and small (where what is shared weighs most). Wall
seconds, how many times ours go into each, the same of the processor's seconds against the loop of one job,
the largest difference of any score. On a busy machine only the processor's are of use.
"""

from __future__ import annotations

import argparse
import os
import time
from typing import Any, Final

import numpy as np
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.model_selection import GridSearchCV

from glassnet import GlassnetClassifier, GlassnetSearchCV

GRID: Final = {"learning_rate": [1e-3, 5e-3], "weight_decay": [0.0, 0.1], "random_state": [0, 1]}
MODELS: Final[dict[str, dict[str, Any]]] = {
    "defaults": {},  # 16 members that share layers
    "one member": {"members": 1},
    "small": {"members": 1, "hidden": (64,), "bins": 0, "epochs": 20},
}


def timed(search: Any, X: np.ndarray, y: np.ndarray) -> tuple[dict[str, Any], float, float]:
    """Return a search's results, and the wall and processor seconds that they took."""
    wall, processor = time.perf_counter(), time.process_time()
    results: dict[str, Any] = search.fit(X, y).cv_results_
    return results, time.perf_counter() - wall, time.process_time() - processor


def compare(name: str, X: np.ndarray, y: np.ndarray, folds: int, threads: int | None) -> None:
    model = GlassnetClassifier(**MODELS[name])
    model.fit(X[:500], y[:500])  # what is loaded at first use belongs to neither
    search = GlassnetSearchCV(model, GRID, n_iter="all", cv=folds, refit=False, n_jobs=threads)
    ours, wall, processor = timed(search, X, y)
    theirs, loop_wall, loop_processor = timed(GridSearchCV(model, GRID, cv=folds, refit=False), X, y)
    beside = GridSearchCV(model, GRID, cv=folds, refit=False, n_jobs=os.cpu_count())
    clone(beside).set_params(cv=2).fit(X[:500], y[:500])  # starts its processes
    _, beside_wall, _ = timed(beside, X, y)
    splits = [f"split{fold}_test_score" for fold in range(folds)]
    difference = max(float(np.abs(ours[one] - theirs[one]).max()) for one in splits)
    print(
        f"{name:12} {loop_wall:9.2f} {beside_wall:9.2f} {wall:8.2f} {loop_wall / wall:6.2f}"
        f" {beside_wall / wall:6.2f} {loop_processor / processor:10.2f} {difference:11.1e}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=None, help="of the search; all cores without")
    parser.add_argument("--model", choices=[*MODELS, "all"], default="all")
    given = parser.parse_args()
    X, y = make_classification(given.rows, given.columns, n_informative=given.columns // 2, random_state=0)
    print(f"{given.rows:,} x {given.columns}, {given.folds} folds x 8 settings, {os.cpu_count()} cores")
    print(
        f"{'estimator':12} {'1 job s':>9} {'n jobs s':>9} {'ours s':>8} {'1 job':>6} {'n jobs':>6}"
        f" {'processor':>10} {'difference':>11}"
    )
    for name in MODELS if given.model == "all" else (given.model,):
        compare(name, X, y, given.folds, given.threads)


if __name__ == "__main__":
    main()

r"""scikit-learn's estimator checks as a table: estimator x version, passed, failed, skipped with reason.

    python benchmarks/sklearn_checks.py                     # the installed scikit-learn
    python benchmarks/sklearn_checks.py --python PATH ...   # interpreters of other environments

An environment for an older scikit-learn beside the project's own, in two commands:

    python -m venv /tmp/sk17 && /tmp/sk17/bin/pip install "scikit-learn==1.7.2"
    echo "import site; site.addsitedir('$PWD/.venv/lib/python3.11/site-packages')" \
        > /tmp/sk17/lib/python3.11/site-packages/z.pth

Estimators are at their defaults, on one thread; nothing else is changed for the checks. Searches are set up
as scikit-learn sets up its own for its tests: two settings, two folds. What scikit-learn's RandomizedSearchCV
over the same estimators comes to stands beside them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import warnings
from functools import partial
from unittest import SkipTest

CLASS_WEIGHT = "check_class_weight_balanced_classifiers"
# Checks that scikit-learn does not yield for estimators of other people, and that apply to ours. Those left
# are of transformers, clusterers and detectors of outliers, of sparse input, which is refused in words, and
# of estimators that declare less: two classes alone, no missing numbers, no negative ones.
MORE = {
    "classifier": ("check_classifier_multioutput", CLASS_WEIGHT),
    "regressor": ("check_regressor_multioutput",),
    "both": ("check_dataframe_column_names_consistency", "check_inplace_ensure_writeable"),
}


def uneven() -> dict[str, object]:
    """Return two classes that overlap, one of them seldom: what the check of class weights is given."""
    import numpy as np

    generator = np.random.default_rng(0)
    X = generator.normal(size=(300, 3))
    y = (X[:, 0] + generator.normal(size=300) > 1.5).astype(int)
    names = {"X_train": X[:150], "y_train": y[:150], "X_test": X[150:], "y_test": y[150:]}
    return {**names, "weights": np.ones(2)}


def outcome(check: object, estimator: object) -> tuple[str, str]:
    """Return passed, failed or skipped, and why."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            check(estimator)  # type: ignore[operator]
        except SkipTest as why:
            return "skipped", str(why)
        except Exception as why:  # whatever a check raises is its verdict
            return "failed", f"{type(why).__name__}: {str(why).strip().splitlines()[0] if str(why) else ''}"
    return "passed", ""


def here() -> dict[str, object]:
    """Run the checks in this interpreter; return the version and each check's outcome by estimator."""
    import sklearn
    from sklearn.base import clone
    from sklearn.model_selection import RandomizedSearchCV
    from sklearn.utils import estimator_checks as checks
    from sklearn.utils import get_tags

    from glassnet import GlassnetClassifier, GlassnetRegressor, GlassnetSearchCV

    found: dict[str, list[tuple[str, str, str]]] = {}
    seconds = {}
    models = GlassnetClassifier(threads=1), GlassnetRegressor(threads=1)
    given = {"n_iter": 2, "cv": 2, "random_state": 0, "error_score": "raise"}
    searches = [
        search(model, {"learning_rate": [0.001, 0.01]}, **given)
        for search in (GlassnetSearchCV, RandomizedSearchCV)
        for model in models
    ]
    for estimator in (*models, *searches):
        kind = shown(estimator)
        pairs = list(checks.estimator_checks_generator(estimator, legacy=True))
        for name in (*MORE["both"], *MORE[str(get_tags(estimator).estimator_type)]):
            if name != CLASS_WEIGHT or estimator in models:  # a search has no class weights of its own
                given_more = uneven() if name == CLASS_WEIGHT else {}
                pairs.append((clone(estimator), partial(getattr(checks, name), kind, **given_more)))
        before = time.monotonic()
        found[kind] = [(named(check), *outcome(check, one)) for one, check in pairs]
        seconds[kind] = time.monotonic() - before
    return {"version": sklearn.__version__, "found": found, "seconds": seconds}


def shown(estimator: object) -> str:
    """Return the name of an estimator, and of the one that it searches over."""
    inner = getattr(estimator, "estimator", None)
    own = type(estimator).__name__
    return own if inner is None else f"{own}({type(inner).__name__})"


def named(check: object) -> str:
    """Return the name of a check, which may be a partial of a partial."""
    while isinstance(check, partial):
        check = check.func
    return str(getattr(check, "__name__", check))


def elsewhere(python: str) -> dict[str, object]:
    """Run the checks in another interpreter."""
    environment = os.environ | {"SCIPY_ARRAY_API": "1", "OMP_NUM_THREADS": "1"}
    run = subprocess.run(
        [python, __file__, "--json"], env=environment, capture_output=True, text=True, check=True
    )
    told: dict[str, object] = json.loads(run.stdout.splitlines()[-1])
    return told


def table(runs: list[dict[str, object]]) -> str:
    """Return the table in Markdown, what did not pass below it."""
    lines = [
        "| estimator | scikit-learn | checks | passed | failed | skipped | s |",
        "|---|---|---|---|---|---|---|",
    ]
    rest = []
    for run in runs:
        for kind, found in run["found"].items():  # type: ignore[attr-defined]
            counts = {
                verdict: sum(one[1] == verdict for one in found)
                for verdict in ("passed", "failed", "skipped")
            }
            took = run["seconds"][kind]  # type: ignore[index]
            cells = [kind, run["version"], len(found), *counts.values(), f"{took:.0f}"]
            lines.append("| " + " | ".join(map(str, cells)) + " |")
            rest += [
                f"* {kind}, {run['version']}, {name}: {verdict}: {why}"
                for name, verdict, why in found
                if verdict != "passed"
            ]
    return "\n".join([*lines, "", *(rest or ["None failed, none was skipped."])])


def main() -> None:
    """Print the table, or this interpreter's outcomes as JSON."""
    parser = argparse.ArgumentParser(
        description="Run scikit-learn's estimator checks on Glassnet's estimators."
    )
    parser.add_argument("--python", nargs="*", default=[sys.executable], help="interpreters to run them in")
    parser.add_argument("--json", action="store_true", help="only this interpreter, as JSON")
    asked = parser.parse_args()
    print(json.dumps(here()) if asked.json else table([elsewhere(python) for python in asked.python]))


if __name__ == "__main__":
    main()

"""How many rows are held out, for choosing the epoch and for the final figures."""

from __future__ import annotations

from typing import Any, Final

from glassnet.recipe.facts import SMALL, Chosen, Facts

# What is held out of a large table: more tells no more, takes time to predict, and is lost to training.
MOST_TEST: Final = 100_000  # an accuracy of 0.9 to 0.002 either way, at 95 %
MOST_VALIDATION: Final = 50_000
# Of 10,000 rows 8 % choose the epoch as well as 15 %, and the others err 0.3 % less: see benchmarks/LOG.md.
ENOUGH_VALIDATION: Final = 800
LEAST_VALIDATION: Final = 0.05


def validation_share(facts: Facts, chosen: dict[str, Any]) -> Chosen:
    """Return the share of rows that choose the epoch, and why."""
    if facts.has_own_validation:
        return 0.0, "validation rows were given"
    if chosen["folds"]:
        return 0.0, f"each row is held out in one of {chosen['folds']} folds"
    if facts.rows < SMALL:
        return 0.0, f"{facts.rows} rows are too few to hold any out; the last epoch is kept"
    share, reason = _usual_validation_share(facts)
    return _at_most(share, (1.0 - chosen["test_share"]) / 4, reason, "a quarter of what the test rows leave")


def _usual_validation_share(facts: Facts) -> Chosen:
    rows = _table_rows(facts)
    if rows < 2000:
        return 0.2, "a small table"
    if 0.15 * rows <= ENOUGH_VALIDATION:
        return 0.15, "enough to choose the epoch by"
    share = max(LEAST_VALIDATION, float(f"{ENOUGH_VALIDATION / rows:.2g}"))
    reason = f"{ENOUGH_VALIDATION} rows and more are enough to choose the epoch by; the others train"
    return _at_most(share, MOST_VALIDATION / rows, reason, f"{MOST_VALIDATION:,} rows tell as much as more")


def test_share(facts: Facts, chosen: dict[str, Any]) -> Chosen:
    """Return the share of rows that only the final figures see, and why."""
    if facts.has_own_test:
        return 0.0, "test rows were given"
    left, reason = 1.0 - chosen.get("validation_share", 0.0), "kept apart for the final figures"
    share, reason = _at_most(0.2, left / 4, reason, "a quarter of what validation leaves")
    otherwise = f"{MOST_TEST:,} rows give the final figures to a fraction of a percent"
    return _at_most(share, MOST_TEST / _table_rows(facts), reason, otherwise)


def _table_rows(facts: Facts) -> float:
    """Return how many rows the table has, however many each stands for."""
    return max(facts.rows / max(facts.repeats, 1.0), 1.0)


def _at_most(share: float, most: float, reason: str, otherwise: str) -> Chosen:
    return (share, reason) if share <= most + 1e-9 else (float(f"{most:.4g}"), otherwise)

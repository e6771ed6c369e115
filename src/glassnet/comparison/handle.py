"""The handle of a comparison that a user holds: its sentences, its tables, its page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from glassnet.comparison.values import Compared, ranked

GAP: dict[str, type[pl.DataType]] = {
    "metric": pl.String,
    "first": pl.String,
    "second": pl.String,
    "difference": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "p": pl.Float64,
    "p_corrected": pl.Float64,
    "verdict": pl.String,
    "paired": pl.Boolean,
}


@dataclass(frozen=True, slots=True, repr=False)
class Comparison:
    """Runs beside one another, made by `glassnet.compare`. `print` says in sentences which is better."""

    compared: Compared

    def __repr__(self) -> str:
        return f"<glassnet comparison of {len(self.compared.runs)} runs: {self}>"

    def __str__(self) -> str:
        return "\n".join(self.compared.sentences)

    @property
    def table(self) -> pl.DataFrame:
        """One row per metric and run, the best first: value and 95 % interval."""
        compared = self.compared
        rows = [
            (measured.metric, run.name, score.value, score.low, score.high)
            for measured in compared.measured
            for run, score in ranked(measured, compared.runs)
        ]
        types = {"metric": pl.String, "run": pl.String, "value": pl.Float64, "low": pl.Float64}
        return pl.DataFrame(rows, schema=types | {"high": pl.Float64}, orient="row").fill_nan(None)

    @property
    def gaps(self) -> pl.DataFrame:
        """One row per metric and pair of runs: difference, 95 % interval, p, and what the first run is."""
        rows = [
            tuple(getattr(gap, name) for name in GAP)
            for measured in self.compared.measured
            for gap in measured.gaps
        ]
        return pl.DataFrame(rows, schema=GAP, orient="row").fill_nan(None)

    @property
    def settings(self) -> pl.DataFrame:
        """One row per setting or decision that differs, one column per run."""
        compared = self.compared
        rows = [(one.name, *(choice.value for choice in one.choices)) for one in compared.differing]
        schema = {"name": pl.String} | {run.name: pl.String for run in compared.runs}
        return pl.DataFrame(rows, schema=schema, orient="row")

    def report(self, path: str | Path) -> Path:
        """Write the comparison as one HTML file that opens offline, and return its path."""
        from glassnet.comparison.page import write_page

        return write_page(self.compared, Path(path))

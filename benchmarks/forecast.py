"""How long `glassnet train --dry-run` says a run takes, against how long it then takes.

    python benchmarks/forecast.py                               tables that come along
    python benchmarks/forecast.py people.csv=income sales.parquet=price
    python benchmarks/forecast.py ../shared/data                every table of its manifest.json
    python benchmarks/forecast.py ../shared/data titanic -- --threads 1 --effort fast

Both are the whole command, as a user types it: from its start to its end, imports, evaluation and page
included. A machine that is busy with something else disturbs the wall time of either. So the ratio is told by
the processor's seconds too: the forecast's are as many of it as the dry run itself had of its own wall
time. With --threads 1 that says what a quiet machine would. What follows `--` goes to both commands.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tables import words_for

EXAMPLES: Final = ("breast_cancer", "wine", "digits", "diabetes", "classification", "moons", "friedman1")
WITHIN: Final = 1.5
HEADS: Final = ("table", "forecast s", "took s", "ratio", "processor s", "ratio", "epochs", "parts")
PARTS: Final = ("reading", "preparing", "training", "evaluating")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ran:
    """What one command took, and what it printed."""

    wall: float
    processor: float
    found: dict[str, Any]


def ran(words: Sequence[str]) -> Ran:
    """Return how long `glassnet train` takes with these words; raises SystemExit where it fails."""
    before, used = time.monotonic(), _used()
    command = [sys.executable, "-m", "glassnet", "train", *words, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
    return Ran(wall=time.monotonic() - before, processor=_used() - used, found=json.loads(done.stdout))


def _used() -> float:
    """Return the processor's seconds of all commands so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def tables_of(given: Sequence[str]) -> dict[str, list[str]]:
    """Return the words that name each table and its target."""
    if not given:
        return {name: ["--example", name] for name in EXAMPLES}
    if not Path(given[0]).is_dir():
        pairs = [one.rpartition("=") for one in given]
        return {Path(file).stem: [file, "--target", target] for file, _, target in pairs}
    folder, names = Path(given[0]), given[1:]
    known = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return {one["name"]: words_for(one, folder) for one in known if not names or one["name"] in names}


def forecasts(dry: Ran) -> tuple[float, float]:
    """Return the seconds forecast, on the wall and of the processor."""
    wall = float(dry.found["estimated_seconds"])
    return wall, wall * dry.processor / dry.wall


def row_of(name: str, dry: Ran, real: Ran) -> list[str]:
    """Return one table's row; `parts` are forecast and actual seconds of each phase of the run."""
    forecast, used = forecasts(dry)
    estimate, took = dry.found["estimate"], real.found["seconds"]
    parts = ", ".join(f"{part} {estimate[part]:.1f}/{took.get(part, 0):.1f}" for part in PARTS)
    rest = real.wall - sum(took.values())
    return [
        name,
        f"{forecast:.1f}",
        f"{real.wall:.1f}",
        f"{forecast / real.wall:.2f}",
        f"{real.processor:.1f}",
        f"{used / real.processor:.2f}",
        f"{real.found['epochs']} of {dry.found['epochs']}",
        f"{parts}, start and page {estimate['starting'] + estimate['writing']:.1f}/{rest:.1f};"
        f" the dry run {dry.wall:.1f}",
    ]


def main() -> None:
    """Forecast, run and print each table, and how many forecasts were within the factor."""
    before, _, more = f" {' '.join(sys.argv[1:])}".partition(" -- ")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tables", nargs="*", help="FILE=TARGET, or a folder with manifest.json and names")
    tables = tables_of(parser.parse_args(before.split()).tables)
    print(f"| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}", flush=True)
    ratios: list[tuple[float, float]] = []
    for name, words in tables.items():
        with tempfile.TemporaryDirectory(prefix="glassnet-forecast-") as folder:
            words = [*words, *more.split()]
            dry = ran([*words, "--dry-run"])
            real = ran([*words, "--out", str(Path(folder) / "run")])
        wall, processor = forecasts(dry)
        ratios.append((wall / real.wall, processor / real.processor))
        print(f"| {' | '.join(row_of(name, dry, real))} |", flush=True)
    for what, each in zip(("wall", "processor"), zip(*ratios, strict=True), strict=True):
        good = sum(1 / WITHIN <= one <= WITHIN for one in each)
        middle = math.exp(sum(math.log(one) for one in each) / len(each))
        print(
            f"\nBy {what} seconds {good} of {len(each)} within a factor of {WITHIN};"
            f" {min(each):.2f} to {max(each):.2f}, geometric mean {middle:.2f}."
        )


if __name__ == "__main__":
    main()

"""`glassnet train` on each table of a folder, straight from the raw files: error, baseline, time, warnings.

    python benchmarks/tables.py ../shared/data                     every table of its manifest.json
    python benchmarks/tables.py ../shared/data titanic insurance -- --epochs 5

The folder's `manifest.json` says of each table its `file`, `target` and `drop` (names, or places from 0 where
there is no `header`). Nothing else is told: no separator, no word for missing, no kind of a column.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HEADS = ("table", "rows", "metric", "network", "95 % interval", "baseline", "linear", "seconds", "told")


def words_for(table: dict[str, Any], folder: Path) -> list[str]:
    """Return the command's words: the file, --target, --drop and, where there is none, --header no."""

    def name(column: str | int) -> str:
        return str(column + 1) if isinstance(column, int) else column.strip()

    words = [str(folder / table["file"]), "--target", name(table["target"])]
    if table["drop"]:
        words += ["--drop", ",".join(name(one) for one in table["drop"])]
    return words if table["header"] else [*words, "--header", "no"]


def train(words: Sequence[str], out: Path) -> tuple[float, dict[str, Any], str]:
    """Return the seconds, the JSON object and the error text of one run."""
    before = time.monotonic()
    command = [sys.executable, "-m", "glassnet", "train", *words, "--json", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - before
    return seconds, json.loads(done.stdout) if done.returncode == 0 else {}, done.stderr.strip()


def number(value: float | None) -> str:
    """Return four digits, or nothing where there is no figure."""
    return "" if value is None else f"{value:.4g}"


def row_of(table: dict[str, Any], seconds: float, found: dict[str, Any], rows: int) -> list[str]:
    """Return one table's row: its first metric, against the baseline and the linear model."""
    first = found["metrics"][0]
    figures = [number(first[key]) for key in ("value", "low", "high", "baseline", "linear")]
    return [
        table["name"],
        f"{rows:,}",
        first["metric"],
        figures[0],
        f"{figures[1]} to {figures[2]}",
        *figures[3:],
        f"{seconds:.1f}",
        str(len(found["notes"])),
    ]


def main() -> None:
    """Train on every table and print two lists: the figures, and what was told."""
    before, _, more = " ".join(sys.argv[1:]).partition(" -- ")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*")
    asked = parser.parse_args(before.split())
    tables = json.loads((asked.folder / "manifest.json").read_text(encoding="utf-8"))
    told: list[str] = []
    print(f"| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}", flush=True)
    for table in tables:
        if asked.names and table["name"] not in asked.names:
            continue
        with tempfile.TemporaryDirectory(prefix="glassnet-tables-") as folder:
            out = Path(folder) / "run"
            seconds, found, error = train([*words_for(table, asked.folder), *more.split()], out)
            if not found:
                print(f"| {table['name']} | refused: {error} |", flush=True)
                continue
            rows = json.loads((out / "run.json").read_text(encoding="utf-8"))["rows"]["table"]
            print(f"| {' | '.join(row_of(table, seconds, found, rows))} |", flush=True)
            told += [f"\n**{table['name']}**\n", *(f"* {note}" for note in found["notes"])]
    print("\n## What was told", "\n".join(told), sep="\n")


if __name__ == "__main__":
    main()

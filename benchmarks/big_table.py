"""A table of 1 GB, described and trained on through the command line: seconds and peak memory of each phase.

    python benchmarks/big_table.py ../shared/data/hflights.csv ArrDelay --drop Year,ArrTime --gigabytes 1

The table is repeated (its header, if any, once) into a temporary file. Each command runs in a process of its
own; the peak is the largest resident memory that the system saw of it, and the seconds of the processor are
those of all its threads, which a busy machine does not change.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

COMMAND = [sys.executable, "-m", "glassnet"]


def repeat_table(path: Path, big: Path, size: int, *, header: bool) -> int:
    """Write the table again and again until the file has `size` bytes; return its number of rows."""
    with path.open("rb") as file:
        names = file.readline() if header else b""
        body = file.read()
    body = body if body.endswith(b"\n") else body + b"\n"
    times = max(1, -(-(size - len(names)) // len(body)))
    with big.open("wb") as file:
        file.write(names)
        for _ in range(times):
            file.write(body)
    return times * body.count(b"\n")


def measured(words: Sequence[str], folder: Path) -> tuple[int, float, float, float, str]:
    """Run a command: its exit code, seconds, the processor's seconds, peak resident GB, what it printed."""
    out = folder / "printed.txt"
    before = time.monotonic()
    with out.open("wb") as file, subprocess.Popen(words, stdout=file, stderr=file, cwd=folder) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - before
    processor = used.ru_utime + used.ru_stime
    return process.returncode, seconds, processor, used.ru_maxrss / 2**20, out.read_text(errors="replace")


def show(what: str, found: tuple[int, float, float, float, str]) -> str:
    """Print a row of the table of results; return what the command printed."""
    code, seconds, processor, peak, printed = found
    print(f"| {what} | {seconds:.1f} | {processor:.1f} | {peak:.2f} | {code} |", flush=True)
    if code:
        print(printed[-2000:], file=sys.stderr)
    return printed


def main() -> None:
    """Make the table, describe it, train on it, predict it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("table", type=Path)
    parser.add_argument("target")
    parser.add_argument("--drop", default="")
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--no-header", action="store_true")
    parser.add_argument("--more", default="--epochs 1", help="more options of `glassnet train`")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="glassnet-big-") as name:
        folder = Path(name)
        big = folder / "big.csv"
        rows = repeat_table(asked.table, big, int(asked.gigabytes * 1e9), header=not asked.no_header)
        print(f"{asked.table.name} repeated: {rows:,} rows, {big.stat().st_size / 1e9:.2f} GB\n")
        print("| phase | seconds | of the processor | peak GB | exit code |\n|---|---|---|---|---|")
        drop = ["--drop", asked.drop] if asked.drop else []
        show("describe", measured([*COMMAND, "describe", "big.csv", "-t", asked.target], folder))
        words = [
            *COMMAND,
            "train",
            "big.csv",
            "-t",
            asked.target,
            *drop,
            "--out",
            "run",
            "--json",
            *asked.more.split(),
        ]
        printed = show("train, everything", measured(words, folder))
        if (folder / "run").exists():
            for phase, seconds in json.loads(printed[printed.index("{") :])["seconds"].items():
                print(f"| of it {phase} | {seconds:.1f} | | | |")
            show(
                "predict", measured([*COMMAND, "predict", "run", "big.csv", "--out", "rows.parquet"], folder)
            )


if __name__ == "__main__":
    main()

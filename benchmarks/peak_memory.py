"""Peak resident memory of training, beside the same peers as speed.py: a process of its own for each.

    python benchmarks/peak_memory.py [--rows 200000] [--members 1] [--width 128]

Prints, for the fused engine, a careful PyTorch loop and scikit-learn's MLP on ROWS x 40 in float32, the peak
of the whole process, and how much of it came after the imports and the table were there (the table itself is
160 bytes a row). Ours is the whole of a run but for evaluation and report: reading the frame, split,
preparation, encoded table, training.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np


def table(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a binary problem of normal numbers, `(R, 40)` in float32, and its classes."""
    draw = np.random.default_rng(0)
    x_RD = draw.standard_normal((rows, 40), dtype=np.float32)
    return x_RD, (x_RD[:, 0] + draw.standard_normal(rows, dtype=np.float32) > 0).astype(np.int64)


def resident() -> int:
    """Return the bytes that this process has resident now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def ours(rows: int, members: int, width: int) -> Callable[[], None]:
    """Return two epochs of the fused engine."""
    import polars as pl
    from speed import BASE

    from glassnet.pipeline import Listener, Sources, fit

    x_RD, y_R = table(rows)
    frame = pl.DataFrame({f"x{i}": x_RD[:, i] for i in range(40)} | {"y": y_R})
    settings = replace(BASE, hidden=(width,) * 3, members=members, epochs=2)

    def run() -> None:
        fit(Sources(table=frame), settings, Listener(evaluates=False))

    return run


def careful(rows: int, members: int, width: int) -> Callable[[], None]:
    """Return two epochs of the careful loop, member after member."""
    import torch
    from peers import careful_loop

    x_RD, y_R = table(rows)
    inputs, target_R1 = torch.from_numpy(x_RD), torch.from_numpy(y_R).float()[:, None]
    return lambda: [careful_loop(inputs, target_R1, (width,) * 3, 2) for _ in range(members)].clear()


def sklearn_mlp(rows: int, members: int, width: int) -> Callable[[], None]:
    """Return two epochs of scikit-learn's MLP, member after member."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    x_RD, y_R = table(rows)

    def run() -> None:
        warnings.simplefilter("ignore", ConvergenceWarning)
        for _ in range(members):
            MLPClassifier((width,) * 3, batch_size=256, max_iter=2).fit(x_RD, y_R)

    return run


SIDES: Final = {"fused engine": ours, "careful loop": careful, "scikit-learn's MLP": sklearn_mlp}


def child(name: str, rows: int, members: int, width: int) -> None:
    """Print the peak of this process and what was there before training, in bytes."""
    run = SIDES[name](rows, members, width)
    before = resident()
    run()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, before)


def main() -> None:
    """Measure each side in a process of its own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--members", type=int, default=1)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--child", choices=SIDES, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(given.child, given.rows, given.members, given.width)
        return
    print(f"{given.rows:,} x 40, {given.members} members 3x{given.width}, 2 epochs; MB")
    for name in SIDES:
        words = [f"--{word}={getattr(given, word)}" for word in ("rows", "members", "width")]
        done = subprocess.run(
            [sys.executable, __file__, "--child", name, *words], capture_output=True, text=True, check=True
        )
        peak, before = map(int, done.stdout.split()[-2:])
        print(
            f"{name:20s} peak {peak / 1e6:7.0f}, above imports and table {(peak - before) / 1e6:7.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()

"""How fast the fused engine trains, beside others doing the same work in the same process, in turn.

    python benchmarks/speed.py [--rounds 5] [--only WORDS ...] [--extra] [--outside PYTHON]

Every row alternates its sides for some rounds and prints the median of each, the ratio of medians and what
was asked for (issue 6). Ours is the training loop alone (`train`), with records on. The limit is `sgemm` of
1024 x 1024 in the same rounds. `--outside` names the Python of an environment that has skorch and pytabkit; a
thin one over this one's packages will do:

    python -m venv /tmp/peers
    python -c "import site; print(site.getsitepackages()[0])" > ours.pth
    mv ours.pth /tmp/peers/lib/python3*/site-packages/
    /tmp/peers/bin/python -m pip install --constraint constraints.txt skorch pytabkit
    python benchmarks/speed.py --only RealMLP "one network 3x64" --extra --outside /tmp/peers/bin/python

`--only busy` measures beside a process that keeps one core busy; benchmarks/peak_memory.py the memory.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import polars as pl
import torch
from peers import (
    batched_loop,
    careful_loop,
    loader_loop,
    neuron_program,
    product_limit,
    sequential_program,
)

from glassnet.engine.fused import FusedEngine
from glassnet.engine.plan import Plan
from glassnet.pipeline import Sources, draft_run
from glassnet.prepare.assemble import apply
from glassnet.settings import Settings
from glassnet.train import train

CORES = len(os.sched_getaffinity(0))
Side = Callable[[], float]  # returns seconds
BASE = Settings(
    target=("y",),
    loss="binary_cross_entropy",
    optimizer="adamw",
    learning_rate=1e-3,
    weight_decay=0.01,
    clip=0.0,
    dropout=0.0,
    activation="relu",
    bins=0,
    schedule="constant",
    warmup=0.0,
    batch_size=256,
    patience=0,
    members=1,
    sharing="none",  # members that share layers wait for each other and average their weights: another work
    validation_share=0.0,
    test_share=0.0,
    threads=CORES,
)


@dataclass(frozen=True)
class Row:
    """One line of the table: our side, and the others it is compared with."""

    work: str
    ours: Side
    others: dict[str, tuple[Side, str]]  # name -> (side, what was asked for)
    products: float = 0.0  # multiply-adds of our side, where a share of the limit is wanted


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Run PyTorch on so many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    yield
    torch.set_num_threads(before)


def best_threads(side: Side) -> Side:
    """Return the side at the thread count that suits it best."""

    def run() -> float:
        seconds = []
        for count in sorted({1, CORES}):
            with threads(count):
                seconds.append(side())
        return min(seconds)

    return run


def ours(plan: Plan) -> Side:
    """Return our training loop on the plan."""

    def run() -> float:
        engine = FusedEngine(plan)
        started = time.perf_counter()
        train(plan, engine)
        return time.perf_counter() - started

    return run


def table(rows: int, columns: int = 40) -> pl.DataFrame:
    """Return a binary problem of normal numbers."""
    draw = np.random.default_rng(0)
    x_RD = draw.standard_normal((rows, columns)).astype(np.float32)
    y_R = (x_RD @ draw.standard_normal(columns) + draw.standard_normal(rows) > 0).astype(np.int64)
    return pl.DataFrame({f"x{i}": x_RD[:, i] for i in range(columns)} | {"y": y_R})


def plan_for(rows: int, hidden: tuple[int, ...], members: int, epochs: int, **changes: object) -> Plan:
    """Return the plan of a network on a random table."""
    settings = replace(BASE, hidden=hidden, members=members, epochs=epochs, **changes)
    return replace(draft_run(Sources(table=table(rows)), settings).plan, threads=settings.threads)


def tensors(plan: Plan) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the plan's fit rows and targets as PyTorch wants them."""
    fit = plan.prepared.rows.fit[0]
    inputs = apply(plan.prepared.encoded, plan.prepared.preparation, 0)
    return torch.from_numpy(inputs.dense_RD[fit]), torch.from_numpy(plan.target_FRT[0][fit]).float()


def products(plan: Plan) -> float:
    """Return the multiply-adds of the plan's whole run."""
    weights = sum(p.numel() for name, p in plan.network.named_parameters() if name.endswith("weight"))
    return 3.0 * weights * plan.longest * plan.training.epochs


def tutorial_rows() -> Iterator[Row]:
    """Yield the two tutorials' programs."""
    second = draft_run(Sources(), Settings(example="random", recipe="sequential")).plan
    x_RD, y_R1 = tensors(second)
    yield Row(
        "second tutorial: 10-15-1, 100 rows, 5000 epochs",
        ours(second),
        {"its program": (best_threads(lambda: sequential_program(x_RD, y_R1, 5000)), "50")},
    )
    first = draft_run(Sources(), Settings(example="classification", recipe="neuron")).plan
    x2_RD, y2_R1 = tensors(first)
    yield Row(
        "first tutorial: neuron, 800 rows, 200 epochs",
        ours(first),
        {"its program": (best_threads(lambda: neuron_program(x2_RD, y2_R1, 200)), "100")},
    )


def network_rows(extra: bool) -> Iterator[Row]:
    """Yield one network and eight members, of three widths, on 20,000 x 40."""
    for width, one, eight, batched in ((64, 4, 6, 2.5), (128, 3, 4.5, 1.8), (256, 1.8, 2.1, 1.4)):
        hidden, epochs = (width,) * 3, 512 // width
        single, many = plan_for(20_000, hidden, 1, epochs), plan_for(20_000, hidden, 8, epochs)
        x_RD, y_R1 = tensors(single)
        careful = best_threads(lambda x=x_RD, y=y_R1, h=hidden, e=epochs: careful_loop(x, y, h, e))
        others = {"careful loop": (careful, str(one))}
        if extra and width == 64:
            loader = best_threads(lambda x=x_RD, y=y_R1, h=hidden, e=epochs: loader_loop(x, y, h, e))
            compiled = best_threads(lambda x=x_RD, y=y_R1, h=hidden, e=epochs: careful_loop(x, y, h, e, True))
            others |= {"DataLoader loop": (loader, ""), "torch.compile": (compiled, "")}
        yield Row(f"one network 3x{width}", ours(single), others, products(single))
        yield Row(
            f"8 members 3x{width}",
            ours(many),
            {
                "8 careful loops": (lambda side=careful: 8 * side(), str(eight)),
                "baddbmm network": (
                    best_threads(lambda x=x_RD, y=y_R1, h=hidden, e=epochs: batched_loop(x, y, h, 8, e)),
                    str(batched),
                ),
            },
            products(many),
        )


def sklearn_row() -> Row:
    """scikit-learn's MLP on the same table."""
    # Here, since peak_memory.py takes its settings from this file, and scikit-learn 140 MB.
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    plan = plan_for(20_000, (100,), 1, 5, batch_size=200, optimizer="adam", weight_decay=0.0)
    x_RD, y_R1 = (t.numpy() for t in tensors(plan))

    def side() -> float:
        model = MLPClassifier((100,), batch_size=200, max_iter=5, tol=0.0, n_iter_no_change=99)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            started = time.perf_counter()
            model.fit(x_RD, y_R1.ravel())
        return time.perf_counter() - started

    return Row("one hidden layer of 100, batch 200, Adam", ours(plan), {"scikit-learn's MLP": (side, "6")})


def outside_rows(python: str) -> Iterator[Row]:
    """Peers that live in an environment of their own; they time themselves."""

    def side(name: str, rows: int, epochs: int) -> Side:
        script = Path(__file__).with_name("outside.py")

        def run() -> float:
            done = subprocess.run(
                [python, str(script), name, str(rows), str(epochs)],
                capture_output=True,
                text=True,
                check=True,
            )
            return float(done.stdout.split()[-1])

        return run

    plan = plan_for(10_000, (256,) * 3, 1, 10)
    yield Row(
        "RealMLP's shapes: 3x256, 10,000 rows, 10 epochs",
        ours(plan),
        {"pytabkit RealMLP-TD": (side("realmlp", 10_000, 10), "8")},
    )
    plan = plan_for(20_000, (64,) * 3, 1, 8)
    yield Row("one network 3x64, 8 epochs", ours(plan), {"skorch": (side("skorch", 20_000, 8), "")})


def measure(row: Row, rounds: int) -> None:
    """Alternate the row's sides and print their medians and ratios."""
    sides = {"ours": row.ours} | {name: side for name, (side, _) in row.others.items()}
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    limits = []
    for number in range(rounds + 1):
        with threads(CORES):
            limits.append(product_limit())
        for name, side in sides.items():
            took = side()
            if number:  # the first round warms up
                seconds[name].append(took)
    mine = statistics.median(seconds["ours"])
    limit = statistics.median(limits)
    best_share = 2e-9 * row.products / min(seconds["ours"]) / max(limits)
    share = f", {2e-9 * row.products / mine / limit:.0%} of the limit" if row.products else ""
    share += f" (best by best {best_share:.0%})" if row.products else ""
    print(f"{row.work}: {mine * 1e3:.2f} ms{share}")
    for name, (_, asked) in row.others.items():
        theirs = statistics.median(seconds[name])
        wanted = f" (asked: {asked})" if asked else ""
        best = min(seconds[name]) / min(seconds["ours"])
        ratios = f"{theirs / mine:.1f} times ours, best by best {best:.1f}"
        print(f"    {name}: {theirs * 1e3:.1f} ms, {ratios}{wanted}", flush=True)


def measure_scaling(rounds: int) -> None:
    """Print the time per row and epoch over table sizes, and two members beside one."""
    per_row = {}
    for rows in (1_000, 10_000, 100_000, 1_000_000):
        plan = plan_for(rows, (128,) * 3, 1, max(1, 50_000 // rows), threads=1)
        side = ours(plan)
        best = min(side() for _ in range(rounds if rows < 1_000_000 else 2))
        per_row[rows] = best / rows / plan.training.epochs
        print(f"3x128, {rows:,} rows, 1 thread: {per_row[rows] * 1e9:.0f} ns per row and epoch", flush=True)
    print(f"    largest over smallest: {max(per_row.values()) / min(per_row.values()):.2f} (asked: 1.20)")
    one, two = plan_for(20_000, (128,) * 3, 1, 4, threads=1), plan_for(20_000, (128,) * 3, 2, 4, threads=2)
    ratios = [ours(two)() / ours(one)() for _ in range(2 * rounds + 1)]
    print(f"2 members on 2 threads over 1 on 1: {statistics.median(ratios):.2f} (asked: 1.15)")


def measure_busy(rounds: int) -> None:
    """Print eight members' time with another process busy on one core, over the time without."""
    side = ours(plan_for(20_000, (64,) * 3, 8, 8))
    quiet = statistics.median(side() for _ in range(rounds))
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(busy.pid, {min(os.sched_getaffinity(0))})
    time.sleep(0.5)
    loaded = statistics.median(side() for _ in range(rounds))
    busy.kill()
    busy.wait()
    print(f"8 members 3x64 with one core busy: {loaded / quiet:.2f} times the quiet time (asked: 2)")


def print_machine() -> None:
    """Print what the numbers belong to."""
    model = platform.processor()
    if Path("/proc/cpuinfo").exists():
        names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
        model = names[0].partition(":")[2].strip() if names else model
    print(f"{time.strftime('%Y-%m-%d')}  {model}, {CORES} cores, load {os.getloadavg()[0]:.1f}")
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "scikit-learn"))
    print(f"Python {platform.python_version()}, {versions}")
    for count in sorted({1, CORES}):
        with threads(count):
            print(f"sgemm 1024 x 1024 on {count} threads: {product_limit(repeats=20):.0f} GFLOP/s")


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", default=[""], help="rows that have one of these; scaling; busy")
    parser.add_argument("--extra", action="store_true", help="DataLoader and torch.compile too")
    parser.add_argument("--outside", default="", help="a Python with skorch and pytabkit")
    given = parser.parse_args()
    print_machine()
    rows = [*tutorial_rows(), *network_rows(given.extra), sklearn_row()]
    rows += outside_rows(given.outside) if given.outside else []
    for row in rows:
        if any(words in row.work for words in given.only):
            measure(row, given.rounds)
    if {"", "busy"} & set(given.only):
        measure_busy(given.rounds)
    if {"", "scaling"} & set(given.only):
        measure_scaling(given.rounds)


if __name__ == "__main__":
    main()

"""What the records cost: the same runs with and without, in turn, and a user's own loop watched and not.

python benchmarks/records_cost.py [--repeats 7] [--data adult.csv --target 15 --header no] [--engine eager]

Prints the CPU seconds of one thread, which other programs disturb least: the least of the repeats, and the
median of the ratios of neighbouring runs. Both runs give the same weights, which is checked.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from glassnet.engine.choose import choose_engine
from glassnet.engine.plan import Plan
from glassnet.own_loop import watch
from glassnet.pipeline import Sources, draft_run
from glassnet.predict import torch_threads
from glassnet.settings import Settings
from glassnet.train import Trained, train


def run(plan: Plan, engine: str, *, records: bool) -> tuple[Trained, str, float]:
    chosen, _ = choose_engine(replace(plan, records=records), engine)
    with torch_threads(plan.threads):
        started = time.thread_time()
        trained = train(replace(plan, records=records), chosen)
        return trained, chosen.name, time.thread_time() - started


def compare(name: str, source: object, settings: Settings, repeats: int) -> None:
    plan = draft_run(Sources(table=source), settings).plan
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for repeat in range(repeats + 1):
        order = (True, False) if repeat % 2 else (False, True)
        done = {on: run(plan, settings.engine, records=on) for on in order}
        same = zip(
            done[True][0].network.state_dict().values(),
            done[False][0].network.state_dict().values(),
            strict=True,
        )
        assert all(torch.equal(a, b) for a, b in same), "records changed a weight"
        if repeat:  # the first pair warms up
            for on in order:
                seconds[on].append(done[on][2])
    trained, engine, _ = done[True]
    records = trained.history.records
    steps = trained.history.epochs * plan.steps_per_epoch
    report(f"{name}, {engine}", seconds, steps, records.count if records else 0)
    print(f"    {records.thinning if records else ''}")


def report(name: str, seconds: dict[bool, list[float]], steps: int, records: int) -> None:
    ratio = np.median(np.array(seconds[True]) / np.array(seconds[False])) - 1
    on, off = min(seconds[True]), min(seconds[False])
    print(
        f"{name:34s} {off:8.3f} s off {on:8.3f} s on  least {on / off - 1:+6.1%}  median {ratio:+6.1%}"
        f"  {steps:6,} steps of {1e6 * off / steps:6.0f} us, {records:,} recorded"
    )


def loop(width: int, steps: int, *, watched: bool) -> tuple[float, int]:
    """Return the seconds of a plain loop, and how many steps were recorded."""
    torch.manual_seed(0)
    x, y = torch.randn(1000, 10), torch.rand(1000)
    module = nn.Sequential(nn.Linear(10, width), nn.ReLU(), nn.Linear(width, 1))
    optimizer = torch.optim.SGD(module.parameters(), lr=0.01)
    seen = watch(module, optimizer) if watched else None
    started = time.thread_time()
    for step in range(steps):
        rows = slice(step % 20 * 50, step % 20 * 50 + 50)
        optimizer.zero_grad()
        (module(x[rows]).squeeze(-1) - y[rows]).square().mean().backward()
        optimizer.step()
    took = time.thread_time() - started
    if seen is not None:
        seen.close()
    return took, seen.history["step"].n_unique() if seen is not None else 0


def compare_loops(width: int, steps: int, repeats: int) -> None:
    seconds: dict[bool, list[float]] = {True: [], False: []}
    records = 0
    for repeat in range(repeats + 1):
        for on in (True, False) if repeat % 2 else (False, True):
            took, count = loop(width, steps, watched=on)
            records = max(records, count)
            if repeat:
                seconds[on].append(took)
    report(f"own loop, width {width}, watched", seconds, steps, records)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--data", default="")
    parser.add_argument("--target", default="15")
    parser.add_argument("--header", default="auto")
    given = parser.parse_args()
    torch.set_num_threads(1)
    plain = Settings(engine=given.engine, threads=1)
    neuron = replace(plain, recipe="neuron", example="classification")
    compare("neuron, 1000 rows", "", neuron, given.repeats)
    compare("sequential, 100 rows", "", replace(plain, recipe="sequential", example="random"), given.repeats)
    compare("mlp, breast_cancer", "", replace(plain, example="breast_cancer"), given.repeats)
    if given.data:
        table = replace(plain, target=(given.target,), header=given.header, epochs=6)
        compare("mlp, " + given.data.rsplit("/", 1)[-1], given.data, table, max(2, given.repeats // 2))
    for width, steps in ((15, 2000), (15, 20_000), (256, 5000)):
        compare_loops(width, steps, given.repeats)


if __name__ == "__main__":
    main()

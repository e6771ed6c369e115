"""Glassnet's training phase beside a careful plain PyTorch loop: same tensors, network, batches, in one run.

    python benchmarks/training_overhead.py TABLE --target COLUMN [--header no] [--repeats 5]

Both sides train the same number of epochs with AdamW, clipping and a cosine schedule, and look at the
validation rows (loss and accuracy) after each epoch. Glassnet also keeps its best epoch, its records and its
history. Prints the median of each and their ratio, then what the rest of the command takes.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import subprocess
import sys
import time

import torch
from torch import nn

from glassnet.engine.eager import EagerEngine
from glassnet.pipeline import Draft, Sources, draft_run
from glassnet.predict import torch_threads
from glassnet.prepare.assemble import apply
from glassnet.schedule import rate_factor
from glassnet.settings import Settings, change
from glassnet.train import Watch, train


class Plain(nn.Module):
    """The network as a careful person would write it: embeddings, then `nn.Sequential`."""

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        inputs, architecture = draft.plan.inputs, draft.plan.architecture
        self.embeddings = nn.ModuleList(nn.Embedding(n, inputs.embedding) for n in inputs.embedded)
        width = inputs.dense + len(inputs.embedded) * inputs.embedding
        layers: list[nn.Module] = []
        for hidden in architecture.hidden:
            layers += [nn.Linear(width, hidden), nn.ReLU(), nn.Dropout(architecture.dropout)]
            width = hidden
        self.layers = nn.Sequential(*layers, nn.Linear(width, draft.plan.outputs))

    def forward(self, dense: torch.Tensor, slots: torch.Tensor) -> torch.Tensor:
        """Return the logits."""
        parts = [dense, *(table(slots[:, n]) for n, table in enumerate(self.embeddings))]
        return self.layers(torch.cat(parts, dim=1))


def plain_loop(draft: Draft, epochs: int) -> float:
    """Return the seconds of a careful plain loop over the run's prepared tensors and batches."""
    plan, rows = draft.plan, draft.rows
    inputs = apply(plan.prepared.encoded, plan.prepared.preparation, 0)
    dense, slots = torch.from_numpy(inputs.dense_RD), torch.from_numpy(inputs.slot_RE).long()
    target = torch.from_numpy(plan.target_FRT[0]).float()
    held_out = torch.from_numpy(rows.validation[0])
    model, training = Plain(draft), plan.training
    matrices = [p for p in model.parameters() if p.ndim > 1]
    biases = [p for p in model.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [
            {"params": matrices, "weight_decay": training.weight_decay},
            {"params": biases, "weight_decay": 0.0},
        ],
        lr=training.learning_rate,
        fused=True,
    )
    loss_of = nn.BCEWithLogitsLoss()
    started = time.perf_counter()
    step = 0
    for epoch in range(epochs):
        model.train()
        order = torch.from_numpy(plan.order(0, epoch)[0])
        for batch in order.split(plan.batch_size):
            for group in optimizer.param_groups:
                group["lr"] = training.learning_rate * rate_factor(
                    "cosine", training.warmup, step, plan.steps
                )
            loss = loss_of(model(dense[batch], slots[batch]), target[batch])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), training.clip)
            optimizer.step()
            step += 1
        model.eval()
        with torch.no_grad():
            logits = model(dense[held_out], slots[held_out])
            float(loss_of(logits, target[held_out]))
            float(((logits > 0) == (target[held_out] > 0.5)).float().mean())
    return time.perf_counter() - started


def main() -> None:
    """Measure both sides in turn and print what came of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("table")
    parser.add_argument("--target", required=True)
    parser.add_argument("--header", default="auto")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    settings = change(
        Settings(), target=asked.target, header=asked.header, epochs=asked.epochs, patience=0, engine="eager"
    )
    draft = draft_run(Sources(table=asked.table), settings)
    plan = draft.plan
    ours, theirs = [], []
    with torch_threads(plan.threads):
        for _ in range(asked.repeats):
            started = time.perf_counter()
            train(plan, EagerEngine(plan), Watch(metric=draft.metrics[0]))
            ours.append(time.perf_counter() - started)
            theirs.append(plain_loop(draft, asked.epochs))
    print(
        f"{platform.machine()}, torch {torch.__version__}, {plan.threads} thread(s), {asked.repeats} repeats"
    )
    sizes = f"batch {plan.batch_size}, hidden {plan.architecture.hidden}, {asked.epochs} epochs"
    print(f"{len(draft.rows.fit[0]):,} rows, {sizes}")
    for name, seconds in (("plain loop", theirs), ("glassnet", ours)):
        print(f"{name:12s} {min(seconds):7.3f} s best  {statistics.median(seconds):7.3f} s median")
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    best = min(ours) / min(theirs)
    print(f"glassnet / plain loop: {statistics.median(ratios):.3f} median of pairs, {best:.3f} of bests")
    started = time.perf_counter()
    command = [sys.executable, "-m", "glassnet", "train", asked.table, "--target", asked.target]
    command += ["--header", asked.header] if asked.header != "auto" else []
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False)
    print(f"the whole command: {time.perf_counter() - started:.1f} s, exit code {done.returncode}")
    print(done.stdout[:4000] or done.stderr[-2000:])


if __name__ == "__main__":
    main()

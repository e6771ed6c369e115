"""The peers of benchmarks/speed.py: the same work as others would write it.

Shapes: K members, R rows, D inputs, H a hidden width, B rows in a batch.
"""

from __future__ import annotations

import time

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset


def sequential_program(x_RD: Tensor, y_R1: Tensor, epochs: int) -> float:
    """Return the seconds of the second tutorial's program, as written."""
    model = nn.Sequential(nn.Linear(x_RD.shape[1], 15), nn.ReLU(), nn.Linear(15, 1), nn.Sigmoid())
    loss_fn = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    losses = []
    started = time.perf_counter()
    for _ in range(epochs):
        y_pred = model(x_RD)
        loss = loss_fn(y_pred, y_R1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return time.perf_counter() - started


def neuron_program(x_RD: Tensor, y_R1: Tensor, epochs: int) -> float:
    """Return the seconds of the first tutorial's program: a neuron from autograd's primitives."""
    w = torch.zeros(x_RD.shape[1], 1, requires_grad=True)
    b = torch.zeros(1, requires_grad=True)
    losses = []
    started = time.perf_counter()
    for _ in range(epochs):
        order = torch.randperm(len(x_RD))
        for start in range(0, len(x_RD), 50):
            batch = order[start : start + 50]
            loss = ((x_RD[batch] @ w + b - y_R1[batch]) ** 2).mean()
            loss.backward()
            with torch.no_grad():
                w -= 0.01 * w.grad
                b -= 0.01 * b.grad
            w.grad.zero_()
            b.grad.zero_()
        with torch.no_grad():
            losses.append(((x_RD @ w + b - y_R1) ** 2).mean().item())
    return time.perf_counter() - started


def network(inputs: int, hidden: tuple[int, ...]) -> nn.Sequential:
    """Return an MLP with one logit."""
    layers: list[nn.Module] = []
    for before, after in zip((inputs, *hidden[:-1]), hidden, strict=True):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(hidden[-1], 1))


def careful_loop(
    x_RD: Tensor, y_R1: Tensor, hidden: tuple[int, ...], epochs: int, compiled: bool = False
) -> float:
    """Return the seconds of a careful loop: tensors gathered by index, fused AdamW, no item() in the loop."""
    model = network(x_RD.shape[1], hidden)
    forward = torch.compile(model) if compiled else model
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01, fused=True)
    if compiled:
        forward(x_RD[:256]).sum().backward()
    losses = []
    started = time.perf_counter()
    for _ in range(epochs):
        for batch in torch.randperm(len(x_RD)).split(256):
            loss = functional.binary_cross_entropy_with_logits(forward(x_RD[batch]), y_R1[batch])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
    torch.stack(losses).numpy()
    return time.perf_counter() - started


def loader_loop(x_RD: Tensor, y_R1: Tensor, hidden: tuple[int, ...], epochs: int) -> float:
    """Return the seconds of the loop most tutorials show, with a DataLoader."""
    model = network(x_RD.shape[1], hidden)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    loader = DataLoader(TensorDataset(x_RD, y_R1), batch_size=256, shuffle=True)
    loss_fn = nn.BCEWithLogitsLoss()
    started = time.perf_counter()
    for _ in range(epochs):
        for x_BD, y_B1 in loader:
            loss = loss_fn(model(x_BD), y_B1)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return time.perf_counter() - started


class Batched(nn.Module):
    """K networks as one, by `baddbmm`."""

    def __init__(self, members: int, inputs: int, hidden: tuple[int, ...]) -> None:
        super().__init__()
        pairs = list(zip((inputs, *hidden), (*hidden, 1), strict=True))
        self.weights = nn.ParameterList(torch.randn(members, i, o) / i**0.5 for i, o in pairs)
        self.biases = nn.ParameterList(torch.zeros(members, 1, o) for _, o in pairs)

    def forward(self, x_KBD: Tensor) -> Tensor:
        """Return the logits, `(K, B, 1)`."""
        for place, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            x_KBD = torch.baddbmm(bias, x_KBD, weight)
            if place + 1 < len(self.weights):
                x_KBD = x_KBD.relu()
        return x_KBD


def batched_loop(x_RD: Tensor, y_R1: Tensor, hidden: tuple[int, ...], members: int, epochs: int) -> float:
    """Return the seconds of training K members, each on its own order of the rows, as one network."""
    model = Batched(members, x_RD.shape[1], hidden)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01, fused=True)
    losses = []
    started = time.perf_counter()
    for _ in range(epochs):
        order_KR = torch.stack([torch.randperm(len(x_RD)) for _ in range(members)])
        for batch_KB in order_KR.split(256, dim=1):
            logit_KB1 = model(x_RD[batch_KB])
            loss_KB1 = functional.binary_cross_entropy_with_logits(
                logit_KB1, y_R1[batch_KB], reduction="none"
            )
            loss_K = loss_KB1.mean(dim=(1, 2))
            optimizer.zero_grad(set_to_none=True)
            loss_K.sum().backward()
            optimizer.step()
            losses.append(loss_K.detach())
    torch.stack(losses).numpy()
    return time.perf_counter() - started


def product_limit(size: int = 1024, repeats: int = 3) -> float:
    """Return the best GFLOP/s of `sgemm` on square matrices, at the current thread count."""
    a, b = torch.randn(size, size), torch.randn(size, size)
    best = float("inf")
    for _ in range(repeats):
        started = time.perf_counter()
        torch.mm(a, b)
        best = min(best, time.perf_counter() - started)
    return 2 * size**3 / best / 1e9

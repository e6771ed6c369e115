"""Peers from another environment, for benchmarks/speed.py: prints the seconds of fitting alone.

python benchmarks/outside.py skorch|realmlp ROWS EPOCHS
"""

from __future__ import annotations

import sys
import time

import numpy as np


def data(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the table of speed.py."""
    draw = np.random.default_rng(0)
    x_RD = draw.standard_normal((rows, 40)).astype(np.float32)
    return x_RD, (x_RD @ draw.standard_normal(40) + draw.standard_normal(rows) > 0).astype(np.int64)


def fit_skorch(rows: int, epochs: int) -> float:
    """Return the seconds that skorch takes."""
    import torch
    from skorch import NeuralNetBinaryClassifier
    from torch import nn

    x_RD, y_R = data(rows)
    layers: list[nn.Module] = []
    for before, after in ((40, 64), (64, 64), (64, 64)):
        layers += [nn.Linear(before, after), nn.ReLU()]
    model = NeuralNetBinaryClassifier(
        nn.Sequential(*layers, nn.Linear(64, 1)),
        optimizer=torch.optim.AdamW,
        lr=1e-3,
        batch_size=256,
        max_epochs=epochs,
        train_split=None,
        iterator_train__shuffle=True,
        verbose=0,
    )
    started = time.perf_counter()
    model.fit(x_RD, y_R.astype(np.float32))
    return time.perf_counter() - started


def fit_realmlp(rows: int, epochs: int) -> float:
    """Return the seconds that pytabkit's RealMLP-TD takes, by the difference of two numbers of epochs."""
    from pytabkit import RealMLP_TD_Classifier

    x_RD, y_R = data(rows)

    def fit(count: int) -> float:
        model = RealMLP_TD_Classifier(
            n_epochs=count, batch_size=256, device="cpu", verbosity=0, val_fraction=0.01
        )
        started = time.perf_counter()
        model.fit(x_RD, y_R)
        return time.perf_counter() - started

    fit(1)
    return fit(epochs + 1) - fit(1)


if __name__ == "__main__":
    fits = {"skorch": fit_skorch, "realmlp": fit_realmlp}
    print(fits[sys.argv[1]](int(sys.argv[2]), int(sys.argv[3])))

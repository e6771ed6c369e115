"""The two tutorials' systems as recipes: exactly their settings, where the tutorials give any.

What their texts leave open is chosen by us and marked "ours".
"""

from __future__ import annotations

from typing import Any, Final

# The first tutorial: a single neuron from scratch.
NEURON: Final[dict[str, Any]] = {
    "network": "neuron",
    "numbers": "standard",  # learned on the training rows
    "loss": "squared",  # of the linear output
    "output": "linear",
    "optimizer": "sgd",
    "learning_rate": 0.01,  # ours
    "epochs": 200,  # ours
    "batch_size": 50,
    "schedule": "constant",
    "validation_share": 0.0,  # the last epoch is kept
    "test_share": 0.2,  # 800 and 200 rows: ours
}

# The second tutorial: nn.Sequential of Linear(10, 15), ReLU, Linear(15, 1), Sigmoid.
SEQUENTIAL: Final[dict[str, Any]] = {
    "network": "mlp",
    "hidden": (15,),
    "activation": "relu",
    "numbers": "none",
    "loss": "squared",
    "output": "sigmoid",
    "optimizer": "sgd",
    "learning_rate": 0.01,
    "epochs": 5000,
    "batch_size": 0,  # all rows in every step
    "schedule": "constant",
    "validation_share": 0.0,
    "test_share": 0.0,  # its metrics are those of training, and called so
}

PLAIN: Final[dict[str, Any]] = {
    "folds": 0,
    "target_means": "off",
    "activation": "relu",
    "dropout": 0.0,
    "normalization": "none",
    "members": 1,
    "sharing": "none",
    "second_moment": 0.999,  # torch's own
    "average": 0.0,
    "bounds": "none",
    "target_scale": "standard",
    "bins": 0,
    "weight_decay": 0.0,
    "clip": 0.0,
    "warmup": 0.0,
    "patience": 0,
    "hidden": (),
    "precision": "float32",
    "engine": "eager",  # the plain program's numbers, bit for bit
}

TUTORIALS: Final[dict[str, dict[str, Any]]] = {
    "neuron": PLAIN | NEURON,
    "sequential": PLAIN | SEQUENTIAL,
}

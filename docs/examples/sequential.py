"""Predict 'target' of random: the run that Glassnet made, as a plain PyTorch program.

It splits, starts and steps as the run did, and so comes to the same numbers.
"""

import math

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn

torch.set_num_threads(1)  # the order of summing decides how sums are rounded

# ---- Random numbers ----

# Chance has no history here. Philox turns a key and a counter into random numbers, so that every
# draw of the run can be made again: the key is the seed and what the draw is for, the counter says
# where in the run it is made.

SEED = 0
WEIGHTS, EXAMPLE = 3, 6  # what a draw is for


def random_words(purpose, count, epoch=0, step=0):
    """Return `count` random whole numbers of 64 bits."""
    philox = np.random.Philox(key=[SEED, purpose], counter=[0, step, epoch, 0])
    return philox.random_raw(count)


def uniform(purpose, count, epoch=0, step=0):
    """Return `count` random numbers from 0 to 1."""
    return (random_words(purpose, count, epoch, step) >> np.uint64(11)) * 2.0**-53


def normal(purpose, count):
    """Return `count` random numbers with mean 0 and deviation 1 (Box and Muller's method)."""
    radius, angle = np.split(uniform(purpose, count + count % 2), 2)
    radius, angle = np.sqrt(-2 * np.log1p(-radius)), 2 * np.pi * angle
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:count]


# ---- The table ----

features = normal(EXAMPLE, 100 * 10).reshape(100, 10)
y = uniform(EXAMPLE, 100, step=1) >= 0.5  # nothing to do with the features

# ---- Tensors ----

x = torch.from_numpy(features.astype(np.float32))
target = torch.tensor(y).float()[:, None]

# ---- The network ----

# nn.Linear draws its weights within 1 / sqrt(inputs) of 0. Here they are drawn so too, but from the
# seed, so that they are the run's.

network = nn.Sequential(
    nn.Linear(10, 15),
    nn.ReLU(),
    nn.Linear(15, 1),
    nn.Sigmoid(),
)
with torch.no_grad():
    linear = [layer for layer in network if isinstance(layer, nn.Linear)]
    for number, layer in enumerate(linear):
        count = layer.weight.numel() + layer.bias.numel()
        drawn = 2 * uniform(WEIGHTS, count, epoch=number) - 1
        drawn = torch.from_numpy(drawn * (1 / math.sqrt(layer.in_features)))
        layer.weight.copy_(drawn[: layer.weight.numel()].view_as(layer.weight))
        layer.bias.copy_(drawn[layer.weight.numel() :])

# ---- Training ----

# Each step sees all training rows.

EPOCHS = 5000

criterion = nn.MSELoss()
optimizer = torch.optim.SGD(network.parameters(), lr=0.01)

training_loss = []
for epoch in range(EPOCHS):
    loss = criterion(network(x), target)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    training_loss.append(loss.item())

# ---- The loss ----

plt.plot(training_loss)
plt.xlabel("epoch")
plt.ylabel("loss")
plt.savefig("loss.png")

# ---- How good it is ----

# No rows were kept for a test, so this is how well it knows the rows it was trained on.

with torch.no_grad():
    output = network(x).double().numpy()[:, 0]
predicted = output  # probabilities
print(f"accuracy on {len(predicted):,} training rows: {np.mean((predicted > 0.5) == y):.4f}")

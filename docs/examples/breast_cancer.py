"""Predict 'target' of breast_cancer: the run that Glassnet made, as a plain PyTorch program.

It splits, starts and steps as the run did, and so comes to the same numbers.
"""

import copy
import math

import matplotlib.pyplot as plt
import numpy as np
import polars as pl
import torch
from sklearn.datasets import load_breast_cancer
from torch import nn

torch.set_num_threads(1)  # the order of summing decides how sums are rounded

# ---- Random numbers ----

# Chance has no history here. Philox turns a key and a counter into random numbers, so that every
# draw of the run can be made again: the key is the seed and what the draw is for, the counter says
# where in the run it is made.

SEED = 0
SPLIT, WEIGHTS, ORDER, DROPOUT = 1, 3, 4, 5  # what a draw is for


def random_words(purpose, count, epoch=0, step=0):
    """Return `count` random whole numbers of 64 bits."""
    philox = np.random.Philox(key=[SEED, purpose], counter=[0, step, epoch, 0])
    return philox.random_raw(count)


def random_order(purpose, count, epoch=0):
    """Return the numbers from 0 to count - 1 in random order."""
    return np.argsort(random_words(purpose, count, epoch), kind="stable")


def uniform(purpose, count, epoch=0, step=0):
    """Return `count` random numbers from 0 to 1."""
    return (random_words(purpose, count, epoch, step) >> np.uint64(11)) * 2.0**-53


# ---- The table ----

data = load_breast_cancer()
table = pl.DataFrame(data.data, schema=list(data.feature_names))
table = table.with_columns(target=data.target_names[data.target])
y = (table["target"] == "malignant").to_numpy().astype(float)

# ---- Training, validation and test rows ----

# 341 rows train, 114 choose the epoch, 114 are kept for the end.

# In random order, the first rows of each class are held out: each part has its share of them.
order = random_order(SPLIT, len(y))
by_class = [order[y[order] == label] for label in range(2)]
test = np.sort(np.concatenate([rows[:n] for rows, n in zip(by_class, [72, 42])]))
validation = np.sort(np.concatenate([rows[n:m] for rows, n, m in zip(by_class, [72, 42], [143, 85])]))
train = np.setdiff1d(order, np.concatenate([validation, test]))

# ---- From columns to numbers ----

# All that is learned here, it learns from the training rows alone.


def numbers(name):
    """Return a column as numbers, NaN where there is none."""
    return table[name].cast(pl.Float64, strict=False).to_numpy()


def scaled(x):
    """Return numbers scaled by the training rows: median 0, distance of the quartiles 1.

    Outliers are pulled in smoothly, so that nothing goes beyond 3.
    """
    seen = x[train]
    x = (x - np.sort(seen)[len(seen) // 2]).astype(np.float32)  # 32 bits are finest near 0
    seen = x[train].astype(np.float64)
    low, median, high = np.quantile(seen, [0.25, 0.5, 0.75], method="averaged_inverted_cdf")
    spread = high - low or (seen.max() - seen.min()) / 2
    z = (x - np.float32(median)) / np.float32(spread)
    z = z / np.sqrt(1 + np.square(z / np.float32(3)))
    return z


measured = [
    "mean radius", "mean texture", "mean perimeter", "mean area", "mean smoothness",
    "mean compactness", "mean concavity", "mean concave points", "mean symmetry",
    "mean fractal dimension", "radius error", "texture error", "perimeter error", "area error",
    "smoothness error", "compactness error", "concavity error", "concave points error",
    "symmetry error", "fractal dimension error", "worst radius", "worst texture", "worst perimeter",
    "worst area", "worst smoothness", "worst compactness", "worst concavity",
    "worst concave points", "worst symmetry", "worst fractal dimension",
]
columns = [scaled(numbers(name)) for name in measured]
x = np.column_stack(columns)
x = torch.from_numpy(x.astype(np.float32))
target = torch.tensor(y).float()[:, None]

# ---- The network ----

# nn.Linear draws its weights within 1 / sqrt(inputs) of 0. Here they are drawn so too, but from the
# seed, so that they are the run's.


class Dropout(nn.Module):
    """Sets some of the units to 0 while the network trains, and makes the others larger in turn."""

    def forward(self, x):
        return x * self.factor if self.training else x


def draw_dropout(epoch, step, rows):
    """Draw which units this step keeps, by a random 16-bit number for each."""
    widths = [32]
    words = random_words(DROPOUT, -(-rows * sum(widths) // 4), epoch, step)
    kept = words.view(np.uint16)[: rows * sum(widths)] < 58982  # 90% of 65,536
    layers = [layer for layer in network if isinstance(layer, Dropout)]
    for layer, width in zip(layers, widths):
        here, kept = kept[: rows * width], kept[rows * width :]
        factor = torch.from_numpy(here.reshape(rows, width)).float() * (1 / (1 - 0.1))
        layer.factor = factor


network = nn.Sequential(
    nn.Linear(30, 32),
    nn.ReLU(),
    Dropout(),
    nn.Linear(32, 1),
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

# One pass over the training rows is an epoch. The weights with the least loss on the validation
# rows are kept.

EPOCHS = 30
BATCH = 32  # rows of a step
STEPS = EPOCHS * math.ceil(len(train) / BATCH)


def rate_factor(step):
    """Return the factor of the learning rate: a short rise, and half a cosine down to 0."""
    done = step / STEPS
    factor = 0.5 * (1.0 + math.cos(math.pi * done))
    return factor * min(1.0, (step + 1) / (0.02 * STEPS))


row_loss = nn.BCEWithLogitsLoss(reduction="none")  # one number for each row
optimizer = torch.optim.AdamW(
    [  # only matrices are pulled towards 0
        {"params": [p for p in network.parameters() if p.ndim == 2], "weight_decay": 0.02},
        {"params": [p for p in network.parameters() if p.ndim < 2], "weight_decay": 0.0},
    ],
    lr=0.003,
    fused=True,
)
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, rate_factor)

training_loss, validation_loss = [], []
best_loss = math.inf
for epoch in range(EPOCHS):
    network.train()
    total = 0.0
    order = train[random_order(ORDER, len(train), epoch)]
    for step, rows in enumerate(np.split(order, range(BATCH, len(train), BATCH))):
        draw_dropout(epoch, step, len(rows))
        loss = row_loss(network(x[rows]), target[rows]).mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        total += loss.item() * len(rows)
    training_loss.append(total / len(train))

    network.eval()
    with torch.no_grad():
        losses = row_loss(network(x[validation]).double(), target[validation].double())
    validation_loss.append(losses.numpy().mean())
    if validation_loss[-1] < best_loss:
        best_loss, best_epoch = validation_loss[-1], epoch
        best_weights = copy.deepcopy(network.state_dict())
network.load_state_dict(best_weights)

# ---- The loss ----

plt.plot(training_loss, label="training")
plt.plot(validation_loss, label="validation")
plt.xlabel("epoch")
plt.ylabel("loss")
plt.legend()
plt.savefig("loss.png")

# ---- How good it is ----


@torch.no_grad()
def outputs_of(rows):
    """Return the network's outputs, in blocks of 1,024 rows: sums round by the size of a block."""
    padded = nn.functional.pad(x[rows], (0, 0, 0, -len(rows) % 1024))
    return torch.cat([network(block) for block in padded.split(1024)])[: len(rows)].double().numpy()


output = outputs_of(test)[:, 0]
small = np.exp(-np.abs(output))  # of a negative number, so that it cannot overflow
predicted = np.where(output >= 0, 1, small) / (1 + small)  # probabilities
print(f"accuracy on {len(predicted):,} test rows: {np.mean((predicted > 0.5) == y[test]):.4f}")

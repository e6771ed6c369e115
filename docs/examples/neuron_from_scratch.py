"""Predict 'target' of classification: the run that Glassnet made, as a plain PyTorch program.

It splits, starts and steps as the run did, and so comes to the same numbers.
"""

import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import make_classification

torch.set_num_threads(1)  # the order of summing decides how sums are rounded

# ---- Random numbers ----

# Chance has no history here. Philox turns a key and a counter into random numbers, so that every
# draw of the run can be made again: the key is the seed and what the draw is for, the counter says
# where in the run it is made.

SEED = 0
SPLIT, ORDER = 1, 4  # what a draw is for


def random_order(purpose, count, epoch=0):
    """Return the numbers from 0 to count - 1 in random order."""
    philox = np.random.Philox(key=[SEED, purpose], counter=[0, 0, epoch, 0])
    return np.argsort(philox.random_raw(count), kind="stable")


# ---- The table ----

features, y = make_classification(
    n_samples=1000,
    n_features=4,
    n_informative=2,
    n_redundant=2,
    n_clusters_per_class=2,
    flip_y=0.01,  # share of labels drawn anew
    random_state=0,
)

# ---- Training and test rows ----

# 800 rows train, 200 are kept for the end.

# In random order, the first rows of each class are held out: each part has its share of them.
order = random_order(SPLIT, len(y))
by_class = [order[y[order] == label] for label in range(2)]
test = np.sort(np.concatenate([rows[:n] for rows, n in zip(by_class, [100, 100])]))
train = np.setdiff1d(order, test)

# ---- Scaling ----

# All that is learned here, it learns from the training rows alone.


def scaled(x):
    """Return numbers with mean 0 and standard deviation 1 in the training rows."""
    seen = x[train]
    x = (x - np.sort(seen)[len(seen) // 2]).astype(np.float32)  # 32 bits are finest near 0
    seen = x[train].astype(np.float64)
    mean, deviation = np.float32(seen.mean()), np.float32(seen.std())
    return (x - mean) / deviation


x = torch.from_numpy(np.column_stack([scaled(column) for column in features.T]))
target = torch.tensor(y).float()[:, None]

# ---- The network ----

weights = torch.zeros(1, 4, requires_grad=True)
bias = torch.zeros(1, requires_grad=True)
parameters = [weights, bias]


def forward(x):
    """Return the network's output for each row."""
    return x @ weights.T + bias


# ---- Training ----

# One pass over the training rows is an epoch.

EPOCHS = 200
BATCH = 50  # rows of a step
LEARNING_RATE = 0.01

def criterion(output, target):
    """Return the mean squared error."""
    return ((output - target) ** 2).mean()


training_loss = []
for epoch in range(EPOCHS):
    order = train[random_order(ORDER, len(train), epoch)]
    for rows in np.split(order, range(BATCH, len(train), BATCH)):
        loss = criterion(forward(x[rows]), target[rows])
        loss.backward()
        with torch.no_grad():
            for p in parameters:
                p.sub_(p.grad, alpha=LEARNING_RATE)  # p = p - rate * gradient
                p.grad = None
    with torch.no_grad():
        training_loss.append(criterion(forward(x[train]), target[train]).item())

# ---- The loss ----

plt.plot(training_loss)
plt.xlabel("epoch")
plt.ylabel("loss")
plt.savefig("loss.png")

# ---- How good it is ----

with torch.no_grad():
    output = forward(x[test]).double().numpy()[:, 0]
predicted = output.clip(0, 1)  # probabilities
print(f"accuracy on {len(predicted):,} test rows: {np.mean((predicted > 0.5) == y[test]):.4f}")

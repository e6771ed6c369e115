"""An own module, loss and metric wherever a name would do: a wide-and-deep network on 442 patients."""

import numpy as np
import torch
from torch import Tensor, nn

import glassnet


class WideAndDeep(nn.Module):
    """A linear model and a small network on the same inputs, added."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.wide = nn.Linear(inputs, outputs)
        self.deep = nn.Sequential(nn.Linear(inputs, 16), nn.Tanh(), nn.Linear(16, outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Return one output per row and target."""
        return self.wide(x) + self.deep(x)


def log_cosh(predicted: Tensor, target: Tensor) -> Tensor:
    """One loss per row: squared near 0, absolute far away."""
    return torch.log(torch.cosh(predicted - target)).mean(dim=-1)


def within_fifty(truth: np.ndarray, prediction: np.ndarray) -> float:
    """Share of patients whose progression is met within 50 points."""
    return float((np.abs(truth - prediction) < 50).mean())


model = glassnet.fit(
    example="diabetes", network=WideAndDeep, loss=log_cosh, metric=within_fifty, epochs=60, seed=0
)
for score in model.fitted.evaluation.scores:
    print(f"{score.metric}: {score.value:.3f}, linear model {score.linear:.3f}")

model.save("patients.glassnet")
again = glassnet.load("patients.glassnet", network=WideAndDeep)  # the file holds no code
print(again.network)

"""From sizes to an `nn.Module` that holds K members side by side.

Reading order: `members` (the batched layers), `mlp` and `neuron` (the networks), `own` (a user's module),
`build` (names to networks, initial weights).
"""

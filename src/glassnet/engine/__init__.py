"""How one step is carried out: a plan goes in, steps and outputs come out.

Reading order: `plan` (what every engine is given and gives), `eager` (plain PyTorch autograd, the reference),
`choose` (which engine runs, and why the others do not).
"""

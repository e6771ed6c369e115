"""A finished run as the PyTorch script a good teacher would write.

Reading order: `values` (what a script is made of), `run` (a run's table and rows, found again), then a file
for each part of the script: `table`, `split`, `columns`, `network`, `loss`, `optimizer`, `schedule`, `loop`,
`result`, `scratch`; `write` puts them together, `verify` runs what came out.
"""

"""From the outside world to typed columns, a schema and rows. Knows no torch.

Reading order: `values` (the frozen values), `source` (what can be read), `schema` (what each column is),
`cells` (how text becomes values), `split` (which rows train), `examples`, `frames`, `write`.
"""

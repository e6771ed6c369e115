"""From typed columns to tensors, learned on the fit rows (and their weights) alone.

Reading order: `values` (what is learned and what comes out), `numeric`, `category`, `date`, `target`,
`assemble` (all of them over a whole table).
"""

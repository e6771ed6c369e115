"""Losses, one per file; each gives one number per member and row, `(K, B)`, so that members never mix."""

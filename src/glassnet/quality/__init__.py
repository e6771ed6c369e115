"""What a table's own numbers say before anything is trained on it: summaries of columns, and findings."""

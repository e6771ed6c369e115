"""How good a network is: metrics with intervals, beside honest baselines, and which columns matter."""

"""What rows held out of training teach afterwards: a temperature, intervals, a threshold."""

"""The command `glassnet`."""

from glassnet.cli.start import main

__all__ = ["main"]

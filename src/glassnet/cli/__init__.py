"""The command `glassnet`."""

from glassnet.cli.group import glassnet
from glassnet.cli.start import main

__all__ = ["glassnet", "main"]

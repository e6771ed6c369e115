"""Glassnet trains neural networks on tables; every value, gradient and decision can be looked at."""

from glassnet._version import __version__ as __version__

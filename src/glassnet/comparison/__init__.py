"""Several runs beside one another: what was done differently, and whether that made more than noise.

Reading order: `compared` (the whole of it), `opened` (which runs), `rows` (whether they were measured on the
same rows), `noise` (the tests), `differing` (settings), `told` (sentences), `drawings`, `page`.
"""

from glassnet.comparison.compared import compare
from glassnet.comparison.handle import Comparison

__all__ = ["Comparison", "compare"]

"""Why a row got its prediction.

Reading order: `explain` (the whole of it), `question` (which number), `path` (the slopes along the line),
`cells`, `values`, `picture`.
"""

from glassnet.why.explain import why
from glassnet.why.values import Part, Why

__all__ = ["Part", "Why", "why"]

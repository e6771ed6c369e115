"""Cross-validation and searches: folds and settings trained side by side over one preparation of each fold.

Reading order: `folds` (rows to train and to score on), `side_by_side` (all runs at once), `results` (their
scores as a table), `cross` and `searches` (the two doors), `halving` (which settings go on).
"""

from glassnet.search.cross import cross_validate
from glassnet.search.searches import GlassnetSearchCV

__all__ = ["GlassnetSearchCV", "cross_validate"]

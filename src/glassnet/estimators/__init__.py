"""scikit-learn's doors: `GlassnetClassifier` and `GlassnetRegressor`. No logic of their own."""

from glassnet.estimators.base import keep_model, run_of
from glassnet.estimators.classifier import GlassnetClassifier
from glassnet.estimators.regressor import GlassnetRegressor

__all__ = ["GlassnetClassifier", "GlassnetRegressor", "keep_model", "run_of"]

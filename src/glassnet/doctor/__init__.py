"""Records, history, evaluation and preparation of a run, turned into findings in plain words."""

from glassnet.doctor.findings import FINDINGS, diagnose, short
from glassnet.doctor.values import Finding

__all__ = ["FINDINGS", "Finding", "diagnose", "short"]

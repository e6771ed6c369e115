"""How many threads an estimator takes when joblib runs several side by side."""

from __future__ import annotations

import os

from joblib.parallel import get_active_backend  # type: ignore[import-untyped]


def threads_here(asked: int) -> int:
    """Return the threads to train with: as asked, or 0 for all cores; inside joblib its worker's share.

    joblib tells its processes their share in OMP_NUM_THREADS; its threads have none, and get one each.
    """
    if asked:
        return asked
    backend, _ = get_active_backend()
    if not getattr(backend, "nesting_level", 0):
        return 0
    share = os.environ.get("OMP_NUM_THREADS", "")
    return max(int(share), 1) if share.isdigit() else 1

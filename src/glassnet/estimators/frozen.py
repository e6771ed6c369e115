"""A fitted model as bytes inside a pickle: the safe model file, and back."""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path

from torch import nn

from glassnet.model import Model
from glassnet.store.fitted import load_fitted, save_fitted


def to_bytes(model: Model) -> bytes:
    """Return the model file's bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.glassnet"
        save_fitted(model.fitted, path)
        return path.read_bytes()


def from_bytes(data: bytes, network: object) -> Model:
    """Return the model of a file's bytes; `network` is the user's own module, or a name."""
    own = copy.deepcopy(network) if isinstance(network, nn.Module) else network
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.glassnet"
        path.write_bytes(data)
        return Model(load_fitted(path, None if isinstance(own, str) else own))  # type: ignore[arg-type]

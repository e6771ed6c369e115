"""The style in which weights are tensors and the update is written out, as in the first tutorial."""

from __future__ import annotations

from glassnet.script.values import Run, Section


def scratch_sections(run: Run) -> list[Section]:
    """Return network, loop, plot and result without `nn.Module` and `torch.optim`."""
    raise NotImplementedError

"""A user's own `nn.Module` where a network's name stands.

Shapes: B rows in a batch, D dense inputs, T outputs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from glassnet.errors import SettingsError


class OwnModule(nn.Module):
    """One user's module as a member: `(1, B, D)` in, `(1, B, T)` out.

    The module itself gets `(B, D)` and gives `(B, T)`, or `(B,)` where T is 1.
    """

    def __init__(self, module: nn.Module, outputs: int) -> None:
        super().__init__()
        self.module = module
        self.outputs = outputs

    dropped_widths: tuple[int, ...] = ()
    has_member_axis = False  # the parameters are the user's, without an axis of members

    def forward(
        self, dense_KBD: Tensor, slot_KBE: Tensor | None = None, masks: Sequence[Tensor] = ()
    ) -> Tensor:
        """Return the module's outputs with the axis of members in front."""
        given = self.module(dense_KBD.squeeze(0))
        rows = dense_KBD.shape[1]
        if tuple(given.shape) == (rows,) and self.outputs == 1:
            given = given[:, None]
        if tuple(given.shape) != (rows, self.outputs):
            raise SettingsError(
                f"your module {type(self.module).__name__} gave shape {tuple(given.shape)} for {rows} rows,"
                f" but this table needs ({rows}, {self.outputs}): one column per output."
            )
        return given[None]  # type: ignore[no-any-return]  # nn.Module.__call__ is untyped


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Run the body with torch's own generator at this seed, and leave it as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)  # torch.manual_seed would touch every device
        yield


def own_module(given: object, inputs: int, outputs: int, seed: int, dtype: torch.dtype) -> OwnModule:
    """Return the user's module wrapped as one member.

    A class is called with `(inputs, outputs)` under a seed of its own, which leaves the global generator
    as it was; an instance is taken as it is.
    """
    if isinstance(given, type) and issubclass(given, nn.Module):
        with seeded(seed):
            module = given(inputs, outputs)
    elif isinstance(given, nn.Module):
        module = given
    else:
        raise SettingsError(
            f"network must be a name, an nn.Module class taking (inputs, outputs), or an nn.Module,"
            f" but it is {given!r}."
        )
    return OwnModule(module.to(dtype), outputs)

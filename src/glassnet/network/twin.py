"""A network once more, with other weights."""

from __future__ import annotations

import copy
from collections.abc import Mapping

from torch import Tensor, nn

from glassnet.network.mlp import MLP


def twin(network: nn.Module, tensors: Mapping[str, Tensor]) -> nn.Module:
    """Return a copy of the network that holds these tensors, by their names in its state.

    A built-in network's tensors are taken as they are, not copied; nothing else is shared with the first.
    """
    if type(network) is MLP:
        return _twin(network, tensors, "")
    copied = copy.deepcopy(network)  # of a network of the user's own nothing is known
    copied.load_state_dict(dict(tensors))
    return copied


def _twin(module: nn.Module, tensors: Mapping[str, Tensor], prefix: str) -> nn.Module:
    copied = module.__class__.__new__(module.__class__)
    # deepcopy does the same for each of a module's dictionaries and takes five times as long.
    vars(copied).update(
        {name: value.copy() if isinstance(value, dict) else value for name, value in vars(module).items()}
    )
    for name, parameter in module._parameters.items():
        if parameter is not None:
            held = tensors[prefix + name].detach().to(parameter.dtype)
            copied._parameters[name] = nn.Parameter(held, requires_grad=parameter.requires_grad)
    for name, buffer in module._buffers.items():
        if buffer is not None:
            copied._buffers[name] = tensors.get(prefix + name, buffer).clone()
    for name, child in module._modules.items():
        copied._modules[name] = None if child is None else _twin(child, tensors, f"{prefix}{name}.")
    return copied

"""The code of each optimiser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from glassnet.optimizer import FIRST_MOMENT, factors_of
from glassnet.script.values import Run, writer
from glassnet.settings import PARTS

GROUPS: Final = '''def groups(network):
    """Return the parts of the network, each with a learning rate and a decay of its own."""
    linear = [layer for layer in network.modules() if isinstance(layer, nn.Linear)]
{norms}    return [
{groups}
    ]'''
NORMS: Final = """\
    norms = [one for one in network.modules() if isinstance(one, LayerNorm)]
    norms = [p for one in norms for p in one.parameters()]
"""


def _numbers(run: Run, *names: str) -> str:
    """Return `name=value` for those settings that are not 0."""
    training = run.fitted.recipe.training
    values = {"momentum": training.momentum, "weight_decay": training.weight_decay}
    return "".join(f", {name}={values[name]}" for name in names if values[name])


def group_lines(run: Run) -> list[str]:
    """Return the function that gives the optimiser its groups, where parts have factors of their own."""
    if not run.has_factors:
        return []
    training, held = run.fitted.recipe.training, _parts(run)
    lines = []
    for part, (rate, decay) in factors_of(training).items():
        if part in held:
            rates = _product(training.learning_rate, rate)
            given = f'"lr": {rates}, "weight_decay": {_product(training.weight_decay, decay)}'
            lines += [f"        # {PARTS[part]}", f'        {{"params": {held[part]}, {given}}},']
    return [
        "\n",
        "\n",
        GROUPS.format(groups="\n".join(lines), norms=NORMS if _has_norms(run) else ""),
        "\n",
        "\n",
    ]


def _product(value: float, factor: float) -> str:
    """Return the product as code, written out but for factors of 0 and 1."""
    return repr(value * factor) if factor in (0, 1) else f"{value} * {factor}"


def _has_norms(run: Run) -> bool:
    architecture = run.fitted.recipe.architecture
    return architecture.normalization == "layer" and bool(architecture.hidden)


def _parts(run: Run) -> dict[str, str]:
    """Return the parameters of each part that there is, as code."""
    architecture = run.fitted.recipe.architecture
    hidden = len(architecture.hidden)
    biases = "[layer.bias for layer in linear]"
    biases += " + norms" if _has_norms(run) else ""
    parts = {
        "first": "[linear[0].weight]" if hidden else "",
        "hidden": f"[layer.weight for layer in linear[1:{hidden}]]" if hidden > 1 else "",
        "last": f"[layer.weight for layer in linear[{hidden}:]]",
        "biases": biases,
        "embeddings": "",
        "scales": "",
    }
    if run.fitted.preparation.embedded:
        parts["embeddings"] = f"[network{'.embed' if run.is_team else '[0]'}.table.weight]"
    if run.is_team:
        parts["scales"] = "[network.scale]"
    elif run.is_scaled:
        parts["scales"] = f"[network[{int(bool(run.fitted.preparation.embedded))}].factor]"
    return {part: code for part, code in parts.items() if code}


def _sgd(run: Run) -> str:
    rate = run.fitted.recipe.training.learning_rate
    if run.has_factors:
        return f"torch.optim.SGD(groups(network), lr={rate}{_numbers(run, 'momentum')})"
    return f"torch.optim.SGD(network.parameters(), lr={rate}{_numbers(run, 'momentum', 'weight_decay')})"


def _adam(run: Run) -> str:
    rate = run.fitted.recipe.training.learning_rate
    if run.has_factors:
        return f"torch.optim.Adam(groups(network), lr={rate}{_betas(run)}, fused=True)"
    given = f"lr={rate}{_betas(run)}{_numbers(run, 'weight_decay')}, fused=True"
    return f"torch.optim.Adam(network.parameters(), {given})"


def _betas(run: Run) -> str:
    """Return Adam's betas where the second is not torch's own."""
    second = run.fitted.recipe.training.second_moment
    return "" if second == 0.999 else f", betas=({FIRST_MOMENT}, {second})"


def _adamw(run: Run) -> str:
    training = run.fitted.recipe.training
    if run.has_factors:
        return f"torch.optim.AdamW(groups(network), lr={training.learning_rate}{_betas(run)}, fused=True)"
    if not training.weight_decay:
        given = f"lr={training.learning_rate}{_betas(run)}, weight_decay=0.0, fused=True"
        return f"torch.optim.AdamW(network.parameters(), {given})"
    betas = _betas(run).replace(", betas", ",\n    betas")
    others = "!= 2" if run.is_team else "< 2"  # a team's scales have three dimensions
    return (
        "torch.optim.AdamW(\n"
        "    [  # only matrices are pulled towards 0\n"
        '        {"params": [p for p in network.parameters() if p.ndim == 2],'
        f' "weight_decay": {training.weight_decay}}},\n'
        f'        {{"params": [p for p in network.parameters() if p.ndim {others}], "weight_decay": 0.0}},\n'
        "    ],\n"
        f"    lr={training.learning_rate}{betas},\n"
        "    fused=True,\n"
        ")"
    )


OPTIMIZER_WRITERS: Final[dict[str, Callable[[Run], str]]] = {"sgd": _sgd, "adam": _adam, "adamw": _adamw}
REFUSED_OPTIMIZERS: Final[dict[str, str]] = {}


def optimizer_code(run: Run) -> str:
    """Return the call that makes the optimiser of `network`. Raises SettingsError for a user's own class."""
    name = run.fitted.recipe.training.optimizer
    return writer(OPTIMIZER_WRITERS, REFUSED_OPTIMIZERS, name, "optimiser")(run)

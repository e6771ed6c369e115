"""The style in which weights are tensors and the update is written out, as in the first tutorial."""

from __future__ import annotations

import itertools
from typing import Final

from glassnet.errors import SettingsError
from glassnet.script.average import averages
from glassnet.script.loop import Voice, has_dropout, loop_section
from glassnet.script.network import dropout_code
from glassnet.script.result import plot_section, result_section
from glassnet.script.schedule import is_constant
from glassnet.script.values import Run, Section, block, writer

ACTIVATION_FUNCTIONS: Final[dict[str, str]] = {
    "relu": "torch.relu",
    "silu": "torch.nn.functional.silu",
    "gelu": "torch.nn.functional.gelu",
    "mish": "torch.nn.functional.mish",
    "selu": "torch.selu",
    "elu": "torch.nn.functional.elu",
    "leaky_relu": "torch.nn.functional.leaky_relu",
    "tanh": "torch.tanh",
    "sigmoid": "torch.sigmoid",
}

START: Final = '''def start(number, inputs, outputs):
    """Return a layer's starting weights and biases, drawn within 1 / sqrt(inputs) of 0."""
    drawn = 2 * uniform(WEIGHTS, outputs * inputs + outputs, epoch=number) - 1
    drawn = torch.from_numpy(drawn * (1 / math.sqrt(inputs))){cast}
    weights, biases = drawn[: outputs * inputs].view(outputs, inputs), drawn[outputs * inputs :]
    return weights.clone().requires_grad_(), biases.clone().requires_grad_()'''

DROPOUT: Final = '''def draw_dropout(epoch, step, rows):
    """Draw which units of each hidden layer this step keeps, by a random 16-bit number for each."""
    widths = {widths}
    words = random_words(DROPOUT, -(-rows * sum(widths) // 4), epoch, step)
    kept = words.view(np.uint16)[: rows * sum(widths)] < {threshold}  # {percent} of 65,536
    layers = np.split(kept, rows * np.cumsum(widths)[:-1])
    kept = [torch.from_numpy(layer.reshape(rows, -1)).{cast} for layer in layers]
    return [layer * (1 / (1 - {dropout})) for layer in kept]  # those kept make up for the others'''


def scratch_sections(run: Run) -> list[Section]:
    """Return network, loop, plot and result without `nn.Module` and `torch.optim`.

    Raises SettingsError for a run with another optimiser than SGD, several members, embeddings or layer
    normalisation, for which the modules' style is the readable one.
    """
    if why := _refusal(run):
        raise SettingsError(f"style 'scratch' cannot write this run: {why}. Use --style modules.")
    return [_network(run), loop_section(run, VOICE), plot_section(run), result_section(run, "forward")]


def _refusal(run: Run) -> str:
    recipe = run.fitted.recipe
    reasons = {
        f"it has {run.members} members, and weights written out are those of one network": run.members > 1,
        "its members share layers": run.is_team,
        "it scales its columns by learned factors": run.is_scaled,
        "its parts learn at rates or decays of their own": run.has_factors,
        f"optimiser '{recipe.training.optimizer}' keeps more than weights; only sgd is written out": (
            recipe.training.optimizer != "sgd"
        ),
        f"network '{recipe.architecture.network}' is more than linear layers": (
            recipe.architecture.network not in ("mlp", "neuron")
        ),
        "it has embeddings, which are tables of weights rather than layers": bool(
            run.fitted.preparation.embedded
        ),
        "it averages weights over the steps, which a second network holds": averages(run),
        "it has layer normalisation": recipe.architecture.normalization != "none",
    }
    return next((reason for reason, applies in reasons.items() if applies), "")


def _layers(run: Run) -> list[tuple[int, int]]:
    """Return inputs and outputs of each linear layer."""
    widths = [run.fitted.preparation.dense, *run.fitted.recipe.architecture.hidden, run.fitted.outputs]
    return list(itertools.pairwise(widths))


def _dtype(run: Run) -> str:
    return ", dtype=torch.float64" if run.fitted.recipe.training.precision == "float64" else ""


def _network(run: Run) -> Section:
    """Return the weights as tensors and the forward pass as a function."""
    is_zero = run.fitted.recipe.architecture.initial == "zero"
    double = _dtype(run)
    layers = _layers(run)
    lines = [] if is_zero else [START.format(cast="" if double else ".float()"), "\n", "\n"]
    for number, (inputs, outputs) in enumerate(layers):
        weights, biases = _names(len(layers), number)
        if is_zero:
            lines.append(f"{weights} = torch.zeros({outputs}, {inputs}{double}, requires_grad=True)")
            lines.append(f"{biases} = torch.zeros({outputs}{double}, requires_grad=True)")
        else:
            lines.append(f"{weights}, {biases} = start({number}, {inputs}, {outputs})")
    every = ", ".join(name for number in range(len(layers)) for name in _names(len(layers), number))
    lines += [f"parameters = [{every}]", "\n", "\n", _forward(run, len(layers))]
    if has_dropout(run):
        lines += ["\n", "\n", dropout_code(run, run.fitted.recipe.architecture, DROPOUT)]
    return Section(title="The network", code=block(*lines))


def _names(layers: int, number: int) -> tuple[str, str]:
    return ("weights", "bias") if layers == 1 else (f"weights{number + 1}", f"bias{number + 1}")


def _forward(run: Run, layers: int) -> str:
    """Return the forward pass: a line for each layer."""
    architecture = run.fitted.recipe.architecture
    activation = writer(ACTIVATION_FUNCTIONS, {}, architecture.activation, "activation")
    given = ", kept=None" if has_dropout(run) else ""
    lines = [f"def forward(x{given}):", '    """Return the network\'s output for each row."""']
    for number in range(layers - 1):
        weights, bias = _names(layers, number)
        lines.append(f"    x = {activation}(x @ {weights}.T + {bias})")
        if has_dropout(run):
            lines.append(f"    x = x if kept is None else x * kept[{number}]")
    weights, bias = _names(layers, layers - 1)
    last = f"x @ {weights}.T + {bias}"
    lines.append(
        f"    return torch.sigmoid({last})" if architecture.output == "sigmoid" else f"    return {last}"
    )
    return "\n".join(lines)


def _before(run: Run) -> list[str]:
    """Return what a schedule and momentum remember."""
    training = run.fitted.recipe.training
    lines = []
    if not is_constant(run):
        lines.append("steps = 0  # taken so far")
    if training.momentum:
        lines.append("velocity = [torch.zeros_like(p) for p in parameters]")
    return lines


def _update(run: Run) -> list[str]:
    """Return the lines that take a step against the gradient."""
    training = run.fitted.recipe.training
    rate = "LEARNING_RATE" if is_constant(run) else "rate"
    inner = ["gradient = p.grad"] if training.weight_decay or training.momentum else []
    if training.weight_decay:
        inner = [f"gradient = p.grad.add(p, alpha={training.weight_decay})  # and a pull towards 0"]
    moved = "gradient" if inner else "p.grad"
    if training.momentum:
        inner.append(f"v.mul_({training.momentum}).add_({moved})")
        moved = "v"
    # `p -= rate * gradient` rounds twice where torch's SGD rounds once.
    inner += [f"p.sub_({moved}, alpha={rate})  # p = p - rate * gradient", "p.grad = None"]
    over = "p, v in zip(parameters, velocity)" if training.momentum else "p in parameters"
    return [
        "loss.backward()",
        *([] if is_constant(run) else ["rate = LEARNING_RATE * rate_factor(steps)", "steps += 1"]),
        "with torch.no_grad():",
        *(_clipping(training.clip) if training.clip else []),
        f"    for {over}:",
        *(f"        {line}" for line in inner),
    ]


def _clipping(limit: float) -> list[str]:
    return [
        "    norm = torch.stack([torch.linalg.vector_norm(p.grad) for p in parameters]).norm()",
        f"    factor = ({limit} / (norm + 1e-6)).clamp(max=1.0)  # makes long gradients shorter",
        "    for p in parameters:",
        "        p.grad *= factor",
    ]


def _draw(run: Run, step: str, rows: str, member: str) -> list[str]:
    del run, member
    return [f"kept = draw_dropout(epoch, {step}, len({rows}))"]


VOICE: Final = Voice(
    call="forward",
    before=_before,
    draw=_draw,
    outputs=lambda run, inputs: f"forward({inputs}, kept)" if has_dropout(run) else f"forward({inputs})",
    update=_update,
    is_scratch=True,
    keep="[p.detach().clone() for p in parameters]",
    restore="with torch.no_grad():\n    for p, best in zip(parameters, best_weights):\n        p.copy_(best)",
)

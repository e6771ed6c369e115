"""The code that builds each network, with the run's own starting weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from glassnet.script.folds import shares_levels
from glassnet.script.scaling import column_of, scale_class
from glassnet.script.values import Run, Section, block, writer
from glassnet.settings import Architecture

ACTIVATION_MODULES: Final[dict[str, str]] = {
    "relu": "nn.ReLU()",
    "silu": "nn.SiLU()",
    "gelu": "nn.GELU()",
    "mish": "nn.Mish()",
    "selu": "nn.SELU()",
    "elu": "nn.ELU()",
    "leaky_relu": "nn.LeakyReLU()",
    "tanh": "nn.Tanh()",
    "sigmoid": "nn.Sigmoid()",
}
REFUSED_ACTIVATIONS: Final[dict[str, str]] = {}

EMBED: Final = '''class Embed(nn.Module):
    """Looks up {size} learned numbers for each level number at the end of a row; the rest stays."""

    def __init__(self, sizes):
        super().__init__()
        self.starts = torch.tensor([0, *sizes[:-1]]).cumsum(0)  # one table for all columns
        self.table = nn.Embedding(sum(sizes), {size}{dtype})

    def forward(self, x):
        numbers, levels = x[..., : -len(self.starts)], x[..., -len(self.starts) :].long()
        return torch.cat([numbers, self.table(levels + self.starts).flatten(-2)], dim=-1)'''

DROPOUT: Final = '''class Dropout(nn.Module):
    """Sets some of the units to 0 while the network trains, and makes the others larger in turn."""

    def forward(self, x):
        return x * self.factor if self.training else x


def draw_dropout({first}epoch, step, rows):
    """Draw which units this step keeps, by a random 16-bit number for each."""
    widths = {widths}
    words = random_words(DROPOUT, -(-rows * sum(widths) // 4), {member}epoch, step)
    kept = words.view(np.uint16)[: rows * sum(widths)] < {threshold}  # {percent} of 65,536
    layers = [layer for layer in network if isinstance(layer, Dropout)]
    for layer, width in zip(layers, widths):
        here, kept = kept[: rows * width], kept[rows * width :]
        factor = torch.from_numpy(here.reshape(rows, width)).{cast} * (1 / (1 - {dropout}))
        layer.factor = factor'''

NORM: Final = '''class LayerNorm(nn.Module):
    """Brings each row of hidden units to mean 0 and variance 1, then scales and shifts it."""

    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width{dtype}))
        self.bias = nn.Parameter(torch.zeros(width{dtype}))

    def forward(self, x):
        return nn.functional.layer_norm(x, x.shape[-1:]) * self.weight + self.bias'''


IN_ORDER: Final = '''def in_order(network):
    """Return the parameters in the order of the run, by which the norm of all gradients is rounded."""
    linear = [layer for layer in network if isinstance(layer, nn.Linear)]
    norms = [layer for layer in network if isinstance(layer, LayerNorm)]
    layers = [{first}*linear[:-1], *norms, linear[-1]]
    return [p for layer in layers for p in layer.parameters()]'''


def _mlp(run: Run) -> list[str]:
    """Return the modules of an MLP as code, in their order."""
    architecture = run.fitted.recipe.architecture
    shape = run.fitted.preparation
    width = shape.dense + len(shape.embedded) * shape.choices.embedding
    double = dtype_code(run)
    sizes = "levels.max(axis=0) + 1" if shares_levels(run) else "sizes"
    modules = [f"Embed({sizes})"] if shape.embedded else []
    modules += ["Scale()"] if run.is_scaled else []
    activation = writer(ACTIVATION_MODULES, REFUSED_ACTIVATIONS, architecture.activation, "activation")
    for hidden in architecture.hidden:
        modules.append(f"nn.Linear({width}, {hidden}{double})")
        modules += [f"LayerNorm({hidden})"] if architecture.normalization == "layer" else []
        modules.append(activation)
        modules += ["Dropout()"] if architecture.dropout else []
        width = hidden
    modules.append(f"nn.Linear({width}, {run.fitted.outputs}{double})")
    modules += ["nn.Sigmoid()"] if architecture.output == "sigmoid" else []
    return modules


NETWORK_WRITERS: Final[dict[str, Callable[[Run], list[str]]]] = {"mlp": _mlp, "neuron": _mlp}
REFUSED_NETWORKS: Final[dict[str, str]] = {}


def dtype_code(run: Run) -> str:
    """Return what makes a module keep numbers of 64 bits, where it has to."""
    return ", dtype=torch.float64" if run.fitted.recipe.training.precision == "float64" else ""


def is_single_layer(run: Run) -> bool:
    """Return whether the network is one linear layer and nothing else."""
    return len(network_modules(run)) == 1


def network_modules(run: Run) -> list[str]:
    """Return the modules of one network as code, in their order."""
    name = run.fitted.recipe.architecture.network
    return writer(NETWORK_WRITERS, REFUSED_NETWORKS, name, "network")(run)


def network_section(run: Run) -> Section:
    """Return the code that makes `network`, or `networks` where there are several members."""
    classes = module_classes(run)
    if run.members == 1:
        return Section(
            title="The network", code=block(*classes, *_built(run, ""), *_start(run, "")), says=_says(run)
        )
    build = block(
        "def build_network(member):",
        '    """Return one member with its starting weights."""',
        *(indented_code(line) for line in (*_built(run, "member"), *_start(run, "member"))),
        "    return network",
    )
    code = block(
        *classes,
        build,
        "\n",
        "\n",
        f"networks = [build_network(member) for member in range({run.members})]",
    )
    return Section(
        title="The networks", code=code, says=f"{run.members} networks learn side by side. {_says(run)}"
    )


def _says(run: Run) -> str:
    if run.fitted.recipe.architecture.initial == "zero":
        return "All weights start at zero."
    linear = "nn.Linear draws its weights within 1 / sqrt(inputs) of 0."
    return f"{linear} Here they are drawn so too, but from the seed, so that they are the run's."


def indented_code(code: str, depth: int = 1) -> str:
    """Return lines indented by four spaces, or a multiple."""
    return "\n".join("    " * depth + line if line else "" for line in code.split("\n"))


def module_classes(run: Run, dropout: str = DROPOUT) -> list[str]:
    """Return the definitions of modules that torch does not have in this form."""
    architecture, shape = run.fitted.recipe.architecture, run.fitted.preparation
    double = dtype_code(run)
    found = []
    if shape.embedded:
        found.append(EMBED.format(size=shape.choices.embedding, dtype=double))
    if architecture.normalization == "layer" and architecture.hidden:
        found.append(NORM.format(dtype=double))
        if run.fitted.recipe.training.clip and not (run.is_team or run.is_scaled):
            found.append(IN_ORDER.format(first="network[0], " if shape.embedded else ""))
    if architecture.dropout and architecture.hidden:
        found.append(dropout_code(run, architecture, dropout))
    if run.is_scaled:
        found.append(scale_class(run, double))
    before = [*column_of(run), "\n", "\n"] if run.is_scaled else []
    return [*before, *(line for one in found for line in (one, "\n", "\n"))]


def dropout_code(run: Run, architecture: Architecture, template: str = DROPOUT) -> str:
    """Return the code that draws dropout masks."""
    several = run.networks > 1
    return template.format(
        first="network, member, " if several else "",
        member="member, " if several else "",
        widths=list(architecture.hidden),
        threshold=round((1.0 - architecture.dropout) * 65536),
        percent=f"{1 - architecture.dropout:.0%}",
        cast="double()" if run.fitted.recipe.training.precision == "float64" else "float()",
        dropout=architecture.dropout,
        fold="fold, " if run.has_folds else "",
        members="members_of(fold)" if run.has_folds else "range(MEMBERS)",  # of a team
    )


def _built(run: Run, member: str) -> list[str]:
    """Return the statement that builds the network."""
    modules = network_modules(run)
    if len(modules) == 1:
        return [f"network = {modules[0]}"]
    return [block("network = nn.Sequential(", *(f"    {module}," for module in modules), ")")]


ZERO: Final = """with torch.no_grad():
    network.weight.zero_()
    network.bias.zero_()"""

EVERY_LINEAR: Final = "[layer for layer in network if isinstance(layer, nn.Linear)]"
LINEAR_START: Final = """with torch.no_grad():
    linear = [layer for layer in network if isinstance(layer, nn.Linear)]
    for number, layer in enumerate(linear{start}):
        count = layer.weight.numel() + layer.bias.numel()
        drawn = 2 * uniform(WEIGHTS, count, {member}epoch=number) - 1
        drawn = torch.from_numpy(drawn * (1 / math.sqrt(layer.in_features)))
        layer.weight.copy_(drawn[: layer.weight.numel()].view_as(layer.weight))
        layer.bias.copy_(drawn[layer.weight.numel() :])"""

EMBEDDING_START: Final = """    vectors = network[0].table.weight
    drawn = torch.from_numpy(normal(WEIGHTS, vectors.numel(){member})).view_as(vectors)
    vectors.copy_(drawn / math.sqrt({size}))"""


def _start(run: Run, member: str) -> list[str]:
    """Return the statements that set the starting weights."""
    architecture, shape = run.fitted.recipe.architecture, run.fitted.preparation
    if architecture.initial == "zero":
        single = ZERO if is_single_layer(run) else ZERO.replace("network.", "network[-1].")
        return [single]
    own = f"{member}, " if member else ""
    linear = LINEAR_START.format(start=", start=1" if shape.embedded else "", member=own)
    if is_single_layer(run):
        linear = linear.replace(EVERY_LINEAR, "[network]")
    if not shape.embedded:
        return [linear]
    vectors = EMBEDDING_START.format(size=shape.choices.embedding, member=f", {member}" if member else "")
    return [linear, vectors]

"""The code of a team: members that share layers, each with its own scales of the columns and last layer."""

from __future__ import annotations

from typing import Final

from glassnet.network.team import SCALE_PLACE
from glassnet.script.network import dtype_code, module_classes, network_modules
from glassnet.script.scaling import column_of, has_groups, scaled_columns
from glassnet.script.values import Run, Section, block

DROPOUT: Final = '''class Dropout(nn.Module):
    """Sets some of the units to 0 while the network trains, and makes the others larger in turn."""

    def forward(self, x):
        return x * self.factor if self.training else x


def draw_dropout({fold}epoch, step, rows):
    """Draw which units of each member this step keeps, by a random 16-bit number for each."""
    widths = {widths}
    count = rows * sum(widths)
    words = [random_words(DROPOUT, -(-count // 4), member, epoch, step) for member in {members}]
    kept = np.stack([one.view(np.uint16)[:count] for one in words]) < {threshold}  # {percent} of 65,536
    layers = [layer for layer in network.hidden if isinstance(layer, Dropout)]
    for layer, width in zip(layers, widths):
        here, kept = kept[:, : rows * width], kept[:, rows * width :]
        factor = torch.from_numpy(here.reshape(MEMBERS, rows, width)).{cast} * (1 / (1 - {dropout}))
        layer.factor = factor'''

TEAM: Final = '''class Team(nn.Module):
    """Networks that share their hidden layers.

    Each member has two things of its own: a scale of every column, before the first layer, and the last
    layer. So they come to differ, though most weights learn from what all of them see.
    """

    def __init__(self):
        super().__init__()
{embed}        self.scale = nn.Parameter(torch.ones(MEMBERS, 1, {columns}{dtype}))  # for any row
        self.hidden = nn.Sequential(
{hidden}
        )
        self.last = nn.ModuleList({last} for member in range(MEMBERS))

    def forward(self, x):
        """Return every member's outputs; `x` has rows for each member, or the same rows for all."""
        x = self.hidden({embedded} * {scale})
        return {output}'''

START: Final = '''@torch.no_grad()
def draw(layer, member, number):
    """Draw a layer's starting weights within 1 / sqrt(inputs) of 0, as nn.Linear does, but from the seed."""
    count = layer.weight.numel() + layer.bias.numel()
    drawn = 2 * uniform(WEIGHTS, count, member, epoch=number) - 1
    drawn = torch.from_numpy(drawn * (1 / math.sqrt(layer.in_features)))
    layer.weight.copy_(drawn[: layer.weight.numel()].view_as(layer.weight))
    layer.bias.copy_(drawn[layer.weight.numel() :])'''

BUILD: Final = """network = Team()
shared = [layer for layer in network.hidden if isinstance(layer, nn.Linear)]
for number, layer in enumerate(shared{start}):
    draw(layer, 0, number)
for member, layer in enumerate(network.last):
    draw(layer, member, {before}len(shared))
with torch.no_grad():
    for member, scale in enumerate(network.scale):
        scale.copy_(torch.from_numpy(normal(WEIGHTS, {columns}, member, epoch={place:_}))){vectors}"""

MEMBERS_OF: Final = '''def members_of(fold):
    """Return the numbers of a fold's members, for which chance draws: all members are dealt to the folds."""
    return range(fold, len(folds) * MEMBERS, len(folds))'''

BUILD_FOLD: Final = '''def build_team(fold):
    """Return the team of a fold with its starting weights."""
    network = Team()
    shared = [layer for layer in network.hidden if isinstance(layer, nn.Linear)]
    for number, layer in enumerate(shared{start}):
        draw(layer, fold, number)
    for member, layer in zip(members_of(fold), network.last):
        draw(layer, member, {before}len(shared))
    with torch.no_grad():
        for member, scale in zip(members_of(fold), network.scale):
            scale.copy_(torch.from_numpy(normal(WEIGHTS, {columns}, member, epoch={place:_}))){vectors}
    return network


networks = [build_team(fold) for fold in range(len(folds))]'''

VECTORS_FOLD: Final = """
        vectors = network.embed.table.weight
        drawn = torch.from_numpy(normal(WEIGHTS, vectors.numel(), fold)).view_as(vectors)
        vectors.copy_(drawn / math.sqrt({size}))"""

VECTORS: Final = """
    vectors = network.embed.table.weight
    vectors.copy_(torch.from_numpy(normal(WEIGHTS, vectors.numel())).view_as(vectors) / math.sqrt({size}))"""

SAYS: Final = (
    "{members} members predict, and the mean of their predictions counts. They are one network but for scales"
    " and a last layer of each (Gorishniy et al., TabM, 2024). Weights start from the seed, so that they are"
    " the run's."
)
SAYS_FOLDS: Final = (
    "Each fold has a team of {members} members, and the mean of all {all} members' predictions counts. A team"
    " is one network but for scales and a last layer of each member (Gorishniy et al., TabM, 2024). Weights"
    " start from the seed, so that they are the run's."
)


def team_section(run: Run) -> Section:
    """Return the code that makes `network`, which gives the outputs of all members; of folds, `networks`."""
    each = run.members // run.rows.folds
    code = block(
        f"MEMBERS = {each}{'  # of the team of each fold' if run.has_folds else ''}",
        *column_of(run),
        "\n",
        "\n",
        *([MEMBERS_OF, "\n", "\n"] if run.has_folds else []),
        *module_classes(run, DROPOUT),
        _team(run),
        "\n",
        "\n",
        START,
        "\n",
        "\n",
        _built(run),
    )
    says = SAYS_FOLDS if run.has_folds else SAYS
    title = "The teams" if run.has_folds else "The team"
    return Section(title=title, code=code, says=says.format(members=each, all=run.members))


def _team(run: Run) -> str:
    """Return the class of the network."""
    has_embedding = bool(run.fitted.preparation.embedded)
    modules = network_modules(run)
    is_sigmoid = run.fitted.recipe.architecture.output == "sigmoid"
    last = len(modules) - 1 - is_sigmoid
    stacked = "torch.stack([last(own) for last, own in zip(self.last, x)])"
    return TEAM.format(
        embed=f"        self.embed = {modules[0]}\n" if has_embedding else "",
        columns=scaled_columns(run),
        dtype=dtype_code(run),
        hidden="\n".join(f"            {module}," for module in modules[has_embedding:last]),
        last=modules[last],
        embedded="self.embed(x)" if has_embedding else "x",
        scale="self.scale[..., column_of]" if has_groups(run) else "self.scale",
        output=f"torch.sigmoid({stacked})" if is_sigmoid else stacked,
    )


def _built(run: Run) -> str:
    """Return the lines that make the network and set its starting weights."""
    preparation = run.fitted.preparation
    has_embedding = bool(preparation.embedded)
    build, vectors = (BUILD_FOLD, VECTORS_FOLD) if run.has_folds else (BUILD, VECTORS)
    return build.format(
        start=", start=1" if has_embedding else "",
        before="1 + " if has_embedding else "",
        columns=scaled_columns(run),
        place=SCALE_PLACE,
        vectors=vectors.format(size=preparation.choices.embedding) if has_embedding else "",
    )

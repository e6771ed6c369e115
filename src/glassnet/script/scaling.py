"""The code of what scales columns before the first layer, in a team or in a network of its own."""

from __future__ import annotations

from typing import Final

from glassnet.prepare.assemble import dense_sources
from glassnet.script.columns import long_lists, made_alike, table_pieces
from glassnet.script.examples import is_matrix
from glassnet.script.values import Run, quoted, wrapped

SHARED: Final = "# What is made of one column shares a scale: its number, its mark, its bins, its levels."

SCALE: Final = '''class Scale(nn.Module):
    """Multiplies the columns by a learned factor of each, which starts at 1."""

    def __init__(self):
        super().__init__()
        self.factor = nn.Parameter(torch.ones({columns}{dtype}))

    def forward(self, x):
        return x * self.factor{of_input}'''


def scale_class(run: Run, dtype: str) -> str:
    """Return the module by which a network that shares nothing scales its columns."""
    of_input = "[column_of]" if has_groups(run) else ""
    return SCALE.format(columns=scaled_columns(run), dtype=dtype, of_input=of_input)


def scaled_columns(run: Run) -> int:
    """Return how many scales a member has."""
    return len(set(_groups(run)))


def _groups(run: Run) -> list[str]:
    """Return the table's column behind each input of the first layer."""
    preparation = run.fitted.preparation
    each = preparation.choices.embedding
    return [*dense_sources(preparation), *(name for name in preparation.embedded_names for _ in range(each))]


def has_groups(run: Run) -> bool:
    """Return whether several inputs are made of one column."""
    groups = _groups(run)
    return len(set(groups)) < len(groups)


def column_of(run: Run) -> list[str]:
    """Return the lines that make `column_of`, the column's number for each input, where it is needed."""
    if not has_groups(run):
        return []
    if is_matrix(run):
        count = len(run.inputs)
        widths = "[column[0].size for column in columns]"
        numbers = f"np.repeat([*range({count}), *range({count})], {widths})"
        return ["\n", SHARED, f"column_of = torch.tensor({numbers})"]
    embedded = run.fitted.preparation.embedded
    size = run.fitted.preparation.choices.embedding
    more = f" + [{size}] * {len(embedded)}  # an embedded level is {size} numbers" if embedded else ""
    return [
        "\n",
        SHARED,
        f"sources = {wrapped(_sources(run), 10)}",
        f"widths = [column[0].size for column in columns]{more}",
        "places = {name: place for place, name in enumerate(dict.fromkeys(sources))}",
        "column_of = torch.tensor([places[name] for name in np.repeat(sources, widths)])",
    ]


def _sources(run: Run) -> list[str]:
    """Return the items of a list with the table's column behind each of the script's columns."""
    pieces = table_pieces(run)
    lists = long_lists(pieces)
    items = []
    for _, is_many, names in made_alike(pieces):
        if is_many:
            parts = run.fitted.preparation.encoding.sources
            items += [f"*[{quoted(name)}] * {parts.count(name)}" for name in names]
        elif names in lists:
            items.append(f"*{lists[names]}")
        else:
            items += [quoted(name) for name in names]
    return [*items, *(quoted(name) for name in run.fitted.preparation.embedded_names)]

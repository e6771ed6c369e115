"""The code that makes `y`: class numbers, zeros and ones, or numbers."""

from __future__ import annotations

import polars as pl

from glassnet.script.examples import is_matrix
from glassnet.script.loss import by_class, constants
from glassnet.script.values import Run, Section, block, cannot, listing, quoted
from glassnet.table.values import Target, Task


def target_section(run: Run) -> Section:
    """Return the code that makes `y`, float for numbers and yes/no, whole numbers for classes."""
    schema = run.fitted.schema
    if is_matrix(run):
        is_turned = schema.task is Task.BINARY and schema.targets[0].labels == (1, 0)
        return Section(title="Target", code="y = 1 - y  # class 0 is the positive one" if is_turned else "")
    if schema.task is Task.MULTICLASS:
        code = _classes(run, schema.targets[0])
    elif schema.task is Task.REGRESSION:
        code = _several([_number(run, target) for target in schema.targets]) + _logarithm(run)
    else:
        code = _several([_yes_no(run, target, place) for place, target in enumerate(schema.targets)])
    return Section(title="Target", code=code)


def _logarithm(run: Run) -> str:
    """Return the lines that make the logarithm, where it is what the network learns."""
    scale = run.fitted.preparation.target
    if not scale.is_log:
        return ""
    return (
        f"\nUNIT = {constants(scale.unit_T)}  # of the logarithm, from the median size of targets"
        "\nbent = np.sign(y) * np.log1p(np.abs(y) / UNIT)  # what the network learns"
    )


def _several(columns: list[str]) -> str:
    if len(columns) == 1:
        return f"y = {columns[0]}"
    inner = "\n".join(f"    {one}," for one in columns)
    return f"y = np.column_stack([\n{inner}\n])"


def _number(run: Run, target: Target) -> str:
    cells = f"table[{quoted(target.name)}]"
    if run.known[target.name].dtype == pl.String:
        if target.cells.thousands:
            cells += f'.str.replace_all({quoted(target.cells.thousands)}, "", literal=True)'
        if target.cells.decimal != ".":
            cells += f'.str.replace_all({quoted(target.cells.decimal)}, ".", literal=True)'
    return f"{cells}.cast(pl.Float64).to_numpy()"


def _yes_no(run: Run, target: Target, place: int) -> str:
    """Return the code of 1 where the target is its second label, else 0."""
    cells = _raw_cells(run, target, place, 1)
    which = f"== {quoted(cells[0])}" if len(cells) == 1 else f".is_in({listing(cells)})"
    name = f"table[{quoted(target.name)}]"
    made = f"({name} {which})" if len(cells) == 1 else f"{name}{which}"
    return f"{made}.to_numpy().astype(float)"


def _raw_cells(run: Run, target: Target, place: int, label: int) -> list[object]:
    """Return the different raw cells of one label."""
    raw = run.known[target.name]
    raw = raw.str.strip_chars() if raw.dtype == pl.String else raw
    return sorted(raw.filter(pl.Series(run.target_RT[:, place] == label)).unique().to_list())


def _classes(run: Run, target: Target) -> str:
    """Return the code that numbers classes; each must be written in one way."""
    cells = [_raw_cells(run, target, 0, label) for label in range(len(target.labels))]
    if any(len(one) != 1 for one in cells):
        raise cannot(f"target '{target.name}' writes one class in several ways")
    names = listing([one[0] for one in cells], 10)
    return block(
        f"CLASSES = {names}",
        f"y = np.array([CLASSES.index(cell) for cell in table[{quoted(target.name)}]])",
    )


def target_lines(run: Run) -> list[str]:
    """Return the lines that make the tensor `target`, which the loss compares outputs with."""
    fitted = run.fitted
    to_float = ".double()" if fitted.recipe.training.precision == "float64" else ".float()"
    if by_class(run):
        return ["target = torch.tensor(y).long()"]
    if fitted.schema.task is Task.MULTICLASS:
        return [f"target = torch.from_numpy(y[:, None] == np.arange({fitted.outputs})){to_float}"]
    column = "[:, None]" if len(fitted.schema.targets) == 1 else ""
    if fitted.schema.task is not Task.REGRESSION:
        return [f"target = torch.tensor(y){to_float}{column}"]
    # A validation loss is taken in float64, so the target keeps its digits until a step is taken.
    kept = "" if run.has_validation else to_float
    if not fitted.scales_target:
        return [f"target = torch.tensor(y){kept}{column}"]
    y = "bent" if fitted.preparation.target.is_log else "y"
    if column:
        learned = f"mean, deviation = {y}[train].mean(), {y}[train].std()"
    else:
        learned = (
            f"mean = np.array([column[train].mean() for column in {y}.T])\n"
            f"deviation = np.array([column[train].std() for column in {y}.T])"
        )
    return [learned, f"target = torch.from_numpy(({y} - mean) / deviation){kept}{column}"]


def cast_in_step(run: Run) -> str:
    """Return the cast of the target in a training step, where it is kept in float64 for validation."""
    training = run.fitted.recipe.training
    is_kept = run.fitted.schema.task is Task.REGRESSION and run.has_validation
    return ".float()" if is_kept and training.precision == "float32" else ""

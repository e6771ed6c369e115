"""The code that makes the table's columns into numbers: each kind of preparation, written out.

Everything is learned anew from the training rows, as the run did; nothing is copied from the model.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import polars as pl

from glassnet.prepare.category import CROWDED, RARE, RARE_IN_CROWD
from glassnet.script import folds
from glassnet.script.examples import is_matrix
from glassnet.script.numbers import has_bins, number_functions
from glassnet.script.target import target_lines
from glassnet.script.values import Run, Section, block, cannot, listing, quoted
from glassnet.table.dates import ISO_FORMATS
from glassnet.table.values import Column, Kind

MISSING: Final = 'MISSING = "\\uffff"  # sorts behind every other text'


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """One input column as code: the call, in which `{}` stands for the name, and the name."""

    call: str
    name: str
    is_many: bool = False  # whether the call gives a list of columns


def columns_section(run: Run) -> Section:
    """Return the code that makes `x`, one row of numbers for each row of the table."""
    if is_matrix(run):
        return _matrix_section(run)
    pieces = table_pieces(run)
    embedded = run.fitted.preparation.embedded_names
    codes = f"levels = np.column_stack([levels_of(name) for name in {listing(embedded, 60)}])"
    stacked = (
        "x = np.column_stack([*columns, levels])  # the embedding takes the level numbers at the end"
        if embedded
        else "x = np.column_stack(columns)"
    )
    lists, columns = _grouped(pieces)
    made = [
        *columns,
        codes if embedded else "",
        stacked,
        f"x = torch.from_numpy(x.astype(np.{run.fitted.recipe.training.precision}))",
    ]
    body = [*_functions(run, pieces), *lists, *_prepared(run, made)]
    return Section(title="From columns to numbers", code=block(*body), says=_says(run))


def _prepared(run: Run, made: list[str]) -> list[str]:
    """Return the lines that make `x` and `target`, of each fold where there are folds."""
    if not run.has_folds:
        return [*made, *target_lines(run)]
    return [*folds.size_lines(run), *folds.for_each_fold(run, made, target_lines(run))]


def _says(run: Run) -> str:
    if run.has_folds:
        return folds.SAYS
    how = "All that is learned here, it learns from the training rows alone."
    return how if len(run.rows.test) or run.has_validation else ""


# ---- the columns, in the order of the run's inputs ----


def table_pieces(run: Run) -> list[Piece]:
    """Return all input columns as code, without the levels that are embedded."""
    return [*_number_pieces(run), *_mark_pieces(run), *_one_hot_pieces(run), *_bin_pieces(run)]


def _number_pieces(run: Run) -> list[Piece]:
    """Return numbers, yes/no columns and dates in the table's order."""
    return [_piece(run, column) for column in run.inputs if column.kind is not Kind.CATEGORY]


def _piece(run: Run, column: Column) -> Piece:
    if column.kind is Kind.NUMBER:
        return Piece(call=f"scaled({_value_call(run, column)})", name=column.name)
    if column.kind is Kind.DATE:
        return Piece(call="scaled(part) for part in date_parts({})", name=column.name, is_many=True)
    yes = _yes_cells(run, column)
    if run.fitted.recipe.preparing.numbers == "none":
        return Piece(call=f"zero_one({{}}, {listing(yes)})", name=column.name)
    return Piece(call=f"yes_no({{}}, {listing(yes)})", name=column.name)


def _value_call(run: Run, column: Column) -> str:
    """Return the call that reads a column of numbers. Thousands separators and decimal commas are said."""
    cells = column.cells
    if run.known[column.name].dtype != pl.String or (cells.decimal == "." and not cells.thousands):
        return "numbers({})"
    if cells.decimal == ",":
        return f'numbers({{}}, thousands={quoted(cells.thousands)}, decimal=",")'
    return f"numbers({{}}, thousands={quoted(cells.thousands)})"


def _yes_cells(run: Run, column: Column) -> list[object]:
    """Return the different raw cells that mean yes."""
    raw = _cleaned(run, column.name)
    return sorted(raw.filter(run.typed[column.name].fill_null(False)).unique().to_list())


def _cleaned(run: Run, name: str) -> pl.Series:
    series = run.known[name]
    return series.str.strip_chars() if series.dtype == pl.String else series


def _mark_pieces(run: Run) -> list[Piece]:
    """Return the marks of missing cells: one for each pattern of them."""
    preparation = run.fitted.preparation
    kinds = {column.name: column for column in run.inputs}
    pieces = []
    for place in preparation.scales.marked_M:
        column = kinds[preparation.encoding.sources[int(place)]]
        if column.kind is Kind.NUMBER:
            pieces.append(Piece(call=f"np.isnan({_value_call(run, column)})", name=column.name))
        elif column.kind is Kind.DATE:
            pieces.append(Piece(call="np.isnan(date_parts({})[0])", name=column.name))
        else:
            pieces.append(Piece(call="table[{}].is_null().to_numpy()", name=column.name))
    return pieces


def _one_hot_pieces(run: Run) -> list[Piece]:
    preparation = run.fitted.preparation
    pairs = zip(preparation.encoding.categories, preparation.slots.one_hot_C, strict=True)
    return [Piece(call="one_hot({})", name=name) for name, is_one_hot in pairs if is_one_hot]


def _bin_pieces(run: Run) -> list[Piece]:
    """Return the numbers that are cut into bins. Raises SettingsError where a part of a date is not."""
    encoding, counts = run.fitted.preparation.encoding, run.fitted.preparation.bins.count_N
    kinds = {column.name: column for column in run.inputs}
    cut: dict[str, list[bool]] = {source: [] for source in encoding.sources}
    for source, count in zip(encoding.sources, counts, strict=True):
        cut[source].append(bool(count))
    pieces = []
    for name, parts in cut.items():
        if kinds[name].kind is Kind.DATE and any(parts):
            if not all(parts):
                raise cannot(f"some parts of the date '{name}' are cut into bins and some are not")
            pieces.append(Piece(call="bins(part) for part in date_parts({})", name=name, is_many=True))
        elif any(parts):
            pieces.append(Piece(call=f"bins({_value_call(run, kinds[name])})", name=name))
    return pieces


def _grouped(pieces: list[Piece]) -> tuple[list[str], list[str]]:
    """Return long lists of names, and the list of columns, those made alike in one line."""
    lists = long_lists(pieces)
    lines = []
    for call, is_many, names in made_alike(pieces):
        if is_many:
            lines += [f"    *[{call.format(quoted(name))}]," for name in names]
        elif len(names) == 1:
            lines.append(f"    {call.format(quoted(names[0]))},")
        else:
            listed = lists.get(names) or listing(names, len(call) + 26, 4)
            lines.append(f"    *[{call.format('name')} for name in {listed}],")
    above = [f"{variable} = {listing(names, len(variable) + 3)}" for names, variable in lists.items()]
    if len(lines) == 1 and lines[0].startswith("    *[") and "\n" not in lines[0]:
        return above, [f"columns = {lines[0].strip()[1:-1]}"]
    return above, ["columns = [", *lines, "]"] if lines else ["columns = []"]


def made_alike(pieces: list[Piece]) -> list[tuple[str, bool, tuple[str, ...]]]:
    """Return calls, whether each gives many columns, and the names that it is made of in one line."""
    alike = itertools.groupby(pieces, key=lambda one: (one.call, one.is_many))
    return [(call, is_many, tuple(one.name for one in same)) for (call, is_many), same in alike]


def long_lists(pieces: list[Piece]) -> dict[tuple[str, ...], str]:
    """Return a variable's name for each list of names that is too long to stand where it is used."""
    lists: dict[tuple[str, ...], str] = {}
    for call, is_many, names in made_alike(pieces):
        if len(names) > FEW and not is_many and names not in lists:
            lists[names] = _list_name(call, set(lists.values()))
    return lists


def _list_name(call: str, taken: set[str]) -> str:
    """Return a name for a list of columns, by what is made of them."""
    name = next((name for sign, name in LIST_NAMES.items() if call.startswith(sign)), "columns")
    free = (f"{name}_{number}" for number in itertools.count(2))
    return name if name not in taken else next(one for one in free if one not in taken)


FEW: Final = 8  # names that are listed where they are used
LIST_NAMES: Final = {
    "scaled(": "measured",
    "bins(": "binned",
    "np.isnan(": "gappy",
    "yes_no(": "answered",
    "zero_one(": "answered",
    "one_hot(": "classified",
}


# ---- the functions that these calls use ----

NUMBERS: Final = '''def numbers(name):
    """Return a column as numbers, NaN where there is none."""
    return table[name].cast(pl.Float64, strict=False).to_numpy()'''

NUMBERS_WRITTEN: Final = '''def numbers(name, thousands="", decimal="."):
    """Return a column as numbers, NaN where there is none."""
    cells = table[name].str.replace_all(thousands, "", literal=True) if thousands else table[name]
    cells = cells.str.replace_all(decimal, ".", literal=True) if decimal != "." else cells
    return cells.cast(pl.Float64, strict=False).to_numpy()'''

YES_NO: Final = '''def yes_no(name, yes):
    """Return a column as 1 for yes, -1 for no and 0 for a missing cell."""
    return np.nan_to_num(table[name].is_in(yes).cast(pl.Float64).to_numpy() * 2 - 1)'''

ZERO_ONE: Final = '''def zero_one(name, yes):
    """Return a column as 1 for yes, and 0 for no or a missing cell."""
    return np.nan_to_num(table[name].is_in(yes).cast(pl.Float64).to_numpy())'''

LEVELS: Final = '''def levels_of(name):
    """Return each row's level as a number: 1, 2, ... in alphabetical order{last}.

    Number 0 is for levels with less than {rare} training rows,
    and for those with none.
    """
    cells = table[name]{filled}.to_numpy()
    level, count = np.unique(cells[train], return_counts=True)
    own = {own}
    if own.all():
        own[np.argmin(count)] = False  # the rarest: number 0 needs rows to learn from
    number = {{name: place for place, name in enumerate(level[own], start=1)}}
    return np.array([number.get(cell, 0) for cell in cells])'''

ONE_HOT: Final = '''def one_hot(name):
    """Return a column of 0 and 1 for each level number."""
    levels = levels_of(name)
    return np.eye(levels.max() + 1)[levels]'''

DATES: Final = '''def date_parts(name):
    """Return a date as days, and its places in the {places} as points on a circle."""
    when = {when}
    days = when.dt.timestamp("us").cast(pl.Float64).to_numpy() / 86_400_000_000
    year = (when.dt.ordinal_day().cast(pl.Float64).to_numpy() - 1) / 365.25
    week = (when.dt.weekday().cast(pl.Float64).to_numpy() - 1) / 7
    return [days, *[wave(2 * np.pi * share) for share in ({shares}) for wave in (np.sin, np.cos)]]'''


def _functions(run: Run, pieces: list[Piece]) -> list[str]:
    """Return the definitions that the calls need, each followed by two blank lines."""
    calls = " ".join(piece.call for piece in pieces)
    uses_levels = bool(run.fitted.preparation.encoding.categories)
    definitions = {
        "numbers(": NUMBERS_WRITTEN if "thousands=" in calls else NUMBERS,
        "scaled(": "\n\n\n".join(number_functions(run)) if "scaled(" in calls else "",
        "yes_no(": YES_NO,
        "zero_one(": ZERO_ONE,
        "date_parts(": _dates(run) if "date_parts(" in calls else "",
    }
    used = [text for sign, text in definitions.items() if sign in calls]
    if uses_levels:
        used.append(_levels(run))
    if "one_hot(" in calls:
        used.append(ONE_HOT if folds.shares_levels(run) else folds.ONE_HOT)
    constant = [MISSING, "\n", "\n"] if uses_levels and _has_missing_levels(run) else []
    return [*constant, *_spaced(used)]


def _spaced(definitions: Iterable[str]) -> list[str]:
    return [line for text in definitions for line in (text, "\n", "\n")]


def _has_missing_levels(run: Run) -> bool:
    return any(run.typed[name].null_count() for name in run.fitted.preparation.encoding.categories)


def _levels(run: Run) -> str:
    """Return the function that numbers levels, after a look whether the raw cells are the run's levels."""
    names = run.fitted.preparation.encoding.categories
    as_text = any(run.known[name].dtype != pl.String for name in names)
    for name in names:
        _check_levels(run, name)
    missing = _has_missing_levels(run)
    missing_too = "count[level != MISSING]" if missing else "count"
    rare = (
        run.fitted.recipe.preparing.rare
        or f"({RARE_IN_CROWD} if {missing_too}.mean() < {CROWDED} else {RARE})"
    )
    words = (
        rare if isinstance(rare, int) else f"{RARE} ({RARE_IN_CROWD} where a level has fewer than {CROWDED})"
    )
    return (LEVELS if folds.shares_levels(run) else folds.LEVELS).format(
        last=", a missing cell last" if missing else "",
        rare=words,
        filled=(".cast(pl.String)" if as_text else "") + (".fill_null(MISSING)" if missing else ""),
        own=f"(count >= {rare}) | (level == MISSING)" if missing else f"count >= {rare}",
    )


def _check_levels(run: Run, name: str) -> None:
    """Raise SettingsError where one level is written in several ways, which the script would tell apart."""
    typed = run.typed[name]
    cells = _cleaned(run, name).cast(pl.String)
    cells = cells.zip_with(
        typed.is_not_null(), pl.Series([None], dtype=pl.String).new_from_index(0, len(cells))
    )
    if not cells.equals(typed):
        raise cannot(
            f"column '{name}' writes one level in several ways, such as"
            " 1 and 1.0. Write them alike in the table"
        )


def _dates(run: Run) -> str:
    """Return the function that takes dates apart; all date columns must be written alike."""
    columns = [column for column in run.inputs if column.kind is Kind.DATE]
    forms = {date_call(run, column) for column in columns}
    parts = {part for part in run.fitted.preparation.encoding.parts if part.startswith("day (")}
    if len(forms) > 1 or (parts and len({_has_clock(run, column) for column in columns}) > 1):
        raise cannot("its date columns are written in different ways")
    places = "year, week and day" if parts else "year and week"
    return DATES.format(
        when=forms.pop(), places=places, shares="year, week" + (", days % 1" if parts else "")
    )


def _has_clock(run: Run, column: Column) -> bool:
    encoding = run.fitted.preparation.encoding
    return f"{column.name}: day (sine)" in encoding.numbers


def date_call(run: Run, column: Column) -> str:
    """Return the expression that reads `table[name]` as a date."""
    raw, typed = run.known[column.name], run.typed[column.name]
    if raw.dtype != pl.String:
        return 'table[name].cast(pl.Datetime("us"))'
    for form in [column.cells.date] if column.cells.date else ISO_FORMATS:
        if raw.str.strip_chars().str.strptime(pl.Datetime("us"), form, strict=False).equals(typed):
            return f'table[name].str.strptime(pl.Datetime("us"), {quoted(form)}, strict=False)'
    raise cannot(f"the dates of column '{column.name}' are written in several ways")


# ---- the tutorials' array ----


def _matrix_section(run: Run) -> Section:
    """Return the code for an array of numbers, column by column."""
    how = run.fitted.recipe.preparing.numbers
    precision = run.fitted.recipe.training.precision
    to_tensor = f"torch.from_numpy(features.astype(np.{precision}))"
    if how == "none" and not has_bins(run):
        return Section(title="Tensors", code=block(*_prepared(run, [f"x = {to_tensor}"])))
    double = ".double()" if precision == "float64" else ""
    scaled = "scaled(column) for column in features.T"
    stacked = f"np.column_stack([{scaled}])"
    lines = []
    if has_bins(run):
        if not run.fitted.preparation.bins.count_N.all():
            raise cannot("some columns are cut into bins and some are not")
        lines = [f"columns = [*[{scaled}], *[{scaled.replace('scaled', 'bins')}]]"]
        stacked = "np.column_stack(columns).astype(np.float32)"
    made = [*lines, f"x = torch.from_numpy({stacked}){double}"]
    code = block(*_spaced(number_functions(run)), *_prepared(run, made))
    return Section(title="Scaling", code=code, says=_says(run))

"""The code that scales numbers and cuts them into bins, learned from the training rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from glassnet.prepare.assemble import encode
from glassnet.prepare.numeric import reach
from glassnet.prepare.quantile import weighted_quantiles
from glassnet.script.values import Run, cannot, writer

SHIFTED: Final = '''def shifted(x):
    """Return numbers as distances from about their median: 32 bits are finest near 0."""
    seen = x[{rows}]
{finite}    return (x - np.sort(seen)[len(seen) // 2]).astype(np.float32)'''

INLINE: Final = """    seen = x[{rows}]
{finite}    x = (x - np.sort(seen)[len(seen) // 2]).astype(np.float32)  # 32 bits are finest near 0
"""

STANDARD: Final = '''def scaled(x):
    """Return numbers with mean 0 and standard deviation 1 in the training rows{missing}."""
{shift}    seen = x[train].astype(np.float64)
{finite}    mean, deviation = np.float32(seen.mean()), np.float32(seen.std()){constant}
{held}    return {end}'''

ROBUST: Final = '''def scaled(x):
    """Return numbers scaled by the training rows: median 0, distance of the quartiles 1.

    Outliers are pulled in smoothly, so that nothing goes beyond 3.{missing}
    """
{shift}    seen = x[train].astype(np.float64)
{finite}    low, median, high = np.quantile(seen, [0.25, 0.5, 0.75], method="averaged_inverted_cdf")
{atoms}    spread = high - low or (seen.max() - seen.min()) / 2{constant}
{infinite}    z = (x - np.float32(median)) / np.float32(spread)
    z = z / np.sqrt(1 + np.square(z / np.float32(3)))
    return {end}'''

ATOMS: Final = """    if low == high:  # half of the rows or more share one value: the others decide the scale
        low, median, high = held_quantiles(seen, [0.25, 0.5, 0.75], share=0.25)
"""

HELD: Final = '''def held_quantiles(seen, levels, share):
    """Return quantiles in which no single value counts for more than a share of the rows."""
    value, weight = np.unique(seen, return_counts=True)
    weight = weight.astype(float)
    for _ in range(20):  # holding one value to its share raises the share of the others
        most = share * weight.sum()
        if len(value) * share <= 1 or (weight <= most * (1 + 1e-9)).all():
            break
        weight = np.minimum(weight, most)
    below = np.cumsum(weight)
    wanted, slack = np.array(levels) * below[-1], 1e-9 * below[-1]
    low = np.minimum(np.searchsorted(below, wanted - slack), len(value) - 1)
    high = np.minimum(np.searchsorted(below, wanted + slack, side="right"), len(value) - 1)
    return 0.5 * (value[low] + value[np.maximum(low, high)])'''

HOLD: Final = """    low, high = seen.min(), seen.max()  # held to as far out again as they are apart
    x = np.clip(x, np.float32(2 * low - high), np.float32(2 * high - low))
"""

PLAIN: Final = '''def scaled(x):
    """Return numbers as they are, 0 for a missing one."""
    return np.nan_to_num(x.astype(np.float32))'''

BINS: Final = '''def bins(x):
    """Return how far each number is through each of its bins, from 0 to 1{missing}."""
    x = {shift}
    seen = x[train].astype(np.float64)
{finite}    edges = held_quantiles(seen, np.linspace(0, 1, {count} + 1), share=1 / {count})
    edges = np.unique(edges.astype(np.float32))
    share = (x[:, None] - edges[:-1]) / (edges[1:] - edges[:-1])
    return np.clip({share}, 0, 1)'''

BINS_BY_FOLD: Final = '''def edges_of(x, rows):
    """Return the edges of a number's bins: quantiles of some rows."""
    seen = x[rows].astype(np.float64)
{finite}    edges = held_quantiles(seen, np.linspace(0, 1, {count} + 1), share=1 / {count})
    return np.unique(edges.astype(np.float32))


def bins(x):
    """Return how far each number is through each of its bins, from 0 to 1{missing}.

    A fold with fewer bins than another gets some that are 0, so that all have as many inputs.
    """
    x = {shift}
    edges = edges_of(x, train)
    more = max(len(edges_of(x, rows)) for rows, _ in folds) - len(edges)
    share = (x[:, None] - edges[:-1]) / (edges[1:] - edges[:-1])
    return np.pad(np.clip({share}, 0, 1), [(0, 0), (0, more)])'''

FINITE: Final = "    seen = seen[np.isfinite(seen)]\n"


def _shift(run: Run) -> str:
    """Return the lines that bring a number near 0: a call where bins need them too."""
    if has_bins(run):
        return "    x = shifted(x)\n"
    return INLINE.format(rows=_shifting_rows(run), finite=FINITE if any(holes(run)) else "")


def _shifting_rows(run: Run) -> str:
    """Return the rows whose middle number every fold takes away, before it scales by its own."""
    return "known" if run.has_folds else "train"


def _robust(run: Run) -> str:
    missing, infinite = holes(run)
    held = "    x = np.where(np.isinf(x), np.clip(x, seen.min(), seen.max()), x).astype(np.float32)\n"
    return ROBUST.format(
        missing=" A missing cell becomes 0." if missing else "",
        shift=_shift(run),
        finite=FINITE if missing or infinite else "",
        atoms=ATOMS if _has_atoms(run) else "",
        constant=" or np.inf" if _has_constant(run) else "",
        infinite=held if infinite else "",
        end="np.nan_to_num(z)" if missing else "z",
    )


def _standard(run: Run) -> str:
    missing, infinite = holes(run)
    if infinite:
        raise cannot(
            "numbers 'standard' have infinite cells, which belong at an end; leave those columns out"
        )
    return STANDARD.format(
        missing=", 0 where missing" if missing else "",
        shift=_shift(run),
        finite=FINITE if missing else "",
        constant="\n    deviation = deviation or np.float32(np.inf)" if _has_constant(run) else "",
        held=HOLD if _is_beyond(run) else "",
        end="np.nan_to_num((x - mean) / deviation)" if missing else "(x - mean) / deviation",
    )


def _plain(run: Run) -> str:
    if holes(run)[1]:
        raise cannot("some numbers are infinite, which scaling 'none' puts at an end; leave them out")
    return PLAIN


NUMBER_WRITERS: Final[dict[str, Callable[[Run], str]]] = {
    "robust": _robust,
    "standard": _standard,
    "none": _plain,
}
REFUSED_NUMBERS: Final[dict[str, str]] = {}


def number_functions(run: Run) -> list[str]:
    """Return the definitions of `scaled`, `bins` and what they need."""
    how = run.fitted.recipe.preparing.numbers
    if not all(np.isfinite(_numbers(run)[rows]).any(axis=0).all() for rows in run.rows.fit):
        raise cannot("a number is missing in all training rows of one of its folds")
    scaled = writer(NUMBER_WRITERS, REFUSED_NUMBERS, how, "number scaling")(run)
    bins = [_bins(run)] if has_bins(run) else []
    held = [HELD] if "held_quantiles(" in scaled or bins else []
    finite = FINITE if any(holes(run)) else ""
    shifted = [SHIFTED.format(rows=_shifting_rows(run), finite=finite)] if "shifted(" in scaled else []
    return [*held, *shifted, scaled, *bins]


def has_bins(run: Run) -> bool:
    """Return whether any number is cut into bins."""
    return bool(run.fitted.preparation.bins.count_N.any())


def _bins(run: Run) -> str:
    missing, infinite = holes(run)
    is_plain = run.fitted.recipe.preparing.numbers == "none"
    most = run.fitted.recipe.preparing.bins
    fewest = min(len(rows) for rows in run.rows.fit)
    # Edges that a fold lacks are infinite.
    template = BINS_BY_FOLD if np.isinf(run.fitted.preparation.bins.edge_FE).any() else BINS
    return template.format(
        missing=", 0 where missing" if missing else "",
        shift="x.astype(np.float32)" if is_plain else "shifted(x)",
        finite=FINITE if missing or infinite else "",
        count=min(most, fewest // 20),
        share="np.nan_to_num(share)" if missing else "share",
    )


def holes(run: Run) -> tuple[bool, bool]:
    """Return whether any number of the table is missing, and whether any is infinite."""
    number_RN = _numbers(run)
    return bool(np.isnan(number_RN).any()), bool(np.isinf(number_RN).any())


def _numbers(run: Run) -> np.ndarray:
    """Return the encoded columns of numbers, yes/no columns left out."""
    encoding = run.fitted.preparation.encoding
    is_scaled = np.array([part != "yes/no" for part in encoding.parts], dtype=bool)
    return encode(run.typed, encoding).number_RN[:, is_scaled]


def _is_beyond(run: Run) -> bool:
    """Return whether any number lies where a fold would count it as nearer."""
    scales = run.fitted.preparation.scales
    if not scales.is_held:
        return False
    number_RN = encode(run.typed, run.fitted.preparation.encoding).number_RN
    ends = (reach(scales, fold) for fold in range(len(scales.low_FN)))
    return any(bool(((number_RN < low) | (number_RN > high)).any()) for low, high in ends)


def _has_constant(run: Run) -> bool:
    return bool(np.isinf(run.fitted.preparation.scales.scale_FN).any())


def _has_atoms(run: Run) -> bool:
    """Return whether the quartiles of any number are equal in the training rows."""
    number_RN = _numbers(run).astype(np.float64)
    quartiles = [
        weighted_quantiles(column, np.ones(len(column)), np.array([0.25, 0.75]))
        for rows in run.rows.fit
        for column in number_RN[rows].T
    ]
    return any(low == high for low, high in quartiles)

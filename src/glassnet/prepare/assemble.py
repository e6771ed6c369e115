"""All preparations over a whole table: learn the encoding, encode rows, learn, apply.

Shapes: R rows, N numbers, C categories, D dense inputs, E embedded categories, T outputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from glassnet.prepare.bins import apply_bins, learn_bins
from glassnet.prepare.category import apply_slots, learn_slots, one_hot, slot_names
from glassnet.prepare.date import DATE_PARTS, useful_parts
from glassnet.prepare.numeric import apply_scales, learn_scales
from glassnet.prepare.quantile import ascending, drawn, drawn_places
from glassnet.prepare.target import learn_target
from glassnet.prepare.target_means import apply_target_means, learn_target_means
from glassnet.prepare.values import (
    NO_MEANS,
    Baseline,
    Bins,
    Encoded,
    Encoding,
    Floats64,
    Inputs,
    LevelSlots,
    NumberScales,
    Preparation,
    Prepared,
    Weights,
)
from glassnet.settings import Preparing
from glassnet.table.places import united
from glassnet.table.values import Kind, RowNumbers, Rows, Schema, Task

PIECE = 8_192  # rows that a preparation is applied to at once
# Rows whose mean is the point that a prediction is explained from. Of more it differs by under a hundredth
# of a deviation, and making all rows' inputs took half of preparing (1.6 million rows, 2026-11-22).
BASELINE_ROWS = 200_000
WHOLE = r"^(-?(?:0|[1-9]\d*))\.0+$"  # a whole number written with a point


def prepare(
    frame: pl.DataFrame,
    schema: Schema,
    target_RT: Floats64,
    weights: Weights,
    rows: Rows,
    choices: Preparing,
    *,
    explained: bool = True,
) -> Prepared:
    """Return the table encoded, with everything that preparation learns from the fit rows.

    `frame` holds the canonical columns of `table.cells.conform`, all rows. Without the mean row, a quarter of
    the time, no prediction can be `explained`.
    """
    weight_R = weights.row_R
    # Levels are looked up in the rows that may train; a level that only test rows have is unseen.
    learning = united(rows.fit)
    encoding = learn_encoding(frame, learning, schema, weight_R, choices)
    encoded = encode(frame, encoding)
    scales = learn_scales(encoded, encoding, rows.fit, weight_R, choices.numbers)
    bins = learn_bins(encoded, encoding, rows.fit, weight_R, choices.bins)
    slots = learn_slots(encoded, encoding, rows.fit, weight_R, choices)
    means = NO_MEANS
    if choices.target_means:
        means, encoded = learn_target_means(encoded, encoding, target_RT, weight_R, rows.fit, schema)
    is_number = schema.task is Task.REGRESSION
    preparation = Preparation(
        choices=choices,
        encoding=encoding,
        scales=scales,
        bins=bins,
        slots=slots,
        target=learn_target(
            target_RT,
            rows.fit,
            weight_R,
            choices.target_scale if is_number else "none",
            bounding=known_rows(rows) if is_number and choices.bounds == "seen" else (),
        ),
        dense_names=_dense_names(encoding, scales, bins, slots, means.names),
        means=means,
    )
    if explained:
        baseline = learn_baseline(encoded, preparation, rows.fit, weight_R)
        preparation = replace(preparation, baseline=baseline)
    return Prepared(
        encoded=encoded,
        preparation=preparation,
        target_RT=target_RT,
        weight_R=weight_R,
        loss_weight_R=weights.loss_R,
        rows=rows,
    )


def known_rows(rows: Rows) -> tuple[RowNumbers, ...]:
    """Return for each fold the rows that it trains on or chooses its epoch by."""
    return tuple(
        np.concatenate([fit, held_out]) for fit, held_out in zip(rows.fit, rows.validation, strict=True)
    )


def learn_encoding(
    frame: pl.DataFrame, learning: RowNumbers, schema: Schema, weight_R: Floats64, choices: Preparing
) -> Encoding:
    """Return which number and category columns the inputs become, from the rows that may train."""

    def known(name: str) -> pl.Series:  # of one column at a time: a copy of all of them is gigabytes
        return frame[name].gather(learning)

    names: list[tuple[str, str, str]] = []
    categories: list[tuple[str, tuple[str, ...]]] = []
    for column in schema.inputs:
        if column.kind is Kind.CATEGORY:
            levels = known(column.name).drop_nulls().unique().sort().to_list()
            categories.append((column.name, tuple(levels)))
        elif column.kind is Kind.DATE:
            names += [
                (f"{column.name}: {part}", column.name, part) for part in useful_parts(known(column.name))
            ]
        else:
            names.append((column.name, column.name, "yes/no" if column.kind is Kind.YES_NO else ""))
    weight_n = weight_R[learning]
    offsets = [_offset(known(source), part, weight_n, choices) for _, source, part in names]
    return Encoding(
        numbers=tuple(name for name, _, _ in names),
        sources=tuple(source for _, source, _ in names),
        parts=tuple(part for _, _, part in names),
        offset_N=np.array(offsets, dtype=np.float64),
        categories=tuple(name for name, _ in categories),
        levels=tuple(levels for _, levels in categories),
    )


def _offset(column: pl.Series, part: str, weight_n: Floats64, choices: Preparing) -> float:
    """Return the shift that keeps a number's digits in float32; 0 where numbers are left as they are.

    It is the middle value, of two the upper one; a row of weight 2 counts as the row twice.
    """
    if choices.numbers == "none" or part == "yes/no":
        return 0.0
    value_n = _number(column, part)
    value_n, weight_n = drawn(value_n, weight_n)
    counts_n = np.isfinite(value_n) & (weight_n > 0)
    if not counts_n.any():
        return 0.0
    value_n, weight_n = ascending(value_n[counts_n], weight_n[counts_n])
    below = np.cumsum(weight_n)
    middle = np.searchsorted(below, below[-1] / 2 * (1 + 1e-12), side="right")
    return float(value_n[min(middle, below.size - 1)])


def _number(column: pl.Series, part: str) -> Floats64:
    """Return a column, or its date part, as float64 with NaN for missing, shape `(R,)`."""
    if part in DATE_PARTS:
        return DATE_PARTS[part](column)
    return column.cast(pl.Float64).to_numpy()


def encode(frame: pl.DataFrame, encoding: Encoding) -> Encoded:
    """Return the rows as numbers and codes. Each row is encoded by itself, so chunks change nothing."""
    number_RN = np.empty((frame.height, len(encoding.numbers)), dtype=np.float32)
    for place, (source, part) in enumerate(zip(encoding.sources, encoding.parts, strict=True)):
        with np.errstate(over="ignore"):
            number_RN[:, place] = _number(frame[source], part) - encoding.offset_N[place]
    code_RC = np.empty((frame.height, len(encoding.categories)), dtype=code_kind(encoding.levels))
    for place, (name, levels) in enumerate(zip(encoding.categories, encoding.levels, strict=True)):
        code_RC[:, place] = _codes(frame[name], levels)
    return Encoded(number_RN=number_RN, code_RC=code_RC)


def code_kind(levels: Sequence[tuple[str, ...]]) -> np.dtype[np.signedinteger]:
    """Return the smallest type that counts the levels of each category, its missing cells beside them."""
    most = max((len(one) for one in levels), default=0)
    small = (kind for kind in (np.int8, np.int16) if most <= np.iinfo(kind).max)
    return np.dtype(next(small, np.int32))


def _codes(column: pl.Series, levels: tuple[str, ...]) -> np.ndarray:
    """Return each cell's place among the levels; -1 missing, -2 not among them.

    A cell 20.0 is the level 20 where no level is called 20.0: pandas writes 20 so beside missing cells.
    """
    place = pl.Series(range(len(levels)), dtype=pl.Int32)
    known = pl.Series(levels, dtype=pl.String)
    codes = column.replace_strict(known, place, default=-2, return_dtype=pl.Int32)
    if bool((codes == -2).any()):
        whole = column.str.replace(WHOLE, "${1}").replace_strict(
            known, place, default=-2, return_dtype=pl.Int32
        )
        codes = codes.zip_with(codes != -2, whole)
    return pl.select(pl.when(column.is_null()).then(-1).otherwise(codes)).to_series().to_numpy()


def apply(encoded: Encoded, preparation: Preparation, fold: int) -> Inputs:
    """Return what a network of this fold sees of the rows: finite numbers, marks, 0/1 columns, slots."""
    # In pieces that stay in cache: what is made on the way takes five times the memory of what comes out.
    first = _apply(encoded.picked(slice(0, PIECE)), preparation, fold)
    if encoded.rows <= PIECE:
        return first
    dense_RD = np.empty((encoded.rows, first.dense_RD.shape[1]), dtype=first.dense_RD.dtype)
    slot_RE = np.empty((encoded.rows, first.slot_RE.shape[1]), dtype=first.slot_RE.dtype)
    dense_RD[:PIECE], slot_RE[:PIECE] = first.dense_RD, first.slot_RE
    for start in range(PIECE, encoded.rows, PIECE):
        here = slice(start, start + PIECE)
        part = _apply(encoded.picked(here), preparation, fold)
        dense_RD[here], slot_RE[here] = part.dense_RD, part.slot_RE
    return Inputs(dense_RD=dense_RD, slot_RE=slot_RE)


def _apply(encoded: Encoded, preparation: Preparation, fold: int) -> Inputs:
    scaled_RN, mark_RM = apply_scales(encoded.number_RN, preparation.scales, fold)
    bin_RP = apply_bins(encoded.number_RN, preparation.bins, fold)
    slot_RC = apply_slots(encoded.code_RC, preparation.slots, fold)
    zero_one_RX = one_hot(slot_RC, preparation.slots)
    mean_RX = apply_target_means(encoded, preparation.means, fold)
    dense_RD = np.concatenate([scaled_RN, mark_RM, zero_one_RX, mean_RX, bin_RP], axis=1)
    return Inputs(
        dense_RD=np.ascontiguousarray(dense_RD),
        slot_RE=np.ascontiguousarray(slot_RC[:, ~preparation.slots.one_hot_C]),
    )


def learn_baseline(
    encoded: Encoded, preparation: Preparation, fit: Sequence[RowNumbers], weight_R: Floats64
) -> Baseline:
    """Return the weighted mean of each fold's fit rows, of at most 200,000, as its network sees them."""
    dense_FD = np.zeros((len(fit), preparation.dense))
    share_FS = np.zeros((len(fit), sum(preparation.embedded)))
    for fold, every in enumerate(fit):
        rows = every[drawn_places(len(every), BASELINE_ROWS)]
        if not weight_R[rows].any():
            rows = every
        share_n = weight_R[rows] / max(weight_R[rows].sum(), 1e-30)
        # In pieces: all rows as the network sees them would be the largest thing in memory by far.
        for start in range(0, len(rows), PIECE):
            here = slice(start, start + PIECE)
            inputs = apply(encoded.picked(rows[here]), preparation, fold)
            dense_FD[fold] += share_n[here] @ inputs.dense_RD
            counts = [
                np.bincount(inputs.slot_RE[:, place], weights=share_n[here], minlength=slots)
                for place, slots in enumerate(preparation.embedded)
            ]
            share_FS[fold] += np.concatenate([*counts, np.zeros(0)])
    return Baseline(dense_FD=dense_FD, share_FS=share_FS)


def _dense_names(
    encoding: Encoding, scales: NumberScales, bins: Bins, slots: LevelSlots, means: tuple[str, ...]
) -> tuple[str, ...]:
    marks = [f"{encoding.numbers[n]} is missing" for n in scales.marked_M]
    zero_one = [
        f"{encoding.categories[c]} = {slot}"
        for c in np.flatnonzero(slots.one_hot_C)
        for slot in slot_names(encoding, slots, int(c))
    ]
    pieces = [
        f"{name}, bin {place + 1}"
        for name, count in zip(encoding.numbers, bins.count_N, strict=True)
        for place in range(count)
    ]
    return (*encoding.numbers, *marks, *zero_one, *means, *pieces)


def dense_sources(preparation: Preparation) -> tuple[str, ...]:
    """Return the table's column behind each dense input, in their order."""
    encoding, slots = preparation.encoding, preparation.slots
    marks = [encoding.sources[n] for n in preparation.scales.marked_M]
    zero_one = [
        encoding.categories[c] for c in np.flatnonzero(slots.one_hot_C) for _ in range(int(slots.slots_C[c]))
    ]
    pieces = [
        source
        for source, count in zip(encoding.sources, preparation.bins.count_N, strict=True)
        for _ in range(count)
    ]
    means = preparation.means
    each = means.table_FLV.shape[2]
    averaged = [encoding.categories[int(c)] for c in means.category_M for _ in range(each)]
    return (*encoding.sources, *marks, *zero_one, *averaged, *pieces)

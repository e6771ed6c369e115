"""Plans over random tables, small enough to train in a moment."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from glassnet.engine.plan import Plan
from glassnet.loss.registry import make_loss
from glassnet.network.build import build_network
from glassnet.network.mlp import InputShape
from glassnet.prepare.values import (
    Bins,
    Encoded,
    Encoding,
    LevelSlots,
    NumberScales,
    Preparation,
    Prepared,
    TargetScale,
)
from glassnet.settings import Architecture, Preparing, Training
from glassnet.table.values import Rows, Task

MakePlan = Callable[..., Plan]


def bins_of(draw, folds, counts):
    """Return bins with random edges; where there are several folds, the last has one edge fewer."""
    edges = []
    for count in (one for one in counts if one):
        edge_FE = np.sort(draw.standard_normal((folds, count + 1)).astype(np.float32), axis=1)
        edge_FE[folds - 1 if folds > 1 else folds :, count] = np.inf
        edges.append(edge_FE)
    edge_FE = np.concatenate(edges, axis=1) if edges else np.zeros((folds, 0), np.float32)
    return Bins(edge_FE=edge_FE, count_N=np.array(counts, np.int64))


def prepared_of(draw, fit, dense, slots, target_RT, weighted, bins):
    """Return a table of normal numbers and random slots, under a preparation that changes nothing."""
    folds, rows, categories = len(fit), len(target_RT), len(slots)
    first_C = (
        np.concatenate([[0], np.cumsum(slots)[:-1]]).astype(np.int64) if slots else np.zeros(0, np.int64)
    )
    slot_L = np.concatenate([np.arange(n) for n in slots]) if slots else np.zeros(0)
    weight_R = draw.uniform(0.2, 3.0, rows) if weighted else np.ones(rows)
    names = tuple(f"n{i}" for i in range(dense))
    return Prepared(
        encoded=Encoded(
            number_RN=draw.standard_normal((rows, dense)).astype(np.float32),
            code_RC=np.array([draw.integers(0, n, rows) for n in slots], np.int32)
            .reshape(categories, rows)
            .T,
        ),
        preparation=Preparation(
            choices=Preparing(),
            encoding=Encoding(
                numbers=names,
                sources=names,
                parts=("",) * dense,
                offset_N=np.zeros(dense),
                categories=tuple(f"c{i}" for i in range(categories)),
                levels=tuple(tuple(map(str, range(n))) for n in slots),
            ),
            scales=NumberScales(
                location_FN=np.zeros((folds, dense)),
                scale_FN=np.ones((folds, dense)),
                low_FN=np.full((folds, dense), -9.0),
                high_FN=np.full((folds, dense), 9.0),
                clipped_N=np.zeros(dense, bool),
                marked_M=np.zeros(0, np.int64),
            ),
            bins=bins_of(draw, folds, bins),
            slots=LevelSlots(
                slot_FL=np.tile(slot_L, (folds, 1)).astype(np.int32),
                first_C=first_C,
                missing_FC=np.zeros((folds, categories), np.int32),
                slots_C=np.array(slots, np.int64),
                one_hot_C=np.zeros(categories, bool),
            ),
            target=TargetScale(
                location_FT=np.zeros((folds, target_RT.shape[1])),
                scale_FT=np.ones((folds, target_RT.shape[1])),
            ),
            dense_names=(*names, *(f"bin {i}" for i in range(sum(bins)))),
        ),
        target_RT=target_RT,
        weight_R=weight_R,
        loss_weight_R=weight_R,
        rows=Rows(fit=fit, validation=(np.arange(0),) * folds, test=np.arange(0), how="by hand"),
    )


def target_of(draw, loss, rows, outputs):
    """Return a random target that fits the loss, and the task."""
    if loss == "cross_entropy":
        return draw.integers(0, outputs, (rows, 1)).astype(float), Task.MULTICLASS
    if loss == "binary_cross_entropy":
        return draw.integers(0, 2, (rows, outputs)).astype(float), Task.MULTILABEL
    if loss == "poisson":
        return draw.poisson(2.0, (rows, outputs)).astype(float), Task.REGRESSION
    return draw.standard_normal((rows, outputs)), Task.REGRESSION


def plan_of(
    *,
    rows=100,
    dense=5,
    slots=(),
    bins=(),
    embedding=3,
    outputs=1,
    folds=1,
    weighted=False,
    architecture=None,
    training=None,
    threads=1,
    records=False,
    seed=0,
):
    """Return a plan over a random table; with several folds, their fit rows differ in number."""
    architecture, training = architecture or Architecture(hidden=(8,)), training or Training()
    draw = np.random.default_rng(seed)
    target_RT, task = target_of(draw, training.loss, rows, outputs)
    fold_R = draw.integers(0, folds, rows) if folds > 1 else np.full(rows, -1)
    fold_R[:folds] = np.arange(folds) if folds > 1 else -1  # so that no fold is without fit rows
    fit = tuple(np.flatnonzero(fold_R != fold) for fold in range(folds))
    bins = (*bins, *(0 for _ in range(dense - len(bins))))[:dense]
    groups = (*range(dense), *(number for number, count in enumerate(bins) for _ in range(count)))
    inputs = InputShape(dense=dense + sum(bins), embedded=tuple(slots), embedding=embedding, groups=groups)
    return Plan(
        prepared=prepared_of(draw, fit, dense, tuple(slots), target_RT, weighted, bins),
        architecture=architecture,
        training=training,
        task=task,
        loss=make_loss(training, task),
        inputs=inputs,
        outputs=outputs,
        network=build_network(
            architecture, inputs, outputs, seed=training.seed, precision=training.precision
        ),
        target_FRT=(target_RT,) * folds,
        threads=threads,
        records=records,
    )


@pytest.fixture(scope="session")
def make_plan() -> MakePlan:
    """The function that makes plans."""
    return plan_of
